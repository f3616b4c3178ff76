import pytest
import spacy
from spacy.tokens import Span

from spacy_mluke.language import get_language, set_language
from spacy_mluke.relations import Relation, get_relations, set_relations
from spacy_mluke.report import Report
from spacy_mluke.training.annotate import SPANS_KEY
from spacy_mluke.training.parts import cut_doc

TEXT = "Ana met Bea . Cem saw Dov and Eva . Fay left ."


@pytest.fixture
def doc():
    nlp = spacy.blank("xx")
    nlp.add_pipe("sentencizer")
    doc = nlp(TEXT)
    doc.ents = [Span(doc, i, i + 1, "PER") for i in (0, 2, 4, 6, 8, 10)]
    set_relations(
        doc,
        [
            Relation(doc[0:1], doc[2:3], "met"),
            Relation(doc[4:5], doc[6:7], "saw"),
            Relation(doc[2:3], doc[10:11], "knows"),
        ],
    )
    set_language(doc, "en")
    return doc


def relations(docs):
    return [(r.head.text, r.label, r.tail.text) for doc in docs for r in get_relations(doc)]


def test_parts_are_whole_sentences_and_losses_are_counted(doc):
    report = Report()
    parts = list(cut_doc(doc, 12, report))
    assert [part.text.strip() for part in parts] == [
        "Ana met Bea . Cem saw Dov and Eva .",
        "Fay left .",
    ]
    assert relations(parts) == [("Ana", "met", "Bea"), ("Cem", "saw", "Dov")]
    assert report.lost == {"relation across a cut": 1}
    assert sum(len(part.ents) for part in parts) == 6
    assert {get_language(part) for part in parts} == {"en"}


def test_a_long_sentence_is_cut_within(doc):
    report = Report()
    parts = list(cut_doc(doc, 5, report))
    assert all(len(part) <= 5 for part in parts)
    assert "".join(part.text for part in parts) == TEXT
    assert sum(len(part.ents) for part in parts) == 6


def test_cuts_avoid_entities(doc):
    doc.ents = [Span(doc, 3, 6, "LONG"), Span(doc, 8, 9, "PER")]
    set_relations(doc, [Relation(doc[3:6], doc[8:9], "r")])
    for token in doc:
        token.is_sent_start = token.i == 0
    report = Report()
    parts = list(cut_doc(doc, 5, report))
    assert [len(part) for part in parts] == [3, 5, 5]
    assert [[ent.label_ for ent in part.ents] for part in parts] == [[], ["LONG"], ["PER"]]
    assert report.lost == {"relation across a cut": 1}


def test_entity_longer_than_a_part(doc):
    doc.ents = [Span(doc, 1, 9, "LONG")]
    set_relations(doc, [])
    report = Report()
    parts = list(cut_doc(doc, 4, report))
    assert all(len(part) <= 4 for part in parts)
    assert report.lost == {"entity across a cut": 1}


def test_overlapping_entities_stay(doc):
    doc.spans[SPANS_KEY] = [Span(doc, 4, 7, "OUTER"), Span(doc, 4, 5, "INNER"), doc[0:5]]
    report = Report()
    parts = list(cut_doc(doc, 6, report))
    spans = [[s.text for s in part.spans[SPANS_KEY]] for part in parts]
    assert spans == [[], ["Cem saw Dov", "Cem"], []]
    assert report.lost == {"entity across a cut": 1, "relation across a cut": 1}
