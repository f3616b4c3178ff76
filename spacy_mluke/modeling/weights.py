"""Weight files to named tensors, memory-mapped, and nothing but tensors."""

import json
import pickle
import zipfile
from pathlib import Path
from typing import Any, Dict, List, Mapping

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load as load_safetensors
from safetensors.torch import save as dump_safetensors
from torch import Tensor, nn

from ..errors import Errors

# In the order of preference. The last one is what DeepSpeed writes in pretraining.
WEIGHT_FILES = (
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
    "mp_rank_00_model_states.pt",
)
_MESSAGE_LIMIT = 2**32 - 1  # the longest value that msgpack, spaCy's to_bytes format, can hold


def weight_files(folder: Path) -> List[Path]:
    """folder (Path): A checkpoint folder.
    RETURNS (List[Path]): The file, or the parts, that hold its weights.
    RAISES (ValueError): If there is none, or a part is missing.
    """
    name = next((name for name in WEIGHT_FILES if (folder / name).is_file()), None)
    if name is None:
        raise ValueError(Errors.M220.format(folder=folder, names=", ".join(WEIGHT_FILES)))
    if not name.endswith(".json"):
        return [folder / name]
    parts = [folder / part for part in shard_names((folder / name).read_text(encoding="utf8"))]
    missing = [part.name for part in parts if not part.is_file()]
    if missing or not parts:
        raise ValueError(Errors.M221.format(file=folder / name, parts=", ".join(missing) or "any"))
    return parts


def shard_names(index: str) -> List[str]:
    """index (str): Text of a ``*.index.json``. RETURNS (List[str]): The names of the parts."""
    return sorted(set(json.loads(index).get("weight_map", {}).values()))


def read_weights(folder: Path) -> Dict[str, Tensor]:
    """Read the weights of a checkpoint folder without touching their memory.

    folder (Path): A checkpoint folder.
    RETURNS (Dict[str, Tensor]): Tensors by the names they have in the file, mapped privately:
        they cost memory when they are used, and may be changed without changing the file.
    """
    tensors: Dict[str, Tensor] = {}
    for path in weight_files(folder):
        tensors.update(_read_safetensors(path) if _is_safetensors(path) else _read_pickle(path))
    return tensors


def _is_safetensors(path: Path) -> bool:
    return path.suffix == ".safetensors"


def _read_safetensors(path: Path) -> Dict[str, Tensor]:
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}
    except (SafetensorError, OSError, RuntimeError) as error:
        raise ValueError(Errors.M222.format(file=path, error=error)) from error


def _read_pickle(path: Path) -> Dict[str, Tensor]:
    zipped = zipfile.is_zipfile(path)  # only the newer of torch's two formats can be mapped
    try:
        content = torch.load(path, map_location="cpu", weights_only=True, mmap=zipped)
    except pickle.UnpicklingError as error:
        reason = _first_line(str(error).rpartition("WeightsUnpickler error:")[2].strip())
        # An unknown global is a readable pickle of other things; anything else is no pickle.
        message = Errors.M223 if "global" in reason.lower() else Errors.M222
        raise ValueError(message.format(file=path, error=reason)) from error
    except (RuntimeError, EOFError, OSError, ValueError, KeyError) as error:
        raise ValueError(Errors.M222.format(file=path, error=_first_line(str(error)))) from error
    if isinstance(content, Mapping) and isinstance(content.get("module"), Mapping):
        content = content["module"]
    if not isinstance(content, Mapping) or not all(map(_is_tensor, content.values())):
        raise ValueError(Errors.M223.format(file=path, error=type(content).__name__))
    return dict(content)


def _is_tensor(value: Any) -> bool:
    return isinstance(value, Tensor)


def _first_line(text: str) -> str:
    return (text or "no reason given").splitlines()[0]


def check_names(expected: Mapping[str, Tensor], found: Mapping[str, Tensor], source: Any) -> None:
    """Compare names and shapes before anything is loaded.

    expected (Mapping[str, Tensor]): What the modules have, on any device.
    found (Mapping[str, Tensor]): What the file has. source (Any): Where from, for messages.
    RAISES (ValueError): If names are missing or unknown, or a shape differs.
    """
    missing, unexpected = sorted(expected.keys() - found), sorted(found.keys() - expected)
    if missing or unexpected:
        raise ValueError(
            Errors.M224.format(source=source, missing=_some(missing), unexpected=_some(unexpected))
        )
    for name, tensor in expected.items():
        if tensor.shape != found[name].shape:
            raise ValueError(
                Errors.M225.format(
                    source=source,
                    name=name,
                    found=tuple(found[name].shape),
                    expected=tuple(tensor.shape),
                )
            )


def _some(names: List[str], limit: int = 10) -> str:
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return (", ".join(names[:limit]) or "none") + more


def state_bytes(module: nn.Module) -> bytes:
    """module (nn.Module): Any module.
    RETURNS (bytes): Its parameters and buffers in the safetensors format.
    RAISES (ValueError): If they are too large for spaCy's byte format.
    """
    state = {name: tensor.detach().contiguous() for name, tensor in module.state_dict().items()}
    size = sum(tensor.numel() * tensor.element_size() for tensor in state.values())
    if size > _MESSAGE_LIMIT:
        raise ValueError(Errors.M226.format(size=size / 2**30))
    return dump_safetensors(state)


def load_state_bytes(module: nn.Module, data: bytes, source: Any = "bytes") -> None:
    """Put the tensors of ``state_bytes`` into a module of the same shape.

    module (nn.Module): Filled in place; a module on the meta device takes the tensors over.
    data (bytes): What ``state_bytes`` gave. source (Any): Where from, for messages.
    RAISES (ValueError): If the bytes are damaged, or of a module with other names or shapes.
    """
    try:
        state = load_safetensors(data)
    except (SafetensorError, RuntimeError) as error:
        raise ValueError(Errors.M222.format(file=source, error=error)) from error
    own = module.state_dict()
    check_names(own, state, source)
    module.load_state_dict(state, assign=any(tensor.is_meta for tensor in own.values()))
