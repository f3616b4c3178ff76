"""Encoders of full size with random weights: do the shapes fit, and the memory?"""

import os
import resource
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, List, Tuple

import torch

from ..errors import Errors
from ..modeling.batch import SlotBatch, WindowBatch
from ..modeling.config import SPECIAL_ENTITIES, EncoderConfig
from ..modeling.encoder import MLukeEncoder
from ..modeling.precision import reduce_encoder, stored_state

_ENTITIES = 1_200_001
_BASE = EncoderConfig(
    vocab_size=250_004,
    hidden_size=768,
    num_hidden_layers=12,
    num_attention_heads=12,
    intermediate_size=3072,
)
_LARGE = replace(
    _BASE,
    hidden_size=1024,
    num_hidden_layers=24,
    num_attention_heads=16,
    intermediate_size=4096,
)
# Those of the paper, and one that runs anywhere at once.
SIZES: Dict[str, EncoderConfig] = {
    "tiny": EncoderConfig(1000, 32, 2, 4, 64, entity_emb_size=16),
    "base-lite": _BASE,
    "base": replace(_BASE, entity_vocab_size=_ENTITIES),
    "large-lite": _LARGE,
    "large": replace(_LARGE, entity_vocab_size=_ENTITIES),
}

_GIBI = 2**30
_PARTS = {
    "embeddings.word_embeddings": "word table",
    "entity_embeddings.entity_embeddings": "entity table",
    "encoder.": "layers",
}


def count_parts(config: EncoderConfig) -> Dict[str, int]:
    """RETURNS (Dict[str, int]): Parameters by part of an encoder, which takes no memory."""
    with torch.device("meta"):
        encoder = MLukeEncoder(config)
    counts = dict.fromkeys([*_PARTS.values(), "other"], 0)
    for name, tensor in encoder.named_parameters():
        found = (part for start, part in _PARTS.items() if name.startswith(start))
        counts[next(found, "other")] += tensor.numel()
    return counts


def needed_bytes(config: EncoderConfig, *, backward: bool, precision: str) -> int:
    """Memory of the weights and of what a backward pass adds to them, without activations.

    config (EncoderConfig): The sizes.
    backward (bool): Gradients too; entity tables of many rows have none.
    precision (str): "bf16" and "int8" weights are made of fp32 ones, which exist at the time.
    RETURNS (int): The bytes.
    """
    counts = count_parts(config)
    total = 4 * sum(counts.values())
    trained = sum(counts.values()) - (counts["entity table"] if _is_large(config) else 0)
    if backward:
        total += 4 * trained
    smaller = {"fp32": 0, "bf16": 2, "int8": 1}[precision]
    return total + smaller * trained


def free_bytes() -> int:
    """RETURNS (int): Memory that programs can still have."""
    linux = Path("/proc/meminfo")
    if linux.is_file():
        fields = dict(line.split(":") for line in linux.read_text(encoding="ascii").splitlines())
        return int(fields["MemAvailable"].split()[0]) * 1024
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def run(
    size: str, *, precision: str, backward: bool, window: int, slots: int
) -> List[Tuple[str, float, float]]:
    """Make an encoder and read one window.

    size (str): One of `SIZES`.
    precision (str): Of the weights in prediction.
    backward (bool): Backpropagate as well, in fp32.
    window (int): Pieces, <s> and </s> included. slots (int): Entity slots on it.
    RETURNS (List[Tuple[str, float, float]]): What was done, its seconds, and the process's largest
        memory (GiB) until then.
    RAISES (ValueError): If the window is too long.
    """
    config = SIZES[size]
    if not 2 <= window <= config.max_window:
        raise ValueError(Errors.M670.format(window=window, size=size, most=config.max_window))
    steps: List[Tuple[str, float, float]] = [("start", 0.0, _peak())]
    batch = _inputs(config, window, slots)
    start = time.perf_counter()

    def done(step: str) -> None:
        nonlocal start
        steps.append((step, time.perf_counter() - start, _peak()))
        start = time.perf_counter()

    encoder = MLukeEncoder(config)
    done("weights")
    if backward:
        table = encoder.entity_embeddings.entity_embeddings.weight
        table.requires_grad_(not _is_large(config))
        out = encoder(*batch, training=True)
        done("forward in training")
        (out.words.mean() + out.slots.mean()).backward()
        done("backward")
        del out
        encoder.zero_grad(set_to_none=True)
    if precision != "fp32":
        encoder = reduce_encoder(encoder, precision)
        done(f"weights in {precision}")
    with torch.inference_mode():
        for step in ("first prediction", "prediction"):
            out = encoder(*batch)
            done(step)
    assert out.words.shape == (window, config.hidden_size)
    assert out.slots.shape == (slots, config.hidden_size)
    assert bool(out.words.isfinite().all()) and bool(out.slots.isfinite().all())
    size_on_disk = sum(t.numel() * t.element_size() for t in stored_state(encoder).values())
    steps.append((f"(file of these weights: {size_on_disk / _GIBI:.2f} GiB)", 0.0, _peak()))
    return steps


def _inputs(config: EncoderConfig, window: int, slots: int) -> Tuple[WindowBatch, SlotBatch]:
    random = torch.Generator().manual_seed(0)

    def draw(most: int, *shape: int, least: int = 0) -> torch.Tensor:
        return torch.randint(least, most, shape, generator=random)

    starts = draw(window - 1, slots)
    ranges = torch.stack([starts, starts + 1], dim=1)
    pieces = draw(config.vocab_size, window, least=4)
    return WindowBatch(pieces, [window]), SlotBatch(
        draw(config.entity_vocab_size, slots), [slots], ranges
    )


def _is_large(config: EncoderConfig) -> bool:
    return config.entity_vocab_size > len(SPECIAL_ENTITIES)


def _peak() -> float:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / _GIBI


def describe(size: str) -> List[Tuple[Any, ...]]:
    """RETURNS (List[Tuple[Any, ...]]): Rows of a table: part, millions of parameters, and GiB in
    fp32, bf16 and int8.
    """
    counts = count_parts(SIZES[size])
    rows = [*counts.items(), ("all", sum(counts.values()))]
    return [
        (part, f"{n / 1e6:.1f}", *(f"{n * width / _GIBI:.2f}" for width in (4, 2, 1)))
        for part, n in rows
    ]
