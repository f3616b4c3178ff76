"""The encoder written out: one window at a time, full score matrices, explicit masks."""

import math
from typing import List

import torch
import torch.nn.functional as F
from torch import Tensor

from spacy_mluke.modeling import Encoded, MLukeEncoder
from tests.modeling.random_batches import Window


def reference(encoder: MLukeEncoder, windows: List[Window], pattern: str) -> Encoded:
    words, slots = [], []
    for window in windows:
        states = torch.cat([_words(encoder, window), _slots(encoder, window)])
        n = len(window.pieces)
        for layer in encoder.encoder.layer:
            attended = _attention(layer.attention.self, states, n, pattern)
            output = layer.attention.output
            states = output.LayerNorm(output.dense(attended) + states)
            wide = F.gelu(layer.intermediate.dense(states))
            states = layer.output.LayerNorm(layer.output.dense(wide) + states)
        words.append(states[:n])
        slots.append(states[n:])
    return Encoded(torch.cat(words), torch.cat(slots))


def _words(encoder: MLukeEncoder, window: Window) -> Tensor:
    part = encoder.embeddings
    positions = torch.arange(len(window.pieces)) + 2
    states = part.word_embeddings(window.pieces) + part.position_embeddings(positions)
    return part.LayerNorm(states + part.token_type_embeddings.weight[0])


def _slots(encoder: MLukeEncoder, window: Window) -> Tensor:
    part = encoder.entity_embeddings
    states = part.entity_embedding_dense(part.entity_embeddings(window.entities))
    table = part.position_embeddings.weight
    means = [
        table[start:end].mean(0) if end > start else torch.zeros_like(table[0])
        for start, end in window.ranges.tolist()
    ]
    positions = torch.stack(means) if means else torch.zeros_like(states)
    return part.LayerNorm(states + positions + part.token_type_embeddings.weight[0])


def _attention(part: torch.nn.Module, states: Tensor, n_words: int, pattern: str) -> Tensor:
    n, width = states.shape
    is_slot = torch.arange(n) >= n_words

    def heads(rows: Tensor) -> Tensor:
        return rows.view(n, part.heads, -1).transpose(0, 1)

    def scores(query: torch.nn.Module) -> Tensor:
        products = heads(query(states)) @ heads(part.key(states)).transpose(1, 2)
        return products / math.sqrt(width // part.heads)

    result = scores(part.query)
    if part.config.use_entity_aware_attention:
        row, column = is_slot[:, None], is_slot[None]
        result = torch.where(~row & column, scores(part.w2e_query), result)
        result = torch.where(row & ~column, scores(part.e2w_query), result)
        result = torch.where(row & column, scores(part.e2e_query), result)
    if pattern == "independent":
        hidden = is_slot[None] & ~torch.eye(n, dtype=torch.bool)
        result = result.masked_fill(hidden, -math.inf)
    attended = result.softmax(-1) @ heads(part.value(states))
    return attended.transpose(0, 1).reshape(n, width)
