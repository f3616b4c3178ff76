import pytest
from spacy.cli._util import app as spacy_app
from typer.testing import CliRunner

import spacy_mluke.cli.interwiki  # noqa: F401 registers the command
from spacy_mluke.entities.interwiki import Interwiki
from tests.entities.knowledge import TITLES, json_dump, labels, sql_dump


def run(*args):
    return CliRunner().invoke(spacy_app, ["mluke", "interwiki", *map(str, args)])


def test_interwiki(tmp_path):
    sources = [sql_dump(tmp_path / "s.sql.gz"), labels(tmp_path / "l", {"Q5": {"sw": "Binadamu"}})]
    result = run(*sources, tmp_path / "out")
    assert result.exit_code == 0, result.output
    interwiki = Interwiki.open(tmp_path / "out")
    assert interwiki.titles("Q5") == {**TITLES["Q5"], "sw": "Binadamu"}
    assert "titles of other projects" in result.output


def test_languages(tmp_path):
    result = run(json_dump(tmp_path / "a.bz2"), tmp_path / "out", "-l", "de,yo", "-l", "en")
    assert result.exit_code == 0, result.output
    assert Interwiki.open(tmp_path / "out").languages == ["de", "en", "yo"]


@pytest.mark.parametrize(
    "args,code", [(["nowhere"], "M813"), (["l", "--langs", "xx"], "M815"), (["text"], "M814")]
)
def test_errors_are_messages(tmp_path, monkeypatch, args, code):
    monkeypatch.chdir(tmp_path)
    labels(tmp_path / "l")
    (tmp_path / "text").write_text("no titles")
    result = run(args[0], "out", *args[1:])
    assert result.exit_code == 1 and code in result.output and "Traceback" not in result.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["l", "text"]


def test_help_has_examples():
    assert "python -m spacy mluke interwiki" in run("--help").output
