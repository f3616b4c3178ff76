"""Gold spans of examples, as targets for proposed spans."""

import warnings
from typing import Iterable, List, Optional, Sequence, Tuple

import numpy as np
from spacy.tokens import Span
from spacy.training import Example

from ..errors import Errors, Warnings
from ..text.arrays import as_spans, offsets_of
from ..text.spans import find_spans, has_unknown_entities, span_keys


class GoldSpans:
    """The gold spans of a batch on the tokens of the predicted Docs.

    examples (Sequence[Example]): The batch.
    key (Optional[str]): Span group they are in; `None` for `doc.ents`.
    labels (Sequence[str]): Known labels; label i has target i + 1, no entity has 0.
    name (str): The component, for messages.
    partial (bool): Whether the gold spans of texts that are annotated in part count. What is
        annotated as no entity counts in any case.
    """

    def __init__(
        self,
        examples: Sequence[Example],
        key: Optional[str],
        labels: Sequence[str],
        name: str,
        *,
        partial: bool = True,
    ) -> None:
        number = {label: i + 1 for i, label in enumerate(labels)}
        self._tokens = offsets_of([len(eg.predicted) for eg in examples])
        spans: List[Tuple[int, int]] = []
        targets: List[int] = []
        unknown = np.zeros(int(self._tokens[-1]) + 1, dtype="int64")
        for i, eg in enumerate(examples):
            base = int(self._tokens[i])
            in_part = key is None and has_unknown_entities(eg.reference)
            if in_part and not partial:
                outside = [tag == "O" for tag in eg.get_aligned_ner()]
                unknown[base + 1 : int(self._tokens[i + 1]) + 1] = np.invert(outside)
                continue
            for span in eg.get_aligned_spans_y2x(gold_of(eg, key), allow_overlap=True):
                if span.label_ not in number:
                    raise ValueError(
                        Errors.M410.format(
                            label=span.label_, name=name, labels=", ".join(labels), span=span.text
                        )
                    )
                spans.append((base + span.start, base + span.end))
                targets.append(number[span.label_])
            if in_part:
                missing = [j for j, tag in enumerate(eg.get_aligned_ner()) if tag is None]
                unknown[[base + j + 1 for j in missing]] = 1
        order = np.argsort(span_keys(as_spans(spans)), kind="stable")
        self._spans = as_spans(spans)[order]
        self._targets = np.asarray(targets, dtype="int64")[order]
        self._unknown = np.cumsum(unknown)

    def targets(self, spans: np.ndarray, lengths: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
        """Look up proposed spans.

        spans (np.ndarray): (n, 2) token offsets, flat over the batch.
        lengths (np.ndarray): (n_docs,) number of spans in each Doc.
        RETURNS (Tuple[np.ndarray, np.ndarray]): Target of each span (n,), and whether it counts
            (n,): a span with a token of unknown annotation does not, unless it is gold.
        """
        base = np.repeat(self._tokens[:-1], lengths)[:, None]
        flat = np.asarray(spans, dtype="int64").reshape(-1, 2) + base
        rows = find_spans(self._spans, flat)
        found = rows >= 0
        targets = np.zeros(len(flat), dtype="int64")
        targets[found] = self._targets[rows[found]]
        known = self._unknown[flat[:, 1]] == self._unknown[flat[:, 0]]
        return targets, found | known


def count_misaligned(eg: Example, spans: Iterable[Span]) -> int:
    """RETURNS (int): How many gold spans do not fall on the tokens of the predicted Doc."""
    gold = list(spans)
    return len(gold) - len(eg.get_aligned_spans_y2x(gold, allow_overlap=True))


def warn_misaligned(name: str, lost: int, total: int) -> None:
    """Say how many gold spans cannot be learned.

    name (str): The component.
    lost (int): Spans that do not align.
    total (int): All gold spans.
    """
    warnings.warn(Warnings.W401.format(name=name, lost=lost, total=total), stacklevel=3)


def gold_of(example: Example, key: Optional[str]) -> List[Span]:
    """RETURNS (List[Span]): The gold spans of an example, those of a span group or, if `key` is
    `None`, the entities.
    """
    reference = example.reference
    return list(reference.ents if key is None else reference.spans.get(key, ()))
