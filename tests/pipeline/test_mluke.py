"""The encoder component: features, settings, and gradients from its listeners."""

import numpy as np
import pytest
import spacy
from spacy.tokens import Doc
from spacy.training import Example
from thinc.api import Optimizer, fix_random_seed

from spacy_mluke.features import get_features
from spacy_mluke.layers.encoded import find_states
from spacy_mluke.modeling import EncoderConfig, MLukeEncoder
from spacy_mluke.modeling.saving import save_checkpoint
from spacy_mluke.text.pieces import PieceEncoder
from tests.pipeline.pipelines import (
    GOLD,
    NGRAMS,
    NO_SPANS,
    SIZES,
    TEXTS,
    difference,
    encoder,
    examples_of,
    initialize,
    make,
    same_features,
)


@pytest.fixture(scope="module")
def nlp(piece_file):
    return make(piece_file)


def test_every_ngram_has_a_vector(nlp):
    doc = nlp(TEXTS[0])
    features = doc._.mluke
    assert features.vectors.shape == (len(features.spans), 32)
    assert features.piece_tokens.max() == len(doc) - 1
    assert np.isfinite(features.vectors).all() and (features.vectors.std(axis=1) > 0).all()
    span = doc[0:2]
    assert span._.mluke.is_encoded and span._.mluke.entity == "[MASK]"
    row = features.row(span)
    assert features.spans[row].tolist() == [0, 2]
    np.testing.assert_array_equal(span._.mluke.vector, features.vectors[row])
    assert span._.mluke.score is None
    assert features.report["spans"] == len(features.spans)


def test_vectors_of_what_was_not_encoded(nlp):
    doc = nlp(TEXTS[0])
    assert not doc[0:7]._.mluke.is_encoded
    with pytest.raises(KeyError, match="M401.*Angela"):
        _ = doc[0:7]._.mluke.vector
    with pytest.raises(KeyError, match="M402.*retain"):
        _ = doc[0:2]._.mluke.start_vector
    plain = spacy.blank("xx")(TEXTS[0])
    assert len(get_features(plain).spans) == 0
    with pytest.raises(KeyError, match="M401"):
        _ = plain[0:2]._.mluke.vector


@pytest.mark.parametrize("attention", ["full", "independent"])
def test_retain(piece_file, attention):
    nlp = make(piece_file, attention=attention)
    pipe = nlp.get_pipe("mluke")
    by_mode = {}
    for mode in ("none", "entities", "all"):
        pipe.cfg["retain"] = mode
        by_mode[mode] = nlp(TEXTS[0])._.mluke
    assert not len(by_mode["none"].spans) and not len(by_mode["none"].piece_ids)
    kept = by_mode["entities"]
    assert not kept.words.size and not kept.starts.size and not kept.ends.size
    whole = by_mode["all"]
    np.testing.assert_allclose(whole.vectors, kept.vectors, atol=1e-6)
    assert whole.words.shape == (len(whole.piece_ids), 32)
    first = np.searchsorted(whole.piece_tokens, whole.spans[:, 0])
    last = np.searchsorted(whole.piece_tokens, whole.spans[:, 1] - 1, side="right") - 1
    np.testing.assert_array_equal(whole.starts, whole.words[first])
    np.testing.assert_array_equal(whole.ends, whole.words[last])


def test_words_only_encoder(piece_file):
    nlp = make(piece_file, slots=False)
    nlp.get_pipe("mluke").cfg["retain"] = "all"
    doc = nlp(TEXTS[0])
    features = doc._.mluke
    assert features.vectors.shape == (len(features.spans), 0) and len(features.spans)
    assert doc[0:2]._.mluke.start_vector.shape == (32,)


def test_vectors_do_not_depend_on_other_spans_in_the_independent_pattern(piece_file):
    fix_random_seed(3)
    many = make(piece_file, attention="independent")
    doc = many(TEXTS[0])
    few = many.get_pipe("mluke").model
    encoded = few.predict(([many.make_doc(TEXTS[0])], [np.asarray([[0, 2]], dtype="i")]))
    few.attrs["get_spans"] = lambda docs, pieces: [np.zeros((0, 2), "i")] * len(docs)
    alone = few.predict(([many.make_doc(TEXTS[0])], [np.asarray([[0, 2]], dtype="i")]))
    assert len(encoded.vectors) > 1 and len(alone.vectors) == 1
    assert difference(alone.vectors[0], doc[0:2]._.mluke.vector) < 1e-5


@pytest.mark.parametrize("max_batch_items", [1, 37, 10**6])
def test_group_size_changes_nothing(nlp, max_batch_items):
    want = list(nlp.pipe(TEXTS))
    pipe = nlp.get_pipe("mluke")
    pipe.model.attrs["max_batch_items"] = max_batch_items
    try:
        for one, other in zip(want, nlp.pipe(TEXTS)):
            same_features(one, other)
    finally:
        pipe.model.attrs["max_batch_items"] = 4096


def test_bf16_is_near_fp32_and_trains(piece_file):
    nlp = make(piece_file, ner={}, precision="bf16")
    full = make(piece_file, ner={})
    a, b = (n.get_pipe("mluke").predict([n.make_doc(TEXTS[0])]).vectors for n in (nlp, full))
    assert a.dtype == np.float32 and 0 < difference(a, b) < 0.1
    optimizer = Optimizer(0.003)
    losses = [nlp.update(examples_of(nlp), sgd=optimizer, losses={}) for _ in range(8)]
    assert losses[-1]["mluke_ner"] < losses[0]["mluke_ner"]
    # The low-precision copy follows the weights.
    changed = nlp.get_pipe("mluke").predict([nlp.make_doc(TEXTS[0])]).vectors
    assert difference(changed, a) > 1e-3


@pytest.mark.parametrize("attention", ["full", "independent"])
@pytest.mark.parametrize("proposer", [None, {"max_words": 4}])
def test_gradient_checkpointing_gives_the_same_gradients(piece_file, attention, proposer):
    gradients = []
    for checkpointing in (False, True):
        nlp = make(
            piece_file,
            attention=attention,
            proposer=proposer,
            gradient_checkpointing=checkpointing,
        )
        pipe = nlp.get_pipe("mluke")
        docs = [eg.predicted for eg in examples_of(nlp)]
        encoded, backprop = pipe.model.begin_update(docs)
        backprop(np.ones_like(encoded.words), np.ones_like(encoded.vectors))
        gradients.append(gradient_of(pipe))
    assert gradients[0].keys() == gradients[1].keys()
    for name, gradient in gradients[0].items():
        assert difference(gradient, gradients[1][name]) < 1e-5, name


def gradient_of(pipe):
    module = pipe.encoder_shims[0].module
    found = {n: p.grad.numpy().copy() for n, p in module.named_parameters() if p.grad is not None}
    assert any(g.any() for g in found.values())
    return found


def test_span_getter_kinds(piece_file):
    fix_random_seed(0)
    nlp = spacy.blank("xx")
    nlp.add_pipe("sentencizer")
    getter = {
        "@misc": "spacy-mluke.union.v1",
        "getters": {
            "ents": {"@misc": "spacy-mluke.doc_ents.v1"},
            "group": {"@misc": "spacy-mluke.span_group.v1", "key": "mine"},
            "grams": {"@misc": "spacy-mluke.sentence_ngrams.v1", "max_words": 1},
        },
    }
    nlp.add_pipe("mluke", config=encoder(span_getter=getter, context="sentence"))
    initialize(nlp, piece_file, examples_of(nlp))
    doc = nlp.make_doc("Tokyo is big. Paris is small.")
    doc.ents = [doc.char_span(0, 5, label="LOC")]
    doc.spans["mine"] = [doc[0:3], doc[2:5]]
    doc = nlp(doc)
    # The span over the end of a sentence has no window that holds it.
    assert [0, 3] in doc._.mluke.spans.tolist() and [2, 5] not in doc._.mluke.spans.tolist()
    assert doc._.mluke.report["spans_too_long"] == 1


def test_sentences_are_read_alone(piece_file):
    fix_random_seed(0)
    nlp = spacy.blank("xx")
    nlp.add_pipe("sentencizer")
    nlp.add_pipe("mluke", config=encoder(context="sentence"))
    initialize(nlp, piece_file, examples_of(nlp))
    both = nlp("Angela Merkel visited Tokyo. Marie Curie discovered radium.")
    alone = nlp("Angela Merkel visited Tokyo.")
    for start, end in alone._.mluke.spans.tolist():
        one, other = both[start:end]._.mluke.vector, alone[start:end]._.mluke.vector
        assert difference(one, other) < 1e-5


@pytest.fixture(scope="module")
def full_checkpoint(piece_file, tmp_path_factory):
    """A folder with a table of entities, as of a full-size mLUKE."""
    fix_random_seed(5)
    pieces = PieceEncoder.from_file(piece_file)
    sizes = {k: v for k, v in SIZES.items() if "dropout" not in k}
    config = EncoderConfig(
        vocab_size=pieces.vocab_size,
        entity_vocab_size=12,
        max_position_embeddings=514,
        initializer_range=0.5,
        **sizes,
    )
    folder = tmp_path_factory.mktemp("checkpoint") / "full"
    save_checkpoint(
        folder,
        MLukeEncoder(config),
        config,
        piece_model=pieces.model,
        special_entities={"[PAD]": 0, "[UNK]": 1, "[MASK]": 2, "[MASK2]": 11},
        entities={"en:Tokyo": 7, "de:Tokio": 7, "en:Paris": 5},
    )
    return folder


def from_checkpoint(folder, **model):
    nlp = spacy.blank("xx")
    config = {"name": str(folder), "span_getter": NGRAMS, **model}
    nlp.add_pipe("mluke", config={"model": config})
    nlp.initialize()
    return nlp


def with_ent(nlp, kb_id):
    doc = nlp.make_doc(TEXTS[0])
    doc.ents = [doc.char_span(22, 27, label="LOC", kb_id=kb_id)]
    return nlp(doc)


def test_known_entities_in_slots(full_checkpoint, tmp_path):
    nlp = from_checkpoint(full_checkpoint, slot_entities="kb_id")
    masked = with_ent(from_checkpoint(full_checkpoint), "en:Tokyo")
    tokyo, tokio, paris, unknown = (
        with_ent(nlp, key) for key in ("en:Tokyo", "de:Tokio", "en:Paris", "en:Nowhere")
    )
    span = slice(3, 4)
    assert tokyo[span]._.mluke.entity == "en:Tokyo" and tokio[span]._.mluke.entity == "de:Tokio"
    assert tokyo[0:2]._.mluke.entity == "[MASK]"
    assert difference(tokyo._.mluke.vectors, tokio._.mluke.vectors) < 1e-6
    assert difference(tokyo[span]._.mluke.vector, paris[span]._.mluke.vector) > 1e-2
    assert unknown[span]._.mluke.entity == "[MASK]"
    assert difference(unknown._.mluke.vectors, masked._.mluke.vectors) < 1e-6
    nlp.to_disk(tmp_path / "model")
    same_features(tokyo, with_ent(spacy.load(tmp_path / "model"), "en:Tokyo"))
    copy = spacy.blank("xx").from_config(nlp.config).from_bytes(nlp.to_bytes())
    same_features(tokyo, with_ent(copy, "en:Tokyo"))


def test_checkpoint_needs_no_network_once_saved(full_checkpoint, tmp_path):
    nlp = from_checkpoint(full_checkpoint)
    # Without named entities only the rows of the special ones are kept.
    assert nlp.get_pipe("mluke").encoder_shims[0].module.encoder.config.entity_vocab_size < 12
    doc = nlp(TEXTS[0])
    nlp.to_disk(tmp_path / "model")
    config = spacy.util.load_config(tmp_path / "model" / "config.cfg")
    config["components"]["mluke"]["model"]["name"] = "nobody/has-this-checkpoint"
    config.to_disk(tmp_path / "model" / "config.cfg")
    same_features(doc, spacy.load(tmp_path / "model")(TEXTS[0]))


def test_checkpoint_in_the_initialize_block(full_checkpoint):
    nlp = spacy.blank("xx")
    nlp.add_pipe("mluke", config={"model": {"span_getter": NGRAMS}})
    nlp.config["initialize"]["components"]["mluke"] = {"checkpoint": str(full_checkpoint)}
    nlp.initialize()
    same_features(nlp(TEXTS[0]), from_checkpoint(full_checkpoint)(TEXTS[0]))


def test_states_are_held_only_for_listeners(piece_file):
    nlp = make(piece_file)
    doc = nlp(TEXTS[0])
    assert find_states(doc, "mluke") is None
    listened = make(piece_file, ner={})
    pipe = listened.get_pipe("mluke")
    doc = pipe(listened.make_doc(TEXTS[0]))
    assert find_states(doc, "mluke") is not None
    listened.get_pipe("mluke_ner")(doc)
    assert find_states(doc, "mluke") is None


# Proposals at the limit of their number would differ by rounding.
ALL = {"max_words": 3, "max_per_piece": 100.0}


def test_accumulated_gradients_equal_those_of_one_batch(piece_file):
    weights = []
    for parts in ([slice(0, 6)], [slice(0, 2), slice(2, 6)]):
        nlp = make(piece_file, ner={}, span_getter=NO_SPANS, proposer=ALL)
        examples = examples_of(nlp)
        for part in parts:
            nlp.update(examples[part], sgd=False, losses={})
        nlp.get_pipe("mluke")._flush()
        weights.append(gradient_of(nlp.get_pipe("mluke")))
    for name, gradient in weights[0].items():
        assert difference(gradient, weights[1][name]) < 1e-5 * max(1, np.abs(gradient).max()), name


def test_a_component_that_skips_a_batch_keeps_the_others_gradient(piece_file):
    gradients = []
    for also_silent in (False, True):
        fix_random_seed(1)
        nlp = spacy.blank("xx")
        nlp.add_pipe("mluke", config=encoder())
        nlp.add_pipe("mluke_ner")
        examples = examples_of(nlp)
        if also_silent:
            nlp.add_pipe("mluke_ner", name="silent", config={"output": "spans"})
            nlp.config["initialize"]["components"]["silent"] = {"labels": ["X"]}
        initialize(nlp, piece_file, examples)
        nlp.update(examples, sgd=False, losses={}, exclude=["silent"])
        nlp.get_pipe("mluke")._flush()
        gradients.append(gradient_of(nlp.get_pipe("mluke")))
    for name, gradient in gradients[0].items():
        assert difference(gradient, gradients[1][name]) < 1e-6, name


def test_span_proposer_learns_mentions_of_a_span_group(piece_file):
    fix_random_seed(1)
    nlp = spacy.blank("xx")
    config = {**encoder(span_getter=NO_SPANS, proposer={"max_words": 3}), "mentions_key": "m"}
    nlp.add_pipe("mluke", config=config)
    optimizer = None
    for _ in range(40):
        examples = []
        for text, ents in GOLD:
            reference = nlp.make_doc(text)
            reference.spans["m"] = [reference.char_span(*ent) for ent in ents]
            examples.append(Example(nlp.make_doc(text), reference))
        if optimizer is None:
            initialize(nlp, piece_file, examples)
            optimizer = Optimizer(0.01)
        losses = nlp.update(examples, sgd=optimizer, losses={})
    assert losses["mluke"] < 1.0
    found = [(s, e) for s, e in nlp(TEXTS[0])._.mluke.spans.tolist()]
    assert {(0, 2), (3, 4)} <= set(found) and len(found) < 10


def test_a_doc_may_be_encoded_again(nlp):
    doc = nlp(TEXTS[0])
    again = nlp(Doc(nlp.vocab).from_bytes(doc.to_bytes()))
    same_features(doc, again)
    assert len([key for key in again.user_data if key[1] == "mluke_features"]) == 1
