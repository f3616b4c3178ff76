"""The report of a project: whatever has been measured, side by side."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import srsly
from report import TINY, read_metrics, score_tables, write_report
from report_tables import Table, several_scores, side_by_side

SCRIPTS = Path(__file__).parents[2] / "project" / "scripts"


def ents(score, docs=10, **confusion):
    tables = {"confusion": {"entities": confusion}} if confusion else {}
    return {"docs": docs, "ents_f": score, "ents_p": score, "ents_r": score, **tables}


def links(right, prior, gold):
    return {
        "docs": 5,
        "links_acc": right,
        "links_acc_prior": prior,
        "links_acc_candidates": right,
        "links_acc_ambiguous": 0.5,
        "links_acc_ambiguous_prior": 0.4,
        "links_candidate_recall": 1.0,
        "links_counts": {"gold": gold},
    }


FACTS = {
    "docs": 4,
    "rel_micro_f": 0.5,
    "confusion": {"relations": {"capital_of": {"capital_of": 1, "none": 1}}},
}
COMPARED = {
    name: {"megabytes": size, "load_seconds": 1.0, "words_per_second": 1000.0, "scores": scores}
    for name, size, scores in (("original", 60.0, {"ents_f": 0.5}), ("optimized", 40.0, {}))
}
SHIPPED = {
    "wheel": "xx_mluke_tiny-0.1.0-py3-none-any.whl",
    "wheel_mb": 26.4,
    "install_seconds": 90.0,
    "import_spacy_seconds": 1.5,
    "load_seconds": 1.25,
    "words_per_second": 4000.0,
    "peak_mb": 600.0,
    "processors": 2,
    "threads": "1",
    "python": "3.11.7",
    "texts": [{"lang": "de", "ents": [["Berlin", "LOC", "Q64"]], "linked": True}],
}
METRICS = {
    "tiny_ner": {"pt": ents(0.6, PER={"PER": 6, "none": 2}), "sv": ents(0.4)},
    "tiny_wikineural": {"pt": ents(0.5), "de": ents(0.3)},
    "tiny_words_wikineural": {"pt": ents(0.6), "de": ents(0.1)},
    "tiny_cnn_wikineural": {"pt": ents(0.4), "de": ents(0.0)},
    "tiny_links": {"el": links(0.9, 0.8, 100)},
    "tiny_linking": {"hipe2020_de": links(0.3, 0.2, 50)},
    "tiny_facts": {"el": FACTS, "it": FACTS},
    "tiny_optimised": COMPARED,
    "tiny_shipped": SHIPPED,
    "ner": {"pt": ents(0.5)},
    "zero_shot": {"pt": ents(0.5), "sv": ents(0.2), "th": ents(None)},
    "relations": {"kbp37_en": FACTS, "relx_de": FACTS},
    "pretrain_tiny": {
        "pieces": {"sw": {"mlm_accuracy": 0.2}, "all": {"mlm_accuracy": 0.9}},
        "entities": {"sw": {"accuracy@1": 0.7, "most_frequent_sense": 0.6, "mentions": 3}},
    },
    "pretrain_tiny_words": {"pieces": {"sw": {"mlm_accuracy": 0.3}}},
}
TRAINED = {"pt", "sv"}.__contains__


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    write_report(METRICS, folder, TRAINED, "pt")
    return folder


@pytest.fixture(scope="module")
def text(folder):
    return (folder / "README.md").read_text("utf8")


def test_pipelines_side_by_side(text):
    assert "|  | texts | xx_mluke_tiny | words alone | CNN |" in text
    assert "| de \\* | 10 | 30.0 | 10.0 | 0.0 |" in text
    assert "| mean, trained |  | **50.0** | **60.0** | **40.0** |" in text
    assert "| mean, zero-shot |  | **30.0** | **10.0** | **0.0** |" in text


def test_links_beside_the_prior(text):
    assert "|  | mentions | accuracy | prior alone |" in text
    assert "| el | 100 | 90.0 | 80.0 | 90.0 | 50.0 | 40.0 | 100.0 |" in text
    assert "| hipe2020_de | 50 | 30.0 | 20.0 |" in text


def test_relations_by_type_over_languages(text):
    assert "| capital_of | 4 | 100.0 | 50.0 | 66.7 |" in text


def test_zero_shot_workflow_marks_all_but_the_source(text):
    assert "| sv \\* | 10 | 20.0 | 20.0 | 20.0 |" in text
    assert "| relx_de \\* | 4 |" in text and "| kbp37_en | 4 |" in text
    assert "| th" not in text  # what has no score has no row


def test_encoder_beside_its_twin(text):
    assert "| sw | 3 | 20.0 | 70.0 | 60.0 | 30.0 |" in text


def test_size_speed_memory(text):
    assert "| megabytes | 60.0 | 40.0 |" in text
    assert "| named entities, F1 | 50.0 | - |" in text
    assert "| loading the pipeline after that | 1.25 s |" in text
    assert "| texts with a right link | 1 of 1 |" in text


def test_confusions(text):
    assert "| PER | 6 | 2 |" in text
    assert "confusion_tiny_facts_relations.svg" in text


def test_pictures_are_there(folder, text):
    pictures = {path.name for path in folder.glob("*.svg")}
    linked = {part.split(")")[0] for part in text.split("](") if ".svg)" in part}
    assert pictures == linked and "tiny_ner.svg" in pictures
    assert all(path.read_text("utf8").lstrip().startswith("<?xml") for path in folder.glob("*.svg"))


def test_data_says_the_same(folder):
    data = srsly.read_json(folder / "report.json")
    assert data["tables"]["tiny_wikineural"]["means"]["mean, zero-shot"][TINY] == pytest.approx(0.3)
    assert set(data["missing"]) == {"tiny_words_ner", "tiny_words_facts", "tiny_cnn_ner", "joint"}
    assert data["confusion"]["tiny_ner entities"] == {"PER": {"PER": 6, "none": 2}}


def test_the_same_scores_give_the_same_files(folder, tmp_path):
    write_report(METRICS, tmp_path, TRAINED, "pt")
    for path in folder.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name


def test_command_reads_what_is_there(tmp_path):
    metrics = tmp_path / "metrics"
    metrics.mkdir()
    (metrics / "ner.json").write_text(json.dumps(METRICS["ner"]), "utf8")
    command = [sys.executable, SCRIPTS / "report.py", metrics, metrics / "report"]
    subprocess.run(command, check=True, capture_output=True)
    text = (metrics / "report" / "README.md").read_text("utf8")
    assert "| pt | 10 | 50.0 |" in text and "zero-shot |" not in text
    with pytest.raises(FileNotFoundError, match="run a workflow first"):
        read_metrics(tmp_path)


def test_no_scores_no_table():
    assert side_by_side({"a": None}, "ents_f", name="", title="", note="") is None
    assert several_scores(None, {"F1": "ents_f"}, name="", title="", note="") is None
    assert score_tables({"tiny_ner": {"de": {"docs": 3}}}, None, "") == []


def test_mean_of_what_there_is():
    table = Table("", "", "", ["a", "b"], {"x": {"a": 1.0}, "y": {"a": 0.0, "b": None}}, ["y"])
    assert table.means()["mean"] == {"a": 0.5, "b": None}
    assert table.means()["mean, zero-shot"] == {"a": 0.0, "b": None}
    assert "| y \\* | 0.0 | - |" in table.to_markdown()
