import pytest
from spacy.cli._util import app as spacy_app
from typer.testing import CliRunner

import spacy_mluke.cli.extract  # noqa: F401  registers the command
from spacy_mluke.entities.paragraphs import read_paragraphs
from tests.pretraining.dumps import HEAD, dump, many_pages


def run(*args):
    return CliRunner().invoke(spacy_app, ["mluke", "extract", *map(str, args)])


def test_extract(tmp_path):
    (tmp_path / "dewiki.xml").write_bytes(dump(*many_pages(10)))
    result = run(tmp_path / "dewiki.xml", tmp_path / "de", "--processes", 1, "--limit", 4)
    assert result.exit_code == 0, result.output
    assert "articles beyond the limit" in result.output and "MB/s" in result.output
    pages = {paragraph.page for paragraph in read_paragraphs(tmp_path / "de")}
    assert pages == {"Seite 0", "Seite 1", "Seite 2", "Seite 3"}


def test_progress_is_shown_on_request(tmp_path):
    (tmp_path / "dewiki.xml").write_bytes(dump(*many_pages(10)))
    options = ("-p", 1)
    loud = run(tmp_path / "dewiki.xml", tmp_path / "1", *options)
    quiet = run(tmp_path / "dewiki.xml", tmp_path / "2", "--quiet", *options)
    assert "100%" in loud.output and "100%" not in quiet.output


@pytest.mark.parametrize(
    "content,options,code",
    [
        (None, [], "M701"),
        ("no dump", [], "M702"),
        (HEAD.format(lang="en").replace("enwiki", "wikidatawiki"), [], "M704"),
        (HEAD.format(lang="de"), ["--processes", "-1"], "M708"),
    ],
)
def test_errors_are_messages(tmp_path, content, options, code):
    if content is not None:
        (tmp_path / "x.xml").write_text(content, encoding="utf8")
    result = run(tmp_path / "x.xml", tmp_path / "out", *options)
    assert result.exit_code == 1
    assert code in result.output and "Traceback" not in result.output
