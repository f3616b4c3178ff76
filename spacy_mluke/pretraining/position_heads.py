"""First layers that look at their own place and at its neighbours from the first step on.

A fresh Transformer takes long to find out where its neighbours are, and that a slot stands on the
words of its mention. Here both position tables start as the same sinusoids (Vaswani et al. 2017,
section 3.5) in a subspace of the states, and each head of the first two layers scores keys by how
near they are to its own place plus a shift: a rotation of the sinusoids. The first layer brings
the words of its mention to a slot, the second one the words beside. All of it is trained further.
"""

from typing import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from .model import PretrainingModel

Floats = NDArray[np.float64]

SHIFTS = ((0,), (-1, 1, 0, -2, 2, 0))  # of each layer, its heads in turn
_FASTEST = np.pi / 2  # of the sinusoids, radians a piece
_SCORE = 6.0  # of a key at the very place, before the softmax


def set_position_heads(
    model: PretrainingModel,
    *,
    shifts: Sequence[Sequence[int]] = SHIFTS,
    seed: int = 0,
) -> None:
    """Set position tables and first layers of a fresh model.

    model (PretrainingModel): Changed in place.
    shifts (Sequence[Sequence[int]]): Of each layer that is set, for its heads in turn, where keys
        stand beside their query, in pieces.
    seed (int): Of the subspaces.
    """
    encoder, config = model.encoder, model.encoder.config
    size, heads = config.hidden_size, config.num_attention_heads
    width = size // heads
    random = np.random.default_rng(seed)
    basis = _orthonormal(size, random)
    content = _orthonormal(size, random)
    waves = width // 2
    speeds = np.sort(random.uniform(0.05, 1.0, waves)) * _FASTEST
    places = np.arange(config.max_position_embeddings)[:, None] * speeds
    sinusoids = np.concatenate([np.cos(places), np.sin(places)], axis=1)
    rows = sinusoids @ basis[:, : 2 * waves].T
    rows *= float(model.word_table.detach().std()) / rows.std()
    # States are normalised, half of their variance being that of positions.
    scale = np.sqrt(_SCORE * np.sqrt(width) / (size / 2))
    axes = basis[:, : 2 * waves].T
    offset = config.pad_token_id + 1
    with torch.no_grad():
        words = encoder.embeddings.position_embeddings.weight
        slots = encoder.entity_embeddings.position_embeddings.weight
        words.copy_(torch.from_numpy(rows))
        slots[:-offset].copy_(torch.from_numpy(rows[offset:]))
        for layer, of_heads in zip(encoder.encoder, shifts):
            attention = layer.attention
            queries, keys = np.zeros((size, size)), np.zeros((size, size))
            for head in range(heads):
                part = slice(head * width, head * width + 2 * waves)
                keys[part] = scale * axes
                shift = of_heads[head % len(of_heads)]
                queries[part] = scale * _rotation(speeds * shift) @ axes
            for linear, weight in (
                (attention.self.query, queries),
                (attention.self.key, keys),
                (attention.self.value, content.T),
                (attention.output.dense, content),
            ):
                linear.weight.copy_(torch.from_numpy(weight))


def _orthonormal(size: int, random: np.random.Generator) -> Floats:
    return np.linalg.qr(random.standard_normal((size, size)))[0]


def _rotation(angles: Floats) -> Floats:
    """RETURNS (Floats): (2n, 2n) that takes [cos x; sin x] to [cos(x + a); sin(x + a)]."""
    cos, sin = np.diag(np.cos(angles)), np.diag(np.sin(angles))
    return np.block([[cos, -sin], [sin, cos]])
