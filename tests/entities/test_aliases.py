import gzip
import json
import pickle

import numpy as np
import pytest

from spacy_mluke.entities.alias_build import AliasBuilder, Limits
from spacy_mluke.entities.alias_corpus import build_aliases
from spacy_mluke.entities.alias_counts import AliasCounts
from spacy_mluke.entities.alias_sources import add_labels, add_titles
from spacy_mluke.entities.aliases import AliasDictionary
from spacy_mluke.entities.hash_index import HashIndex
from spacy_mluke.report import Report
from tests.entities.alias_folders import linked, make_dictionary


@pytest.fixture(scope="module")
def aliases(tmp_path_factory):
    return make_dictionary(tmp_path_factory.mktemp("aliases"))


def build(tmp_path, counts, linked=(), unlinked=(), **options):
    builder = AliasBuilder(**options)
    builder.add(counts, linked, unlinked)
    return builder.write(tmp_path / "aliases")


def test_candidates(aliases):
    found = aliases.candidates("Paris", "en")
    assert [(c.entity, c.count) for c in found] == [("Q90", 2.0), ("en:Paris (mythology)", 1.0)]
    assert sum(c.prior for c in found) == pytest.approx(1)
    assert found[0].prior == pytest.approx(2 / 3)
    assert aliases.candidates("Nowhere", "en") == []
    assert aliases.candidates("", "en") == []


def test_case_as_written_comes_first_and_folded_stands_in(aliases):
    assert [c.entity for c in aliases.candidates("PARIS", "en")] == ["Q90", "en:Paris (mythology)"]
    assert aliases.candidates("ＰＡＲＩＳ", "en")[0].entity == "Q90"  # wide letters
    # "May" is a link nowhere; less so in a form that is seen more often.
    assert aliases.link_probability("May", "en") > aliases.link_probability("may", "en") > 0


def test_written_forms_are_apart(tmp_path):
    counts = AliasCounts("en")
    counts.add("US", "Q30", "anchor", 3)
    counts.add("us", "Q1", "anchor", 1)
    aliases = build(tmp_path, counts)
    assert [c.entity for c in aliases.candidates("US", "en")] == ["Q30"]
    assert [c.entity for c in aliases.candidates("us", "en")] == ["Q1"]
    assert [c.entity for c in aliases.candidates("Us", "en")] == ["Q30", "Q1"]


def test_link_probability_of_pages_and_tokens(tmp_path):
    pages = [
        linked("Rome and Rome and Rome.", ("Rome", "Q220"), page="1"),
        linked("Rome again.", page="2"),
        linked("Old Rome Road", ("Old Rome Road", "Q7"), page="3"),
    ]
    for mode, occurrences in (("pages", 2), ("tokens", 4)):
        counts = AliasCounts("en")
        counts.add_anchors(pages)
        part = build(tmp_path, counts, pages, count=mode).part("en")
        row = part.row("Rome")
        assert part.arrays["links"][row] == 1
        # What lies inside a longer link is no chance to be one.
        assert part.arrays["occurrences"][row] == occurrences


def test_common_words_of_labels_are_no_mentions(aliases):
    assert aliases.link_probability("May", "en") < 0.1
    assert aliases.link_probability("Angela Merkel", "en") > aliases.link_probability("May", "en")
    assert aliases.link_probability("unheard of", "en") == 0


def test_a_dictionary_without_any_text(tmp_path):
    counts = AliasCounts("en")
    counts.add("Oslo", "Q585", "label")
    aliases = build(tmp_path, counts)
    assert 0 < aliases.link_probability("Oslo", "en") < 0.5


def test_limits_are_reported(tmp_path):
    counts = AliasCounts("en")
    counts.add(" ".join("abcdefgh"), "Q1", "anchor")
    for number in range(1, 6):
        counts.add("Name", f"Q{number}", "anchor", number)
    report = Report()
    limits = Limits(max_units=7, max_candidates=2)
    aliases = build(tmp_path, counts, limits=limits, report=report)
    assert [c.entity for c in aliases.candidates("Name", "en")] == ["Q5", "Q4"]
    assert aliases.candidates(" ".join("abcdefgh"), "en") == []
    assert report.lost["en: aliases of more than 7 units"] == 1
    assert report.lost["en: candidates beyond 2 of an alias"] == 3


def test_spaces_do_not_part_aliases(tmp_path):
    counts = AliasCounts("en")
    counts.add("U.S.", "Q30", "anchor", 2)
    counts.add("U. S.", "Q30", "anchor")
    counts.add("a \n b", "Q1", "anchor")
    aliases = build(tmp_path, counts)
    assert aliases.candidates("U.S.", "en")[0].count == 3
    assert aliases.candidates("A  B", "en")[0].entity == "Q1"


def test_chunks_do_not_change_the_dictionary(tmp_path, monkeypatch):
    counts = AliasCounts("en")
    names = ["New York City", "new york", "York", "U.S.", "a b c d", "東京都"]
    for number, alias in enumerate(names):
        counts.add(alias, f"Q{number + 1}", "anchor", number + 1)
        counts.add(alias, f"en:Title {number % 4}", "anchor")
    for name, chunk in (("whole", 1 << 15), ("chunks", 2)):
        monkeypatch.setattr("spacy_mluke.entities.matching.CHUNK", chunk)
        (tmp_path / name).mkdir()
        build(tmp_path / name, counts)
    files = [path for path in (tmp_path / "whole").rglob("*") if path.is_file()]
    assert len(files) > 10
    for path in files:
        other = tmp_path / "chunks" / path.relative_to(tmp_path / "whole")
        assert path.read_bytes() == other.read_bytes()


def test_pruning_bounds_memory():
    report = Report()
    counts = AliasCounts("en", max_pairs=10, report=report)
    for number in range(9):
        counts.add(f"Name{number}", "Q1", "anchor")
    counts.add("Often", "Q2", "anchor", 5)
    counts.add("Once", "Q3", "anchor")
    assert set(counts.pairs) == {"Often"}
    assert report.lost["en: pairs dropped because memory is limited"] == 10


def test_entities_of_titles_get_items(tmp_path):
    class Table:
        def items(self, keys):
            return ["Q64" if key == "de:Berlin" else None for key in keys]

    counts = AliasCounts("de")
    for key in ("de:Berlin", "Q64", "de:Anderes"):
        counts.add("Berlin", key, "anchor")
    counts.map_entities(Table())
    assert counts.pairs["Berlin"] == {"Q64": 2.0, "de:Anderes": 1.0}
    aliases = build(tmp_path, counts)
    assert aliases.number("Q64") == 64 and aliases.number("de:Anderes") < 0
    assert aliases.number("de:Nichts") is None
    assert aliases.key(aliases.number("de:Anderes")) == "de:Anderes"


def test_titles_and_redirects(tmp_path):
    with gzip.open(tmp_path / "pages.tsv.gz", "wt", encoding="utf8") as file:
        file.write("Mercury (planet)\t1\t0\nMercury\t2\t1\n")
    with gzip.open(tmp_path / "redirects.tsv.gz", "wt", encoding="utf8") as file:
        file.write("Hermes (planet)\tMercury (planet)\n")
    counts = AliasCounts("en")
    add_titles(counts, tmp_path)
    assert counts.pairs["Mercury (planet)"] == {"en:Mercury (planet)": 1.0}
    assert counts.pairs["Mercury"] == {"en:Mercury (planet)": 0.2}
    assert counts.pairs["Hermes"] == {"en:Mercury (planet)": 0.2}


def test_titles_of_another_form(tmp_path):
    (tmp_path / "pages.tsv.gz").write_bytes(gzip.compress(b"just a title\n"))
    with pytest.raises(ValueError, match=r"\[M845\] Line 1 of"):
        add_titles(AliasCounts("en"), tmp_path)


@pytest.mark.parametrize("line", ["no json", "[]", '{"qid": "P31"}', '{"labels": {}}'])
def test_bad_label_tables(tmp_path, line):
    (tmp_path / "labels.jsonl").write_text(line)
    with pytest.raises(ValueError, match=r"\[M844\] Line 1 of .*labels.jsonl"):
        add_labels({"en": AliasCounts("en")}, tmp_path / "labels.jsonl", popularity={})


def test_popular_items_come_first(tmp_path):
    rows = [
        {"qid": "Q1", "labels": {"en": "Paris"}},
        {"qid": "Q90", "labels": {"en": "Paris", "fr": "Paris", "de": "Paris"}},
    ]
    (tmp_path / "labels.jsonl").write_text("\n".join(map(json.dumps, rows)))
    counts = AliasCounts("en")
    add_labels({"en": counts}, tmp_path / "labels.jsonl", popularity={})
    assert counts.pairs["Paris"]["Q90"] > counts.pairs["Paris"]["Q1"]
    add_labels({"en": counts}, tmp_path / "labels.jsonl", popularity={"Q1": 100})
    assert counts.pairs["Paris"]["Q1"] > counts.pairs["Paris"]["Q90"]


def test_names_of_entities(aliases):
    assert aliases.names(["Q60", "Q90", "Q999", "en:Nothing"], "en", 5) == {
        "Q60": ["New York City"],
        "Q90": ["Paris"],
    }
    assert dict(aliases.items("ko"))["서울"][0].entity == "Q8684"


def test_unknown_language_names_the_known(aliases):
    with pytest.raises(ValueError, match=r"\[M843\].*'xx'.*en, de, ja, ko, th"):
        aliases.candidates("Paris", "xx")


def test_copies_read_the_same_files(aliases):
    copy = pickle.loads(pickle.dumps(aliases))
    assert copy.candidates("Paris", "en") == aliases.candidates("Paris", "en")


def test_no_dictionary(tmp_path):
    with pytest.raises(ValueError, match=r"\[M841\]"):
        AliasDictionary.open(tmp_path / "nothing")
    (tmp_path / "metadata.json").write_text('{"version": 99, "languages": {}}')
    with pytest.raises(ValueError, match=r"\[M841\].*version is 99"):
        AliasDictionary.open(tmp_path)


@pytest.mark.parametrize(
    "name, content",
    [
        ("en/aliases.marisa", b"broken"),
        ("en/probability.npy", b""),
        ("en/probability.npy", None),
        ("en/offsets.npy", np.arange(3)),
        ("en/entities.npy", np.zeros(3)),
    ],
)
def test_damaged_files(tmp_path, name, content):
    aliases = make_dictionary(tmp_path)
    file = aliases.path / name
    if content is None:
        file.unlink()
    elif isinstance(content, bytes):
        file.write_bytes(content)
    else:
        np.save(file, content)
    with pytest.raises(ValueError, match=r"\[M842\].*damaged"):
        AliasDictionary.open(aliases.path).candidates("Paris", "en")
    assert AliasDictionary.open(aliases.path).candidates("Köln", "de")


def test_a_failed_build_leaves_the_old_one(tmp_path):
    aliases = make_dictionary(tmp_path)
    (tmp_path / "labels.jsonl").write_text("{")
    with pytest.raises(ValueError):
        build_aliases(aliases.path, {"en": []}, labels=tmp_path / "labels.jsonl")
    assert AliasDictionary.open(aliases.path).candidates("Paris", "en")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["aliases", "in", "labels.jsonl"]


def test_hash_index_finds_what_is_in_it():
    rng = np.random.default_rng(0)
    keys = rng.integers(0, 2**63, 5000, dtype=np.uint64) * 2 + rng.integers(0, 2, 5000).astype("u8")
    keys[:100] = np.arange(100)  # all in one bucket
    index = HashIndex.make(keys, np.arange(5000, dtype=np.int32))
    assert (index.find(keys) == np.arange(5000)).all()
    assert (index.find(keys + np.uint64(1000)) == -1).mean() > 0.99
    edges = np.asarray([0, 2**64 - 1], dtype=np.uint64)
    assert (index.find(edges) == [0, -1]).all()
    assert (HashIndex.make(edges, np.arange(2, dtype=np.int32)).find(edges) == [0, 1]).all()
    empty = HashIndex.make(keys[:0], np.zeros(0, dtype=np.int32))
    assert (empty.find(keys) == -1).all()
