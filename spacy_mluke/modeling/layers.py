"""The Transformer layers, over flat rows."""

from typing import Iterator, Tuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .attention import SelfAttention
from .config import EncoderConfig
from .layout import Layout
from .linear import Linear

_ROWS = 1024  # rows that pass through the feed-forward part at once in prediction


class Residual(nn.Module):
    """``LN(dense(x) + residual)``."""

    def __init__(self, config: EncoderConfig, size: int) -> None:
        super().__init__()
        self.rate = config.hidden_dropout_prob
        self.dense = Linear(size, config.hidden_size)
        self.LayerNorm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)

    def forward(self, states: Tensor, residual: Tensor, training: bool) -> Tensor:
        return self.LayerNorm(F.dropout(self.dense(states), self.rate, training) + residual)


class Attention(nn.Module):
    """Self-attention and its output projection."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.self = SelfAttention(config)
        self.output = Residual(config, config.hidden_size)


class Intermediate(nn.Module):
    """The wide half of the feed-forward part."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.dense = Linear(config.hidden_size, config.intermediate_size)

    def forward(self, states: Tensor) -> Tensor:
        return F.gelu(self.dense(states))


class Layer(nn.Module):
    """One post-norm Transformer layer over flat rows."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.attention = Attention(config)
        self.intermediate = Intermediate(config)
        self.output = Residual(config, config.intermediate_size)

    def joint(self, states: Tensor, layout: Layout, training: bool) -> Tensor:
        """The full pattern. states (Tensor): (T + S, hidden_size), as the result."""
        return self._finish(self.attention.self.joint(states, layout, training), states, training)

    def words_and_slots(
        self, words: Tensor, slots: Tensor, word_layout: Layout, slot_layout: Layout, training: bool
    ) -> Tuple[Tensor, Tensor]:
        """The independent pattern. words (Tensor): (T, hidden_size). slots (Tensor): (S, ..)."""
        states, keys, values = self.words(words, word_layout, training)
        return states, self.slots(keys, values, slots, slot_layout, training)

    def words(self, words: Tensor, layout: Layout, training: bool) -> Tuple[Tensor, ...]:
        """The word half of the independent pattern. words (Tensor): (T, hidden_size).
        RETURNS: The next states, and the keys and values that slots attend to.
        """
        attend = self.attention.self
        keys, values = attend.keys_and_values(words)
        attended = attend.words(words, keys, values, layout, training)
        return self._finish(attended, words, training), keys, values

    def slots(
        self, keys: Tensor, values: Tensor, slots: Tensor, layout: Layout, training: bool
    ) -> Tensor:
        """The slot half of the independent pattern. slots (Tensor): (S, hidden_size).
        keys, values (Tensor): (T, heads, d) of the words in this layer.
        """
        attended = self.attention.self.slots(slots, keys, values, layout, training)
        return self._finish(attended, slots, training)

    def _finish(self, attended: Tensor, states: Tensor, training: bool) -> Tensor:
        if torch.is_grad_enabled() or len(states) <= _ROWS:
            return self._project(attended, states, training)
        # Bounds the widest tensor, and is faster: the memory of one part serves the next.
        parts = zip(attended.split(_ROWS), states.split(_ROWS), strict=True)
        return torch.cat([self._project(a, s, training) for a, s in parts])

    def _project(self, attended: Tensor, states: Tensor, training: bool) -> Tensor:
        states = self.attention.output(attended, states, training)
        return self.output(self.intermediate(states), states, training)


class LayerStack(nn.Module):
    """The layers, under the name they have in a checkpoint."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.layer = nn.ModuleList([Layer(config) for _ in range(config.num_hidden_layers)])

    def __iter__(self) -> Iterator[Layer]:
        return cast(Iterator[Layer], iter(self.layer))
