"""Self-attention over flat rows: the two patterns, plain and entity-aware.

Every kind is one ``scaled_dot_product_attention`` per group of windows. What the kernel has no
word for is said with extra channels of queries, keys and values, which is exact:

*Entity-aware* (LUKE, section 3.2): scores use another query for word keys than for slot keys.
With query ``[q_word; q_slot]`` and keys ``[k; 0]`` of words and ``[0; k]`` of slots, the dot
product picks the right one.

*Independent*: a slot attends to the words of its window and to itself. Its own key differs from
slot to slot, which would need a key matrix each. Instead, one key more stands for "itself": the
query carries the score with itself in an extra channel in which only that key is 1. The extra
channel of the values returns its probability, by which the slot's own value is added.
"""

from typing import List, Optional, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .config import EncoderConfig
from .layout import Group, Layout, divide
from .linear import Linear

_SHORT = 256  # keys
_EXTRA = 8  # extra channels of the independent pattern; one is used, eight keep rows aligned


class SelfAttention(nn.Module):
    """Queries, keys and values of all rows, and the attention between them."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        size = config.hidden_size
        self.config = config
        self.heads = config.num_attention_heads
        self.scale = (size // self.heads) ** -0.5
        self.query = Linear(size, size)
        self.key = Linear(size, size)
        self.value = Linear(size, size)
        if config.use_entity_aware_attention:
            self.w2e_query = Linear(size, size)
            self.e2w_query = Linear(size, size)
            self.e2e_query = Linear(size, size)

    def keys_and_values(self, states: Tensor) -> Tuple[Tensor, Tensor]:
        """states (Tensor): (N, hidden_size). RETURNS: Two tensors (N, heads, d)."""
        return self._split(self.key(states)), self._split(self.value(states))

    def joint(self, states: Tensor, layout: Layout, training: bool) -> Tensor:
        """Everything in a window attends to everything in it.

        states (Tensor): (T + S, hidden_size) in the order of the layout.
        RETURNS (Tensor): (T + S, hidden_size) the attended values.
        """
        keys, values = self.keys_and_values(states)
        if layout.is_slot is None or not self.config.use_entity_aware_attention:
            return self.words(states, keys, values, layout, training)
        is_slot = layout.is_slot[:, None]
        to_words = torch.where(is_slot, self.e2w_query(states), self.query(states))
        to_slots = torch.where(is_slot, self.e2e_query(states), self.w2e_query(states))
        queries = torch.cat([self._split(to_words), self._split(to_slots)], dim=-1)
        mine = is_slot[:, None]
        keys = torch.cat([keys.masked_fill(mine, 0), keys.masked_fill(~mine, 0)], dim=-1)
        size = values.shape[-1]
        values = F.pad(values, (0, size))  # the fast kernels want keys and values equally wide
        attended = self._attend(queries, keys, values, layout.groups, training)
        return attended[..., :size].flatten(1)

    def words(
        self, states: Tensor, keys: Tensor, values: Tensor, layout: Layout, training: bool
    ) -> Tensor:
        """Plain attention inside each window, with one kind of query.

        states (Tensor): (T, hidden_size). keys, values (Tensor): (T, heads, d), see
            ``keys_and_values``.
        RETURNS (Tensor): (T, hidden_size) the attended values.
        """
        queries = self._split(self.query(states))
        return self._attend(queries, keys, values, layout.groups, training).flatten(1)

    def slots(
        self, states: Tensor, keys: Tensor, values: Tensor, layout: Layout, training: bool
    ) -> Tensor:
        """Each slot attends to the words of its window and to itself.

        states (Tensor): (S, hidden_size). keys, values (Tensor): (T, heads, d) of the words.
        layout (Layout): From ``slot_layout``.
        RETURNS (Tensor): (S, hidden_size) the attended values.
        """
        own_keys, own_values = self.keys_and_values(states)
        if self.config.use_entity_aware_attention:
            to_words = self._split(self.e2w_query(states))
            to_self = self._split(self.e2e_query(states))
        else:
            to_words = to_self = self._split(self.query(states))
        size = to_words.shape[-1]
        own_scores = (to_self * own_keys).sum(-1, keepdim=True)
        queries = F.pad(torch.cat([to_words, own_scores], dim=-1), (0, _EXTRA - 1))
        assert layout.with_self is not None, "a layout from slot_layout is needed"
        keys, values = _with_self(keys, layout.with_self), _with_self(values, layout.with_self)
        attended = self._attend(queries, keys, values, layout.groups, training)
        words, own = attended[..., :size], attended[..., size : size + 1]
        return torch.addcmul(words, own, own_values).flatten(1)

    def _split(self, states: Tensor) -> Tensor:
        return states.unflatten(-1, (self.heads, -1))

    def _attend(
        self,
        queries: Tensor,
        keys: Tensor,
        values: Tensor,
        groups: List[Group],
        training: bool,
    ) -> Tensor:
        """queries (Tensor): (Nq, heads, d). keys, values (Tensor): (Nk, heads, d).
        RETURNS (Tensor): (Nq, heads, d) attended values.
        """
        dropout = self.config.attention_probs_dropout_prob if training else 0.0
        attended = []
        parts = zip(
            groups,
            divide(queries, groups, by_keys=False),
            divide(keys, groups, by_keys=True),
            divide(values, groups, by_keys=True),
        )
        for group, asking, asked, told in parts:
            attend = _by_products if _is_short(group, queries) else F.scaled_dot_product_attention
            result = attend(
                group.queries(asking).transpose(1, 2),
                group.keys(asked).transpose(1, 2),
                group.keys(told).transpose(1, 2),
                attn_mask=group.mask,
                dropout_p=dropout,
                scale=self.scale,
            )
            attended.append(group.flatten(result.transpose(1, 2)))
        if not attended:
            return queries.new_empty(queries.shape)
        return attended[0] if len(attended) == 1 else torch.cat(attended)


def _is_short(group: Group, queries: Tensor) -> bool:
    """Whether a window is so short that, in training on a CPU, plain products are faster: the
    backward pass of the fused kernel takes three times as long there.
    """
    return queries.is_cpu and torch.is_grad_enabled() and group.n_keys <= _SHORT


def _by_products(
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    *,
    attn_mask: Optional[Tensor],
    dropout_p: float,
    scale: float,
) -> Tensor:
    """What ``scaled_dot_product_attention`` does, step by step."""
    scores = (queries * scale) @ keys.transpose(-1, -2)
    if attn_mask is not None:
        scores = scores.masked_fill(~attn_mask, float("-inf"))
    return F.dropout(scores.softmax(dim=-1).to(values.dtype), dropout_p, dropout_p > 0) @ values


def _with_self(rows: Tensor, with_self: Tensor) -> Tensor:
    """Put the key, or value, that stands for the slot itself before the words of each window.

    rows (Tensor): (T, heads, d) of the words.
    with_self (LongTensor): (T + B,) see ``Layout``.
    RETURNS (Tensor): (T + B, heads, d + extra).
    """
    size = rows.shape[-1]
    wide = F.pad(rows, (0, _EXTRA, 0, 0, 0, 1))
    wide[-1, :, size] = 1
    return wide.index_select(0, with_self)
