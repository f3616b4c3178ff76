"""Whole runs on a tiny corpus, by the commands that a user gives."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import spacy
import torch
from thinc.api import Config
from typer.testing import CliRunner

from spacy_mluke.cli import app
from spacy_mluke.entities.link_counts import count_links
from spacy_mluke.entities.vocabulary_build import build_vocabulary
from spacy_mluke.modeling.checkpoint import load_checkpoint
from spacy_mluke.pretraining.batches import gather_inputs
from spacy_mluke.pretraining.locks import locked
from spacy_mluke.pretraining.pretrain import Pretraining
from spacy_mluke.pretraining.run_state import read_metrics
from spacy_mluke.pretraining.settings import read_settings, settings_of
from spacy_mluke.text.pieces import PieceEncoder
from tests.pretraining.corpus import make_dataset, paragraphs

SETTINGS = {
    "encoder": {
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 64,
        "max_position_embeddings": 40,
        "entity_emb_size": 16,
        "dropout": 0.05,
    },
    "sampling": {"batch_pieces": 120, "pool_batches": 4},
    "masking": {"entities": 0.5},
    "run": {"precision": "fp32", "device": "cpu", "log_every": 1, "micro_batches": 2},
    "stages": {"all": {"steps": 12, "learn_rate": 0.005, "warmup": 2}},
}


def _settings(**sections):
    merged = {name: {**values} for name, values in SETTINGS.items()}
    for name, values in sections.items():
        merged[name] = values if name == "stages" else {**merged.get(name, {}), **values}
    return merged


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dataset")
    texts = folder / "paragraphs"
    texts.mkdir()
    counts = []
    for lang in ("de", "ja"):
        path = texts / f"{lang}.jsonl"
        path.write_text("".join(p.to_json() + "\n" for p in paragraphs(lang)), "utf8")
        counts.append(count_links([path], lang))
    vocabulary = build_vocabulary(counts, folder / "data" / "entities", min_languages=2)
    rows = {vocabulary.key(row): row for row in range(len(vocabulary))}
    make_dataset(folder / "data", rows=rows)
    return folder / "data"


def _run(dataset, folder, **sections):
    run = Pretraining(settings_of(_settings(**sections)), dataset, folder, progress=False)
    return run, run.run()


def _losses(folder):
    records = [record for record in read_metrics(folder) if "mlm_loss" in record]
    return [(r["step"], r["mlm_loss"], r["mep_loss"], r["gradient"]) for r in records]


def test_learns_what_is_said(dataset, tmp_path):
    stages = {"all": {"steps": 200, "learn_rate": 0.002, "warmup": 10}}
    sampling = {"batch_pieces": 400}
    run, model = _run(dataset, tmp_path / "run", stages=stages, sampling=sampling)
    scores = run.evaluate(model)
    assert scores["all"].summary()["mep_accuracy@1"] > 0.8
    assert scores["all"].summary()["mlm_accuracy"] > 0.25
    assert set(scores) == {"de", "ja", "all"}
    losses = _losses(tmp_path / "run")
    assert losses[-1][1] < losses[0][1] - 1


def test_checkpoint_is_a_hugging_face_folder(dataset, tmp_path):
    run, model = _run(dataset, tmp_path / "run")
    checkpoint = load_checkpoint(tmp_path / "run" / "checkpoint")
    for name, value in model.encoder.state_dict().items():
        saved = checkpoint.state_dict[name]
        assert torch.equal(saved, value[: len(saved)])
        assert len(saved) == len(value) or "position_embeddings" in name
    assert checkpoint.config.max_window == 32  # the longest instance, <s> and </s>
    entities = checkpoint.read_entities()
    assert entities["[MASK]"] == 0 and set(entities) >= {"Q1", "Q5"}
    run.save(model, tmp_path / "half", dtype=torch.float16)
    half = load_checkpoint(tmp_path / "half")
    assert {tensor.dtype for tensor in half.state_dict.values()} == {torch.float16}


def test_transformers_gives_the_same(dataset, tmp_path):
    transformers = pytest.importorskip("transformers")
    run, model = _run(dataset, tmp_path / "run")
    reference = transformers.LukeForMaskedLM.from_pretrained(tmp_path / "run" / "checkpoint")
    inputs = gather_inputs(run.shards, np.array([[0, 0]]), with_entities=True)
    batch = run.masker(train=False)(inputs, np.random.default_rng(0))
    ranges = [list(range(start, end)) for start, end in inputs.ranges.tolist()]
    longest = max(map(len, ranges))
    places = [row + [-1] * (longest - len(row)) for row in ranges]
    with torch.inference_mode():
        expected = reference.eval()(
            input_ids=batch.words.word_ids[None],
            entity_ids=batch.slots.entity_ids[None],
            entity_position_ids=torch.tensor([places]),
        )
        words, entities = model.states(batch, training=False)
        pieces = model.lm_head(words, model.word_table)
        items = model.entity_predictions(entities, model.entity_table)
    for found, logits, at in (
        (pieces, expected.logits, batch.word_places),
        (items, expected.entity_logits, batch.entity_places),
    ):
        torch.testing.assert_close(found, logits[0, at], atol=1e-5, rtol=1e-5)


def test_pipeline_loads_the_checkpoint(dataset, tmp_path):
    _run(dataset, tmp_path / "run")
    nlp = spacy.blank("xx")
    getter = {"@misc": "spacy-mluke.ngrams.v1", "min_words": 1, "max_words": 1}
    name = str(tmp_path / "run" / "checkpoint")
    model = {"name": name, "span_getter": getter, "window": 30, "stride": 20}
    nlp.add_pipe("mluke", config={"model": model})
    nlp.initialize()
    doc = nlp("Adal liegt bei Brunna")
    assert doc[0:1]._.mluke.vector.shape == (32,)


def test_resumes_to_the_same_losses(dataset, tmp_path):
    _run(dataset, tmp_path / "whole")
    run = Pretraining(settings_of(_settings()), dataset, tmp_path / "parts", progress=False)
    with pytest.raises(KeyboardInterrupt):
        _interrupted(run, after=5)
    assert [loss[0] for loss in _losses(tmp_path / "parts")][-1] < 12
    _run(dataset, tmp_path / "parts")
    assert _losses(tmp_path / "parts") == _losses(tmp_path / "whole")


def _interrupted(run, *, after):
    """Ask the run to stop while it works, as Ctrl+C does."""
    pid = os.fork()
    if not pid:
        while len(read_metrics(run.output)) < after:
            time.sleep(0.005)
        os.kill(os.getppid(), signal.SIGINT)
        os._exit(0)
    try:
        run.run()
    finally:
        os.waitpid(pid, 0)


SCRIPT = """
import json, sys
import torch
torch.set_num_threads(1)
from spacy_mluke.pretraining.locks import locked
from spacy_mluke.pretraining.pretrain import Pretraining
from spacy_mluke.pretraining.settings import settings_of
if __name__ == "__main__":
    settings = settings_of(json.loads(sys.argv[1]))
    Pretraining(settings, sys.argv[2], sys.argv[3], progress=False).run()
"""


def _command(dataset, folder, settings, *launcher):
    script = folder.parent / "run.py"
    script.write_text(SCRIPT)
    return [*(launcher or [sys.executable]), str(script), json.dumps(settings), dataset, folder]


def test_killed_run_resumes_to_the_same_losses(dataset, tmp_path):
    settings = _settings(
        run={"save_minutes": 0.0}, stages={"all": {"steps": 40, "learn_rate": 0.005, "warmup": 2}}
    )
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    subprocess.run(_command(dataset, whole, settings), check=True)
    process = subprocess.Popen(_command(dataset, killed, settings))
    while len(_losses(killed)) < 9:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert len(_losses(killed)) < 40
    subprocess.run(_command(dataset, killed, settings), check=True)
    assert _losses(killed) == _losses(whole)


def test_two_processes_equal_one(dataset, tmp_path):
    settings = _settings(encoder={**SETTINGS["encoder"], "dropout": 0.0, "attention_dropout": 0.0})
    launcher = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    subprocess.run(_command(dataset, tmp_path / "one", settings), check=True)
    two = _command(dataset, tmp_path / "two", settings, *launcher, "--standalone")
    subprocess.run(two, check=True)
    one, two = np.array(_losses(tmp_path / "one")), np.array(_losses(tmp_path / "two"))
    np.testing.assert_allclose(two, one, rtol=2e-4)


def test_two_stages(dataset, tmp_path):
    stages = {
        "entities": {"steps": 4, "learn_rate": 0.01, "warmup": 1, "trainable": "entities"},
        "all": {"steps": 4, "learn_rate": 0.01, "warmup": 1},
    }
    first = {"entities": stages["entities"]}
    _, start = _run(dataset, tmp_path / "first", stages=first, start={"skip_gram_epochs": 0})
    run = Pretraining(
        settings_of(_settings(start={"skip_gram_epochs": 0})), dataset, tmp_path, progress=False
    )
    fresh = run._first_model().state_dict()
    for name, value in start.state_dict().items():
        assert torch.equal(value, fresh[name]) != ("entity_" in name)
    _run(dataset, tmp_path / "both", stages=stages)
    stage_names = [r["stage"] for r in read_metrics(tmp_path / "both") if "stage" in r]
    assert stage_names == ["entities"] * 4 + ["all"] * 4


def test_words_alone(dataset, tmp_path):
    _, model = _run(dataset, tmp_path / "run", run={**SETTINGS["run"], "with_entities": False})
    assert all(loss[2] == 0 for loss in _losses(tmp_path / "run"))
    run = Pretraining(settings_of(_settings()), dataset, tmp_path, progress=False)
    fresh = run._first_model()
    assert torch.equal(fresh.entity_table, model.entity_table)
    assert not torch.equal(fresh.word_table, model.word_table)


def test_sampled_candidates(dataset, tmp_path):
    _, model = _run(dataset, tmp_path / "run", run={**SETTINGS["run"], "candidates": 4})
    losses = _losses(tmp_path / "run")
    assert losses[-1][2] < losses[0][2]


def test_from_a_checkpoint(dataset, tmp_path):
    _run(dataset, tmp_path / "first")
    start = {"checkpoint": str(tmp_path / "first" / "checkpoint")}
    _run(dataset, tmp_path / "second", start=start)
    first, second = _losses(tmp_path / "first"), _losses(tmp_path / "second")
    assert second[0][1] < first[0][1]
    (tmp_path / "other").mkdir()
    make_dataset(tmp_path / "other", vocab_size=65)
    (tmp_path / "other" / "entities").symlink_to(dataset / "entities")
    with pytest.raises(ValueError, match="M748"):
        _run(tmp_path / "other", tmp_path / "third", start=start)


def test_from_xlm_roberta(dataset, tmp_path):
    transformers = pytest.importorskip("transformers")
    pieces = (dataset / "sentencepiece.bpe.model").read_bytes()
    torch.manual_seed(0)
    config = transformers.XLMRobertaConfig(
        vocab_size=PieceEncoder(pieces).vocab_size - 2,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=40,
        type_vocab_size=1,
    )
    reference = transformers.XLMRobertaForMaskedLM(config)
    reference.save_pretrained(tmp_path / "xlmr")
    (tmp_path / "xlmr" / "sentencepiece.bpe.model").write_bytes(pieces)
    start = {"checkpoint": str(tmp_path / "xlmr")}
    stages = {"all": {"steps": 60, "learn_rate": 0.002, "warmup": 2}}
    settings = settings_of(_settings(start=start, stages=stages))
    run = Pretraining(settings, dataset, tmp_path / "run", progress=False)
    model = run._first_model().state_dict()
    for name, value in reference.state_dict().items():
        ours = name.replace("roberta.", "encoder.")
        if ours in model:
            assert torch.equal(model[ours][: len(value)], value), name
    assert len(model["entity_predictions.bias"]) == len(run.vocabularies.keys)
    run.run()
    losses = np.array(_losses(run.output))
    assert losses[-20:, 1].mean() < losses[:20, 1].mean()


def test_folder_of_another_run(dataset, tmp_path):
    _run(dataset, tmp_path / "run")
    with pytest.raises(ValueError, match="M750"):
        _run(dataset, tmp_path / "run", run={**SETTINGS["run"], "seed": 1})


def test_two_runs_into_one_folder(dataset, tmp_path):
    with locked(tmp_path / "run"), pytest.raises(ValueError, match="M705"):
        _run(dataset, tmp_path / "run")


def test_damaged_state(dataset, tmp_path):
    _run(dataset, tmp_path / "run")
    (state,) = (tmp_path / "run" / "states").iterdir()
    (state / "weights.safetensors").write_bytes(b"x")
    with pytest.raises(ValueError, match=r"M747.*step-000000012"):
        _run(dataset, tmp_path / "run")


@pytest.mark.parametrize(
    "sections,code",
    [
        ({"run": {"speed": 1}}, r"M739.*\[run\] speed"),
        ({"run": {"precision": "fp8"}}, "M739.*bf16, fp32"),
        ({"masking": {"words": "all"}}, "M739.*masking"),
        ({"extra": {}}, "M739.*extra"),
        ({"stages": {}}, "M740"),
        ({"stages": {"all": {"steps": 3}}}, "M742.*stages.all"),
        ({"stages": {"all": {"steps": 0, "learn_rate": 1.0}}}, "M743"),
        ({"stages": {"a": {"steps": 1, "learn_rate": 1.0, "trainable": "x"}}}, "M739.*trainable"),
        (
            {
                "run": {"with_entities": False},
                "stages": {"a": {"steps": 1, "learn_rate": 1.0, "trainable": "entities"}},
            },
            "M744",
        ),
    ],
)
def test_wrong_settings(sections, code):
    with pytest.raises(ValueError, match=code):
        settings_of(_settings(**sections))



def test_command(dataset, tmp_path):
    config = tmp_path / "pretrain.cfg"
    config.write_text(Config(SETTINGS).to_str())
    arguments = ["pretrain", config, dataset, tmp_path / "run", "--quiet", "--run.seed", "3"]
    result = CliRunner().invoke(app, list(map(str, arguments)))
    assert result.exit_code == 0, result.output
    assert {path.name for path in (tmp_path / "run").iterdir()} == {
        ".lock",
        "accuracies.svg",
        "checkpoint",
        "losses.svg",
        "metrics.jsonl",
        "settings.json",
        "states",
    }
    settings = json.loads((tmp_path / "run" / "settings.json").read_text())
    assert settings["run"]["seed"] == 3
    described = CliRunner().invoke(app, ["info", str(tmp_path / "run" / "checkpoint")])
    assert described.exit_code == 0 and "entity_predictions" in described.output
    path = tmp_path / "scores.json"
    arguments = ["score", str(tmp_path / "run" / "checkpoint"), str(dataset), "-o", str(path)]
    scored = CliRunner().invoke(app, arguments)
    assert scored.exit_code == 0, scored.output
    scores = json.loads(path.read_text())
    assert scores["entities"]["all"]["most_frequent_sense"] == 1.0
    assert scores["entities"]["all"]["mentions"] == scores["entities_by_context"]["all"]["mentions"]
    assert set(scores["pieces"]) == {"de", "ja", "all"}
    words = CliRunner().invoke(app, [*arguments, "--words-only"])
    assert words.exit_code == 0 and set(json.loads(path.read_text())) == {"pieces"}
    missing = CliRunner().invoke(app, ["pretrain", "no.cfg", str(dataset), str(tmp_path)])
    assert missing.exit_code == 1 and "M741" in missing.output


@pytest.mark.parametrize("name", ["pretrain", "pretrain_tiny"])
def test_shipped_configs(name):
    settings = read_settings(Path(__file__).parents[2] / "configs" / f"{name}.cfg")
    assert settings.stages["all"].trainable == "all"
