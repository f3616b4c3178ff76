"""The readers on whole real corpora: everything in a file is in the docs or in the report."""

import gzip
import json
import re
from collections import Counter

import pytest

from spacy_mluke.relations import get_relations
from spacy_mluke.report import Report
from spacy_mluke.training.crossre import read_crossre
from spacy_mluke.training.kbp37 import read_kbp37
from spacy_mluke.training.labels import LabelMap
from spacy_mluke.training.ner import read_ner

# file, language, column separator, tag column, documents, entities by the file's own tags
COLUMNS = [
    ("uner/en/dev.iob2.gz", "en", "\t", 2, 318),
    ("uner/zh/dev.iob2.gz", "zh", "\t", 2, 17),
    ("uner/sv/dev.iob2.gz", "sv", "\t", 2, 8),
    ("elner4/dev_elNER4.iob2.gz", "el", " ", 1, 1904),
    ("masakhaner_sw/dev.txt.gz", "sw", " ", 1, 942),
    ("conll2002/nl/val.conllu.gz", "nl", "\t", 2, 2895),
    ("telugu/data.txt.gz", "te", "\t", 2, 3260),
    ("bengali_ner/train.txt.gz", "bn", "\t", 1, 4612),
    ("thai_ner/data.conll.gz", "th", "\t", 1, 6348),
]


@pytest.mark.parametrize("name,lang,separator,column,n_docs", COLUMNS, ids=lambda x: str(x))
def test_columns(shared_data, name, lang, separator, column, n_docs):
    path = shared_data / "ner" / name
    report = Report()
    docs = list(read_ner(path, lang, report))
    assert len(docs) == report.kept["docs"] == n_docs
    begins = Counter()
    for line in gzip.open(path, "rt", encoding="utf8"):
        row = line.rstrip("\n").split(separator)
        if not line.startswith("# ") and len(row) > column and row[column].startswith("B-"):
            begins[row[column][2:]] += 1
    found = Counter(ent.label_ for doc in docs for ent in doc.ents)
    for label, number in begins.items():
        stray = report.changed["tag I- with no span to continue (opens one)"]
        assert number <= found[label] <= number + stray
    assert sum(found.values()) == report.kept["entities"]
    assert sum(report.lost.values()) <= 4
    assert "sentence whose words are not its text (spaces by rule)" not in report.changed


def test_offsets(shared_data):
    path = shared_data / "ner" / "stockmark_ja" / "train.json.gz"
    records = json.load(gzip.open(path, "rt", encoding="utf8"))
    report = Report()
    docs = list(
        read_ner(path, "ja", report, labels=LabelMap.parse("PER=人名 LOC=地名 ORG=法人名"))
    )
    assert [doc.text for doc in docs] == [record["text"] for record in records]
    n_entities = sum(len(record["entities"]) for record in records)
    assert report.kept["entities"] + sum(report.lost.values()) == n_entities
    assert report.lost["entity that cuts a token"] <= 2


@pytest.mark.parametrize(
    "name,lang",
    [
        ("kbp37/dev.txt.gz", "en"),
        ("relx/RELX_en.txt.gz", "en"),
        ("relx/RELX_de.txt.gz", "de"),
        ("relx/RELX_es.txt.gz", "es"),
    ],
)
def test_marked_pairs(shared_data, name, lang):
    path = shared_data / "relations" / name
    text = gzip.open(path, "rt", encoding="utf8").read()
    classes = re.findall(r"^(\S+?)(?:\((e[12]),e[12]\))?\s*$", text, flags=re.MULTILINE)
    report = Report()
    docs = list(read_kbp37(path, lang, report))
    assert len(docs) == len(classes) and not report.lost
    for doc, (label, head) in zip(docs, classes, strict=True):
        relations = get_relations(doc)
        if label == "no_relation":
            assert not relations
            continue
        [relation] = relations
        assert relation.label == label
        assert (relation.head.start < relation.tail.start) == (head == "e1")
        assert "<e" not in doc.text and "</e" not in doc.text
    assert {len(doc.ents) for doc in docs} == {2}


@pytest.mark.parametrize(
    "folder,lang", [("en", "en"), ("german", "de"), ("japanese", "ja"), ("turkish", "tr")]
)
def test_crossre(shared_data, folder, lang):
    report = Report()
    n_entities = n_relations = 0
    for path in sorted((shared_data / "relations" / "crossre" / folder).glob("*-dev.json.gz")):
        for line in gzip.open(path, "rt", encoding="utf8"):
            record = json.loads(line)
            n_entities += len(record["ner"])
            n_relations += len(record["relations"])
        docs = list(read_crossre(path, lang, report))
        assert sum(len(get_relations(doc)) for doc in docs) > 0
    twice = report.changed
    assert report.kept["entities"] + twice["entity given twice (kept once)"] == n_entities
    assert report.kept["relations"] + twice["relation given twice (kept once)"] == n_relations
    assert not report.lost
