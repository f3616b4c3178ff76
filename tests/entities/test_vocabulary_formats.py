import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_mluke.entities.interwiki_build import build_interwiki
from spacy_mluke.entities.keys import split_title
from spacy_mluke.entities.vocabulary_formats import export_vocabulary, import_vocabulary
from spacy_mluke.report import Report
from tests.entities.knowledge import TITLES, labels

LITE = {"[MASK]": 0, "[UNK]": 1, "[PAD]": 2, "[MASK2]": 3}
# rows of special entities are anywhere, some rows have no name
FULL = {"de:Tokio": 7, "[UNK]": 1, "[PAD]": 0, "en:A": 4, "en:Tokyo": 7, "[MASK]": 2,
        "en:A b": 9, "[MASK2]": 10}  # fmt: skip
ITEMS = {**LITE, "Q90": 4, "Q5": 5}


def write(path, names):
    path.write_text(json.dumps(names))
    return path


def read(path):
    return json.loads(path.read_text(encoding="utf8"))


def test_lite(tmp_path):
    vocabulary = import_vocabulary(write(tmp_path / "a.json", LITE), tmp_path / "v")
    assert len(vocabulary) == 4 and vocabulary.languages == []
    assert vocabulary.row("Q1") == vocabulary.row("en:Tokyo") == -1
    assert export_vocabulary(vocabulary, tmp_path / "b.json") == 4
    assert read(tmp_path / "b.json") == LITE


def test_titles(tmp_path):
    report = Report()
    path = write(tmp_path / "a.json", FULL)
    vocabulary = import_vocabulary(path, tmp_path / "v", report=report)
    assert [vocabulary.key(row) for row in range(len(vocabulary))] == [
        "[MASK]", "[UNK]", "[PAD]", "[MASK2]", "en:A", "de:Tokio", "en:A b",
    ]  # fmt: skip
    assert vocabulary.source_rows.tolist() == [2, 1, 0, 10, 4, 7, 9]
    assert vocabulary.titles(5) == {"de": "Tokio", "en": "Tokyo"}
    for name, row in FULL.items():
        assert vocabulary.source_rows[vocabulary.row(name)] == row
    export_vocabulary(vocabulary, tmp_path / "b.json")
    assert read(tmp_path / "b.json") == {
        **LITE, "en:A": 4, "de:Tokio": 5, "en:Tokyo": 5, "en:A b": 6,
    }  # fmt: skip
    assert report.kept == {"entities": 3, "entities with an item": 0, "titles": 4}


def test_items(tmp_path):
    report = Report()
    names = {**ITEMS, "Q6": 5}
    vocabulary = import_vocabulary(write(tmp_path / "a.json", names), tmp_path / "v", report=report)
    assert [vocabulary.row(key) for key in ("Q90", "Q5", "Q6")] == [4, 5, -1]
    assert report.lost == {"further items of a row": 1}
    export_vocabulary(vocabulary, tmp_path / "b.json")  # no titles: items
    assert read(tmp_path / "b.json") == ITEMS


def test_items_of_titles(tmp_path):
    interwiki = build_interwiki([labels(tmp_path / "l.jsonl", TITLES)], tmp_path / "i")
    names = {**LITE, "de:Mensch": 4, "en:Human": 4, "fr:X": 4, "de:Y": 5, "be-tarask:Чалавек": 6}
    report = Report()
    path = write(tmp_path / "a.json", names)
    vocabulary = import_vocabulary(path, tmp_path / "v", interwiki, report=report)
    assert [vocabulary.key(row) for row in (4, 5, 6)] == ["Q5", "de:Y", "be-tarask:Чалавек"]
    assert report.lost == {"items of a second row": 1}
    export_vocabulary(vocabulary, tmp_path / "b.json", names="items")
    assert read(tmp_path / "b.json") == {**LITE, "Q5": 4, "de:Y": 5, "be-tarask:Чалавек": 6}
    export_vocabulary(vocabulary, tmp_path / "c.json", names="both")
    assert read(tmp_path / "c.json") == {**names, "Q5": 4}
    with pytest.raises(ValueError, match="M825"):
        export_vocabulary(vocabulary, tmp_path / "d.json", names="qids")
    assert not (tmp_path / "d.json").exists()


def test_original(tmp_path):
    rows = [("[PAD]", 0), ("[UNK]", 0), ("[MASK]", 0), ("Tokyo", 7), ("A", 3)]
    lines = [
        {"id": row, "entities": [[title, lang] for lang in ("de", "en")], "count": count}
        for row, (title, count) in enumerate(rows)
    ]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    vocabulary = import_vocabulary(tmp_path / "a.jsonl", tmp_path / "v")
    assert vocabulary.source_rows.tolist() == [2, 1, 0, -1, 3, 4]
    assert vocabulary.counts.tolist() == [0, 0, 0, 0, 7, 3]
    assert vocabulary.titles(4) == {"de": "Tokyo", "en": "Tokyo"}


@pytest.mark.parametrize(
    "text,code",
    [
        ("{", "M823"),
        ("[]", "M823"),
        ("{}", "M823"),
        ('{"en:A": 3}', r"M823.*no \[MASK\]"),
        ('{"[MASK]": 0, "en:A": -1}', "M823.*negative"),
        ('{"[MASK]": 0, "en:A": "x"}', "M823"),
        ('{"[MASK]": 0, "Tokyo": 1}', "M824.*'Tokyo'"),
    ],
)
def test_what_cannot_be_read(tmp_path, text, code):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(ValueError, match=code):
        import_vocabulary(tmp_path / "a.json", tmp_path / "v")
    assert not (tmp_path / "v").exists()


def test_no_file(tmp_path):
    with pytest.raises(ValueError, match="M823"):
        import_vocabulary(tmp_path / "a.json", tmp_path / "v")


title_keys = st.builds(
    "{}:{}".format,
    st.sampled_from(["de", "ja", "zh-min-nan"]),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
).filter(split_title)
item_keys = st.integers(1, 10**6).map("Q{}".format)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.one_of(st.none(), item_keys), st.sets(title_keys, max_size=3)),
                max_size=6))
def test_there_and_back(tmp_path_factory, entities):
    names, used = dict(LITE), set()
    for row, (item, titles) in enumerate(entities, start=4):
        for name in {*titles, *([item] if item else [])} - used:
            names[name] = row
            used.add(name)
    folder = tmp_path_factory.mktemp("vocabulary")
    vocabulary = import_vocabulary(write(folder / "a.json", names), folder / "v")
    for name, row in names.items():
        assert vocabulary.source_rows[vocabulary.row(name)] == row
    export_vocabulary(vocabulary, folder / "b.json", names="both")
    exported = read(folder / "b.json")
    assert {name: vocabulary.source_rows[row] for name, row in exported.items()} == names
