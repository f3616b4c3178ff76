import json
import os
import subprocess
import sys

import pytest
import spacy
from spacy.cli._util import app as spacy_app
from spacy.tokens import DocBin
from typer.testing import CliRunner

import spacy_mluke.cli
from spacy_mluke.language import get_language
from spacy_mluke.relations import get_relations

IOB = "Ana B-PERSON\nlebt O\nin O\nPorto B-LOCATION\n. O\n\nAm O\nMontag B-DATE\n\nNein O\n"
KBP = '1\t" <e1> Ana </e1> of <e2> Galp </e2> . "\nper:employee_of(e2,e1)\n'
CROSSRE = {
    "sentence": ["Ana", "won", "it"],
    "ner": [[0, 0, "person"], [2, 2, "award"]],
    "relations": [[0, 0, 2, 2, "win", "", False, False]],
}
LINE = {
    "text": "Ana traf Bea.",
    "ents": [[0, 3, "PER"], [9, 12, "PER"]],
    "relations": [[0, 1, "x"]],
}


def run(*args):
    return CliRunner().invoke(spacy_app, ["mluke", "convert", *map(str, args)])


def read(path):
    return list(DocBin(store_user_data=True).from_disk(path).get_docs(spacy.blank("xx").vocab))


def triples(doc):
    return [(r.head.text, r.label, r.tail.text) for r in get_relations(doc)]


def test_ner(tmp_path):
    (tmp_path / "de.txt").write_text(IOB)
    labels = ["--labels", "PER=PERSON,PS LOC=LOCATION"]
    result = run("ner", tmp_path / "de.txt", tmp_path / "out" / "de.spacy", "-l", "de", *labels)
    assert result.exit_code == 0, result.output
    docs = read(tmp_path / "out" / "de.spacy")
    assert [doc.text for doc in docs] == ["Ana lebt in Porto.", "Am Montag", "Nein"]
    assert [(e.text, e.label_) for e in docs[0].ents] == [("Ana", "PER"), ("Porto", "LOC")]
    assert get_language(docs[0]) == "de"
    assert "label DATE, which is not wanted" in result.output
    assert os.listdir(tmp_path / "out") == ["de.spacy"]


def test_folder_limit_and_repeated_labels(tmp_path):
    for name in ("1.txt", "2.txt"):
        (tmp_path / "in" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "in" / name).write_text(IOB)
    out = tmp_path / "o.spacy"
    labels = ["--labels", "DATE", "--labels", "PER=PERSON"]
    result = run("ner", tmp_path / "in", out, "-l", "de", "--limit", 5, *labels)
    assert result.exit_code == 0, result.output
    docs = read(out)
    assert len(docs) == 5
    assert {ent.label_ for doc in docs for ent in doc.ents} == {"DATE", "PER"}


def test_split(tmp_path):
    (tmp_path / "de.txt").write_text("\n".join(f"w{i} B-X\nb O\n" for i in range(100)))
    parts = {}
    for seed in (0, 0, 1):
        result = run(
            "ner",
            tmp_path / "de.txt",
            tmp_path / "out",
            "-l",
            "de",
            "-s",
            "dev=0.2",
            "--seed",
            seed,
        )
        assert result.exit_code == 0, result.output
        texts = [doc.text for doc in read(tmp_path / "out" / "dev.spacy")]
        assert parts.setdefault(seed, texts) == texts
        assert len(texts) + len(read(tmp_path / "out" / "train.spacy")) == 100
    assert parts[0] != parts[1]


def test_kbp37(tmp_path):
    (tmp_path / "k.txt").write_text(KBP)
    result = run("kbp37", tmp_path / "k.txt", tmp_path / "k.spacy", "-l", "en")
    assert result.exit_code == 0, result.output
    [doc] = read(tmp_path / "k.spacy")
    assert triples(doc) == [("Galp", "per:employee_of", "Ana")]


def test_links(tmp_path):
    record = {"text": "Ana in Rom.", "labels": [{"span": [7, 10], "entity_id": "Q220"}]}
    (tmp_path / "l.jsonl").write_text(json.dumps(record))
    result = run("links", tmp_path / "l.jsonl", tmp_path / "l.spacy", "-l", "de")
    assert result.exit_code == 0, result.output
    [doc] = read(tmp_path / "l.spacy")
    assert [(ent.text, ent.kb_id_) for ent in doc.ents] == [("Rom", "Q220")]


def test_crossre(tmp_path):
    (tmp_path / "c.json").write_text(json.dumps(CROSSRE))
    result = run("crossre", tmp_path / "c.json", tmp_path / "c.spacy", "-l", "en")
    assert result.exit_code == 0, result.output
    assert triples(read(tmp_path / "c.spacy")[0]) == [("Ana", "win", "it")]


def test_jsonl_there_and_back(tmp_path):
    (tmp_path / "a.jsonl").write_text(json.dumps(LINE))
    assert run("jsonl", tmp_path / "a.jsonl", tmp_path / "a.spacy", "-l", "de").exit_code == 0
    [doc] = read(tmp_path / "a.spacy")
    assert triples(doc) == [("Ana", "x", "Bea")] and get_language(doc) == "de"
    result = run("jsonl", tmp_path / "a.spacy", tmp_path / "b.jsonl")
    assert result.exit_code == 0, result.output
    back = json.loads((tmp_path / "b.jsonl").read_text())
    assert {key: back[key] for key in LINE} == LINE
    assert back["lang"] == "de"


@pytest.mark.parametrize(
    "args,code",
    [
        (["nowhere", "o.spacy"], "M523"),
        (["in.txt", "o.txt"], "M601"),
        (["in.txt", "o.spacy", "--split", "dev=0.1"], "M602"),
        (["empty.json", "o.spacy"], "M603"),
        (["in.txt", "o.spacy", "--labels", "=X"], "M604"),
        (["in.txt", "o.spacy", "--labels", "PER="], "M604"),
        (["in.txt", "o.spacy", "--labels", "A=X B=X"], "M605"),
        (["in.txt", "o", "--split", "dev:0.1"], "M606"),
        (["in.txt", "o", "--split", "dev=3"], "M536"),
        (["plain.txt", "o.spacy"], "M533"),
    ],
)
def test_errors_are_messages(tmp_path, monkeypatch, args, code):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.txt").write_text(IOB)
    (tmp_path / "empty.json").write_text("[]")
    (tmp_path / "plain.txt").write_text("no tags here\n")
    before = sorted(os.listdir(tmp_path))
    result = run("ner", *args, "-l", "de")
    assert result.exit_code == 1
    assert code in result.output and "Traceback" not in result.output
    assert sorted(os.listdir(tmp_path)) == before


@pytest.mark.parametrize("command", ["ner", "kbp37", "crossre", "links", "jsonl"])
def test_help_has_examples(command):
    result = run(command, "--help")
    assert result.exit_code == 0
    assert f"python -m spacy mluke convert {command}" in result.output


def test_app():
    assert spacy_mluke.cli.app.info.name == "mluke"


def test_imports_nothing_heavy():
    code = (
        "import sys, spacy.cli; before = set(sys.modules); import spacy_mluke.cli\n"
        "new = {name.split('.')[0] for name in set(sys.modules) - before}\n"
        "sys.exit(bool(new & {'torch', 'transformers', 'spacy_transformers'}))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
