import json
import pickle

import numpy as np
import pytest

from spacy_mluke.entities.interwiki_build import build_interwiki
from spacy_mluke.entities.keys import SPECIAL_ENTITIES
from spacy_mluke.entities.link_counts import LinkCounts, count_links, language_paths
from spacy_mluke.entities.paragraphs import Paragraph
from spacy_mluke.entities.vocabulary import EntityVocabulary
from spacy_mluke.entities.vocabulary_build import build_vocabulary
from spacy_mluke.modeling import config
from spacy_mluke.report import Report
from tests.entities.knowledge import labels

TITLES = {
    "Q1": {"de": "Eins", "en": "One", "fi": "Yksi"},
    "Q2": {"de": "Zwei", "en": "Two"},
    "Q3": {"de": "Drei", "en": "Three", "fr": "Trois"},
    "Q4": {"en": "Four", "fi": "Neljä"},
    "Q9": {"de": "Neun", "en": "Nine", "fi": "Yhdeksän"},
}
LINKS = {
    "de": ["Q1", "de:Eins", "de:zwei", "de:Drei", "de:Nirgends"],
    "en": ["en:One", "Q2", "en:Four", "en:Nowhere", "en:Nowhere"],
    "fi": ["fi:Yksi", "fi:Neljä", "Q3"],
}


def write_links(folder, links):
    """One paragraph for two links, the second a small file of its own."""
    for lang, keys in links.items():
        (folder / lang).mkdir(parents=True)
        for i in range(0, len(keys), 2):
            ents = [(2 * j, 2 * j + 1, key) for j, key in enumerate(keys[i : i + 2])]
            line = Paragraph("a b c", ents).to_json()
            (folder / lang / f"paragraphs-{i:05}.jsonl").write_text(line + "\n")
    return folder


@pytest.fixture
def interwiki(tmp_path):
    return build_interwiki([labels(tmp_path / "labels.jsonl", TITLES)], tmp_path / "interwiki")


@pytest.fixture
def counts(tmp_path, interwiki):
    paths = language_paths([write_links(tmp_path / "links", LINKS)])
    return [count_links(paths[lang], lang, interwiki) for lang in paths]


def keys(vocabulary):
    return [vocabulary.key(row) for row in range(4, len(vocabulary))]


def test_special_entities_are_those_of_the_encoder():
    assert SPECIAL_ENTITIES == tuple(config.SPECIAL_ENTITIES)


def test_counts(counts):
    by_lang = {part.lang: part for part in counts}
    assert list(by_lang) == ["de", "en", "fi"]
    assert by_lang["de"].items.tolist() == [1, 2, 3]
    assert by_lang["de"].item_counts.tolist() == [2, 1, 1]
    assert by_lang["en"].titles == ["en:Nowhere"]
    assert by_lang["en"].title_counts.tolist() == [2]
    assert by_lang["en"].links == 5


def test_merged_by_item(tmp_path, counts, interwiki):
    report = Report()
    vocabulary = build_vocabulary(
        counts, tmp_path / "v", interwiki, min_languages=2, report=report
    )
    # counts 4, 2, 2, 2: equal ones by number of the item
    assert keys(vocabulary) == ["Q1", "Q2", "Q3", "Q4"]
    assert vocabulary.counts.tolist() == [0, 0, 0, 0, 4, 2, 2, 2]
    assert [vocabulary.key(row) for row in range(4)] == list(SPECIAL_ENTITIES)
    assert [vocabulary.row(name) for name in SPECIAL_ENTITIES] == [0, 1, 2, 3]
    assert vocabulary.titles(6) == {"de": "Drei", "en": "Three"}  # no French was counted
    assert vocabulary.titles(0) == {}
    assert vocabulary.row("fi:Neljä") == vocabulary.row("fi:neljä") == vocabulary.row("Q4") == 7
    for unknown in ("Q9", "Q77", "de:Neun", "fr:Trois", "Q0", "", "[mask]", "en:\ud800"):
        assert vocabulary.row(unknown) == -1 and unknown not in vocabulary
    assert report.kept == {
        "entities": 4, "entities with an item": 4, "titles": 9, "links": 10,
    }
    assert report.lost == {"titles without item in too few languages": 2}
    statistics = vocabulary.metadata["statistics"]
    assert statistics["en"] == {
        "links": 5, "item_links": 3, "kept_links": 3, "entities": 4, "kept_entities": 3,
    }
    assert vocabulary.titles_by_language() == {"de": 3, "en": 4, "fi": 3 - 1}


def test_rows(tmp_path, counts, interwiki):
    vocabulary = build_vocabulary(counts, tmp_path / "v", interwiki, min_languages=1)
    some = ["Q1", "de:Eins", "[PAD]", "Q5", "en:Nowhere", "x", "Q3", "en:three"]
    assert vocabulary.rows(some).tolist() == [vocabulary.row(key) for key in some]
    assert vocabulary.rows([]).tolist() == []
    assert vocabulary.rows(some).dtype == np.int32
    for row in range(len(vocabulary)):
        assert vocabulary.row(vocabulary.key(row)) == row
        for lang, title in vocabulary.titles(row).items():
            assert vocabulary.row(f"{lang}:{title}") == row


def test_titles_without_item(tmp_path, counts, interwiki):
    """They stay by themselves, after items with the same count."""
    vocabulary = build_vocabulary(counts, tmp_path / "v", interwiki, min_languages=1)
    assert keys(vocabulary) == ["Q1", "Q2", "Q3", "Q4", "en:Nowhere", "de:Nirgends"]
    assert vocabulary.titles(8) == {"en": "Nowhere"}
    assert vocabulary.items[8] == 0
    assert vocabulary.metadata["statistics"]["en"]["kept_links"] == 5


def test_size_and_count(tmp_path, counts, interwiki):
    report = Report()
    vocabulary = build_vocabulary(
        counts, tmp_path / "v", interwiki, min_languages=1, min_count=2, size=2, report=report
    )
    assert keys(vocabulary) == ["Q1", "Q2"]
    assert report.lost == {"entities linked too seldom": 1, "entities beyond the size": 3}


def test_entities_of_few_languages_that_are_linked_often(tmp_path, counts, interwiki):
    report = Report()
    vocabulary = build_vocabulary(
        counts, tmp_path / "v", interwiki, min_languages=2, min_count_local=2, report=report
    )
    assert keys(vocabulary) == ["Q1", "Q2", "Q3", "Q4", "en:Nowhere"]
    assert report.lost == {"titles without item in too few languages": 1}


def test_languages_of_the_interwiki(tmp_path, counts, interwiki):
    few = {"min_languages": 3, "languages_from": "interwiki"}
    assert keys(build_vocabulary(counts, tmp_path / "a", interwiki, **few)) == ["Q1", "Q3"]
    linked_or_not = build_vocabulary(counts, tmp_path / "b", interwiki, min_count=0, **few)
    assert keys(linked_or_not) == ["Q1", "Q3", "Q9"]
    assert linked_or_not.counts[-1] == 0 and linked_or_not.row("fi:Yhdeksän") == 6
    assert keys(build_vocabulary(counts, tmp_path / "c", interwiki, min_languages=3)) == ["Q1"]


def test_without_interwiki(tmp_path):
    paths = language_paths([write_links(tmp_path / "links", LINKS)])
    counts = [count_links(paths[lang], lang) for lang in paths]
    vocabulary = build_vocabulary(counts, tmp_path / "v", min_languages=1)
    assert keys(vocabulary)[:3] == ["en:Nowhere", "Q1", "Q2"]
    assert vocabulary.row("en:One") > 4 and vocabulary.titles(vocabulary.row("Q1")) == {}
    for needs in ({"min_count": 0}, {"languages_from": "interwiki"}):
        with pytest.raises(ValueError, match="M822"):
            build_vocabulary(counts, tmp_path / "w", **needs)


def test_does_not_depend_on_order(tmp_path, counts, interwiki):
    one = build_vocabulary(counts, tmp_path / "a", interwiki, min_languages=1)
    shuffled = [
        LinkCounts(
            part.lang, part.items, part.item_counts, part.titles[::-1], part.title_counts[::-1]
        )
        for part in counts[::-1]
    ]
    other = build_vocabulary(shuffled, tmp_path / "b", interwiki, min_languages=1)
    assert keys(one) == keys(other)
    files = [(tmp_path / name / "items.npy").read_bytes() for name in "ab"]
    assert files[0] == files[1]


def test_errors(tmp_path, counts, interwiki):
    with pytest.raises(ValueError, match="M820.*9 of 3 languages"):
        build_vocabulary(counts, tmp_path / "v", interwiki, min_languages=9)
    with pytest.raises(ValueError, match="M830"):
        build_vocabulary(counts, tmp_path / "v", interwiki, languages_from="labels")
    assert not (tmp_path / "v").exists()
    with pytest.raises(ValueError, match="M811.*no vocabulary.*it is a interwiki"):
        EntityVocabulary.open(tmp_path / "interwiki")


def test_damaged(tmp_path, counts, interwiki):
    path = build_vocabulary(counts, tmp_path / "v", interwiki).path
    assert len(pickle.loads(pickle.dumps(EntityVocabulary.open(path)))) == 5
    EntityVocabulary.open(path).verify()
    data = (path / "counts.npy").read_bytes()
    (path / "counts.npy").write_bytes(data[:-1] + b"\x01")
    with pytest.raises(ValueError, match=r"M812.*counts\.npy"):
        EntityVocabulary.open(path).verify()
    (path / "counts.npy").write_bytes(data[:-1])
    with pytest.raises(ValueError, match=r"M812.*counts\.npy"):
        EntityVocabulary.open(path)


def test_strange_links_are_counted(tmp_path):
    report = Report()
    links = {"de": ["Q1", "Tokyo", "DE:Tokio", "Q0", "de:A\0B"]}
    counts = count_links([write_links(tmp_path / "l", links) / "de"], "de", report=report)
    assert counts.links == 1
    assert report.lost == {"links to no item and no title with a language": 4}


def test_language_paths(tmp_path):
    for lang in ("de", "zh-min-nan"):
        write_links(tmp_path / "x", {lang: ["Q1"]})
    (tmp_path / "y").mkdir()
    (tmp_path / "y" / "de.jsonl.gz").touch()
    (tmp_path / "y" / "README.md").touch()
    folder = tmp_path / "x"
    both = {"de": [folder / "de"], "zh-min-nan": [folder / "zh-min-nan"]}
    assert language_paths([folder]) == both
    assert language_paths([folder / "zh-min-nan"]) == {"zh-min-nan": [folder / "zh-min-nan"]}
    assert language_paths([folder, tmp_path / "y"])["de"] == [
        folder / "de", tmp_path / "y" / "de.jsonl.gz",
    ]
    (folder / "Notes").mkdir()
    for wrong in (folder, tmp_path / "nowhere"):
        with pytest.raises(ValueError, match="M821"):
            language_paths([wrong])


def test_pretraining_data(tmp_path, shared_data):
    """Swahili and Telugu, the smallest: half of the links and more have an item."""
    report = Report()
    names = [shared_data / "pretraining" / f"{lang}.jsonl.gz" for lang in ("sw", "te")]
    paths = language_paths(names)
    counts = [count_links(paths[lang], lang, report=report) for lang in paths]
    vocabulary = build_vocabulary(counts, tmp_path / "v", min_languages=2, report=report)
    assert vocabulary.row("Q1033") > 0
    assert not report.lost["links to no item and no title with a language"]
    share = vocabulary.metadata["statistics"]["sw"]
    assert 0.5 < share["item_links"] / share["links"] < 1
    assert json.dumps(vocabulary.metadata)
