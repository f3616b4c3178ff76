"""Layers that predict with small weights: saved small, trained in fp32."""

import pickle

import pytest
import spacy

from tests.pipeline.pipelines import TEXTS, difference, make, train

LOW = ["bf16", "int8"]


def vectors(nlp):
    return [doc._.mluke.vectors for doc in nlp.pipe(TEXTS)]


def same(one, other, tolerance=0.0):
    return all(difference(a, b) <= tolerance for a, b in zip(vectors(one), vectors(other)))


@pytest.mark.parametrize("precision", LOW)
@pytest.mark.parametrize("proposer", [None, {"max_words": 4}])
def test_reduced_weights_survive_every_way_of_saving(precision, proposer, piece_file, tmp_path):
    nlp = make(piece_file, precision=precision, proposer=proposer)
    whole = vectors(nlp)
    nlp.to_disk(tmp_path / "whole")
    shim = nlp.get_pipe("mluke").encoder_shims[0]
    shim.reduce()
    assert shim.is_loaded and shim.loaded.encoder.precision == precision
    assert all(difference(a, b) == 0 for a, b in zip(whole, vectors(nlp)))
    nlp.to_disk(tmp_path / "small")
    again = spacy.load(tmp_path / "small")
    assert again.get_pipe("mluke").encoder_shims[0].loaded.encoder.precision == precision
    weights = "mluke/encoder/model.safetensors"
    sizes = [(tmp_path / name / weights).stat().st_size for name in ("whole", "small")]
    assert sizes[1] < 0.55 * sizes[0]
    # The entity table of a file is rounded, once.
    assert same(nlp, again, 0.02)
    again.to_disk(tmp_path / "again")
    assert same(again, spacy.load(tmp_path / "again"))
    assert same(again, spacy.blank("xx").from_config(again.config).from_bytes(again.to_bytes()))
    assert same(again, pickle.loads(pickle.dumps(again)))


@pytest.mark.parametrize("precision", LOW)
def test_reduced_weights_can_be_trained_on(precision, piece_file, tmp_path):
    nlp = make(piece_file, ner={}, precision=precision)
    nlp.get_pipe("mluke").encoder_shims[0].reduce()
    before = vectors(nlp)
    losses = train(nlp, 15)
    assert losses[-1]["mluke_ner"] < losses[0]["mluke_ner"]
    assert nlp.get_pipe("mluke").encoder_shims[0].loaded.encoder.precision == "fp32"
    assert any(difference(a, b) > 0.01 for a, b in zip(before, vectors(nlp)) if a.shape == b.shape)


def test_other_precision_at_load(piece_file, tmp_path):
    nlp = make(piece_file, precision="int8")
    nlp.get_pipe("mluke").encoder_shims[0].reduce()
    nlp.to_disk(tmp_path / "small")
    wide = spacy.load(tmp_path / "small", config={"components.mluke.model.precision": "fp32"})
    assert wide.get_pipe("mluke").encoder_shims[0].loaded.encoder.precision == "fp32"
    assert same(wide, spacy.load(tmp_path / "small"), 0.2)
