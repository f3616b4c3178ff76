import pickle

import numpy as np
import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy import registry
from spacy.tokens import Doc, Span

from spacy_mluke.text import span_getters  # noqa: F401 (registers them)
from tests.samples import NASTY, SENTENCES

XX = spacy.blank("xx")


def get(name, docs, encoder, **settings_):
    getter = registry.misc.get(f"spacy-mluke.{name}.v1")(**settings_)
    return getter(docs, encoder.encode(docs))


def is_tidy(spans):
    rows = [tuple(row) for row in spans.tolist()]
    return spans.dtype == np.int32 and spans.ndim == 2 and rows == sorted(set(rows))


def annotated() -> Doc:
    words = ["Angela", "Merkel", "saw", "Tokyo", ".", "It", "rained", "."]
    heads = [1, 2, 2, 2, 2, 6, 6, 6]
    deps = ["compound", "nsubj", "ROOT", "dobj", "punct", "nsubj", "ROOT", "punct"]
    pos = ["PROPN", "PROPN", "VERB", "PROPN", "PUNCT", "PRON", "VERB", "PUNCT"]
    doc = Doc(spacy.blank("en").vocab, words=words, heads=heads, deps=deps, pos=pos)
    doc.ents = [Span(doc, 0, 2, "PER"), Span(doc, 3, 4, "LOC")]
    doc.spans["sc"] = [doc[3:4], doc[0:2], doc[3:4], doc[1:2], doc[2:2]]
    return doc


def test_annotation(piece_encoder):
    docs = [annotated(), XX(""), XX("nothing here")]
    assert [s.tolist() for s in get("doc_ents", docs, piece_encoder)] == [[[0, 2], [3, 4]], [], []]
    (spans, *rest) = get("span_group", docs, piece_encoder, key="sc")
    assert spans.tolist() == [[0, 2], [1, 2], [3, 4]] and is_tidy(spans)
    assert [len(spans) for spans in rest] == [0, 0]
    assert [s.shape for s in get("no_spans", docs, piece_encoder)] == [(0, 2)] * 3


def test_noun_chunks(piece_encoder):
    (spans,) = get("noun_chunks", [annotated()], piece_encoder)
    assert spans.tolist() == [[0, 2], [3, 4], [5, 6]]
    assert get("noun_chunks", [XX("")], piece_encoder)[0].shape == (0, 2)
    with pytest.raises(ValueError, match="M107.*parser"):
        get("noun_chunks", [XX("no parse")], piece_encoder)
    parsed = Doc(XX.vocab, words=["a", "b"], heads=[0, 0], deps=["ROOT", "dep"])
    with pytest.raises(ValueError, match="M108.*'xx'"):
        get("noun_chunks", [parsed], piece_encoder)


def slow_ngrams(doc, pieces, low, high, max_pieces, same_sentence=False):
    spans = []
    for start in range(len(doc)):
        for end in range(start + 1, len(doc) + 1):
            tokens = doc[start:end]
            if tokens[0].is_space or tokens[-1].is_space:
                continue
            n_words = sum(not token.is_space for token in tokens)
            n_pieces = pieces.ends[end - 1] - pieces.starts[start]
            if same_sentence and any(token.is_sent_start for token in tokens[1:]):
                continue
            if low <= n_words <= high and n_pieces <= max_pieces:
                spans.append([start, end])
    return spans


@settings(max_examples=60, deadline=None)
@given(
    text=st.sampled_from([*NASTY, *(texts[0] for texts in SENTENCES.values())]),
    low=st.integers(1, 3),
    more=st.integers(0, 5),
    max_pieces=st.integers(1, 20),
    seed=st.integers(0, 10),
)
def test_ngrams(piece_encoder, text, low, more, max_pieces, seed):
    doc = XX(text[:200])
    rng = np.random.default_rng(seed)
    for i, token in enumerate(doc):
        token.is_sent_start = bool(rng.random() < 0.3) or i == 0
    limits = {"min_words": low, "max_words": low + more, "max_pieces": max_pieces}
    (pieces,) = piece_encoder.encode([doc])
    (found,) = get("ngrams", [doc], piece_encoder, **limits)
    assert is_tidy(found)
    assert found.tolist() == slow_ngrams(doc, pieces, low, low + more, max_pieces)
    (found,) = get("sentence_ngrams", [doc], piece_encoder, **limits)
    assert found.tolist() == slow_ngrams(doc, pieces, low, low + more, max_pieces, True)


def test_sentence_ngrams_need_sentences(piece_encoder):
    with pytest.raises(ValueError, match="M107.*sentencizer"):
        get("sentence_ngrams", [XX("two words")], piece_encoder)
    (spans,) = get("sentence_ngrams", [annotated()], piece_encoder, max_words=2)
    assert [4, 6] not in spans.tolist() and [3, 5] in spans.tolist()
    assert get("sentence_ngrams", [XX(""), XX(" ")], piece_encoder)[1].shape == (0, 2)


@pytest.mark.parametrize("limits", [{"min_words": 0}, {"max_words": 0}, {"max_pieces": 0}])
def test_impossible_limits(limits):
    with pytest.raises(ValueError, match="M109"):
        registry.misc.get("spacy-mluke.ngrams.v1")(**limits)


def test_suggester(piece_encoder):
    suggester = registry.misc.get("spacy.ngram_suggester.v1")(sizes=[2, 1])
    docs = [annotated(), XX(""), XX("one"), XX(" \n ")]
    found = get("from_suggester", docs, piece_encoder, suggester=suggester)
    assert all(is_tidy(spans) for spans in found)
    assert len(found[0]) == 15 and found[0][:2].tolist() == [[0, 1], [0, 2]]
    assert [len(spans) for spans in found[1:3]] == [0, 1]


def test_suggester_out_of_the_doc(piece_encoder):
    from thinc.api import Ragged

    def suggester(docs, *, ops):
        return Ragged(ops.asarray2i([[0, 9]]), ops.asarray1i([1]))

    with pytest.raises(ValueError, match="M104.*9.*3 tokens"):
        get("from_suggester", [XX("a b c")], piece_encoder, suggester=suggester)


CONFIG = """
[getter]
@misc = "spacy-mluke.union.v1"

[getter.getters]

[getter.getters.ents]
@misc = "spacy-mluke.doc_ents.v1"

[getter.getters.short]
@misc = "spacy-mluke.ngrams.v1"
max_words = 1
max_pieces = 16

[getter.getters.off]
@misc = "spacy-mluke.no_spans.v1"
"""


def test_union_from_config(piece_encoder):
    from thinc.api import Config

    getter = registry.resolve(Config().from_str(CONFIG))["getter"]
    docs = [annotated(), XX("")]
    pieces = piece_encoder.encode(docs)
    found = getter(docs, pieces)
    assert found[0].tolist() == [[0, 1], [0, 2], *([i, i + 1] for i in range(1, 8))]
    assert len(found[1]) == 0 and all(map(is_tidy, found))
    again = pickle.loads(pickle.dumps(getter))
    assert again(docs, pieces)[0].tolist() == found[0].tolist()


def test_union_of_nothing(piece_encoder):
    assert get("union", [XX("a")], piece_encoder, getters={"a": None})[0].shape == (0, 2)
