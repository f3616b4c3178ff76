import pytest
import spacy

from spacy_mluke.relations import get_relations
from spacy_mluke.report import Report
from spacy_mluke.training.annotate import SPANS_KEY, add_entities, add_relations, all_entities

TEXT = "The University of Porto is in Porto."


@pytest.fixture
def doc():
    return spacy.blank("xx")(TEXT)


def offsets(text, label, start=0):
    start = TEXT.index(text, start)
    return start, start + len(text), label, ""


def test_entities(doc):
    report = Report()
    spans = add_entities(doc, [offsets("Porto", "LOC", 25), offsets("University", "ORG")], report)
    assert [(ent.text, ent.label_) for ent in doc.ents] == [("University", "ORG"), ("Porto", "LOC")]
    assert [span.text for span in spans] == ["Porto", "University"]
    assert SPANS_KEY not in doc.spans
    assert report.kept["entities"] == 2 and not report.lost and not report.changed


def test_overlapping_entities_are_kept(doc):
    report = Report()
    inner, outer = offsets("Porto", "LOC"), offsets("University of Porto", "ORG")
    spans = add_entities(doc, [inner, outer], report)
    assert [ent.text for ent in doc.ents] == ["University of Porto"]
    assert [span.text for span in doc.spans[SPANS_KEY]] == ["Porto", "University of Porto"]
    assert [span.text for span in all_entities(doc)] == ["University of Porto", "Porto"]
    add_relations(doc, spans, [(1, 0, "in")], report)
    [relation] = get_relations(doc)
    assert (relation.head.text, relation.head.label_) == ("University of Porto", "ORG")
    assert (relation.tail.text, relation.tail.label_) == ("Porto", "LOC")
    assert sum(report.changed.values()) == 1 and not report.lost


def test_entity_that_cuts_a_token(doc):
    report = Report()
    entity = offsets("Univ", "ORG")
    assert add_entities(doc, [entity], report, where="f:1") == [None]
    assert doc.ents == () and report.kept["entities"] == 0
    assert report.lost == {"entity that cuts a token": 1}
    assert report.places["entity that cuts a token"] == ["f:1 'Univ'"]


def test_snap(doc):
    report = Report()
    [span] = add_entities(doc, [offsets("Univ", "ORG")], report, snap=True)
    assert span.text == "University" and doc.ents[0].label_ == "ORG"
    assert sum(report.changed.values()) == 1 and not report.lost


@pytest.mark.parametrize("start,end", [(-1, 3), (3, 3), (5, 4), (0, 999)])
def test_entity_outside(doc, start, end):
    report = Report()
    assert add_entities(doc, [(start, end, "X", "")], report, snap=True) == [None]
    assert report.lost == {"entity outside its text, or empty": 1}


def test_same_entity_twice(doc):
    report = Report()
    entity = offsets("University", "ORG")
    assert len(add_entities(doc, [entity, entity], report)) == 2
    assert len(doc.ents) == 1 and report.kept["entities"] == 1
    assert report.changed == {"entity given twice (kept once)": 1}


def test_relations_without_an_end_are_counted(doc):
    report = Report()
    entities = [offsets("Univ", "ORG"), offsets("Porto", "LOC"), offsets("The", "X")]
    spans = add_entities(doc, entities, report)
    relations = [(0, 1, "a"), (1, 3, "b"), (-1, 1, "c"), (1, 2, "d"), (1, 2, "d"), (2, 1, "d")]
    add_relations(doc, spans, relations, report)
    assert [(rel.head.text, rel.tail.text) for rel in get_relations(doc)] == [
        ("The", "Porto"),
        ("Porto", "The"),
    ]
    assert report.lost["relation without an end (its entity was lost)"] == 1
    assert report.lost["relation without an end (no entity of this index)"] == 2
    assert report.changed == {"relation given twice (kept once)": 1}
    assert report.kept["relations"] == 2
