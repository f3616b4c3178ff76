"""Pairs of mentions that may be related."""

import pytest
import spacy
from spacy.tokens import Span

from spacy_mluke.text.pairs import make_entity_pairs


@pytest.fixture
def doc():
    nlp = spacy.blank("xx")
    nlp.add_pipe("sentencizer")
    doc = nlp("Ana met Bob in Oslo. Eva stayed.")
    labels = {"Ana": "PER", "Bob": "PER", "Oslo": "LOC", "Eva": "PER"}
    doc.set_ents([Span(doc, t.i, t.i + 1, labels[t.text]) for t in doc if t.text in labels])
    return doc


def names(doc, pairs):
    return [(doc.ents[i].text, doc.ents[j].text) for i, j in pairs.tolist()]


def test_all_pairs_once_in_text_order(doc):
    pairs = make_entity_pairs()(doc, doc.ents)
    assert names(doc, pairs) == [
        ("Ana", "Bob"),
        ("Ana", "Oslo"),
        ("Ana", "Eva"),
        ("Bob", "Oslo"),
        ("Bob", "Eva"),
        ("Oslo", "Eva"),
    ]


def test_distance_counts_the_tokens_between(doc):
    assert names(doc, make_entity_pairs(max_distance=1)(doc, doc.ents)) == [
        ("Ana", "Bob"),
        ("Bob", "Oslo"),
        ("Oslo", "Eva"),
    ]


def test_same_sentence(doc):
    pairs = make_entity_pairs(same_sentence=True)(doc, doc.ents)
    assert all("Eva" not in pair for pair in names(doc, pairs)) and len(pairs) == 3


def test_types_in_either_order(doc):
    pairs = make_entity_pairs(types=[["LOC", "PER"]])(doc, doc.ents)
    assert names(doc, pairs) == [("Ana", "Oslo"), ("Bob", "Oslo"), ("Oslo", "Eva")]


def test_few_mentions(doc):
    assert make_entity_pairs()(doc, []).shape == (0, 2)
    assert make_entity_pairs()(doc, doc.ents[:1]).shape == (0, 2)
    twice = [doc.ents[0], doc.ents[0]]
    assert make_entity_pairs()(doc, twice).shape == (0, 2)


def test_errors(doc):
    with pytest.raises(ValueError, match="M120"):
        make_entity_pairs(max_distance=-1)
    with pytest.raises(ValueError, match="M121"):
        make_entity_pairs(types=[["PER"]])
    bare = spacy.blank("xx")("Ana met Bob")
    with pytest.raises(ValueError, match="M122"):
        make_entity_pairs(same_sentence=True)(bare, [bare[0:1], bare[2:3]])
