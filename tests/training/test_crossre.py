import json

import pytest

from spacy_mluke.language import get_language
from spacy_mluke.relations import get_relations
from spacy_mluke.report import Report
from spacy_mluke.training.annotate import SPANS_KEY
from spacy_mluke.training.crossre import read_crossre

ENGLISH = {
    "doc_key": "a-1",
    "sentence": ["Ana", "Lima", "(", "Galp", ")", "won", "."],
    "ner": [[0, 1, "person"], [3, 3, "organisation"]],
    "relations": [
        [0, 1, 3, 3, "role", "", True, False],
        [3, 3, 0, 1, "part-of", "", False, False],
        [0, 1, 3, 3, "named", "", False, False],
        [0, 1, 5, 5, "lost", "", False, False],
    ],
}
JAPANESE = {
    "doc_key": "a-1",
    "sentence": ["東京", "大学", "は", "東京"],
    "sentence-detokenized": "東京大学は東京",
    "token2charspan": [[0, 2], [2, 4], [4, 5], [5, 7]],
    "ner": [[0, 1, "university"], [0, 0, "location"], [3, 3, "location"], [3, 3, "misc"]],
    "relations": [[0, 1, 3, 3, "physical", "", False, False]],
}


def read(tmp_path, record, lang):
    path = tmp_path / "a.json"
    path.write_text("\n" + json.dumps(record) + "\n")
    report = Report()
    [doc] = read_crossre(path, lang, report)
    return doc, report


def triples(doc):
    return [(rel.head.text, rel.label, rel.tail.text) for rel in get_relations(doc)]


def test_english(tmp_path):
    doc, report = read(tmp_path, ENGLISH, "en")
    assert doc.text == "Ana Lima (Galp) won."
    assert [(ent.text, ent.label_) for ent in doc.ents] == [
        ("Ana Lima", "person"),
        ("Galp", "organisation"),
    ]
    assert triples(doc) == [
        ("Ana Lima", "named", "Galp"),
        ("Ana Lima", "role", "Galp"),
        ("Galp", "part-of", "Ana Lima"),
    ]
    assert report.lost == {"relation without an end (no entity of this index)": 1}
    assert get_language(doc) == "en"
    assert doc._.lang_code == "en" if doc.has_extension("lang_code") else True


def test_translation_with_overlap(tmp_path):
    doc, report = read(tmp_path, JAPANESE, "ja")
    assert doc.text == "東京大学は東京" and len(doc) == 4
    assert [ent.text for ent in doc.ents] == ["東京大学", "東京"]
    assert len(doc.spans[SPANS_KEY]) == 4
    assert triples(doc) == [("東京大学", "physical", "東京")]
    assert report.kept["entities"] == 4 and not report.lost


@pytest.mark.parametrize(
    "change", [{"ner": [[0, 99, "x"]]}, {"sentence": None}, {"relations": [[0, 1]]}]
)
def test_wrong_record(tmp_path, change):
    with pytest.raises(ValueError, match=r"M535.*a\.json, record 2"):
        read(tmp_path, {**ENGLISH, **change}, "en")
