import json
import subprocess
import sys
from pathlib import Path

import pytest
import spacy
from markup import MarkupError, Record, parse, read_folder, split, write_jsonl

ROOT = Path(__file__).parents[2]
DEMO_DATA = ROOT / "project" / "demo_data"
LABELS = {"PER", "LOC", "ORG"}
# What the demo's relations hold between: head label, tail label.
RELATIONS = {
    "born_in": ("PER", "LOC"),
    "employee_of": ("PER", "ORG"),
    "founded_by": ("ORG", "PER"),
    "headquarters_in": ("ORG", "LOC"),
    "located_in": ("LOC", "LOC"),
}
# Written without blanks, or with particles joined to names: tokens are characters there.
CHARACTER_LANGUAGES = {"ja", "zh", "ko"}


def read(*lines):
    return list(parse(lines, lang="en", source="en.txt"))


def test_sentences_and_relations():
    records = read(
        "# a comment",
        "",
        "[Marie Curie|PER] was born in [Warsaw|LOC], in [Poland|LOC].",
        "> 1 born_in 2; 2 located_in 3",
        "Nothing here.",
        "[東京|LOC]と[パリ|LOC]",
    )
    assert records == [
        Record(
            "Marie Curie was born in Warsaw, in Poland.",
            "en",
            [(0, 11, "PER"), (24, 30, "LOC"), (35, 41, "LOC")],
            [(0, 1, "born_in"), (1, 2, "located_in")],
        ),
        Record("Nothing here.", "en"),
        Record("東京とパリ", "en", [(0, 2, "LOC"), (3, 5, "LOC")]),
    ]
    assert [records[0].text[start:end] for start, end, _ in records[0].ents] == [
        "Marie Curie",
        "Warsaw",
        "Poland",
    ]


def test_relations_on_several_lines():
    (record,) = read("[A|PER] [B|LOC] [C|LOC]", "> 1 born_in 2", "> 2 located_in 3")
    assert record.relations == [(0, 1, "born_in"), (1, 2, "located_in")]


@pytest.mark.parametrize(
    "lines, message",
    [
        (["> 1 born_in 2"], "en.txt:1: relations without a sentence"),
        (["[A|PER", "> 1 born_in 2"], "en.txt:1: stray"),
        (["A] was here"], "en.txt:1: stray"),
        (["[[A|PER]|LOC]"], "en.txt:1: stray"),
        (["[A|per]"], "en.txt:1: stray"),
        (["[A |PER] here"], "en.txt:1: blank at the edge"),
        (["[A|PER] [B|LOC]", "> 1 born_in 3"], "en.txt:2: '1 born_in 3' must name two"),
        (["[A|PER] [B|LOC]", "> 0 born_in 1"], "en.txt:2: '0 born_in 1' must name two"),
        (["[A|PER] [B|LOC]", "> 2 born_in 2"], "en.txt:2: '2 born_in 2' must name two"),
        (["[A|PER] [B|LOC]", "> 1 2 born_in"], "en.txt:2: '1 2 born_in' is not"),
        (["[A|PER] [B|LOC]", "> 1 born_in 2;"], "en.txt:2: '' is not"),
    ],
)
def test_unreadable_lines_are_named(lines, message):
    with pytest.raises(MarkupError) as error:
        read(*lines)
    assert str(error.value).startswith(message)


def test_empty_folder(tmp_path):
    with pytest.raises(MarkupError, match="no <lang>.txt"):
        read_folder(tmp_path)


def test_command_writes_what_the_folder_holds(tmp_path):
    (tmp_path / "en.txt").write_text(
        "[A|PER] met [B|PER].\n[C|ORG] of [D|PER].\n> 1 founded_by 2\n", encoding="utf8"
    )
    (tmp_path / "ja.txt").write_text("[東京|LOC]です。\n", encoding="utf8")
    train, dev = tmp_path / "corpus" / "train.jsonl", tmp_path / "corpus" / "dev.jsonl"
    script = ROOT / "project" / "scripts" / "markup.py"
    subprocess.run(
        [sys.executable, script, tmp_path, train, dev, "--hold-out", "2"], check=True
    )
    lines = train.read_text(encoding="utf8").splitlines()
    assert [json.loads(line) for line in lines] == [
        {"text": "A met B.", "lang": "en", "ents": [[0, 1, "PER"], [6, 7, "PER"]], "relations": []},
        {"text": "東京です。", "lang": "ja", "ents": [[0, 2, "LOC"]], "relations": []},
    ]
    assert [json.loads(line) for line in dev.read_text(encoding="utf8").splitlines()] == [
        {
            "text": "C of D.",
            "lang": "en",
            "ents": [[0, 1, "ORG"], [5, 6, "PER"]],
            "relations": [[0, 1, "founded_by"]],
        }
    ]
    assert sorted(path.name for path in train.parent.iterdir()) == ["dev.jsonl", "train.jsonl"]


def test_split_keeps_every_record():
    records = {"en": [Record(str(i), "en") for i in range(20)], "de": [Record("x", "de")]}
    train, dev = split(records, hold_out=8)
    assert [record.text for record in dev] == ["7", "15"]
    assert len(train) + len(dev) == 21


def test_failed_writing_leaves_the_old_file(tmp_path):
    path = tmp_path / "out.jsonl"
    write_jsonl(path, [Record("old", "en")])
    before = path.read_text(encoding="utf8")
    with pytest.raises(MarkupError):
        write_jsonl(path, parse(["fine", "[not fine"], lang="en"))
    assert path.read_text(encoding="utf8") == before


@pytest.fixture(scope="module")
def demo_records():
    return read_folder(DEMO_DATA)


def test_demo_data_size(demo_records):
    for lang in ("ar", "de", "en", "es", "fr", "ja", "ru", "zh"):
        assert len(demo_records[lang]) >= 40, lang
    texts = [record.text for records in demo_records.values() for record in records]
    assert len(texts) == len(set(texts))


def test_demo_data_labels(demo_records):
    seen = set()
    for records in demo_records.values():
        for record in records:
            assert {label for _, _, label in record.ents} <= LABELS, record.text
            assert len(record.relations) == len(set(record.relations)), record.text
            for head, tail, label in record.relations:
                found = (record.ents[head][2], record.ents[tail][2])
                assert found == RELATIONS[label], (record.text, label)
                seen.add((record.lang, label))
    for lang in ("ar", "de", "en", "es", "fr", "ja", "ru", "zh"):
        assert {label for of, label in seen if of == lang} == set(RELATIONS), lang


def test_demo_mentions_begin_and_end_with_tokens(demo_records):
    nlp = spacy.blank("xx")
    for lang in set(demo_records) - CHARACTER_LANGUAGES:
        for record in demo_records[lang]:
            doc = nlp.make_doc(record.text)
            for start, end, _ in record.ents:
                assert doc.char_span(start, end) is not None, (record.text, record.text[start:end])
