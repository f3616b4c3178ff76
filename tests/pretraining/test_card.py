"""A card says what its run, its scores and its data say."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from safetensors.numpy import save_file

from spacy_mluke.pretraining.card import write_card
from spacy_mluke.pretraining.settings import settings_of
from tests.pretraining.corpus import make_dataset

DATA = [("News of Adalstadt | Brunna", "CC0", "example.org")]
RECORDS = [
    {"step": 20, "mlm_loss": 5.0, "mep_loss": 4.0, "pieces": 1_500_000, "seconds": 5400.0},
    {
        "step": 20,
        "held_out": {
            "de": {
                "mlm_loss": 4.0,
                "mlm_accuracy": 0.25,
                "mep_accuracy@1": 0.125,
                "mep_accuracy@10": 0.5,
                "pieces": 100,
                "entities": 8,
            },
        },
    },
]
SCORES = {
    "pieces": {"de": {"mlm_accuracy": 0.31}, "ja": {"mlm_accuracy": 0.2}},
    "entities": {
        "de": {
            "accuracy@1": 0.4,
            "accuracy@10": 0.6,
            "most_frequent_sense": 0.35,
            "context_accuracy@1": 0.05,
            "mentions": 80,
        }
    },
    "entities_by_context": {"de": {"accuracy@1": 0.07}},
    "cross_lingual_agreement": {"accuracy": 0.5, "chance": 0.01, "queries": 1200},
}
TWIN = {"pieces": {"de": {"mlm_accuracy": 0.29}, "ja": {"mlm_accuracy": 0.22}}}


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "run"
    (folder / "checkpoint").mkdir(parents=True)
    stages = {"all": {"steps": 20, "learn_rate": 0.001, "warmup": 2}}
    values = asdict(settings_of({"stages": stages, "masking": {"entities": 0.5}}))
    (folder / "settings.json").write_text(json.dumps(values))
    lines = [json.dumps(record) + "\n" for record in RECORDS]
    (folder / "metrics.jsonl").write_text("".join(lines))
    config = {
        "num_hidden_layers": 4,
        "hidden_size": 192,
        "entity_emb_size": 64,
        "vocab_size": 28000,
        "entity_vocab_size": 40004,
    }
    (folder / "checkpoint" / "config.json").write_text(json.dumps(config))
    tensors = {"a": np.zeros((1000, 300), np.float16), "b": np.zeros(2_000_000, np.float16)}
    save_file(tensors, folder / "checkpoint" / "model.safetensors")
    return folder


def _card(run, **more):
    write_card(run, run / "README.md", title="mluke_test", data=DATA, **more)
    return (run / "README.md").read_text(encoding="utf8")


def test_what_a_run_says(run):
    card = _card(run, limits=["It knows two towns."], steps=["then it was shrunk"])
    assert "in 1.5 hours\n- then it was shrunk\n" in card
    assert card.startswith("# mluke_test\n")
    assert "from scratch" in card and "| parameters, in millions | 2.3 |" in card
    assert "| News of Adalstadt \\| Brunna | CC0 | example.org |" in card
    assert "20 of the stage `all` (learning rate 0.001, warmup 2, trains all)" in card
    assert "15% of the word pieces are hidden, and 50% of the entities" in card
    assert "read 1,500,000 pieces in 1.5 hours" in card
    assert "not finished" not in card
    assert "- It knows two towns." in card


def test_picture_of_the_losses(run, tmp_path):
    assert "losses.svg" not in _card(run)
    (run / "losses.svg").write_text("<svg/>")
    path = tmp_path / "packed" / "README.md"
    path.parent.mkdir()
    write_card(run, path, title="a", data=DATA)
    assert "![Losses by step](losses.svg)" in path.read_text("utf8")
    assert (path.parent / "losses.svg").read_text() == "<svg/>"


def test_last_evaluation_takes_the_place_of_scores(run):
    lines = _card(run).splitlines()
    header = "| language | masked pieces | masked entities | among ten | mentions |"
    assert header in lines
    assert "| de | 25.0 | 12.5 | 50.0 | 8 |" in lines


def test_scores_beside_those_of_the_twin(run):
    card = _card(run, scores=SCORES, twin_scores=TWIN)
    assert "| de | 31.0 | 29.0 | 40.0 | 60.0 | 35.0 | 5.0 | 7.0 | 80 |" in card
    assert "| ja | 20.0 | 22.0 |  |  |  |  |  |  |" in card
    assert "For 50.0 % of 1,200 mentions" in card and "(by chance: 1.0 %)" in card


def test_links_that_people_have_set(run):
    scores = {
        "accuracy@1": 0.5,
        "most_frequent_sense": 0.9,
        "mentions": 60,
        "ambiguous_accuracy@1": 0.3,
        "ambiguous_accuracy_among_senses": 0.8,
        "ambiguous_most_frequent_sense": 0.4,
        "ambiguous_mentions": 7,
    }
    certain = {**scores, "ambiguous_mentions": 0}
    card = _card(run, scores=SCORES, anchor_scores={"entities": {"de": scores, "sw": certain}})
    assert "| de | 50.0 | 90.0 | 60 | 30.0 | 80.0 | 40.0 | 7 |" in card
    assert "| sw |" not in card


def test_languages_of_the_dataset(run, tmp_path):
    reports = make_dataset(tmp_path / "dataset", held_out=0.2)
    lines = _card(run, dataset=tmp_path / "dataset").splitlines()
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    shown = {row[0]: row[1:] for row in rows if row and row[0] in reports and len(row) == 4}
    for lang, report in reports.items():
        pieces, _, held_out = (int(cell.replace(",", "")) for cell in shown[lang])
        assert pieces + held_out == report.kept["pieces"] and held_out > 0


def test_run_that_has_not_ended(run):
    (run / "metrics.jsonl").write_text(json.dumps({**RECORDS[0], "step": 10}) + "\n")
    card = _card(run)
    assert "**not finished**: logged 10 of 20 steps" in card
    assert "Nothing was held out" in card


def test_run_on_words_from_a_checkpoint(run):
    values = json.loads((run / "settings.json").read_text())
    values["run"]["with_entities"] = False
    values["start"]["checkpoint"] = "xlm-roberta-base"
    (run / "settings.json").write_text(json.dumps(values))
    card = _card(run)
    assert "15% of the word pieces are hidden\n" in card
    assert "began with the weights of `xlm-roberta-base`" in card


def test_folder_without_a_run(tmp_path):
    with pytest.raises(OSError, match=r"settings\.json"):
        _card(tmp_path)
    assert not (tmp_path / "README.md").exists()
