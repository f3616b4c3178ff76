from itertools import islice

import numpy as np
import pytest
import spacy
from hypothesis import example, given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc

from spacy_mluke.entities.paragraphs import read_paragraphs
from spacy_mluke.entities.token_units import TokenUnits
from spacy_mluke.entities.units import cut
from spacy_mluke.text.tokenizer import add_character_tokens

PARTS = ["a", "B", "'", "don", "ab1", "\u0301", "東", "京", "カ", "ナ", "서", "울", "ไ", "ท", "ย"]
PARTS += [".", "\0", "_", "é", "e\u0301", "2", "New York", "x ", " y", "  ", "\n", "นี้", "각", "ᄀ"]


def assert_as_in_text(units, docs):
    """Units of docs are those of their texts, and names begin and end where tokens do."""
    text_units = cut([*(doc.text for doc in docs), ""])
    tokens = [token for doc in docs for token in doc]
    shifts = [shift for doc, shift in zip(docs, text_units.texts.tolist()) for _ in doc]
    begins = [shift + token.idx for token, shift in zip(tokens, shifts)]
    ends = [begin + len(token) for begin, token in zip(begins, tokens)]
    for name in ("written", "folded", "words", "capital"):
        assert np.array_equal(getattr(units, name), getattr(text_units, name)), name
    at_start, at_end = np.isin(text_units.starts, begins), np.isin(text_units.ends, ends)
    between = units.folded == cut(["\0"]).folded[0]
    spaced = text_units.spaced & ~between & ~np.append(between[1:], True)
    assert not (units.spaced & ~text_units.spaced).any()
    # A space that is part of a word, or a token, is not looked at; no tokenizer makes such tokens.
    usual = (len(token) > 1 if token.is_space else " " not in token.text for token in tokens)
    if all(usual):
        assert np.array_equal(units.spaced, spaced)
    assert np.array_equal(units.may_start | between, text_units.may_start & at_start | between)
    assert np.array_equal(units.may_end | between, text_units.may_end & at_end | between)
    # Behind each doc there is a unit as if it were a token.
    places = np.arange(len(tokens)) + [i for i, doc in enumerate(docs) for _ in doc]
    first = dict(zip(begins, places.tolist()))
    last = dict(zip(ends, places.tolist()))
    for n in np.flatnonzero(units.may_start & ~between):
        assert units.first[n] == first[text_units.starts[n]]
    for n in np.flatnonzero(units.may_end & ~between):
        assert units.last[n] == last[text_units.ends[n]]


words = st.lists(
    st.tuples(
        st.one_of(st.sampled_from(PARTS), st.text(min_size=1, max_size=4)),
        st.booleans(),
    ),
    max_size=8,
)


@settings(deadline=None, max_examples=200)
@given(st.lists(words, min_size=1, max_size=4))
@example([[("do", False), ("n't", True), ("a", True)], [], [("\u0301", False), ("a", False)]])
@example([[("x", True), ("\u0301", False), ("a", False)], [("カ", False), ("ナ", False)]])
@example([[("x", False), ("\u0301", False), ("\u0301", False), ("a", False), ("ท", False)]])
@example([[("서", False), ("울", False), ("은", True)], [("A", True), ("B", False)]])
def test_units_of_docs_are_those_of_their_text(parts):
    vocab = spacy.blank("xx").vocab
    docs = [
        Doc(vocab, words=[word for word, _ in doc], spaces=[space for _, space in doc])
        for doc in parts
    ]
    store = TokenUnits()
    assert_as_in_text(store.of(docs), docs)
    assert_as_in_text(store.of(docs[::-1]), docs[::-1])


@pytest.mark.parametrize("lang", ["en", "de", "ja", "ko", "th", "ar", "hi"])
def test_real_text(shared_data, lang):
    path = shared_data / "pretraining" / f"{lang}.jsonl.gz"
    texts = [p.text for p in islice(read_paragraphs(path), 300)]
    for nlp in (spacy.blank("xx"), spacy.blank("en")):
        add_character_tokens(nlp)
        docs = list(nlp.pipe(texts))
        assert_as_in_text(TokenUnits().of(docs), docs)


def test_tokens_are_forgotten_when_there_are_many():
    nlp = spacy.blank("xx")
    store = TokenUnits(max_tokens=20)
    numbers = set()
    for n in range(50):
        docs = [nlp(f"Paris number{n} is here, don't{n}"), nlp("")]
        units = store.of(docs)
        assert_as_in_text(units, docs)
        numbers.add(int(units.numbers.max()))
    assert max(numbers) < 100 and len(numbers) > 1


def test_docs_of_several_vocabularies():
    docs = [spacy.blank(lang)(text) for lang, text in (("en", "Paris don't"), ("de", "Köln Paris"))]
    units = TokenUnits().of(docs)
    assert_as_in_text(units, docs)
    assert units.written[0] == units.written[-2]
