"""spaCy's own components on the encoder's states, two encoders, and listeners that are replaced."""

import gc

import numpy as np
import pytest
import spacy
from spacy.tokens import Span
from spacy.training import Example
from thinc.api import Optimizer, fix_random_seed

from spacy_mluke.layers.encoded import _STATES
from tests.pipeline.pipelines import GOLD, NO_SPANS, TEXTS, difference, encoder, initialize

WORDS = {
    "@architectures": "spacy-mluke.WordListener.v1",
    "pooling": {"@layers": "reduce_mean.v1"},
    "upstream": "*",
}
SPANS = {"@architectures": "spacy-mluke.SpanListener.v1", "upstream": "*"}
SUGGESTER = {"@misc": "spacy.ngram_suggester.v1", "sizes": [1, 2]}
GETTER = {"@misc": "spacy-mluke.from_suggester.v1", "suggester": SUGGESTER}


def span_config(scorer, **rest):
    return {
        "model": {
            "@architectures": "spacy-mluke.SpanClassifier.v1",
            "tok2vec": SPANS,
            "scorer": {"@layers": scorer},
        },
        "suggester": SUGGESTER,
        **rest,
    }


STOCK = {
    "tagger": {"model": {"@architectures": "spacy.Tagger.v2", "tok2vec": WORDS}},
    "ner": {
        "model": {
            "@architectures": "spacy.TransitionBasedParser.v2",
            "state_type": "ner",
            "extra_state_tokens": False,
            "hidden_width": 16,
            "maxout_pieces": 2,
            "use_upper": False,
            "tok2vec": WORDS,
        }
    },
    "textcat": {
        "model": {
            "@architectures": "spacy.TextCatReduce.v1",
            "tok2vec": WORDS,
            "exclusive_classes": True,
            "use_reduce_first": False,
            "use_reduce_last": False,
            "use_reduce_max": False,
            "use_reduce_mean": True,
        }
    },
    "spancat": span_config("spacy.LinearLogistic.v1"),
    "spancat_singlelabel": span_config("Softmax.v2"),
}


def examples_of(nlp):
    """Examples with entities, spans, tags and categories."""
    result = []
    for text, ents in GOLD:
        doc = nlp.make_doc(text)
        reference = nlp.make_doc(text)
        reference.ents = [reference.char_span(*ent) for ent in ents]
        for key in ("sc", "other"):
            reference.spans[key] = list(reference.ents)
        for token in reference:
            token.tag_ = "NAME" if token.text.istitle() else "REST"
        place = any(label == "LOC" for _, _, label in ents)
        reference.cats = {"PLACE": float(place), "NONE": float(not place)}
        result.append(Example(doc, reference))
    return result


def make(piece_file, *components, model=None, upstream_name="mluke"):
    fix_random_seed(1)
    nlp = spacy.blank("xx")
    nlp.add_pipe(
        "mluke", name=upstream_name, config=encoder(**{"span_getter": GETTER, **(model or {})})
    )
    for name in components:
        nlp.add_pipe(name, config=STOCK.get(name, {}))
    initialize(nlp, piece_file, examples_of(nlp))
    return nlp


def train(nlp, steps=25, rate=0.003, **kwargs):
    optimizer = Optimizer(rate)
    return [nlp.update(examples_of(nlp), sgd=optimizer, losses={}, **kwargs) for _ in range(steps)]


def outputs(doc):
    """What components have predicted, as plain values."""
    groups = {key: [(s.start, s.end, s.label_) for s in group] for key, group in doc.spans.items()}
    return (
        [token.tag_ for token in doc],
        [(e.text, e.label_) for e in doc.ents],
        {label: round(value, 4) for label, value in doc.cats.items()},
        groups,
    )


def encoder_gradient(nlp, name="mluke"):
    pipe = nlp.get_pipe(name)
    pipe._flush()
    module = pipe.encoder_shims[0].module
    return {n: p.grad.numpy().copy() for n, p in module.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("name", list(STOCK))
def test_stock_components_learn_and_come_back(piece_file, tmp_path, name):
    nlp = make(piece_file, name)
    before = encoder_weights(nlp)
    history = train(nlp, 12)
    assert history[-1][name] < 0.9 * history[0][name]
    assert any(difference(a, b) > 1e-4 for a, b in zip(before, encoder_weights(nlp)))
    docs = list(nlp.pipe([*TEXTS, "", "  \n "]))
    nlp.to_disk(tmp_path)
    for text, doc, loaded in zip(TEXTS, docs, spacy.load(tmp_path).pipe(TEXTS)):
        assert outputs(doc) == outputs(loaded) == outputs(nlp(text))


def encoder_weights(nlp):
    return [
        p.detach().numpy().copy()
        for p in nlp.get_pipe("mluke").encoder_shims[0].module.parameters()
    ]


def test_white_space_tokens_have_zero_vectors(piece_file):
    nlp = make(piece_file, "tagger")
    listener = nlp.get_pipe("mluke").listeners[0]
    doc = nlp.get_pipe("mluke")(nlp.make_doc("Tokyo \n\n Paris"))
    (vectors,) = listener.predict([doc])
    blank = [token.is_space for token in doc]
    assert any(blank) and vectors.shape == (len(doc), 32)
    assert (np.abs(vectors).sum(axis=1) == 0).tolist() == blank


def test_gradient_of_two_heads_is_the_sum_of_both(piece_file):
    gradients = {}
    for exclude in ((), ("tagger",), ("mluke_ner",)):
        nlp = make(piece_file, "tagger", "mluke_ner")
        # Heads whose gradient is not zero at the start.
        rng = np.random.default_rng(0)
        for name, layer in (("tagger", "softmax"), ("mluke_ner", "output_layer")):
            weights = nlp.get_pipe(name).model.get_ref(layer).get_param("W")
            weights[:] = rng.normal(size=weights.shape)
        nlp.update(examples_of(nlp), sgd=False, losses={}, exclude=list(exclude))
        gradients[exclude] = encoder_gradient(nlp)
    both, words, slots = gradients[()], gradients["mluke_ner",], gradients["tagger",]
    for name, gradient in both.items():
        total = np.zeros_like(gradient)
        for part in (words, slots):
            total += part.get(name, 0.0)
        assert difference(gradient, total) <= 1e-5 * max(1.0, np.abs(gradient).max()), name
    table = "encoder.embeddings.word_embeddings.weight"
    assert np.abs(words[table]).max() > 0 and np.abs(slots[table]).max() > 0


def test_grad_factor(piece_file):
    gradients = []
    for factor in (1.0, 0.5, 0.0):
        nlp = make(piece_file, "tagger")
        nlp.get_pipe("mluke").listeners[0].attrs["grad_factor"] = factor
        weights = nlp.get_pipe("tagger").model.get_ref("softmax").get_param("W")
        weights[:] = np.random.default_rng(0).normal(size=weights.shape)
        nlp.update(examples_of(nlp), sgd=False, losses={})
        gradients.append(encoder_gradient(nlp))
    for name, gradient in gradients[0].items():
        assert difference(0.5 * gradient, gradients[1][name]) < 1e-5 * max(
            1, np.abs(gradient).max()
        )
    assert not gradients[2]


def test_words_and_spans_in_one_pipeline(piece_file, tmp_path):
    nlp = make(piece_file, "tagger", "textcat", "mluke_ner", "spancat")
    assert nlp.get_pipe("mluke").listening_components == nlp.pipe_names[1:]
    history = train(nlp, 10)
    for name in nlp.pipe_names[1:]:
        assert history[-1][name] < history[0][name]
    doc = nlp(TEXTS[0])
    assert doc not in _STATES, "states are released by the last listener"
    nlp.to_disk(tmp_path)
    assert outputs(spacy.load(tmp_path)(TEXTS[0])) == outputs(doc)


def test_states_go_with_their_doc(piece_file):
    nlp = make(piece_file, "tagger", "mluke_ner")
    gc.collect()
    before = len(_STATES)
    docs = [nlp.get_pipe("mluke")(nlp.make_doc(text)) for text in TEXTS]
    assert len(_STATES) == before + len(docs)
    del docs
    gc.collect()
    assert len(_STATES) == before


@pytest.mark.parametrize("name", ["tagger", "spancat", "mluke_ner", "ner"])
def test_replaced_listeners(piece_file, tmp_path, name):
    nlp = make(piece_file, name)
    train(nlp, 8)
    want = [outputs(doc) for doc in nlp.pipe(TEXTS)]
    path = "model.tok2vec"
    nlp.replace_listeners("mluke", name, [path])
    assert not nlp.get_pipe("mluke").listeners
    for text, expected in zip(TEXTS, want):
        assert outputs(nlp(text)) == expected
    # The encoder of its own is no longer touched by the other one.
    shims = [s for node in nlp.get_pipe(name).model.walk() for s in node.shims]
    assert len([s for s in shims if hasattr(s, "pieces")]) == 1
    nlp.remove_pipe("mluke")
    nlp.to_disk(tmp_path)
    loaded = spacy.load(tmp_path)
    copy = spacy.blank("xx").from_config(nlp.config).from_bytes(nlp.to_bytes())
    for text, expected in zip(TEXTS, want):
        assert outputs(loaded(text)) == outputs(copy(text)) == expected
    history = train(loaded, 4)
    assert history[-1][name] <= history[0][name]


def test_two_encoders_by_name(piece_file):
    fix_random_seed(1)
    nlp = spacy.blank("xx")
    nlp.add_pipe("mluke", name="words", config=encoder(span_getter=NO_SPANS, slots=False))
    nlp.add_pipe("mluke", name="slots", config=encoder(span_getter=GETTER))
    tagger = {"model": {**STOCK["tagger"]["model"], "tok2vec": {**WORDS, "upstream": "words"}}}
    spancat = span_config("spacy.LinearLogistic.v1")
    spancat["model"] = {**spancat["model"], "tok2vec": {**SPANS, "upstream": "slots"}}
    nlp.add_pipe("tagger", config=tagger)
    nlp.add_pipe("spancat", config=spancat)
    initialize(nlp, piece_file, examples_of(nlp))
    assert nlp.get_pipe("words").listening_components == ["tagger"]
    assert nlp.get_pipe("slots").listening_components == ["spancat"]
    history = train(nlp, 10)
    assert history[-1]["tagger"] < history[0]["tagger"]
    assert history[-1]["spancat"] < history[0]["spancat"]
    assert nlp(TEXTS[0]) not in _STATES


def test_an_encoder_without_slots_has_no_entity_vectors(piece_file):
    with pytest.raises(ValueError, match="M322.*slots = false"):
        make(piece_file, "mluke_ner", model={"slots": False})


def test_spans_that_the_encoder_does_not_know_of(piece_file):
    nlp = make(piece_file, "spancat", model={"span_getter": NO_SPANS})
    with pytest.warns(UserWarning, match="W301.*spans that a component asked 'mluke' for"):
        nlp.update(examples_of(nlp), sgd=False, losses={})
    known = make(piece_file, "spancat", model={"attention": "independent"})
    unknown = make(
        piece_file, "spancat", model={"attention": "independent", "span_getter": NO_SPANS}
    )
    for one, other in zip(known.pipe(TEXTS), unknown.pipe(TEXTS)):
        assert outputs(one) == outputs(other)


def test_listener_before_its_encoder(piece_file):
    nlp = make(piece_file, "tagger")
    doc = nlp.make_doc(TEXTS[0])
    with pytest.raises(ValueError, match="M301.*Put 'mluke' before"):
        nlp.get_pipe("tagger")(doc)
    nlp.get_pipe("mluke")(doc)
    nlp.get_pipe("tagger")(doc)
    with pytest.raises(ValueError, match="M301.*already read"):
        nlp.get_pipe("tagger")(doc)


def test_never_zeros_in_silence_after_initialisation(piece_file):
    nlp = make(piece_file, "tagger")
    examples = examples_of(nlp)
    initialize(nlp, piece_file, examples)
    with pytest.raises(ValueError, match="M301"):
        nlp.update(examples, sgd=False, losses={}, exclude=["mluke"])


def test_another_batch_than_the_encoded_one(piece_file):
    nlp = make(piece_file, "tagger")
    nlp.get_pipe("mluke").update(examples_of(nlp))
    with pytest.raises(ValueError, match="M312"):
        nlp.get_pipe("tagger").update(examples_of(nlp)[:2])


def test_sourced_component(piece_file, tmp_path):
    first = make(piece_file, "mluke_ner")
    train(first, 15)
    want = [outputs(doc) for doc in first.pipe(TEXTS)]
    first.to_disk(tmp_path)
    second = spacy.blank("xx")
    source = spacy.load(tmp_path)
    second.add_pipe("mluke", source=source)
    second.add_pipe("mluke_ner", source=source)
    assert [outputs(doc) for doc in second.pipe(TEXTS)] == want
    assert second(TEXTS[0]) not in _STATES
    # A new head on the sourced encoder, which stays as it is.
    third = spacy.blank("xx")
    third.add_pipe("mluke", source=spacy.load(tmp_path))
    third.add_pipe("tagger", config=STOCK["tagger"])
    before = encoder_weights(third)
    with third.select_pipes(disable=["mluke"]):
        third.initialize(lambda: examples_of(third))
    third._link_components()
    history = train(third, 10, exclude=["mluke"], annotates=["mluke"])
    assert history[-1]["tagger"] < history[0]["tagger"]
    assert all((a == b).all() for a, b in zip(before, encoder_weights(third)))


def test_renamed_and_removed_listeners(piece_file):
    nlp = make(piece_file, "tagger", "mluke_ner")
    nlp.rename_pipe("tagger", "tags")
    assert nlp.get_pipe("mluke").listening_components == ["tags", "mluke_ner"]
    nlp.remove_pipe("mluke_ner")
    assert nlp(TEXTS[0]) not in _STATES


def test_spans_in_the_gold_group(piece_file):
    nlp = make(piece_file, "spancat_singlelabel")
    train(nlp, 40, 0.005)
    doc = nlp(TEXTS[0])
    found = {(s.text, s.label_) for s in doc.spans["sc"]}
    assert {("Angela Merkel", "PER"), ("Tokyo", "LOC")} <= found
    assert all(isinstance(s, Span) for s in doc.spans["sc"])
