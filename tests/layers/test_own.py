"""Layers with an encoder of their own, inside components that know nothing of encoders."""

from pathlib import Path

import pytest
import spacy
from spacy.training import Example
from thinc.api import Optimizer

from tests.pipeline.pipelines import NO_SPANS, SIZES, make

TAGS = [("Angela Merkel visited Tokyo", ["P", "P", "V", "L"]), ("Nothing here", ["N", "N"])]


def tagger(name: str | None) -> spacy.Language:
    nlp = spacy.blank("xx")
    encoder = {
        "@architectures": "spacy-mluke.MLuke.v1",
        **SIZES,
        "name": name,
        "span_getter": NO_SPANS,
    }
    tok2vec = {
        "@architectures": "spacy-mluke.WordStates.v1",
        "encoder": encoder,
        "pooling": {"@layers": "reduce_mean.v1"},
    }
    model = {"@architectures": "spacy.Tagger.v2", "tok2vec": tok2vec}
    nlp.add_pipe("tagger", config={"model": model})
    return nlp


def examples(nlp: spacy.Language) -> list[Example]:
    return [Example.from_dict(nlp.make_doc(text), {"tags": tags}) for text, tags in TAGS]


def test_starts_from_a_checkpoint(piece_file: Path, tmp_path: Path):
    make(piece_file).to_disk(tmp_path)
    nlp = tagger(str(tmp_path / "mluke" / "encoder"))
    nlp.initialize(lambda: examples(nlp))
    optimizer = Optimizer(0.01)
    for _ in range(30):
        nlp.update(examples(nlp), sgd=optimizer)
    assert nlp.evaluate(examples(nlp))["tag_acc"] == 1.0


def test_without_weights_it_says_so():
    nlp = tagger(None)
    with pytest.raises(ValueError, match="M321"):
        nlp.initialize(lambda: examples(nlp))
