import json

import pytest
import spacy

from spacy_mluke.language import get_language
from spacy_mluke.report import Report
from spacy_mluke.training.labels import LabelMap
from spacy_mluke.training.ner import read_ner

UNER = """\
# newdoc id = a
# text = Ana's in Porto.
1\tAna\tB-PER\t-\tx
2\t's\tO\t-\tx
3\tin\tO\t-\tx
4\tPorto\tB-LOC\t-\tx
5\t.\tO\t-\tx

# text = Yes
1\tYes\tO\t-\tx

# newdoc id = b
# text = not these words
1\tNew\tB-LOC\t-\tx
2\tYork\tI-LOC\t-\tx
3\t!\tO\t-\tx
"""


def read(tmp_path, text, lang, name="a.iob2", **options):
    path = tmp_path / name
    path.write_text(text, encoding="utf8")
    report = Report()
    return list(read_ner(path, lang, report, **options)), report


def entities(doc):
    return [(ent.text, ent.label_) for ent in doc.ents]


def test_documents_and_original_spaces(tmp_path):
    docs, report = read(tmp_path, UNER, "en")
    assert [doc.text for doc in docs] == ["Ana's in Porto. Yes", "New York!"]
    assert [sent.text for sent in docs[0].sents] == ["Ana's in Porto.", "Yes"]
    assert entities(docs[0]) == [("Ana", "PER"), ("Porto", "LOC")]
    assert entities(docs[1]) == [("New York", "LOC")]
    assert {get_language(doc) for doc in docs} == {"en"}
    assert report.kept == {"docs": 2, "sentences": 3, "tokens": 9, "entities": 3}
    assert report.changed == {"sentence whose words are not its text (spaces by rule)": 1}
    assert not report.lost


def test_one_doc_a_sentence(tmp_path):
    docs, _ = read(tmp_path, UNER, "en", documents=False)
    assert [doc.text for doc in docs] == ["Ana's in Porto.", "Yes", "New York!"]


def test_labels(tmp_path):
    docs, report = read(tmp_path, UNER, "en", labels=LabelMap.parse("PLACE=LOC"))
    assert entities(docs[0]) == [("Porto", "PLACE")]
    assert report.kept["entities"] == 2
    assert report.lost == {"entity with the label PER, which is not wanted": 1}


def test_iob1_without_document_marks(tmp_path):
    docs, report = read(tmp_path, "Ana I-PER\nBea B-PER\n\nin O\nPorto I-LOC\n. O\n", "pt")
    assert [doc.text for doc in docs] == ["Ana Bea", "in Porto."]
    assert entities(docs[0]) == [("Ana", "PER"), ("Bea", "PER")]
    assert entities(docs[1]) == [("Porto", "LOC")]
    assert not report.changed


def test_no_spaces_but_those_that_are_words(tmp_path):
    text = " \tO\nนาย\tB-PER\n \tI-PER\nกอ\tI-PER\n \tI-PER\nไป\tO\n \tO\n\n \tB-PER\n \tO\n"
    docs, report = read(tmp_path, text, "th")
    assert [doc.text for doc in docs] == ["นาย กอ ไป", ""]
    assert entities(docs[0]) == [("นาย กอ", "PER")]
    assert [token.text for token in docs[0]] == ["นาย", "กอ", "ไป"]
    assert report.lost == {"entity of whitespace": 1}
    assert report.changed == {"sentence without a word (left out)": 1}


@pytest.mark.parametrize("lines", [False, True])
def test_json_offsets(tmp_path, lines):
    records = [
        {
            "text": "松友美は日本のIT人。",
            "entities": [
                {"span": [0, 3], "type": "人名"},
                {"span": [4, 6], "type": "地名"},
                {"span": [7, 8], "type": "地名"},
                {"span": [8, 10], "type": "職"},
            ],
        },
        {"text": "何もない", "entities": []},
    ]
    text = "\n".join(map(json.dumps, records)) if lines else json.dumps(records)
    labels = LabelMap.parse("PER=人名 LOC=地名")
    docs, report = read(tmp_path, text, "ja", "a.json", labels=labels)
    assert [doc.text for doc in docs] == ["松友美は日本のIT人。", "何もない"]
    assert entities(docs[0]) == [("松友美", "PER"), ("日本", "LOC")]
    assert report.lost == {
        "entity with the label 職, which is not wanted": 1,
        "entity that cuts a token": 1,
    }
    docs, report = read(tmp_path, text, "ja", "a.json", labels=labels, snap=True)
    assert entities(docs[0])[2] == ("IT", "LOC")
    assert report.changed == {
        "entity with the label 人名 (now PER)": 1,
        "entity with the label 地名 (now LOC)": 2,
        "entity widened to whole tokens": 1,
    }


def test_given_tokenizer(tmp_path):
    text = json.dumps([{"text": "東京 2020", "entities": [{"span": [0, 2], "type": "X"}]}])
    docs, _ = read(tmp_path, text, "ja", "a.json", nlp=spacy.blank("xx"))
    assert len(docs[0]) == 2 and get_language(docs[0]) == "ja"


@pytest.mark.parametrize(
    "text", ['[{"text": "a"}]', '[{"text": "a", "entities": [{}]}]', "[{", "3"]
)
def test_wrong_json(tmp_path, text):
    with pytest.raises(ValueError, match=r"M535.*a\.json"):
        read(tmp_path, text, "ja", "a.json")
