"""The two pretraining heads. Their output tables are tied to the encoder's and passed in."""

from typing import Optional

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .config import EncoderConfig


class WordHead(nn.Module):
    """Masked language modelling: the piece behind ``<mask>``. Named ``lm_head`` in checkpoints."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.dense = nn.Linear(config.hidden_size, config.hidden_size)
        self.layer_norm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.bias = nn.Parameter(torch.zeros(config.vocab_size))
        nn.init.normal_(self.dense.weight, std=config.initializer_range)
        nn.init.zeros_(self.dense.bias)

    def transform(self, states: Tensor) -> Tensor:
        """RETURNS (Tensor): (N, hidden_size) states in the space of the word table."""
        return self.layer_norm(F.gelu(self.dense(states)))

    def forward(self, states: Tensor, table: Tensor) -> Tensor:
        """states (Tensor): (N, hidden_size) of the words to predict.
        table (Tensor): (vocab_size, hidden_size) word embeddings of the encoder.
        RETURNS (Tensor): (N, vocab_size) logits.
        """
        return F.linear(self.transform(states), table, self.bias)


class EntityTransform(nn.Module):
    """From hidden states to the space of the entity table."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.dense = nn.Linear(config.hidden_size, config.entity_emb_size)
        self.LayerNorm = nn.LayerNorm(config.entity_emb_size, eps=config.layer_norm_eps)
        nn.init.normal_(self.dense.weight, std=config.initializer_range)
        nn.init.zeros_(self.dense.bias)

    def forward(self, states: Tensor) -> Tensor:
        return self.LayerNorm(F.gelu(self.dense(states)))


class EntityHead(nn.Module):
    """Masked entity prediction (LUKE, section 3.3): the entity behind [MASK].

    Named ``entity_predictions`` in checkpoints.
    """

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.transform = EntityTransform(config)
        self.bias = nn.Parameter(torch.zeros(config.entity_vocab_size))

    def forward(
        self, states: Tensor, table: Tensor, *, candidates: Optional[Tensor] = None
    ) -> Tensor:
        """states (Tensor): (N, hidden_size) of the slots to predict.
        table (Tensor): (entity_vocab_size, entity_emb_size) entity embeddings of the encoder.
        candidates (Optional[LongTensor]): Score these rows alone: (C,) the same for all states,
            or (N, C) for each its own. None scores all.
        RETURNS (Tensor): (N, entity_vocab_size) or (N, C) logits.
        """
        states = self.transform(states)
        if candidates is None:
            return F.linear(states, table, self.bias)
        rows = F.embedding(candidates, table)
        bias = F.embedding(candidates, self.bias[:, None]).squeeze(-1)
        if candidates.dim() == 1:
            return F.linear(states, rows, bias)
        return torch.einsum("nd,ncd->nc", states, rows) + bias
