"""Scores of entities become probabilities, and the threshold the best one."""

import numpy as np
import pytest
import spacy
from spacy.training import Example

from spacy_mluke.pipeline.ner_calibration import fit_scale
from spacy_mluke.pipeline.softmax import softmax
from tests.pipeline.pipelines import NGRAMS, TEXTS, examples_of, make, train


@pytest.fixture
def nlp(piece_file):
    nlp = make(piece_file, ner={}, span_getter=NGRAMS)
    train(nlp, 40, 0.005)
    return nlp


def without_predictions(nlp):
    return [Example(nlp.make_doc(eg.reference.text), eg.reference) for eg in examples_of(nlp)]


def layer_of(nlp):
    return nlp.get_pipe("mluke_ner").model.get_ref("output_layer")


@pytest.mark.parametrize("scale", [0.2, 1.0, 3.0])
def test_scale_of_scores_is_found_again(scale):
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(20000, 4)) * 2
    targets = np.asarray([rng.choice(4, p=p) for p in softmax(logits * scale)])
    found, before, after = fit_scale(logits, targets)
    assert found == pytest.approx(scale, rel=0.05)
    assert after <= before


def test_entities_that_were_too_unlikely_are_found(nlp, tmp_path):
    layer = layer_of(nlp)
    biased = layer.get_param("b").copy()
    biased[0] += 16  # all are likelier to be no entity
    layer.set_param("b", biased)
    assert nlp.evaluate(without_predictions(nlp))["ents_f"] < 0.5
    report = nlp.get_pipe("mluke_ner").calibrate(without_predictions(nlp), nlp)
    assert report["f_before"] < 0.5 and report["f_after"] == 1.0
    assert report["after"] < report["before"] and report["threshold"] < 0.5
    assert nlp.evaluate(without_predictions(nlp))["ents_f"] == 1.0
    nlp.to_disk(tmp_path)
    loaded = spacy.load(tmp_path)
    assert loaded.get_pipe("mluke_ner").cfg["threshold"] == report["threshold"]
    for one, other in zip(nlp.pipe(TEXTS), loaded.pipe(TEXTS)):
        assert [(e.text, e._.mluke.score) for e in one.ents] == [
            (e.text, e._.mluke.score) for e in other.ents
        ]


def test_spans_in_a_group(nlp):
    ner = nlp.get_pipe("mluke_ner")
    ner.cfg.update(output="spans", spans_key="names")
    examples = without_predictions(nlp)
    for eg in examples:
        eg.reference.spans["names"] = list(eg.reference.ents)
    assert ner.calibrate(examples, nlp)["f_after"] == 1.0


def test_nothing_to_calibrate_with(nlp):
    empty = [Example(nlp.make_doc(text), nlp.make_doc(text)) for text in TEXTS]
    with pytest.raises(ValueError, match="M414"):
        nlp.get_pipe("mluke_ner").calibrate(empty, nlp)
    with pytest.raises(ValueError, match="M414"):
        nlp.get_pipe("mluke_ner").calibrate([], nlp)
