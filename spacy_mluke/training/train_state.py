"""What a training leaves on disk so that it can go on where it stopped."""

import json
import random
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from spacy.language import Language
from spacy.util import load_model_from_path
from thinc.api import Config, Model, Optimizer, get_array_module, get_current_ops

from ..errors import Errors
from ..files import last_state, next_state

STATE = "training-state"
_MOMENTS = ("mom1", "mom2", "averages")


@dataclass
class TrainState:
    """Where a training is.

    steps (int): Updates done. results (List[Tuple[float, int]]): Scores of the evaluations, and
        the steps after which they were made. losses (Dict[str, float]): Since the last of them.
    words (int): Seen so far. seconds (float): Spent so far.
    config (Dict[str, Any]): The interpolated config; a training goes on with the same one only.
    """

    steps: int = 0
    results: List[Tuple[float, int]] = field(default_factory=list)
    losses: Dict[str, float] = field(default_factory=dict)
    words: int = 0
    seconds: float = 0.0
    config: Dict[str, Any] = field(default_factory=dict)

    @classmethod
    def after(cls, info: Dict[str, Any], config: Dict[str, Any]) -> "TrainState":
        """The state after a step.

        info (Dict[str, Any]): What spaCy's loop says of it.
        config (Dict[str, Any]): The interpolated config.
        RETURNS (TrainState): The state.
        """
        losses = {name: float(loss) for name, loss in info["losses"].items()}
        return cls(
            info["step"] + 1, info["checkpoints"], losses, info["words"], info["seconds"], config
        )


def save_state(folder: Path, state: TrainState, nlp: Language, optimizer: Optimizer) -> None:
    """Write a state whole; the one before it stays until this one is complete.

    folder (Path): The output folder of the training. state (TrainState): Where it is.
    nlp (Language): The pipeline. optimizer (Optimizer): Its optimizer.
    """
    names, tensors, updates = _names(nlp), {"random": torch.get_rng_state()}, {}
    for kind in _MOMENTS:
        for (number, parameter), array in (getattr(optimizer, kind) or {}).items():
            array = array.get() if get_array_module(array) is not np else array
            key = f"{kind}|{names[number, parameter]}|{parameter}"
            tensors[key] = torch.from_numpy(np.ascontiguousarray(array))
    for (number, parameter), count in optimizer.nr_update.items():
        updates[f"{names[number, parameter]}|{parameter}"] = count
    # The one of thinc's dropout
    generator = np.random.get_state(legacy=False)  # noqa: NPY002
    generator["state"]["key"] = generator["state"]["key"].tolist()
    with next_state(folder / STATE, state.steps) as new:
        nlp.to_disk(new / "pipeline")
        save_file(tensors, new / "optimizer.safetensors")
        content = {
            **vars(state),
            "updates": updates,
            "radam": optimizer._radam_buffer,
            "python_random": random.getstate(),
            "numpy_random": generator,
        }
        (new / "state.json").write_text(json.dumps(content) + "\n", encoding="utf8")


class SavedTraining:
    """A state that was saved.

    path (Path): Its folder.
    RAISES (ValueError): If it is damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            text = (self.path / "state.json").read_text(encoding="utf8")
            self._content = json.loads(text)
            names = TrainState.__dataclass_fields__
            self.state = TrainState(**{name: self._content[name] for name in names})
            self._tensors = load_file(self.path / "optimizer.safetensors")
        except Exception as error:  # safetensors has an exception class of its own
            raise ValueError(Errors.M561.format(folder=self.path, error=error)) from error

    def check(self, config: Config) -> None:
        """Compare settings.

        config (Config): The interpolated config of the training that wants to go on.
        RAISES (ValueError): If it is another one.
        """
        old, new = (_flat(c) for c in (self.state.config, json.loads(json.dumps(config))))
        different = [
            f"{key} was {old.get(key)!r} and is {new.get(key)!r}"
            for key in sorted(old.keys() | new.keys())
            if old.get(key) != new.get(key)
        ]
        if different:
            lines = "\n".join(different)
            raise ValueError(Errors.M562.format(folder=self.path.parent, different=lines))

    def pipeline(self) -> Language:
        """RETURNS (Language): The pipeline as it was."""
        return load_model_from_path(self.path / "pipeline")

    def restore(self, nlp: Language, optimizer: Optimizer) -> None:
        """Give the optimizer its momenta, averages and schedules, and the random numbers of
        Python, NumPy and PyTorch (on the CPU) their states.

        nlp (Language): The pipeline, as `pipeline` gave it.
        optimizer (Optimizer): A new one of the same settings.
        """
        keys = {(name, key[1]): key for key, name in _names(nlp).items()}
        ops = get_current_ops()
        for name, tensor in self._tensors.items():
            if name != "random":
                kind, node, parameter = name.split("|")
                getattr(optimizer, kind)[keys[node, parameter]] = ops.asarray(tensor.numpy())
        for name, count in self._content["updates"].items():
            node, parameter = name.split("|")
            optimizer.nr_update[keys[node, parameter]] = count
        optimizer._radam_buffer = self._content["radam"]
        for _ in range(self.state.steps):
            optimizer.step_schedules()
        version, numbers, gauss = self._content["python_random"]
        random.setstate((version, tuple(numbers), gauss))
        generator = self._content["numpy_random"]
        generator["state"]["key"] = np.asarray(generator["state"]["key"], dtype="uint32")
        np.random.set_state(generator)  # noqa: NPY002
        torch.set_rng_state(self._tensors["random"])


def delete_state(folder: Path) -> None:
    """Delete what was saved.

    folder (Path): The output folder of the training.
    """
    shutil.rmtree(folder / STATE, ignore_errors=True)


def find_saved_training(folder: Path) -> Optional[SavedTraining]:
    """RETURNS (Optional[SavedTraining]): What was saved last, or None if nothing was.
    RAISES (ValueError): If it is damaged.
    """
    path = last_state(folder / STATE)
    return None if path is None else SavedTraining(path)


def _names(nlp: Language) -> Dict[Tuple[int, str], str]:
    """Of each parameter the key that optimizers know it by -> its place in the pipeline. Their keys
    hold numbers that each process counts for itself.
    """
    names: Dict[Tuple[int, str], str] = {}
    for pipe_name, pipe in nlp.pipeline:
        model = getattr(pipe, "model", None)
        for i, node in enumerate(model.walk() if isinstance(model, Model) else ()):
            for parameter in node.param_names:
                names.setdefault((node.id, parameter), f"{pipe_name}/{i}")
            for j, shim in enumerate(node.shims):
                module = getattr(shim, "_model", None)
                for parameter, _ in module.named_parameters() if module is not None else ():
                    names.setdefault((shim.id, parameter), f"{pipe_name}/{i}/{j}")
    return names


def _flat(config: Any, prefix: str = "") -> Dict[str, Any]:
    if not isinstance(config, dict) or not config:
        return {prefix: config}
    flat: Dict[str, Any] = {}
    for key, value in config.items():
        flat.update(_flat(value, f"{prefix}.{key}" if prefix else key))
    return flat
