import json

import pytest
from spacy.cli._util import app as spacy_app
from typer.testing import CliRunner

import spacy_mluke.cli.vocabulary  # noqa: F401 registers the command
from spacy_mluke.entities.interwiki_build import build_interwiki
from spacy_mluke.entities.paragraphs import Paragraph
from spacy_mluke.entities.vocabulary import EntityVocabulary
from tests.entities.knowledge import labels


def run(*args):
    return CliRunner().invoke(spacy_app, ["mluke", "vocabulary", *map(str, args)])


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    for lang, key in (("de", "de:Mensch"), ("en", "en:Human"), ("yo", "yo:Ọ̀yọ́")):
        lines = [Paragraph("a b", [(0, 1, key)], source=source) for source in ("x", "y")]
        text = "".join(line.to_json() + "\n" for line in lines)
        (tmp_path / "in" / f"{lang}.jsonl").write_text(text)
    build_interwiki([labels(tmp_path / "labels.jsonl")], tmp_path / "interwiki")
    return tmp_path


def test_build(data):
    result = run("build", "in", "v", "-i", "interwiki", "-k", 2)
    assert result.exit_code == 0, result.output
    vocabulary = EntityVocabulary.open("v")
    assert len(vocabulary) == 5 and vocabulary.key(4) == "Q5"
    assert vocabulary.counts[4] == 4
    row = next(line for line in result.output.splitlines() if line.startswith("yo"))
    assert row.split() == ["yo", "0", "2", "100.0%", "0.0%", "1", "0"]


def test_options(data):
    options = ["--langs", "de,en", "--sources", "y", "--languages-from", "interwiki"]
    more = ["--min-count", 0, "--size", 1, "-k", 1]
    result = run("build", "in/de.jsonl", "in/en.jsonl", "v", "-i", "interwiki", *options, *more)
    assert result.exit_code == 0, result.output
    assert EntityVocabulary.open("v").counts.tolist() == [0, 0, 0, 0, 2]
    assert "entities beyond the size" in result.output


def test_show(data):
    run("build", "in", "v", "-i", "interwiki", "-k", 2)
    result = run("show", "v", "--check")
    assert result.exit_code == 0, result.output
    assert "1 entities, 1 with a Wikidata item, 2 titles" in result.output
    counts = data / "v" / "counts.npy"
    counts.write_bytes(counts.read_bytes()[:-1] + b"\x01")
    assert run("show", "v").exit_code == 0
    assert "M812" in run("show", "v", "--check").output


def test_export_and_import(data):
    run("build", "in", "v", "-i", "interwiki", "-k", 2)
    assert run("export", "v", "entity_vocab.json").exit_code == 0
    names = json.loads((data / "entity_vocab.json").read_text())
    assert names == {
        "[MASK]": 0, "[UNK]": 1, "[PAD]": 2, "[MASK2]": 3, "de:Mensch": 4, "en:Human": 4,
    }  # fmt: skip
    assert run("import", "entity_vocab.json", "again", "-i", "interwiki").exit_code == 0
    assert EntityVocabulary.open("again").row("Q5") == 4


@pytest.mark.parametrize(
    "args,code",
    [
        (["build", "interwiki", "o"], "M821"),
        (["build", "in", "o", "-i", "in"], "M811"),
        (["build", "in", "o", "--min-count", "0"], "M822"),
        (["build", "in", "o", "--languages-from", "x"], "M830"),
        (["build", "in", "o", "-k", "9"], "M820"),
        (["show", "in"], "M811"),
        (["import", "labels.jsonl", "o"], "M823"),
        (["export", "in", "o"], "M811"),
    ],
)
def test_errors_are_messages(data, args, code):
    result = run(*args)
    assert result.exit_code == 1 and code in result.output and "Traceback" not in result.output
    assert not (data / "o").exists()


@pytest.mark.parametrize("command", ["build", "show", "import", "export"])
def test_help_has_examples(command):
    assert f"python -m spacy mluke vocabulary {command}" in run(command, "--help").output
