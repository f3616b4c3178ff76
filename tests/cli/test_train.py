"""A training that is killed and goes on ends as one that was left alone."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import spacy
from markup import read_folder, split, write_jsonl
from spacy.cli._util import app
from spacy.cli.train import train
from typer.testing import CliRunner

import spacy_mluke.cli  # noqa: F401

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "configs" / "joint.cfg"
STEPS, FREQUENCY = 10, 3
# Kills the process in the middle of a step, after two states were saved.
KILLER = f"""
import os, signal
from spacy import registry

@registry.callbacks("test_killer.v1")
def make_killer():
    def before_update(nlp, args):
        with open(os.environ["TEST_STEPS"], "a") as file:
            file.write(str(args["step"]) + "\\n")
        if args["step"] == {2 * FREQUENCY + 1} and "TEST_KILL" in os.environ:
            os.kill(os.getpid(), signal.SIGKILL)
    return before_update
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """With data, the code of the callback, and "whole": what `spacy train` makes of them."""
    folder = tmp_path_factory.mktemp("train")
    records = read_folder(ROOT / "project" / "demo_data")
    parts = split({lang: records[lang][:12] for lang in ("en", "ja", "ru")}, 3)
    for name, part in zip(("train", "dev"), parts):
        write_jsonl(folder / f"{name}.jsonl", part)
    (folder / "killer.py").write_text(KILLER, encoding="utf8")
    os.environ["TEST_STEPS"] = str(folder / "steps.txt")
    spacy.util.import_file("killer", folder / "killer.py")
    values = {**settings(folder), "training.optimizer.use_averages": True}
    train(CONFIG, folder / "whole", overrides=values)
    shutil.copy(folder / "steps.txt", folder / "whole.txt")
    yield folder
    del os.environ["TEST_STEPS"]


def settings(folder):
    return {
        "paths.train": str(folder / "train.jsonl"),
        "paths.dev": str(folder / "dev.jsonl"),
        "training.max_steps": STEPS,
        "training.eval_frequency": FREQUENCY,
        "training.optimizer.learn_rate.warmup_steps": 3,
        "training.batcher.size": 100,
        "training.accumulate_gradient": 2,
        "training.before_update": {"@callbacks": "test_killer.v1"},
        "components.mluke.model.hidden_size": 32,
        "components.mluke.model.intermediate_size": 32,
        "components.mluke.model.num_hidden_layers": 1,
        "initialize.components.mluke.vocab_size": 300,
    }


def command(folder, output, **changes):
    values = {**settings(folder), "training.optimizer.use_averages": True, **changes}
    args = ["mluke", "train", str(CONFIG), "-o", str(output), "-c", str(folder / "killer.py")]
    for name, value in values.items():
        args += [f"--{name}", value if isinstance(value, str) else json.dumps(value)]
    return args


def files(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*")
            if path.is_file()}  # fmt: skip


@pytest.fixture(scope="module")
def killed(folder):
    """A training that was killed."""
    (folder / "steps.txt").unlink()
    environment = {**os.environ, "TEST_KILL": "1"}
    args = [sys.executable, "-m", "spacy", *command(folder, folder / "killed")]
    done = subprocess.run(args, env=environment, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stdout + done.stderr
    states = list((folder / "killed" / "training-state").iterdir())
    assert [path.name for path in states] == ["step-000000006"]
    return folder / "killed"


def run(folder, output, *args, **changes):
    return CliRunner().invoke(app, [*command(folder, output, **changes), *args])


def copy(killed, tmp_path):
    return Path(shutil.copytree(killed, tmp_path / "out"))


def test_goes_on_to_the_same_weights(folder, killed, tmp_path):
    output = copy(killed, tmp_path)
    before = (folder / "steps.txt").read_text().split()
    result = run(folder, output)
    assert result.exit_code == 0, result.output
    assert "Going on after 6 steps" in result.output
    after = (folder / "steps.txt").read_text().split()[len(before) :]
    assert [*map(int, before), *map(int, after)] == [*range(8), *range(6, STEPS + 1)]
    for name in ("model-best", "model-last"):
        whole, resumed = files(folder / "whole" / name), files(output / name)
        assert whole.keys() == resumed.keys()
        assert [str(path) for path in whole if whole[path] != resumed[path]] == []
    assert sorted(path.name for path in output.iterdir()) == ["model-best", "model-last"]


def test_other_settings(folder, killed, tmp_path):
    output = copy(killed, tmp_path)
    result = run(folder, output, **{"training.max_steps": 20, "training.dropout": 0.5})
    text = " ".join(result.output.split())
    assert result.exit_code == 1 and "M562" in text
    assert "training.max_steps was 10 and is 20" in text and "--restart" in text
    assert "training.dropout was 0.1 and is 0.5" in text
    assert (output / "training-state").exists()


def test_restart(folder, killed, tmp_path):
    output = copy(killed, tmp_path)
    result = run(folder, output, "--restart", **{"training.max_steps": 1})
    assert result.exit_code == 0, result.output
    assert "Going on" not in result.output
    assert not (output / "training-state").exists()


@pytest.mark.parametrize("name", ["state.json", "optimizer.safetensors"])
def test_damaged_state(folder, killed, tmp_path, name):
    output = copy(killed, tmp_path)
    (path,) = output.glob(f"training-state/*/{name}")
    path.write_bytes(path.read_bytes()[:100])
    result = run(folder, output)
    assert result.exit_code == 1 and "M561" in result.output
    assert "--restart" in result.output
