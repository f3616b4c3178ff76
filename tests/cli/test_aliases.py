import json

import pytest
import srsly
from spacy.cli._util import app as spacy_app
from typer.testing import CliRunner

import spacy_mluke.cli.aliases  # noqa: F401
from spacy_mluke.entities.alias_corpus import is_held_out
from spacy_mluke.entities.aliases import AliasDictionary
from spacy_mluke.entities.paragraphs import Paragraph, read_paragraphs
from spacy_mluke.entities.write_paragraphs import write_paragraphs
from tests.entities.alias_folders import linked, make_dictionary


def run(*args):
    return CliRunner().invoke(spacy_app, ["mluke", "aliases", *map(str, args)])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("aliases")
    make_dictionary(folder)
    return folder


def test_build(folder, tmp_path):
    (tmp_path / "more.txt").write_text("Paris Paris\n")
    labels = ["--labels", folder / "labels.jsonl", "--text", f"en={tmp_path / 'more.txt'}"]
    result = run("build", folder / "in", "-o", tmp_path / "new", "--langs", "en,ja", *labels)
    assert result.exit_code == 0, result.output
    output = " ".join(result.output.split())  # lines are wrapped where the path is long
    assert "en: candidates" in output and "2 languages" in output
    aliases = AliasDictionary.open(tmp_path / "new")
    assert aliases.languages == ["en", "ja"]
    assert aliases.candidates("Paris", "en")[0].entity == "Q90"


@pytest.mark.parametrize(
    "options, message",
    [
        (["--langs", "en,qq"], "[M847] There are no paragraphs in qq"),
        (["--text", "file.txt"], "[M848]"),
        (["--count", "words"], "[M849] Can't count by 'words'"),
        (["--labels", "nothing.jsonl"], "nothing.jsonl"),
    ],
)
def test_build_with_bad_options(folder, tmp_path, options, message):
    result = run("build", folder / "in", "-o", tmp_path / "new", *options)
    assert result.exit_code == 1
    assert message in " ".join(result.output.split())
    assert not (tmp_path / "new").exists()


def test_show(folder):
    result = run("show", folder / "aliases")
    assert result.exit_code == 0 and "occurrences" in result.output
    assert [line.split()[0] for line in result.output.split("\n") if line[:2].islower()] == [
        *("en", "de", "ja", "ko", "th")
    ]
    result = run("show", folder / "aliases", "--text", "Paris", "--langs", "en")
    assert "Q90" in result.output and "0.667" in result.output
    assert "[M843]" in run("show", folder / "aliases", "--langs", "qq").output
    assert "[M841]" in run("show", folder / "in").output


def test_detect(folder):
    result = run("detect", folder / "aliases", "Er fuhr nach Köln.", "-l", "de")
    assert result.exit_code == 0 and "Q365" in result.output
    assert "Q90" not in result.output
    assert "[M843]" in run("detect", folder / "aliases", "Köln", "-l", "qq").output


def test_annotate(folder, tmp_path):
    dump = '<doc id="1" url="u" title="T">\nT\n\nIn Paris.\n</doc>\n'
    (tmp_path / "wiki.txt").write_text(dump)
    options = ["-l", "en", "--source", "wiki"]
    files = [tmp_path / "wiki.txt", tmp_path / "o.jsonl.gz"]
    result = run("annotate", folder / "aliases", *files, *options)
    assert result.exit_code == 0, result.output
    (paragraph,) = read_paragraphs(tmp_path / "o.jsonl.gz")
    assert paragraph == Paragraph("In Paris.", [(3, 8, "Q90")], "T", "wiki")
    write_paragraphs(tmp_path / "i.jsonl", [linked("Paris and Paris", ("Paris", "Q1"))])
    files = [tmp_path / "i.jsonl", tmp_path / "o.jsonl"]
    run("annotate", folder / "aliases", *files, "-l", "en")
    assert json.loads((tmp_path / "o.jsonl").read_text())["ents"] == [[0, 5, "Q1"], [10, 15, "Q1"]]
    before = (tmp_path / "o.jsonl").read_bytes()
    (tmp_path / "i.jsonl").write_text("{")
    broken = run("annotate", folder / "aliases", *files, "-l", "en")
    assert broken.exit_code == 1 and "[M801]" in broken.output
    assert (tmp_path / "o.jsonl").read_bytes() == before


def test_evaluate(folder, tmp_path):
    options = ["--langs", "en", "-p", 0.02, "-o", tmp_path / "scores.json"]
    result = run("evaluate", folder / "aliases", folder / "in", *options)
    assert result.exit_code == 0, result.output
    scores = srsly.read_json(tmp_path / "scores.json")
    # The Paris of Troy is not the most frequent one.
    assert scores["en"]["links"] == 6 and scores["en"]["sense_accuracy"] == pytest.approx(5 / 6)
    assert scores["all"]["span_r"] == 1 and scores["all"]["known"] == 1


def test_held_out_pages_are_not_in_the_dictionary(tmp_path):
    pages = [linked(f"Name{n} is it", (f"Name{n}", f"Q{n}"), page=f"P{n}") for n in range(1, 101)]
    write_paragraphs(tmp_path / "in" / "en.jsonl", pages)
    run("build", tmp_path / "in", "-o", tmp_path / "out", "--held-out", 0.3)
    aliases = AliasDictionary.open(tmp_path / "out")
    known = {n for n in range(1, 101) if aliases.candidates(f"Name{n}", "en")}
    held = {n for n, page in enumerate(pages, start=1) if is_held_out(page, 0.3)}
    assert known == set(range(1, 101)) - held and 15 < len(held) < 45
