import json
import pickle
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_mluke.entities.interwiki import Interwiki
from spacy_mluke.entities.interwiki_build import build_interwiki
from spacy_mluke.entities.keys import clean_title
from spacy_mluke.report import Report
from tests.entities.knowledge import TITLES, labels


def build(folder, titles, *more_titles, **kwargs):
    sources = [
        labels(folder / f"{i}.jsonl", part) for i, part in enumerate([titles, *more_titles])
    ]
    return build_interwiki(sources, folder / "interwiki", **kwargs)


def test_titles_and_items(tmp_path):
    report = Report()
    interwiki = build(tmp_path, TITLES, report=report)
    for item, titles in TITLES.items():
        assert interwiki.titles(item) == titles
        for lang, title in titles.items():
            assert interwiki.item(lang, title) == item
    assert list(interwiki) == ["Q5", "Q7", "Q42"] and len(interwiki) == 3
    assert interwiki.languages == ["be-tarask", "de", "en", "yo", "zh-min-nan"]
    assert interwiki.titles_by_language()["en"] == 3
    assert interwiki.titles("Q6") == interwiki.titles("Mensch") == interwiki.titles("Q99") == {}
    assert report.kept == {"items": 3, "titles": 8, "languages": 5} and not report.lost


def test_items_of_keys(tmp_path):
    interwiki = build(tmp_path, TITLES)
    keys = ["Q42", "Q1000", "de:Mensch", "fr:Mensch", "Mensch", "", "de:", ":", "de:\ud800"]
    assert interwiki.items(keys) == ["Q42", "Q1000", "Q5", *[None] * 6]


def test_other_spellings(tmp_path):
    interwiki = build(tmp_path, {"Q1": {"vi": "châu Phi"}, "Q2": {"en": "New York"}})
    for title in ("châu Phi", "Châu Phi", "châu_Phi", " Châu  Phi_"):
        assert interwiki.item("vi", title) == "Q1"
    assert interwiki.item("en", "new_York") == "Q2"
    assert interwiki.item("en", "new york") is None


def test_titles_as_written_come_first(tmp_path):
    interwiki = build(tmp_path, {"Q1": {"en": "mercury"}, "Q2": {"en": "Mercury"}})
    assert interwiki.item("en", "mercury") == "Q1"
    assert interwiki.item("en", "Mercury") == "Q2"


def test_title_of_several_items(tmp_path):
    """The item with more titles gets it, of equal ones the older; both keep it."""
    report = Report()
    titles = {
        "Q30": {"en": "Paris"},
        "Q90": {"en": "Paris", "de": "Paris"},
        "Q8": {"en": "Lima"},
        "Q7": {"en": "Lima"},
    }
    interwiki = build(tmp_path, titles, report=report)
    assert interwiki.item("en", "Paris") == "Q90" and interwiki.item("en", "Lima") == "Q7"
    assert interwiki.titles("Q30") == {"en": "Paris"}
    assert report.changed == {"titles of several items, which find one of them": 2}
    assert interwiki.metadata["ambiguous_titles"] == 2


def test_earlier_sources_are_trusted_more(tmp_path):
    report = Report()
    first = {"Q30": {"en": "Paris", "fi": "Pariisi"}}
    second = {"Q90": {"en": "Paris", "de": "Paris", "fr": "Paris"}, "Q30": {"fi": "pariisi"}}
    second["Q31"] = first["Q30"]
    interwiki = build(tmp_path, first, second, report=report)
    assert interwiki.item("en", "Paris") == "Q30"
    assert interwiki.titles("Q30") == first["Q30"]
    assert interwiki.item("fi", "pariisi") == "Q30"
    (tmp_path / "again").mkdir()
    build(tmp_path / "again", first, first, report=report)
    assert report.lost == {"titles that came again with the same item": 2}


def test_impossible_titles_are_counted(tmp_path):
    report = Report()
    titles = {"Q1": {"de": " _ ", "DE": "Berlin", "en": "Berlin\ud800", "pl": "A\n B\t"}}
    interwiki = build(tmp_path, titles, report=report)
    assert interwiki.titles("Q1") == {"pl": "A B"}
    lost = {"titles without text or language": 2, "titles that are not UTF-8": 1}
    assert report.lost == lost
    assert report.places["titles that are not UTF-8"] == ["Q1 en"]


def test_languages(tmp_path):
    report = Report()
    interwiki = build(tmp_path, TITLES, languages=["yo"], report=report)
    assert interwiki.languages == ["yo"] and list(interwiki) == ["Q7"]
    assert report.lost == {"titles in other languages": 7}


def test_nothing_to_write(tmp_path):
    build(tmp_path, TITLES)
    with pytest.raises(ValueError, match="M815"):
        build(tmp_path, TITLES, languages=["fr"])
    assert len(Interwiki.open(tmp_path / "interwiki")) == 3  # what was there is there
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0.jsonl", "interwiki"]


def test_pickled_by_path(tmp_path):
    interwiki = build(tmp_path, TITLES)
    data = pickle.dumps(interwiki)
    assert len(data) < 500
    assert pickle.loads(data).titles("Q5") == TITLES["Q5"]


def test_damaged(tmp_path):
    folder = build(tmp_path, TITLES).path
    Interwiki.open(folder).verify()
    numbers = folder / "items.npy"
    data = numbers.read_bytes()
    numbers.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(ValueError, match=r"M812.*items\.npy.*checksum"):
        Interwiki.open(folder).verify()
    file = folder / "titles.marisa"
    data = file.read_bytes()
    file.write_bytes(bytes(len(data)))
    with pytest.raises(ValueError, match=r"M812.*titles or numbers"):
        Interwiki.open(folder)
    file.write_bytes(data[:-1])
    with pytest.raises(ValueError, match=r"M812.*titles\.marisa.*bytes"):
        Interwiki.open(folder)
    file.unlink()
    with pytest.raises(ValueError, match=r"M812.*titles\.marisa.*has 0 of"):
        Interwiki.open(folder)


@pytest.mark.parametrize("change", [{"kind": "vocabulary"}, {"version": 2}, {"files": None}, None])
def test_something_else(tmp_path, change):
    folder = build(tmp_path, TITLES).path
    metadata = json.loads((folder / "metadata.json").read_text())
    text = "{" if change is None else json.dumps({**metadata, **change})
    (folder / "metadata.json").write_text(text)
    with pytest.raises(ValueError, match="M811"):
        Interwiki.open(folder)
    with pytest.raises(ValueError, match="M811"):
        Interwiki.open(tmp_path / "nowhere")


titles = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(
    lambda title: clean_title(title) == title
)
languages = st.from_regex(r"[a-z]{2,3}(-[a-z]{1,5})?", fullmatch=True)


@settings(deadline=None, max_examples=30)
@given(st.dictionaries(st.integers(1, 10**9), st.dictionaries(languages, titles, min_size=1),
                       min_size=1, max_size=8))
def test_all_that_was_written_is_found(tmp_path_factory, items):
    written = {f"Q{number}": names for number, names in items.items()}
    interwiki = build(tmp_path_factory.mktemp("interwiki"), written)
    owners = {}
    for item in sorted(written, key=lambda item: (-len(written[item]), int(item[1:]))):
        for lang, title in written[item].items():
            owners.setdefault((lang, title), item)
    assert {item: interwiki.titles(item) for item in interwiki} == written
    for (lang, title), item in owners.items():
        assert interwiki.item(lang, title) == item
        keys = [f"{lang}:{title}", item]
        assert interwiki.items(keys) == [item, item]


def test_real_labels(tmp_path, shared_data):
    """Few labels of two items would mean that real ones are not told apart."""
    report = Report()
    source = shared_data / "entities" / "entity_labels_24.jsonl.gz"
    interwiki = build_interwiki(
        [source], tmp_path / "interwiki", languages=["sw", "te", "hi"], report=report
    )
    assert interwiki.item("te", unicodedata.normalize("NFC", "భూమి")) == "Q2"
    assert interwiki.item("sw", "dunia") == "Q2"
    assert 15_000 < report.kept["titles"] < 25_000
    assert 0 < report.changed["titles of several items, which find one of them"] < 2_000
