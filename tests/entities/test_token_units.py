from itertools import islice

import numpy as np
import pytest
import spacy
from hypothesis import example, given, settings
from hypothesis import strategies as st
from spacy.symbols import IDS
from spacy.tokens import Doc

from spacy_mluke.entities.matching import run_hashes
from spacy_mluke.entities.paragraphs import read_paragraphs
from spacy_mluke.entities.token_units import TokenUnits
from spacy_mluke.entities.units import cut
from spacy_mluke.text.tokenizer import add_character_tokens

PARTS = ["a", "B", "'", "don", "ab1", "\u0301", "東", "京", "カ", "ナ", "서", "울", "ไ", "ท", "ย"]
PARTS += [".", "\0", "_", "é", "e\u0301", "2", "New York", "x ", " y", "  ", "\n", "นี้", "각", "ᄀ"]


def assert_as_in_text(steps, docs):
    """Units of docs are those of their texts, and names begin and end where tokens do."""
    units = cut([*(doc.text for doc in docs), ""])
    tokens = [token for doc in docs for token in doc]
    shifts = [shift for doc, shift in zip(docs, units.texts.tolist()) for _ in doc]
    begins = [shift + token.idx for token, shift in zip(tokens, shifts)]
    ends = [begin + len(token) for begin, token in zip(begins, tokens)]
    # Behind each doc there is a step as if it were a token.
    places = np.arange(len(tokens)) + [i for i, doc in enumerate(docs) for _ in doc]
    behind = np.cumsum([len(doc) + 1 for doc in docs]) - 1
    begin_of = {**dict(zip(places, begins)), **dict(zip(behind, units.texts[1:] - 1))}
    end_of = {**dict(zip(places, ends)), **dict(zip(behind, units.texts[1:]))}
    begin = np.asarray([begin_of[place] for place in steps.first.tolist()])
    end = np.asarray([end_of[place] for place in steps.last.tolist()])
    # No unit is left out, none is in two steps.
    head, stop = np.searchsorted(units.starts, begin), np.searchsorted(units.ends, end, "right")
    assert np.array_equal(head, np.append(0, stop[:-1])) and stop[-1] == len(units)
    assert (stop > head).all()
    every = np.arange(len(steps))
    for written in (True, False):
        runs = run_hashes(units, head, stop - head, written=written)
        assert np.array_equal(steps.extend(None, every, written), runs)
        pairs = run_hashes(units, head[:-1], stop[1:] - head[:-1], written=written)
        assert np.array_equal(steps.extend(runs[:-1], every[1:], written), pairs)
    tail = stop - 1
    at_start, at_end = begin == units.starts[head], end == units.ends[tail]
    between = np.isin(steps.first, behind)
    assert np.array_equal(steps.may_start | between, units.may_start[head] & at_start | between)
    assert np.array_equal(steps.may_end | between, units.may_end[tail] & at_end | between)
    assert np.array_equal(steps.capital, units.capital[head])
    assert np.array_equal(steps.last_capital, units.capital[tail])
    assert np.array_equal(steps.behind_word, units.behind_word[tail])
    spaced = units.spaced[tail]
    assert not (steps.spaced & ~spaced).any()
    # A space that is part of a word, or a token, is not looked at; no tokenizer makes such tokens.
    usual = (len(token) > 1 if token.is_space else " " not in token.text for token in tokens)
    if all(usual):
        before, behind = (units.folded[unit] == cut(["\0"]).folded[0] for unit in (tail, head))
        assert np.array_equal(steps.spaced, spaced & ~before & ~np.append(behind[1:], True))


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
@example([[("a", True), ("0\0", False)], [("0\0", True), ("a", False)]])
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
        steps = store.of(docs)
        assert_as_in_text(steps, docs)
        numbers.add(int(steps.numbers.max()))
    assert max(numbers) < 100 and len(numbers) > 1


def test_tokens_whose_keys_are_small_numbers():
    nlp = spacy.blank("xx")
    symbols = [symbol for symbol in IDS if len(nlp(symbol)) == 1]
    docs = [nlp("GPE ORG NOUN Paris"), nlp(" ".join(symbols))]
    assert len(symbols) > 100 and max(token.orth for token in docs[1]) < 1000
    assert_as_in_text(TokenUnits().of(docs[::-1]), docs[::-1])


def test_docs_of_several_vocabularies():
    docs = [spacy.blank(lang)(text) for lang, text in (("en", "Paris don't"), ("de", "Köln Paris"))]
    steps = TokenUnits().of(docs)
    assert_as_in_text(steps, docs)
    first, second = steps.extend(None, np.asarray([0, len(steps) - 2]), written=True)
    assert first == second
