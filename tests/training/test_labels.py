import pytest
import spacy
from spacy.tokens import Doc, Span

from spacy_mluke.report import Report
from spacy_mluke.training.annotate import SPANS_KEY
from spacy_mluke.training.labels import LabelMap, Relabelling, check_labels

LABELS = {"PER": ["PERSON", "人名"], "LOC": ["地名"], "ORG": []}


@pytest.fixture
def doc():
    doc = Doc(spacy.blank("xx").vocab, words=["Ana", "sah", "Rom", "am", "Montag", "?"])
    spans = [
        Span(doc, 0, 1, "人名", kb_id="Q1", span_id="x"),
        Span(doc, 2, 3, "LOC"),
        Span(doc, 4, 5, "DATE"),
    ]
    doc.set_ents(spans, missing=[doc[5:6]])
    return doc


def entities(doc):
    return [(ent.text, ent.label_) for ent in doc.ents]


def test_config_and_short_form_are_one():
    wanted = {"PERSON": "PER", "人名": "PER", "PER": "PER", "地名": "LOC", "LOC": "LOC"}
    assert LabelMap.from_config(LABELS).names == {**wanted, "ORG": "ORG"}
    text = "PER=PERSON LOC=地名,LOC PER=人名 ORG"
    assert LabelMap.parse(text, other="error") == LabelMap.from_config(LABELS)
    assert LabelMap.parse("PER=PERSON").other == "drop"


def test_a_label_listed_elsewhere_does_not_stand_for_itself():
    assert LabelMap.from_config({"LOC": ["GPE"], "GPE": ["FAC"]}).names == {
        "GPE": "LOC",
        "FAC": "GPE",
        "LOC": "LOC",
    }


@pytest.mark.parametrize("text", ["=X", "PER="])
def test_short_form_that_cannot_be_read(text):
    with pytest.raises(ValueError, match="M604"):
        LabelMap.parse(text)


def test_contradictions():
    with pytest.raises(ValueError, match="M605.*'X'.*'A'.*'B'"):
        LabelMap.from_config({"A": ["X"], "B": ["X"]})
    with pytest.raises(ValueError, match="M552.*'PERSON'.*'PER'"):
        LabelMap.from_config(LABELS, drop=["PERSON"])
    with pytest.raises(ValueError, match="M553.*ignore.*error, drop"):
        LabelMap.from_config(LABELS, other="ignore")


@pytest.mark.parametrize("drop,other", [(["DATE"], "error"), ([], "drop")])
def test_docs_get_the_labels_and_all_is_counted(doc, drop, other):
    report = Report()
    relabelling = Relabelling(LabelMap.from_config(LABELS, drop, other), report)
    relabelling.doc(doc, "a#1")
    assert entities(doc) == [("Ana", "PER"), ("Rom", "LOC")]
    assert (doc.ents[0].kb_id_, doc.ents[0].id_) == ("Q1", "x")
    # what was left out is no entity; what nobody annotated stays unknown
    assert [token.ent_iob for token in doc] == [3, 2, 3, 2, 2, 0]
    assert report.changed == {"entity with the label 人名 (now PER)": 1}
    reason = "entity with the label DATE, which is not wanted"
    assert report.lost == {reason: 1} and report.places[reason] == ["a#1"]
    check_labels([relabelling])


def test_overlapping_entities(doc):
    doc.spans[SPANS_KEY] = [*doc.ents, Span(doc, 0, 3, "EVENT"), Span(doc, 2, 4, "地名")]
    report = Report()
    Relabelling(LabelMap.from_config(LABELS, ["DATE", "EVENT"]), report).doc(doc)
    assert [(s.text, s.label_) for s in doc.spans[SPANS_KEY]] == [
        ("Ana", "PER"),
        ("Rom", "LOC"),
        ("Rom am", "LOC"),
    ]
    assert sum(report.lost.values()) == 2 and sum(report.changed.values()) == 2


def test_no_map_changes_nothing(doc):
    Relabelling(None, Report()).doc(doc)
    assert [label for _, label in entities(doc)] == ["人名", "LOC", "DATE"]
    assert Relabelling(None, Report()).label("X") == "X"


def test_unknown_labels_are_named_with_number_and_place(doc):
    relabellings = [Relabelling(LabelMap.from_config({"PER": []}), Report(n)) for n in "ab"]
    relabellings[0].doc(doc, "a#1")
    relabellings[1].label("LOC", "b#7")
    with pytest.raises(ValueError, match="M551") as error:
        check_labels(relabellings)
    lines = str(error.value).splitlines()
    assert "- DATE: 1 in a (first: a#1)" in lines and "- LOC: 1 in b (first: b#7)" in lines
    assert "known are: PER)" in str(error.value)
