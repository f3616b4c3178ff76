import json

import pytest
import spacy

from spacy_mluke.language import get_language
from spacy_mluke.relations import get_relations, has_relations
from spacy_mluke.report import Report
from spacy_mluke.training.relation_format import (
    doc_to_record,
    read_jsonl,
    record_to_doc,
    write_jsonl,
)

RECORD = {
    "text": "Ana Lima works for Galp.",
    "tokens": [[0, 3], [4, 8], [9, 14], [15, 18], [19, 23], [23, 24]],
    "ents": [[0, 8, "PER"], [4, 8, "NAME"], [19, 23, "ORG", "Q1492"]],
    "relations": [[0, 2, "employee_of"], [2, 0, "employs"], [0, 2, "likes"]],
    "lang": "en",
}


@pytest.fixture
def nlp():
    return spacy.blank("xx")


def write(path, *lines):
    path.write_text("\n".join(x if isinstance(x, str) else json.dumps(x) for x in lines))
    return path


def test_record_to_doc(nlp):
    report = Report()
    doc = record_to_doc(RECORD, nlp, report)
    assert [(e.text, e.label_, e.kb_id_) for e in doc.ents] == [
        ("Ana Lima", "PER", ""),
        ("Galp", "ORG", "Q1492"),
    ]
    assert [(r.head.text, r.label, r.tail.text) for r in get_relations(doc)] == [
        ("Ana Lima", "employee_of", "Galp"),
        ("Ana Lima", "likes", "Galp"),
        ("Galp", "employs", "Ana Lima"),
    ]
    assert get_language(doc) == "en"
    assert report.kept == {"docs": 1, "tokens": 6, "entities": 3, "relations": 3}
    assert not report.lost


def test_round_trip(nlp):
    record = doc_to_record(record_to_doc(RECORD, nlp, Report()))
    assert {key: record[key] for key in ("text", "tokens", "lang")} == {
        key: RECORD[key] for key in ("text", "tokens", "lang")
    }
    ends = {tuple(entity) for entity in record["ents"]}
    assert ends == {tuple(entity) for entity in RECORD["ents"]}
    again = record_to_doc(record, nlp, Report())
    assert doc_to_record(again) == record
    assert len(record["relations"]) == 3


def test_what_nobody_has_annotated(nlp):
    text = "Ana Lima works for Galp."
    links = [[0, 8, "Q1"], [19, 23, "Q1492"]]
    record = {"text": text, "ents": [[0, 8, "PER"]], "partial": True, "relations": None}
    doc = record_to_doc({**record, "links": links}, nlp, Report())
    assert [token.ent_iob_ for token in doc] == ["B", "I", "", "", "", ""]
    assert not has_relations(doc)
    assert [(span.text, span.kb_id_) for span in doc.spans["links"]] == [
        ("Ana Lima", "Q1"),
        ("Galp", "Q1492"),
    ]
    again = doc_to_record(doc)
    assert (again["partial"], again["relations"], again["links"]) == (True, None, links)
    whole = doc_to_record(record_to_doc({"text": text}, nlp, Report()))
    assert "partial" not in whole and "links" not in whole and whole["relations"] == []


def test_where_there_is_no_entity(nlp):
    text = "Ana Lima works for Galp."
    record = {"text": text, "ents": [[0, 8, "PER"]], "partial": True, "outside": [[4, 18]]}
    doc = record_to_doc(record, nlp, Report())
    assert [token.ent_iob_ for token in doc] == ["B", "I", "O", "O", "", ""]
    again = doc_to_record(doc)
    assert again["outside"] == [[9, 18]]  # not in the entity
    assert doc_to_record(record_to_doc(again, nlp, Report())) == again
    # Parts of tokens do not count, and without "partial" it is so everywhere
    report = Report()
    doc = record_to_doc({**record, "outside": [[10, 13], [16, 24], [9, 50]]}, nlp, report)
    assert [token.ent_iob_ for token in doc][2:] == ["", "", "O", "O"]
    assert report.lost["range outside its text, or empty"] == 1
    assert "outside" not in doc_to_record(record_to_doc({"text": text}, nlp, Report()))


def test_relation_between_spans_that_are_no_entities(nlp):
    doc = nlp("a b c")
    from spacy_mluke.relations import Relation, set_relations

    set_relations(doc, [Relation(doc[0:1], doc[2:3], "x")])
    record = doc_to_record(doc)
    assert record["ents"] == [[0, 1, ""], [4, 5, ""]]
    assert record["relations"] == [[0, 1, "x"]]


def test_file_round_trip(nlp, tmp_path):
    path = write(tmp_path / "a.jsonl", RECORD, "", {"text": "Nichts."})
    docs = list(read_jsonl(path, nlp, Report()))
    assert [get_language(doc) for doc in docs] == ["en", "xx"]
    assert write_jsonl(tmp_path / "b.jsonl", docs) == 2
    again = list(read_jsonl(tmp_path / "b.jsonl", nlp, Report()))
    assert [doc_to_record(doc) for doc in again] == [doc_to_record(doc) for doc in docs]


def test_language_of_lines_that_name_none(nlp, tmp_path):
    path = write(tmp_path / "a.jsonl", RECORD, {"text": "Nichts."})
    docs = read_jsonl(path, nlp, Report(), lang="de")
    assert [get_language(doc) for doc in docs] == ["en", "de"]


def test_write_is_atomic(nlp, tmp_path):
    path = tmp_path / "a.jsonl"
    write_jsonl(path, [nlp("a")])

    def broken():
        yield nlp("b")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_jsonl(path, broken())
    assert '"text": "a"' in path.read_text()


def test_losses_name_the_line(nlp, tmp_path):
    record = {"text": "Ana Lima", "ents": [[0, 2, "PER"]], "relations": [[0, 1, "x"], [0, 0, "y"]]}
    report = Report()
    [doc] = read_jsonl(write(tmp_path / "a.jsonl", "", record), nlp, report)
    assert get_relations(doc) == [] and doc.ents == ()
    assert sum(report.lost.values()) == 3
    assert all("a.jsonl:2" in places[0] for places in report.places.values())
    snapped = Report()
    [doc] = read_jsonl(tmp_path / "a.jsonl", nlp, snapped, snap=True)
    assert doc.ents[0].text == "Ana" and len(get_relations(doc)) == 1


@pytest.mark.parametrize(
    "line,problem",
    [
        ("{", "delimiter|Expecting"),
        ("[1]", 'no "text"'),
        ({"ents": []}, 'no "text"'),
        ({"text": "a", "entities": []}, "unknown keys entities"),
        ({"text": "a", "ents": [[0, "1", "X"]]}, "ents: "),
        ({"text": "a", "ents": [[0, 1]]}, "ents: "),
        ({"text": "a", "links": [[0, 1]]}, "links: "),
        ({"text": "a", "relations": [["a", 0, "X"]]}, "relations: "),
        ({"text": "a", "relations": [{"head": 1}]}, "relations: "),
    ],
)
def test_wrong_line(nlp, tmp_path, line, problem):
    path = write(tmp_path / "a.jsonl", RECORD, line)
    with pytest.raises(ValueError, match=rf"M531.*a\.jsonl, line 2.*({problem})"):
        list(read_jsonl(path, nlp, Report()))


def test_wrong_tokens(nlp):
    with pytest.raises(ValueError, match="M532.*'a bc'.*3-4"):
        record_to_doc({"text": "a bc", "tokens": [[0, 1], [3, 4]]}, nlp, Report())
