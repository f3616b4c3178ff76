"""Random encoders and batches, flat for this package and padded for transformers."""

from dataclasses import dataclass
from typing import Any, Dict, List, Optional

import torch
from torch import Tensor

from spacy_mluke.modeling import EncoderConfig, MLukeEncoder, SlotBatch, WindowBatch


def small_config(**sizes: Any) -> EncoderConfig:
    defaults = {
        "vocab_size": 97,
        "hidden_size": 32,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "intermediate_size": 48,
        "max_position_embeddings": 66,
        "entity_emb_size": 16,
        "initializer_range": 0.2,
    }
    return EncoderConfig(**{**defaults, **sizes})


def small_encoder(seed: int = 0, **sizes: Any) -> MLukeEncoder:
    """Weights of 0.2, not 0.02: attention is then far from uniform and mistakes show."""
    torch.manual_seed(seed)
    encoder = MLukeEncoder(small_config(**sizes))
    with torch.no_grad():
        for parameter in encoder.parameters():
            if parameter.dim() == 1:
                parameter.add_(torch.randn_like(parameter) * 0.1)
    return encoder


@dataclass
class Window:
    pieces: Tensor  # (L,)
    entities: Tensor  # (E,)
    ranges: Tensor  # (E, 2)


def random_windows(
    seed: int, *, n_windows: int, config: EncoderConfig, max_slots: int = 5, max_length: int = 40
) -> List[Window]:
    random = torch.Generator().manual_seed(seed)

    def draw(low: int, high: int, *shape: int) -> Tensor:
        return torch.randint(low, high, shape, generator=random)

    windows = []
    for _ in range(n_windows):
        length, n_slots = int(draw(2, max_length)), int(draw(0, max_slots + 1))
        windows.append(
            Window(
                draw(4, config.vocab_size, length),
                draw(0, config.entity_vocab_size, n_slots),
                draw(0, length + 1, n_slots, 2).sort(dim=1).values,
            )
        )
    return windows


def flat_words(windows: List[Window]) -> WindowBatch:
    return WindowBatch(torch.cat([w.pieces for w in windows]), [len(w.pieces) for w in windows])


def flat_slots(windows: List[Window]) -> SlotBatch:
    return SlotBatch(
        torch.cat([w.entities for w in windows]),
        torch.tensor([len(w.entities) for w in windows]),
        torch.cat([w.ranges for w in windows]),
    )


def padded(windows: List[Window], extra: int = 0) -> Dict[str, Optional[Tensor]]:
    """Arguments of transformers' LukeModel, with some more padding than needed."""
    length = max(len(w.pieces) for w in windows) + extra
    n_slots = max(len(w.entities) for w in windows)
    size = len(windows)
    inputs = {
        "input_ids": torch.ones(size, length, dtype=torch.long),
        "attention_mask": torch.zeros(size, length),
        "token_type_ids": torch.zeros(size, length, dtype=torch.long),
    }
    for row, window in enumerate(windows):
        inputs["input_ids"][row, : len(window.pieces)] = window.pieces
        inputs["attention_mask"][row, : len(window.pieces)] = 1
    if not n_slots:
        return inputs
    n_slots += extra
    inputs["entity_ids"] = torch.zeros(size, n_slots, dtype=torch.long)
    inputs["entity_attention_mask"] = torch.zeros(size, n_slots)
    inputs["entity_token_type_ids"] = torch.zeros(size, n_slots, dtype=torch.long)
    inputs["entity_position_ids"] = torch.full((size, n_slots, length), -1)
    for row, window in enumerate(windows):
        inputs["entity_ids"][row, : len(window.entities)] = window.entities
        inputs["entity_attention_mask"][row, : len(window.entities)] = 1
        for slot, (start, end) in enumerate(window.ranges.tolist()):
            positions = torch.arange(start, end)
            inputs["entity_position_ids"][row, slot, : end - start] = positions
    return inputs


def unpadded(states: Tensor, lengths: List[int]) -> Tensor:
    return torch.cat([states[row, :length] for row, length in enumerate(lengths)])


def difference(a: Tensor, b: Tensor) -> float:
    assert a.shape == b.shape
    return float((a.detach().float() - b.detach().float()).abs().max()) if a.numel() else 0.0
