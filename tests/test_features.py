"""Features and scores on Docs, without an encoder."""

import time

import numpy as np
import pytest
import spacy
from spacy.tokens import Doc, Span

from spacy_mluke.features import (
    DocFeatures,
    SpanFeatures,
    clear_scores,
    get_features,
    keep_spans,
    register_extensions,
    set_features,
    set_scores,
)

register_extensions()
NLP = spacy.blank("xx")


def encoded(text: str, width: int = 4, words: bool = True) -> Doc:
    """A Doc with one piece a token and every single token as a span."""
    doc = NLP(text)
    n = len(doc)
    rng = np.random.default_rng(n)

    def rows(columns: int) -> np.ndarray:
        return rng.normal(size=(n, columns)).astype("float32")

    features = DocFeatures(
        piece_ids=np.arange(n, dtype="int32"),
        piece_tokens=np.arange(n, dtype="int32"),
        spans=np.stack([np.arange(n), np.arange(n) + 1], axis=1).astype("int32"),
        vectors=rows(width),
        starts=rows(width if words else 0),
        ends=rows(width if words else 0),
        words=rows(width) if words else np.zeros((0, 0), "float32"),
        entities=["[MASK]"] * n,
        report={"spans": n},
    )
    set_features(doc, features)
    return doc


def test_set_and_get():
    doc = encoded("Angela Merkel visited Tokyo")
    features = get_features(doc)
    assert features.row(doc[2:3]) == 2
    np.testing.assert_array_equal(SpanFeatures(doc[2:3]).vector, features.vectors[2])
    np.testing.assert_array_equal(SpanFeatures(doc[2:3]).end_vector, features.ends[2])
    assert not SpanFeatures(doc[1:3]).is_encoded
    with pytest.raises(KeyError, match="M401.*Merkel visited.*tokens 1 to 3"):
        _ = SpanFeatures(doc[1:3]).entity


def test_shown_by_its_sizes():
    doc = encoded("Angela Merkel visited Tokyo")
    shown = repr(doc._.mluke)
    assert shown == "DocFeatures(4 spans of 4 dimensions, 4 tokens in 4 pieces)"
    assert repr(NLP("")._.mluke) == "DocFeatures(0 spans of 0 dimensions, 0 tokens in 0 pieces)"


def test_setting_again_replaces():
    doc = encoded("a b c")
    set_features(doc, get_features(encoded("a b c")))
    assert len(get_features(doc).spans) == 3


def test_keep_spans():
    doc = encoded("a b c d")
    before = get_features(doc)
    keep_spans(doc, np.asarray([[1, 2], [3, 4], [0, 3]]))
    after = get_features(doc)
    assert after.spans.tolist() == [[1, 2], [3, 4]]
    np.testing.assert_array_equal(after.vectors, before.vectors[[1, 3]])
    np.testing.assert_array_equal(after.words, before.words)
    keep_spans(doc, np.zeros((0, 2)))
    assert get_features(doc).vectors.shape == (0, 4)


def test_no_features():
    features = get_features(NLP("a b"))
    assert features.spans.shape == (0, 2) and not len(features.vectors) and not features.report


@pytest.mark.parametrize("order", [1, -1])
def test_joined_from_parts_that_kept_different_things(order):
    parts = [encoded("a b", words=True), encoded("c d e", words=False)][::order]
    joined = get_features(Doc.from_docs(parts))
    assert joined.vectors.shape == (5, 4)
    assert joined.starts.shape == (5, 0) and joined.words.size == 0
    assert joined.piece_tokens.tolist() == [0, 1, 2, 3, 4]
    assert joined.report == {"spans": 5}


def test_joined_with_plain_text():
    joined = get_features(Doc.from_docs([NLP("x y"), encoded("a b"), NLP("z")]))
    assert joined.spans.tolist() == [[2, 3], [3, 4]] and joined.words.shape == (2, 4)


def test_joined_from_encoders_of_different_width():
    doc = Doc.from_docs([encoded("a b", width=4), encoded("c d", width=8)])
    with pytest.raises(ValueError, match="M412.*4 and 8"):
        get_features(doc)


def test_scores():
    doc = NLP("Angela Merkel visited Tokyo")
    spans = [Span(doc, 0, 2, "PER"), Span(doc, 0, 2, "ORG"), Span(doc, 3, 4, "LOC")]
    set_scores(doc, spans, [0.9, 0.05, 0.8])
    assert [SpanFeatures(s).score for s in spans] == [0.9, 0.05, 0.8]
    assert SpanFeatures(Span(doc, 0, 2, "LOC")).score is None
    assert SpanFeatures(Span(doc, 1, 2, "PER")).score is None
    set_scores(doc, spans[:1], [0.5])
    assert [SpanFeatures(s).score for s in spans[:2]] == [0.5, 0.05]
    clear_scores(doc)
    assert SpanFeatures(spans[0]).score is None


def test_many_scores_are_stored_in_linear_time():
    doc = Doc(NLP.vocab, ["word"] * 20_000)
    spans = [Span(doc, i, i + 1, "X") for i in range(0, 20_000, 2)]
    begin = time.process_time()
    set_scores(doc, spans, [0.5] * len(spans))
    assert all(SpanFeatures(span).score == 0.5 for span in spans)
    assert time.process_time() - begin < 5
