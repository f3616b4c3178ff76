"""What the pages of the documentation talk about."""

import shutil
import sys

import pytest
from markup import read_folder, split, write_jsonl
from spacy.cli.train import train

from tests.docs.named import ROOT

sys.path.append(str(ROOT / "docs" / "_ext"))
ENCODER = ROOT / "project" / "pretrained" / "mluke_tiny"
STEPS = 40


@pytest.fixture(scope="session")
def workplace(tmp_path_factory):
    """The folder that pages work in: the repository's, with training data and `my_pipeline`, which
    knows its sentences by heart."""
    folder = tmp_path_factory.mktemp("docs")
    (folder / ".venv").symlink_to(sys.prefix)
    for name in ("configs", "project"):
        (folder / name).symlink_to(ROOT / name)
    records = read_folder(ROOT / "project" / "demo_data")
    records = {lang: records[lang][:10] for lang in ("de", "en", "es", "hi", "ja", "ru")}
    train_records, dev_records = split(records, 5)
    write_jsonl(folder / "corpus" / "train.jsonl", train_records)
    write_jsonl(folder / "corpus" / "dev.jsonl", dev_records)
    train(
        ROOT / "configs" / "joint.cfg",
        folder / "training",
        overrides={
            "paths.train": str(folder / "corpus" / "train.jsonl"),
            "paths.dev": str(folder / "corpus" / "dev.jsonl"),
            "paths.init_checkpoint": str(ENCODER),
            # The configurations are for encoders of full size
            "components.mluke.model.window": None,
            "components.mluke.model.stride": None,
            "training.max_steps": STEPS,
            "training.eval_frequency": STEPS,
            "training.optimizer.learn_rate.warmup_steps": STEPS // 10,
            "training.optimizer.learn_rate.total_steps": STEPS,
            "training.optimizer.learn_rate.initial_rate": 0.002,
            "training.batcher.size": 200,
        },
    )
    (folder / "training" / "model-last").rename(folder / "my_pipeline")
    shutil.rmtree(folder / "training")
    return folder
