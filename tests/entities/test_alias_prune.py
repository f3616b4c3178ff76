import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_mluke.entities.alias_prune import prune_aliases
from spacy_mluke.entities.alias_table import AliasTable
from spacy_mluke.report import Report
from tests.entities.alias_folders import make_dictionary

KNOWN = {"Q90", "en:Paris (mythology)", "Q60", "Q1490", "Q5880", "Q365"}


@pytest.fixture(scope="module")
def dictionary(tmp_path_factory):
    return make_dictionary(tmp_path_factory.mktemp("aliases"))


@pytest.fixture(scope="module")
def table(dictionary):
    return prune_aliases(dictionary, KNOWN.__contains__)


def anything(key):
    return True


def test_all_entities_give_what_the_dictionary_gives(dictionary):
    whole = prune_aliases(dictionary, anything)
    n_aliases = 0
    for lang in dictionary.languages:
        for alias, _ in dictionary.items(lang):
            for text in (alias, alias.upper(), alias.lower()):
                found, want = whole.candidates(text, [lang]), dictionary.candidates(text, lang)
                assert {c.entity: c.count for c in found} == {c.entity: c.count for c in want}
                assert [c.prior for c in found] == pytest.approx([c.prior for c in want])
            n_aliases += 1
    assert len(whole) == n_aliases


@given(known=st.sets(st.sampled_from(["Q90", "Q142", "Q60", "Q42462", "en:Paris (mythology)"])))
@settings(max_examples=20, deadline=None)
def test_entities_that_are_left_out_keep_their_share(dictionary, known):
    table = prune_aliases(dictionary, known.__contains__)
    for alias, want in dictionary.items("en"):
        found = {c.entity: (c.count, c.prior) for c in table.candidates(alias, ["en"])}
        assert set(found) == {c.entity for c in want} & known
        for candidate in want:
            if candidate.entity in found:
                expected = pytest.approx((candidate.count, candidate.prior))
                assert found[candidate.entity] == expected


def test_languages_together(table):
    (one,) = table.candidates("Köln", table.languages)
    assert (one.entity, one.prior) == ("Q365", 1.0)
    assert [c.entity for c in table.candidates("PARIS", ["de", "en"])][0] == "Q90"
    assert table.candidates("Köln", ["en"]) == [] == table.candidates("", table.languages)


def test_what_is_written_in_another_way(table, dictionary):
    assert [c.entity for c in table.candidates(" New  York\nCity", ["en"])] == ["Q60"]
    assert [c.entity for c in table.candidates("Ko\u0308ln", ["de"])] == ["Q365"]
    assert [c.entity for c in table.candidates("new york CITY", ["en"])] == ["Q60"]


def test_name_is_the_alias_with_the_highest_count(dictionary, table):
    for lang in dictionary.languages:
        counts = {}
        for alias, candidates in dictionary.items(lang):
            for candidate in candidates:
                counts.setdefault(candidate.entity, {})[alias] = candidate.count
        for key in KNOWN:
            name = table.name(key, lang)
            if key in counts:
                assert counts[key][name] == max(counts[key].values())
            else:
                assert name is None
    assert table.name("Q60", "en") == "New York City" and table.name("Q999", "en") is None


def test_limits(dictionary):
    report = Report()
    table = prune_aliases(dictionary, anything, max_candidates=1, report=report)
    (paris,) = table.candidates("Paris", ["en"])
    assert (paris.entity, round(paris.prior, 3)) == ("Q90", 0.667)
    assert report.lost["candidates beyond the most of an alias"] == 1
    likely = prune_aliases(dictionary, anything, min_link_probability=0.3, report=report)
    for alias, _ in dictionary.items("en"):
        is_likely = dictionary.link_probability(alias, "en") >= 0.3
        assert bool(likely.candidates(alias, ["en"])) == is_likely
    assert report.lost["aliases below the link probability"] > 0


def test_report(dictionary):
    report = Report()
    table = prune_aliases(dictionary, KNOWN.__contains__, report=report)
    assert report.kept["aliases"] == len(table) == sum(n for n, _ in table.rows.values())
    assert report.lost["aliases of other entities alone"] > 0
    assert set(table.keys) == KNOWN


def by_disk(table, folder):
    table.to_disk(folder / "table")
    return AliasTable.from_disk(folder / "table")


def by_disk_again(table, folder):
    other = by_disk(table, folder)
    other.to_disk(folder / "table")
    return other


def by_bytes(table, folder):
    return AliasTable.from_bytes(table.to_bytes())


def by_pickle(table, folder):
    return pickle.loads(pickle.dumps(by_disk(table, folder)))


@pytest.mark.parametrize("travel", [by_disk, by_disk_again, by_bytes, by_pickle])
def test_saving(table, tmp_path, travel):
    other = travel(table, tmp_path)
    assert other.languages == table.languages
    for text in ("Paris", "PARIS", "Köln", "東京都", "May", "Tokyo"):
        for languages in (table.languages, ["en"], ["ja"]):
            assert other.candidates(text, languages) == table.candidates(text, languages)


def test_damaged_folder(table, tmp_path):
    table.to_disk(tmp_path / "table")
    file = tmp_path / "table" / "counts.npy"
    file.write_bytes(file.read_bytes()[:-4])
    with pytest.raises(ValueError, match="M812"):
        AliasTable.from_disk(tmp_path / "table")
    with pytest.raises(ValueError, match="M811"):
        AliasTable.from_disk(tmp_path)


def test_no_entity_is_known(dictionary):
    table = prune_aliases(dictionary, set().__contains__)
    assert len(table) == 0 and table.candidates("Paris", table.languages) == []
