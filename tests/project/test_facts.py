"""Training data for relations and links."""

import io
import tarfile

import pytest
import srsly
from facts import CAPITAL, LOCATED, Split, fact_records, link_records, read_facts, sentences

from spacy_mluke.entities.link_counts import LinkCounts
from spacy_mluke.entities.paragraphs import Paragraph
from spacy_mluke.entities.vocabulary_build import build_vocabulary
from spacy_mluke.pretraining.sentences import SentenceSplitter
from spacy_mluke.text.arrays import ints
from tests.entities.alias_folders import linked

TABLES = {
    "50m_physical/ne_50m_geography_regions_polys": [
        "NAME,FEATURECLA,WIKIDATAID",
        "EUROPE,Continent,Q46",
        "Alps,Range/mtn,Q1286",
    ],
    "10m_cultural/ne_10m_admin_0_countries": [
        "ADM0_A3,CONTINENT,WIKIDATAID",
        "FRA,Europe,Q142",
        "XXX,Seven seas (open ocean),",
    ],
    "10m_cultural/ne_10m_admin_1_states_provinces": [
        "adm0_a3,name,wikidataid",
        "FRA,Gironde,Q12526",
    ],
    "10m_cultural/ne_10m_admin_2_counties": ["ADM0_A3,NAME,WIKIDATAID", "FRA,Somewhere,"],
    "50m_cultural/ne_50m_populated_places": [
        "ADM0_A3,ADM1NAME,FEATURECLA,WIKIDATAID",
        "FRA,Paris,Admin-0 capital,Q90",
        "FRA,Gironde,Admin-1 capital,Q1479",
    ],
}


@pytest.fixture(scope="module")
def facts(tmp_path_factory):
    path = tmp_path_factory.mktemp("earth") / "tables.tar.xz"
    with tarfile.open(path, "w:xz") as archive:
        for name, lines in TABLES.items():
            content = "\n".join(lines).encode()
            info = tarfile.TarInfo(f"csv_with_names/{name}.csv")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return read_facts(path)


def test_what_natural_earth_says(facts):
    assert facts == {
        ("Q142", "Q46"): LOCATED,
        ("Q12526", "Q142"): LOCATED,
        ("Q90", "Q142"): CAPITAL,
        ("Q1479", "Q142"): LOCATED,
        ("Q1479", "Q12526"): LOCATED,
    }


def test_sentences_keep_their_links():
    text = " Paris is big.  Bordeaux lies in France. It rains."
    paragraph = linked(text, ("Paris", "Q90"), ("Bordeaux", "Q1479"), ("France", "Q142"))
    found = list(sentences(paragraph, SentenceSplitter("en")))
    assert [one.text for one in found] == ["Paris is big.", "Bordeaux lies in France."]
    named = [[(s.text[a:b], key) for a, b, key in s.links] for s in found]
    assert named == [[("Paris", "Q90")], [("Bordeaux", "Q1479"), ("France", "Q142")]]
    assert found[0].page == text  # what has no title is a page by itself


def test_facts_in_sentences(facts):
    places = {item for pair in facts for item in pair}
    found = [
        linked("France has Paris and Zidane.", ("France", "Q142"), ("Paris", "Q90")),
        linked("Paris is Paris.", ("Paris", "Q90")),
        linked("Zidane left Bordeaux.", ("Zidane", "Q1835"), ("Bordeaux", "Q1479")),
    ]
    [(split, record)] = fact_records(found, facts, places, "en", Split(0.0, 0))
    assert split in ("train", "dev") and record["partial"] and record["lang"] == "en"
    assert record["ents"] == [[0, 6, "LOC"], [11, 16, "LOC"]]
    assert record["relations"] == [(1, 0, CAPITAL)]


def test_a_place_is_a_head_in_one_split_alone(facts):
    places = {item for pair in facts for item in pair}
    texts = [
        linked(f"{n} Paris, Bordeaux, France.", ("Paris", "Q90"), ("France", "Q142"))
        for n in range(30)
    ]
    texts += [
        linked(f"{n} Bordeaux, France.", ("Bordeaux", "Q1479"), ("France", "Q142"))
        for n in range(30)
    ]
    for seed in range(5):
        split = Split(0.5, seed)
        found = list(fact_records(texts, facts, places, "en", split))
        assert len(found) == 60
        assert {name for name, _ in found[:30]} == {split("Q90")}
        assert {name for name, _ in found[30:]} == {split("Q1479")}


def test_links_to_entities_of_the_table(tmp_path):
    counts = [LinkCounts("en", ints([90]), ints([3]), ["en:Nowhere"], ints([2]))]
    rows = build_vocabulary(counts, tmp_path / "v", min_languages=1, size=1)
    sentence = linked("Paris and Nowhere.", ("Paris", "Q90"), ("Nowhere", "en:Nowhere"), page="P")
    for split, held_out in (("train", 0.0), ("test", 1.0)):
        choose = Split(held_out, 3)
        [(found, record)] = link_records([sentence], rows, "en", choose)
        assert found == split == choose("P")
        assert record["relations"] is None
        if split == "train":
            assert record["links"] == [(0, 5, "Q90")] and record["partial"]
            assert record["ents"] == []
        else:
            assert record["ents"] == [[0, 5, "NAME", "Q90"]]
    assert list(link_records([Paragraph("x", [(0, 1, "en:No")])], rows, "en", choose)) == []
    assert srsly.json_loads(srsly.json_dumps(record))["lang"] == "en"
