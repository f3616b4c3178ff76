import json

import spacy
from spacy.cli._util import app as spacy_app
from typer.testing import CliRunner

import spacy_mluke.cli.optimize  # noqa: F401 registers the command
from tests.pipeline.pipelines import make


def run(*args):
    return CliRunner().invoke(spacy_app, ["mluke", "optimize", *map(str, args)])


def test_optimize_compares(tmp_path, piece_file):
    make(piece_file, ner={}).to_disk(tmp_path / "pipeline")
    (tmp_path / "dev.jsonl").write_text('{"text": "Marie Curie", "ents": [[0, 11, "PER"]]}\n')
    report = tmp_path / "report.json"
    result = run(
        tmp_path / "pipeline", tmp_path / "small", "--precision", "int8",
        "--evaluate", tmp_path / "dev.jsonl", "--json", report,
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "words per second" in result.output and "ents_f" in result.output
    values = json.loads(report.read_text())
    assert values["optimized"]["megabytes"] < values["original"]["megabytes"]
    assert values["original"]["scores"]["ents_f"] is not None
    spacy.load(tmp_path / "small")


def test_optimize_says_what_is_wrong(tmp_path):
    result = run(tmp_path, tmp_path / "small", "--precision", "int8")
    assert result.exit_code == 1 and "M650" in result.output
