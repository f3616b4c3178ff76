"""Small pipelines, and annotated sentences to train them on."""

from pathlib import Path
from typing import Any, Dict, Iterable, List, Optional, Sequence, Tuple

import numpy as np
import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from thinc.api import Optimizer, fix_random_seed

SIZES: Dict[str, Any] = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "entity_emb_size": 16,
    "dropout": 0.0,
    "attention_dropout": 0.0,
}
NGRAMS = {"@misc": "spacy-mluke.ngrams.v1", "max_words": 4}
NO_SPANS = {"@misc": "spacy-mluke.no_spans.v1"}
GOLD: List[Tuple[str, List[Tuple[int, int, str]]]] = [
    ("Angela Merkel visited Tokyo in May 2007.", [(0, 13, "PER"), (22, 27, "LOC")]),
    ("Marie Curie discovered radium.", [(0, 11, "PER")]),
    ("Warszawa jest stolicą Polski.", [(0, 8, "LOC"), (22, 28, "LOC")]),
    ("Nothing here at all", []),
    ("Volkswagen hat seinen Sitz in Wolfsburg.", [(0, 10, "ORG"), (30, 39, "LOC")]),
    ("東京 is where Apple met Angela Merkel", [(0, 2, "LOC"), (12, 17, "ORG"), (22, 35, "PER")]),
]
TEXTS = [text for text, _ in GOLD]


def encoder(**model: Any) -> Dict[str, Any]:
    """Config of a `mluke` component, with changes to its model."""
    return {"model": {**SIZES, "span_getter": NGRAMS, **model}}


def initialize(nlp: Language, piece_file: Path, examples: Sequence[Example]) -> Optimizer:
    """Initialise with the pieces of the fixture, so that no vocabulary is trained."""
    for name in nlp.pipe_names:
        if nlp.get_pipe_meta(name).factory == "mluke":
            settings = nlp.config["initialize"]["components"]
            nlp.config["initialize"]["components"] = {
                **settings,
                name: {"piece_model": str(piece_file)},
            }
    return nlp.initialize(lambda: examples)


def examples_of(nlp: Language, gold: Optional[Iterable[Tuple[str, Any]]] = None) -> List[Example]:
    """Fresh examples of annotated texts."""
    return [
        Example.from_dict(nlp.make_doc(text), {"entities": ents})
        for text, ents in (GOLD if gold is None else gold)
    ]


def make(piece_file: Path, *, ner: Optional[Dict[str, Any]] = None, **model: Any) -> Language:
    """A pipeline of `mluke` and, if `ner` is given, `mluke_ner`, with random weights."""
    fix_random_seed(1)
    nlp = spacy.blank("xx")
    nlp.add_pipe("mluke", config=encoder(**model))
    if ner is not None:
        nlp.add_pipe("mluke_ner", config=ner)
    initialize(nlp, piece_file, examples_of(nlp))
    return nlp


def train(nlp: Language, steps: int, rate: float = 0.003, **kwargs: Any) -> List[Dict[str, float]]:
    """Train on `GOLD`; returns the losses of each step."""
    optimizer = Optimizer(rate)
    history = []
    for _ in range(steps):
        history.append(nlp.update(examples_of(nlp), sgd=optimizer, losses={}, **kwargs))
    return history


def same_features(one: Doc, other: Doc, tolerance: float = 1e-5) -> None:
    """Assert that two Docs carry the same features."""
    a, b = one._.mluke, other._.mluke
    assert a.spans.tolist() == b.spans.tolist()
    assert a.piece_ids.tolist() == b.piece_ids.tolist()
    assert a.piece_tokens.tolist() == b.piece_tokens.tolist()
    assert a.entities == b.entities
    assert a.report == b.report
    for name in ("vectors", "starts", "ends", "words"):
        x, y = getattr(a, name), getattr(b, name)
        assert x.shape == y.shape and x.dtype == y.dtype == np.float32, name
        assert difference(x, y) <= tolerance, name


def difference(x: np.ndarray, y: np.ndarray) -> float:
    """Largest absolute difference."""
    return float(np.abs(x - y).max()) if x.size else 0.0
