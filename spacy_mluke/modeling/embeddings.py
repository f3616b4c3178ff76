"""First states of words and slots: table rows plus position plus type, normalised."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .batch import HostInts
from .config import EncoderConfig
from .layout import concatenated_ranges
from .linear import Linear


class WordEmbeddings(nn.Module):
    """``LN(word + position + type)``. Positions count from ``pad_token_id + 1``, as in RoBERTa."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.config = config
        self.word_embeddings = nn.Embedding(config.vocab_size, config.hidden_size)
        self.position_embeddings = nn.Embedding(config.max_position_embeddings, config.hidden_size)
        self.token_type_embeddings = nn.Embedding(config.type_vocab_size, config.hidden_size)
        self.LayerNorm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)

    def forward(self, word_ids: Tensor, lengths: HostInts, training: bool) -> Tensor:
        """word_ids (LongTensor): (T,) pieces of all windows.
        lengths (HostInts): (B,) pieces of each window.
        RETURNS (Tensor): (T, hidden_size) first states.
        """
        first = np.full_like(lengths, self.config.pad_token_id + 1)
        positions = torch.from_numpy(concatenated_ranges(first, lengths)).to(word_ids.device)
        states = self.word_embeddings(word_ids) + self.position_embeddings(positions)
        states = self.LayerNorm(states + self.token_type_embeddings.weight[0])
        return F.dropout(states, self.config.hidden_dropout_prob, training)


class EntityEmbeddings(nn.Module):
    """``LN(dense(entity) + mean of positions + type)`` (LUKE, section 3.1).

    Positions count from 0 (``<s>``) in a table of their own. No row is a padding row: [MASK] is
    row 0 of the lite tables and must be trained like any other.
    """

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.config = config
        self.entity_embeddings = nn.Embedding(config.entity_vocab_size, config.entity_emb_size)
        if config.entity_emb_size != config.hidden_size:
            self.entity_embedding_dense = Linear(
                config.entity_emb_size, config.hidden_size, bias=False
            )
        self.position_embeddings = nn.Embedding(config.max_position_embeddings, config.hidden_size)
        self.token_type_embeddings = nn.Embedding(config.type_vocab_size, config.hidden_size)
        self.LayerNorm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)

    def forward(self, entity_ids: Tensor, ranges: Tensor, training: bool) -> Tensor:
        """entity_ids (LongTensor): (S,) rows of the entity table.
        ranges (LongTensor): (S, 2) pieces ``[start, end)`` of each slot in its window.
        RETURNS (Tensor): (S, hidden_size) first states.
        """
        # The table stays in fp32 where the other weights are smaller.
        states = self.entity_embeddings(entity_ids).to(self.LayerNorm.weight.dtype)
        if self.config.entity_emb_size != self.config.hidden_size:
            states = self.entity_embedding_dense(states)
        states = states + self._positions(ranges, entity_ids.device)
        states = self.LayerNorm(states + self.token_type_embeddings.weight[0])
        return F.dropout(states, self.config.hidden_dropout_prob, training)

    def _positions(self, ranges: Tensor, device: torch.device) -> Tensor:
        """RETURNS (Tensor): (S, hidden_size) mean of the position rows, zero if there is none."""
        starts, ends = ranges.detach().cpu().numpy().astype(np.int64, copy=False).T
        lengths = ends - starts
        rows = torch.from_numpy(concatenated_ranges(starts, lengths)).to(device)
        offsets = torch.from_numpy(np.cumsum(lengths) - lengths).to(device)
        return F.embedding_bag(rows, self.position_embeddings.weight, offsets, mode="mean")
