"""What `make demo` shows."""

import re
import sys
import unicodedata

import demo
import pytest
import spacy
from demo_sentences import TEXTS

from tests.serve.pipelines import make, make_with_table


def run(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["demo.py", *map(str, arguments)])
    demo.main()


def test_texts_in_many_scripts():
    # "LATIN SMALL LETTER A", "CJK UNIFIED IDEOGRAPH-65E5"
    scripts = {
        unicodedata.name(character).split()[0]
        for text in TEXTS.values()
        for character in text
        if unicodedata.category(character).startswith("L")
    }
    assert len(TEXTS) == 24
    assert {"LATIN", "CYRILLIC", "GREEK", "ARABIC", "HANGUL", "HIRAGANA", "CJK"} <= scripts
    assert {"DEVANAGARI", "BENGALI", "TELUGU", "THAI"} <= scripts


def test_what_was_found_is_described(tmp_path, piece_model):
    nlp = make_with_table(tmp_path / "encoder", piece_model)
    texts = {"en": "Paris in France", "ar": "باريس", "de": "Nowhere"}
    docs = demo.analyse(nlp, texts)
    table = demo.EntityTable.of(nlp)
    english, arabic, german = (list(demo.describe(doc, table)) for doc in docs)
    assert english == [
        "en  Paris in France",
        "    LOC<i> Paris = Q90 (Paris)",
        "    LOC<i> France = Q142",
        "    Paris --part<s>of--> France  0.50",
    ]
    # the English title, no link
    assert arabic[1:] == ["    LOC<i> باريس = Q90 (Paris)"] and german[1:] == ["    LOC<i> Nowhere"]
    assert demo.names_of_items(docs) == {"Q90": {"Paris": "en", "باريس": "ar"}}


def test_page_and_figures_of_a_pipeline_in_a_folder(tmp_path, monkeypatch, capsys):
    make().to_disk(tmp_path / "pipeline")
    monkeypatch.setattr(demo, "TEXTS", {"en": "Paris <3 France", "ar": "باريس"})
    run(monkeypatch, tmp_path / "pipeline", "--output", tmp_path / "new" / "demo.html")
    printed = capsys.readouterr().out
    assert "LOC<i> Paris = Q90" in printed and "Q90: Paris (en), باريس (ar)" in printed
    assert re.search(r"2 texts read in .*\nSpeed: [\d,]+ words/s", printed)
    assert str(tmp_path / "new" / "demo.html") in printed
    page = (tmp_path / "new" / "demo.html").read_text(encoding="utf8")
    assert "https://www.wikidata.org/wiki/Q90" in page and "<3" not in page and 'lang="ar"' in page


def test_without_a_pipeline_it_says_how_to_get_one(tmp_path, monkeypatch):
    with pytest.raises(SystemExit, match="project run tiny"):
        run(monkeypatch, tmp_path / "nothing")


@pytest.mark.skipif(not spacy.util.is_package(demo.PIPELINE), reason="its wheel is not installed")
def test_default_pipeline(tmp_path, monkeypatch, capsys):
    run(monkeypatch, "--output", tmp_path / "demo.html")
    printed = capsys.readouterr().out
    blocks = printed.split("\n\n")
    found = [lang for lang in TEXTS if any(re.match(rf"{lang}  .+\n +\w", b) for b in blocks)]
    assert len(found) >= 16, found
    assert re.search(r"= Q\d+", printed) and re.search(r"--\w+-->", printed)
    page = (tmp_path / "demo.html").read_text(encoding="utf8")
    assert page.count("<section") == len(TEXTS) and "<svg" in page
