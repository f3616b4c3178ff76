"""Components made for spacy-transformers, on this encoder."""

import numpy as np
import pytest
import spacy
from thinc.api import Optimizer, fix_random_seed

from tests.pipeline.pipelines import NO_SPANS, TEXTS, difference, encoder, initialize
from tests.pipeline.test_listeners import STOCK, WORDS, encoder_gradient, examples_of, outputs

pytest.importorskip("spacy_transformers")

LISTENER = {
    "@architectures": "spacy-transformers.TransformerListener.v1",
    "grad_factor": 1.0,
    "pooling": {"@layers": "reduce_mean.v1"},
    "upstream": "*",
}


def make(piece_file, name, listener=LISTENER):
    fix_random_seed(1)
    nlp = spacy.blank("xx")
    nlp.add_pipe("mluke", config=encoder(span_getter=NO_SPANS))
    nlp.add_pipe(name, config={"model": {**STOCK[name]["model"], "tok2vec": listener}})
    initialize(nlp, piece_file, examples_of(nlp))
    return nlp


@pytest.mark.parametrize("name", ["tagger", "ner", "textcat"])
def test_learns_and_comes_back(piece_file, tmp_path, name):
    nlp = make(piece_file, name)
    optimizer = Optimizer(0.003)
    history = [nlp.update(examples_of(nlp), sgd=optimizer, losses={}) for _ in range(12)]
    assert history[-1][name] < 0.9 * history[0][name]
    docs = list(nlp.pipe([*TEXTS, "", "  \n "]))
    assert docs[0]._.trf_data is not None
    nlp.to_disk(tmp_path)
    for text, doc, loaded in zip(TEXTS, docs, spacy.load(tmp_path).pipe(TEXTS)):
        assert outputs(doc) == outputs(loaded) == outputs(nlp(text))


def test_same_vectors_and_gradients_as_the_own_listener(piece_file):
    found = []
    for listener in (LISTENER, WORDS):
        nlp = make(piece_file, "tagger", listener)
        weights = nlp.get_pipe("tagger").model.get_ref("softmax").get_param("W")
        weights[:] = np.random.default_rng(0).normal(size=weights.shape)
        doc = nlp.get_pipe("mluke")(nlp.make_doc("Angela Merkel \n visited Tokyo"))
        (vectors,) = nlp.get_pipe("tagger").model.get_ref("tok2vec").predict([doc])
        nlp.update(examples_of(nlp), sgd=False, losses={})
        found.append((vectors, encoder_gradient(nlp)))
    (vectors, gradients), (own_vectors, own_gradients) = found
    assert difference(vectors, own_vectors) < 1e-5
    for name, gradient in own_gradients.items():
        assert difference(gradient, gradients[name]) < 1e-5 * max(1, np.abs(gradient).max()), name


def test_frozen_encoder(piece_file):
    nlp = make(piece_file, "tagger")
    optimizer = Optimizer(0.003)
    history = [
        nlp.update(
            examples_of(nlp), sgd=optimizer, losses={}, exclude=["mluke"], annotates=["mluke"]
        )
        for _ in range(10)
    ]
    assert history[-1]["tagger"] < history[0]["tagger"]


def test_blank_docs_in_training(piece_file):
    nlp = make(piece_file, "tagger")
    examples = examples_of(nlp)
    examples[0].predicted = nlp.make_doc("")
    blank = list(examples_of(nlp)[:1])
    for example in blank:
        example.predicted = nlp.make_doc(" \n ")
        example.reference = nlp.make_doc(" \n ")
        for token in example.reference:
            token.tag_ = "REST"
    losses = nlp.update([*examples[1:], *blank], sgd=Optimizer(0.001), losses={})
    assert np.isfinite(losses["tagger"])
