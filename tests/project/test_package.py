"""xx_mluke_tiny's meta, card and wheel, and the smoke test of the wheel, with a small pipeline."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import srsly
import yaml
from describe import make_card, make_meta, read_results, weak_languages
from installed import main as run_installed
from package import PackageError, build, check_size, main, trained_languages
from smoke import SmokeError, check, find_wheel
from smoke import main as smoke
from smoke_texts import TEXTS
from sources import ENTITIES, LICENSE, sources
from spacy.schemas import ModelMetaSchema, validate

from spacy_mluke.shipping.model_card import model_card
from tests.pipeline.pipelines import make

ROOT = Path(__file__).parents[2]
LANGUAGES = ["de", "pt", "sv", "te"]


def scores(prefix, value, **more):
    return {"docs": 7, **{f"{prefix}_{part}": value for part in "prf"}, **more}


LINKS = {
    "links_acc": 0.75,
    "links_acc_prior": 0.7,
    "links_acc_candidates": 0.8,
    "links_acc_ambiguous": 0.6,
    "links_acc_ambiguous_prior": None,
    "links_candidate_recall": 0.9,
    "links_nil_f": 0.1,
}
RESULTS = {
    "tiny_ner": {"pt": scores("ents", 0.8), "sv": scores("ents", 0.31)},
    "tiny_wikineural": {"de": scores("ents", 0.12), "pt": scores("ents", 0.6)},
    "tiny_links": {"sv": scores("links_micro", 0.7, **LINKS)},
    "tiny_linking": {"hipe2020_de": scores("links_micro", 0.2, **{**LINKS, "links_acc": 0.25})},
    "tiny_facts": {"de": scores("rel_micro", 0.5, rel_macro_f=0.4), "te": {"docs": 1}},
}
COMPARED = {
    "original": {"megabytes": 58.0, "words_per_second": 100.0, "scores": {"ents_f": 0.5}},
    "optimized": {"megabytes": 39.0, "words_per_second": 120.0, "scores": {"ents_f": 0.49}},
}


@pytest.fixture(scope="module")
def folders(piece_file, tmp_path_factory):
    """What package-tiny depends on."""
    folder = tmp_path_factory.mktemp("package")
    nlp = make(piece_file, ner={})
    nlp.to_disk(folder / "optimised")
    (folder / "train").mkdir()
    for lang in ("pt", "sv"):
        (folder / "train" / f"{lang}.spacy").touch()
    for name, result in RESULTS.items():
        srsly.write_json(folder / f"{name}.json", result)
    srsly.write_json(folder / "tiny_optimised.json", COMPARED)
    return folder


def package(folders, output, most, patch):
    options = {
        "--version": "1.2.3",
        "--languages": ",".join(LANGUAGES),
        "--trained": folders / "train",
        "--metrics": folders,
        "--compared": folders / "tiny_optimised.json",
        "--max-wheel-mb": most,
    }
    words = [str(word) for pair in options.items() for word in pair]
    patch.setattr(sys, "argv", ["package.py", str(folders / "optimised"), str(output), *words])
    main()


@pytest.fixture(scope="module")
def packages(folders):
    with pytest.MonkeyPatch.context() as patch:
        package(folders, folders / "packages", 60, patch)
    return folders / "packages"


@pytest.fixture(scope="module")
def meta():
    return make_meta(
        {"lang": "xx", "name": "pipeline", "version": "0.0.0", "spacy_version": ">=3.8"},
        RESULTS,
        COMPARED,
        version="1.2.3",
        languages=LANGUAGES,
        ner_languages=["pt", "sv"],
    )


def test_wheel_has_meta_and_card(packages):
    wheel = find_wheel(packages / "xx_mluke_tiny-1.2.3" / "dist")
    with zipfile.ZipFile(wheel) as archive:
        inside = "xx_mluke_tiny/xx_mluke_tiny-1.2.3/"
        meta = json.loads(archive.read(inside + "meta.json"))
        card = archive.read(inside + "README.md").decode("utf8")
        about = archive.read("xx_mluke_tiny-1.2.3.dist-info/METADATA").decode("utf8")
    assert meta["license"] == LICENSE and meta["author"] and meta["description"]
    assert meta["languages"] == LANGUAGES and meta["ner_languages"] == ["pt", "sv"]
    assert any(need.startswith("spacy-mluke>=") for need in meta["requirements"])
    assert meta["performance"]["ents_per_lang"]["sv"] == {"p": 0.31, "r": 0.31, "f": 0.31}
    assert "sv 31.0" in card and card.startswith("# xx_mluke_tiny\n")
    assert "Requires-Dist: spacy-mluke" in about and f"License: {LICENSE}" in about
    assert sorted(path.name for path in packages.iterdir()) == ["xx_mluke_tiny-1.2.3"]


def test_too_large_a_wheel_is_no_package(folders, packages, tmp_path, monkeypatch):
    wheel = find_wheel(packages / "xx_mluke_tiny-1.2.3" / "dist")
    assert check_size(wheel, 60) == wheel.stat().st_size / 1e6
    with pytest.raises(PackageError, match=r"(?s)max_wheel_mb.*model\.safetensors"):
        check_size(wheel, 0.01)
    with pytest.raises(SystemExit, match="at most 0.01 MB are allowed"):
        package(folders, tmp_path / "packages", 0.01, monkeypatch)
    assert list((tmp_path / "packages").iterdir()) == []


def test_meta_is_what_spacy_wants(meta):
    assert validate(ModelMetaSchema, meta) == []
    names = {source["name"] for source in meta["sources"]}
    assert {ENTITIES["pt"]["name"], ENTITIES["sv"]["name"], "Natural Earth"} <= names
    assert ENTITIES["ja"]["name"] not in names
    assert all(source["url"].startswith("https://") for source in meta["sources"])
    assert all(source["license"] for source in meta["sources"])
    performance = meta["performance"]
    assert performance["links_acc"] == 0.75 and performance["links_acc_prior"] == 0.7
    assert performance["ents_wikineural_lang_macro_f"] == pytest.approx(0.36)
    assert list(performance["rel_per_lang"]) == ["de"]


def test_card_of_the_hub(meta):
    text = model_card(meta, make_card(meta, RESULTS, COMPARED), "https://x/y.whl", "org/name")
    _, front, body = text.split("---\n", 2)
    about = yaml.safe_load(front)
    assert about["license"] == "cc-by-sa-4.0"
    assert about["language"] == ["multilingual", *LANGUAGES]
    assert body.count("| sv |") == 2  # its tables are not written twice
    assert "39.0 MB instead of 58.0 MB" in body and "F1 of all named entities is 49.0" in body


def test_what_is_weak_is_named(meta):
    lines = weak_languages(LANGUAGES, RESULTS).splitlines()
    assert lines == [
        "- Named entities, F1 below 50.0: sv 31.0.",
        "- Named entities of WikiNEuRal, F1 below 50.0: de 12.0.",
        "- Links of given mentions, accuracy below 50.0: none.",
        "- Links of given mentions in other texts, accuracy below 50.0: hipe2020_de 25.0.",
        "- Relations between given places, micro F1 below 50.0: none.",
        "- Named entities: there was nothing to test on in te.",
        "- Links: there was nothing to test on in pt, te.",
        "- Relations: there was nothing to test on in pt, sv, te.",
    ]


def test_what_is_missing_is_named(tmp_path, folders):
    with pytest.raises(FileNotFoundError, match="tiny_ner.json.*run evaluate-tiny"):
        read_results(tmp_path)
    with pytest.raises(PackageError, match="run convert-ner"):
        trained_languages(tmp_path)
    with pytest.raises(PackageError, match="spacy package has failed"):
        build(tmp_path / "nothing", tmp_path)
    with pytest.raises(KeyError):
        sources(["te"])
    with pytest.raises(SmokeError, match="0 wheels"):
        find_wheel(tmp_path)


def test_sources_of_all_training_languages():
    commands = srsly.read_yaml(ROOT / "project" / "project.yml")["commands"]
    (convert,) = [command for command in commands if command["name"] == "convert-ner"]
    trained = {line.split(" -l ")[1].split()[0] for line in convert["script"] if " -l " in line}
    assert trained == set(ENTITIES)


def test_texts_of_the_smoke_test():
    assert len({text.script for text in TEXTS}) >= 8
    languages = srsly.read_yaml(ROOT / "project" / "project.yml")["vars"]["languages"].split(",")
    assert {text.lang for text in TEXTS} <= set(languages)


def test_check_of_what_came_out():
    nothing = {"ents": [], "relations": []}
    found = [nothing] * len(TEXTS)
    found[0] = {"ents": [["Tokyo", "LOC", "Q1490"]], "relations": []}
    found[1] = {"ents": [["Berlin", "LOC", "NIL"]], "relations": []}
    rows = check(found, entities=2 / len(TEXTS), links=1 / len(TEXTS))
    assert [row["linked"] for row in rows[:3]] == [True, False, False]
    with pytest.raises(SmokeError, match="14% have an entity, at least 50%.*without: sw"):
        check(found, entities=0.5, links=0.0)
    with pytest.raises(SmokeError, match="7% have a right link.*without: de"):
        check(found, entities=0.0, links=0.5)


def test_installed_wheel_runs(packages, tmp_path, monkeypatch):
    dist = packages / "xx_mluke_tiny-1.2.3" / "dist"
    output = tmp_path / "shipped.json"
    options = ["--root", str(ROOT), "--packages", "running", "--runs", "1"]
    monkeypatch.setattr(sys, "argv", ["smoke.py", str(dist), str(output), *options])
    smoke()
    measured = srsly.read_json(output)
    assert measured["wheel_mb"] == pytest.approx(find_wheel(dist).stat().st_size / 1e6)
    assert any(text["ents"] for text in measured["texts"])
    for key in ("load_seconds", "import_spacy_seconds", "words_per_second", "peak_mb"):
        assert measured[key] > 0
    assert len(measured["texts"]) == len(TEXTS)


def test_network_is_blocked(tmp_path):
    code = (
        "import installed, socket\n"
        "installed.block_network()\n"
        "socket.create_connection(('127.0.0.1', 9))\n"
    )
    folder = Path(run_installed.__code__.co_filename).parent
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode and "reaches for the network" in done.stderr
