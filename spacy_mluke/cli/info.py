"""`python -m spacy mluke info`: what a folder holds."""

import json
from pathlib import Path
from typing import Any, Dict, List, Tuple

import typer
from wasabi import msg, table

from ._app import mluke_app
from ._errors import clear_errors

PATH = typer.Argument(..., help="A checkpoint, dataset, run, or any other folder made by `mluke`")
METADATA = "metadata.json"


@mluke_app.command("info")
def info(path: Path = PATH) -> None:
    """Say what a folder holds: sizes, languages, steps, scores.

    \b
    Examples:
      python -m spacy mluke info run/checkpoint
      python -m spacy mluke info dataset/
    """
    with clear_errors():
        if (path / "config.json").is_file():
            print(_describe_checkpoint(path))
        elif (path / "metrics.jsonl").is_file():
            print(_describe_run(path))
        elif (path / "train").is_dir():
            print(_describe_dataset(path))
        elif (path / METADATA).is_file():
            values = json.loads((path / METADATA).read_text(encoding="utf8"))
            print(_columns(_plain_rows(values)))
        else:
            msg.fail(f"{path} is no folder that `python -m spacy mluke` has made", exits=1)


def _describe_checkpoint(path: Path) -> str:
    from ..modeling.checkpoint import load_checkpoint

    checkpoint = load_checkpoint(path)
    tensors = [*checkpoint.state_dict.values(), *checkpoint.heads.values()]
    rows: List[Tuple[str, Any]] = list(checkpoint.config.__dict__.items())
    rows.append(("parameters", sum(tensor.numel() for tensor in tensors)))
    rows.append(("precision", ", ".join(sorted({str(tensor.dtype) for tensor in tensors}))))
    rows.append(("heads", ", ".join(sorted({name.split(".")[0] for name in checkpoint.heads}))))
    rows.append(("entity vocabulary", checkpoint.entity_vocab or "special entities alone"))
    return _columns(rows)


def _describe_run(path: Path) -> str:
    from ..pretraining.run_state import read_metrics

    records = read_metrics(path)
    rows: List[Tuple[str, Any]] = []
    training = [record for record in records if "mlm_loss" in record]
    if training:
        rows += list(training[-1].items())
    held_out = [record["held_out"]["all"] for record in records if "held_out" in record]
    if held_out:
        rows += [(f"held out: {name}", value) for name, value in held_out[-1].items()]
    return _columns(rows)


def _describe_dataset(path: Path) -> str:
    from ..pretraining.dataset import HELD_OUT, TRAIN
    from ..pretraining.shards import Shard, find_shards

    rows = []
    for part in (TRAIN, HELD_OUT):
        for shard in map(Shard, find_shards(path / part) if (path / part).is_dir() else ()):
            values = shard.metadata
            counts = [values[name] for name in ("instances", "pieces", "entities")]
            rows.append((part, shard.language, *counts))
    header = ("part", "language", "instances", "pieces", "entities")
    return str(table(rows, header=header, divider=True, aligns=("l", "l", "r", "r", "r")))


def _plain_rows(values: Dict[str, Any]) -> List[Tuple[str, Any]]:
    return [(name, value) for name, value in values.items() if not isinstance(value, (dict, list))]


def _columns(rows: List[Tuple[str, Any]]) -> str:
    shown = [
        (name, f"{value:.4g}" if isinstance(value, float) else value) for name, value in rows
    ]
    return str(table(shown, header=("what", "value"), divider=True, max_col=90))
