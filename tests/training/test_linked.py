import json

import pytest

from spacy_mluke.language import get_language
from spacy_mluke.report import Report
from spacy_mluke.training.linked import read_linked

LINES = [
    {
        "text": "Read on. Ana met Bea in Paris.",
        "evaluation_span": [9, 30],
        "labels": [
            {"span": [9, 12], "entity_id": "<NIL>"},
            {"span": [24, 29], "entity_id": "Q90"},
        ],
    },
    {"text": "Nothing here.", "labels": []},
]
COLUMNS = """\
TOKEN\tNE-COARSE-LIT\tNEL-LIT\tMISC
# hipe2022:document_id = a
Ana\tB-pers\tNIL\t_
Lima\tI-pers\tNIL\tNoSpaceAfter|EndOfSentence
,\tO\t_\t_
Paris\tB-loc\tQ90\t_
# hipe2022:document_id = b
# hipe2022:date = 1900
Rom\tB-loc\tQ220\t_
1900\tB-time\t_\t_
"""


def mentions(doc):
    return [(ent.text, ent.label_, ent.kb_id_) for ent in doc.ents]


def test_json_lines(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in LINES))
    report = Report()
    docs = list(read_linked(path, "en", report))
    assert [doc.text for doc in docs] == ["Ana met Bea in Paris.", "Nothing here."]
    assert mentions(docs[0]) == [("Ana", "ENTITY", "NIL"), ("Paris", "ENTITY", "Q90")]
    assert get_language(docs[0]) == "en"
    assert report.kept["mentions of no known item"] == 1
    assert not report.lost


def test_columns(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text(COLUMNS)
    docs = list(read_linked(path, "de", Report()))
    assert [doc.text for doc in docs] == ["Ana Lima, Paris", "Rom 1900"]
    assert mentions(docs[0]) == [("Ana Lima", "PERS", "NIL"), ("Paris", "LOC", "Q90")]
    assert mentions(docs[1]) == [("Rom", "LOC", "Q220"), ("1900", "TIME", "")]


@pytest.mark.parametrize(
    "text, line",
    [
        ('{"text": "a", "labels": []}\n{"text": "a"}\n', 2),
        ("no json\n", 1),
        ('{"text": "a", "labels": [{"span": [0], "entity_id": "Q1"}]}\n', 1),
        (COLUMNS + "Rom\tB-loc\n", 11),
    ],
)
def test_errors_name_file_and_line(tmp_path, text, line):
    path = tmp_path / "bad"
    path.write_text(text)
    with pytest.raises(ValueError, match=rf"\[M538\].*bad, line {line}: "):
        list(read_linked(path, "en", Report()))


@pytest.mark.parametrize(
    "name, lang, items",
    [
        ("elevant/msnbc.benchmark.jsonl.gz", "en", 600),
        ("hipe2022/HIPE-2022-v2.1-newseye-dev-sv.tsv.gz", "sv", 20),
    ],
)
def test_real_files(shared_data, name, lang, items):
    report = Report()
    docs = list(read_linked(shared_data / "linking" / name, lang, report))
    found = [ent.kb_id_ for doc in docs for ent in doc.ents]
    assert sum(item.startswith("Q") for item in found) >= items
    assert "NIL" in found
    assert not report.lost
