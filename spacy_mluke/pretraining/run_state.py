"""What a run leaves on disk so that it can go on where it stopped."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Optional

from safetensors.torch import load_file, save_file
from torch import Tensor

from ..errors import Errors
from ..files import atomic_path, last_state, next_state

STATES, METRICS = "states", "metrics.jsonl"


@dataclass
class RunState:
    """Where a run is.

    step (int): Updates done, over all stages. stage (int): Index of the stage. stage_step (int):
        Updates done in it.
    sampler (Dict[str, Any]): State of the `BatchSampler`.
    pieces (int): Read so far. seconds (float): Spent so far.
    fingerprint (str): Of settings and data; a run goes on with the same ones only.
    """

    step: int = 0
    stage: int = 0
    stage_step: int = 0
    sampler: Optional[Dict[str, Any]] = None
    pieces: int = 0
    seconds: float = 0.0
    fingerprint: str = ""


def save_state(
    folder: Path, state: RunState, weights: Dict[str, Tensor], optimizer: Dict[str, Tensor]
) -> None:
    """Write a state whole; the one before it stays until this one is complete.

    folder (Path): The folder of the run. state (RunState): Where it is.
    weights, optimizer (Dict[str, Tensor]): All tensors.
    """
    with next_state(folder / STATES, state.step) as new:
        save_file(_plain(weights), new / "weights.safetensors")
        save_file(_plain(optimizer), new / "optimizer.safetensors")
        text = json.dumps(state.__dict__, indent=2)
        (new / "state.json").write_text(text + "\n", encoding="utf8")


def load_state(folder: Path) -> Optional["SavedState"]:
    """RETURNS (Optional[SavedState]): What was saved last, or None if nothing was.
    RAISES (ValueError): If it is damaged.
    """
    place = last_state(folder / STATES)
    if place is None:
        return None
    try:
        values = json.loads((place / "state.json").read_text(encoding="utf8"))
        return SavedState(
            RunState(**values),
            load_file(place / "weights.safetensors"),
            load_file(place / "optimizer.safetensors"),
        )
    except Exception as error:  # safetensors has an exception class of its own
        raise ValueError(Errors.M747.format(folder=place, error=error)) from error


@dataclass
class SavedState:
    """A state with its tensors."""

    state: RunState
    weights: Dict[str, Tensor]
    optimizer: Dict[str, Tensor]


def append_metrics(folder: Path, record: Dict[str, Any]) -> None:
    """Add a line to the log of the run."""
    with (folder / METRICS).open("a", encoding="utf8") as file:
        file.write(json.dumps(record) + "\n")


def read_metrics(folder: Path) -> List[Dict[str, Any]]:
    """RETURNS (List[Dict[str, Any]]): The log; a line cut short by a kill is left out."""
    path = folder / METRICS
    if not path.is_file():
        return []
    records = []
    for line in path.read_text(encoding="utf8").splitlines():
        try:
            records.append(json.loads(line))
        except ValueError:
            continue
    return records


def rewind_metrics(folder: Path, step: int) -> None:
    """Drop what was logged after a step: a run that goes on from there logs it again."""
    records = [record for record in read_metrics(folder) if record["step"] <= step]
    with atomic_path(folder / METRICS) as path:
        path.write_text("".join(json.dumps(record) + "\n" for record in records), "utf8")


def _plain(tensors: Dict[str, Tensor]) -> Dict[str, Tensor]:
    return {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
