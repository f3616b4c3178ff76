"""What makes probabilities of the scores of spans, and from which one on a span is an entity."""

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Callable, Dict, Sequence, Set, Tuple

import numpy as np
from spacy.scorer import PRFScore
from spacy.tokens import Doc, Span

from .softmax import log_softmax

# Least probabilities that are tried
THRESHOLDS = np.arange(2, 39) / 40
_SHARPEST, _STEPS = 20.0, 50


@dataclass
class ScoredText:
    """An annotated text and what the model says of its spans.

    doc (Doc): The text. lang (str): Its language.
    gold (Set[Tuple[int, int, str]]): Its entities: start, end, label.
    spans (np.ndarray): (n, 2) token offsets. logits (np.ndarray): (n, n_labels + 1).
    targets (np.ndarray): (n,) the right class of each span.
    counts (np.ndarray): (n,) whether that is known.
    """

    doc: Doc
    lang: str
    gold: Set[Tuple[int, int, str]]
    spans: np.ndarray
    logits: np.ndarray
    targets: np.ndarray
    counts: np.ndarray


Decode = Callable[[ScoredText, float], Sequence[Span]]


def calibrate(
    texts: Sequence[ScoredText], decode: Decode, threshold: float
) -> Tuple[float, float, Dict[str, float]]:
    """Find the scale of the scores and the least probability of an entity.

    texts (Sequence[ScoredText]): Texts that the model was not trained on.
    decode (Callable): The entities of a text for a least probability.
    threshold (float): The least probability until now.
    RETURNS (Tuple[float, float, Dict[str, float]]): Factor on the logits; least probability; and
        what `MLukeNER.calibrate` tells of both.
    """
    logits = np.concatenate([text.logits[text.counts] for text in texts])
    targets = np.concatenate([text.targets[text.counts] for text in texts])
    scale, before, after = fit_scale(logits, targets)
    f_before = mean_f1(texts, decode, threshold)
    scaled = [replace(text, logits=text.logits * scale) for text in texts]
    found = {float(t): mean_f1(scaled, decode, float(t)) for t in THRESHOLDS}
    best = max(found, key=lambda t: found[t])
    report = {
        "spans": len(logits),
        "before": before,
        "after": after,
        "threshold": best,
        "f_before": f_before,
        "f_after": found[best],
    }
    return scale, best, report


def fit_scale(logits: np.ndarray, targets: np.ndarray) -> Tuple[float, float, float]:
    """Find the factor on logits under which the right classes are likeliest ("temperature
    scaling", Guo et al. 2017, with the inverse of the temperature).

    logits (np.ndarray): (n, classes). targets (np.ndarray): (n,) the right class of each row.
    RETURNS (Tuple[float, float, float]): The factor; mean cross-entropy without it, and with it.
    """
    rows = np.arange(len(targets))

    def loss(exponent: float) -> float:
        return -float(log_softmax(logits * _SHARPEST**exponent)[rows, targets].mean())

    # The loss is convex in the factor, so it has one minimum.
    low, high = -1.0, 1.0
    for _ in range(_STEPS):
        left, right = low + (high - low) / 3, high - (high - low) / 3
        if loss(left) < loss(right):
            high = right
        else:
            low = left
    return _SHARPEST**low, loss(0.0), loss(low)


def mean_f1(texts: Sequence[ScoredText], decode: Decode, threshold: float) -> float:
    """RETURNS (float): F1 of entities for a least probability, the mean of the languages."""
    scores: Dict[str, PRFScore] = defaultdict(PRFScore)
    for text in texts:
        found = {(span.start, span.end, span.label_) for span in decode(text, threshold)}
        scores[text.lang].score_set(found, text.gold)
    return float(np.mean([score.fscore for score in scores.values()]))
