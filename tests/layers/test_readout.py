import numpy as np
import pytest
import spacy
from spacy.tokens import Doc
from thinc.api import NumpyOps, Ragged, reduce_max, reduce_mean

from spacy_mluke.layers.encoded import Encoded, find_states, hold_states, join, take_states
from spacy_mluke.layers.listeners import batch_id
from spacy_mluke.layers.readout import span_features, token_vectors
from tests.layers.test_plan import pieces_of

OPS = NumpyOps()
VOCAB = spacy.blank("xx").vocab


def states(width=3, seed=0):
    rng = np.random.default_rng(seed)
    pieces = [pieces_of([1, 2, 0, 3]), pieces_of([]), pieces_of([2])]
    spans = [np.asarray([[0, 2], [1, 4]], "int32"), np.zeros((0, 2), "int32")]
    spans.append(np.asarray([[0, 1]], "int32"))
    return Encoded(
        pieces=pieces,
        words=rng.normal(size=(8, width)).astype("f"),
        spans=spans,
        vectors=rng.normal(size=(3, width)).astype("f"),
        placed=np.ones(3, bool),
        entities=["a", "b", "c"],
    )


DOCS = [Doc(VOCAB, ["a", "b", " ", "c"]), Doc(VOCAB, []), Doc(VOCAB, ["d"])]


def numeric(function, array, weights, step=1e-2):
    """Gradient of sum(function() * weights) by central differences."""
    gradient = np.zeros_like(array)
    for index in np.ndindex(*array.shape):
        before = array[index]
        values = []
        for sign in (1, -1):
            array[index] = before + sign * step
            values.append(float((function() * weights).sum()))
        array[index] = before
        gradient[index] = (values[0] - values[1]) / (2 * step)
    return gradient


@pytest.mark.parametrize("pooling", [reduce_mean, reduce_max])
def test_token_vectors_and_their_gradient(pooling):
    encoded, pool = states(), pooling()

    def forward():
        return np.concatenate(token_vectors(pool, encoded, True)[0])

    vectors, backprop = token_vectors(pool, encoded, True)
    assert [v.shape for v in vectors] == [(4, 3), (0, 3), (1, 3)]
    assert not vectors[0][2].any(), "white space has zeros"
    np.testing.assert_array_equal(vectors[0][0], encoded.words[0])
    weights = np.random.default_rng(1).normal(size=(5, 3)).astype("f")
    parts = [weights[:4], weights[:0], weights[4:]]
    want = numeric(forward, encoded.words, weights)
    np.testing.assert_allclose(backprop(parts), want, atol=1e-3)


@pytest.mark.parametrize(
    "features", [["start", "end", "entity"], ["entity"], ["end", "start"], ["start", "start"]]
)
def test_span_features_and_their_gradient(features):
    encoded = states()
    asked = np.asarray([[1, 4], [0, 2], [1, 4], [0, 1]], "int32")  # one span twice
    ragged = Ragged(asked, np.asarray([3, 0, 1], "int32"))

    def forward():
        return span_features(OPS, encoded, DOCS, ragged, features)[0]

    table, backprop = span_features(OPS, encoded, DOCS, ragged, features)
    assert table.shape == (4, 3 * len(features))
    column = features.index(features[-1])
    if features[-1] == "entity":
        np.testing.assert_array_equal(table[:, -3:], encoded.vectors[[1, 0, 1, 2]])
    else:
        assert column >= 0
    weights = np.random.default_rng(1).normal(size=table.shape).astype("f")
    d_words, d_vectors = backprop(weights)
    if "entity" in features:
        np.testing.assert_allclose(d_vectors, numeric(forward, encoded.vectors, weights), atol=1e-3)
    else:
        assert d_vectors is None
    if "start" in features:
        np.testing.assert_allclose(d_words, numeric(forward, encoded.words, weights), atol=1e-3)
    else:
        assert d_words is None


def test_first_and_last_piece():
    encoded = states()
    ragged = Ragged(np.asarray([[1, 4], [2, 3]], "int32"), np.asarray([2, 0, 0], "int32"))
    table, _ = span_features(OPS, encoded, DOCS, ragged, ["start", "end"])
    np.testing.assert_array_equal(table[0], np.concatenate([encoded.words[1], encoded.words[5]]))
    assert not table[1].any(), "a span of white space has zeros"


def test_span_that_was_not_encoded():
    ragged = Ragged(np.asarray([[0, 1]], "int32"), np.asarray([1, 0, 0], "int32"))
    with pytest.raises(ValueError, match="M315.*'a'.*tokens 0 to 1"):
        span_features(OPS, states(), DOCS, ragged, ["entity"])


def test_words_that_were_not_kept():
    encoded = states()
    encoded.words = None
    ragged = Ragged(np.asarray([[0, 2]], "int32"), np.asarray([1, 0, 0], "int32"))
    with pytest.raises(ValueError, match="M314"):
        span_features(OPS, encoded, DOCS, ragged, ["start"])


def test_split_and_join():
    encoded = states()
    parts = encoded.split()
    assert [len(p.vectors) for p in parts] == [2, 0, 1]
    assert [len(p.words) for p in parts] == [6, 0, 2]
    assert [p.entities for p in parts] == [["a", "b"], [], ["c"]]
    again = join(parts)
    np.testing.assert_array_equal(again.words, encoded.words)
    np.testing.assert_array_equal(again.vectors, encoded.vectors)
    assert again.entities == encoded.entities and again.placed.tolist() == [True] * 3
    assert encoded.has_pieces.tolist() == [True] * 3


def test_states_wait_for_their_readers():
    doc, part = Doc(VOCAB, ["a"]), states().split()[2]
    hold_states(doc, "one", part, 2)
    hold_states(doc, "two", part, 1)
    hold_states(doc, "none", part, 0)
    assert find_states(doc, "none") is None
    assert find_states(doc, "*")[0] == "two"
    take_states(doc, "two")
    take_states(doc, "*")
    assert find_states(doc, "one") is not None
    take_states(doc, "one")
    with pytest.raises(ValueError, match="M301.*'one'"):
        take_states(doc, "one")


def test_batch_ids():
    one, other = Doc(VOCAB, ["a", "b"]), Doc(VOCAB, ["b", "a"])
    again = Doc(VOCAB, ["a", "b"])
    assert batch_id([one, other]) == batch_id([again, other]) != batch_id([other, one])
    assert batch_id([one]) != batch_id([Doc(VOCAB, ["a"]), Doc(VOCAB, ["b"])])
    assert batch_id([]) == batch_id([])
