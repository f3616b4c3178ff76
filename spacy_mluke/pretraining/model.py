"""The encoder with its two pretraining heads, and the loss of a batch."""

from dataclasses import dataclass
from typing import Dict, Tuple

import torch
from torch import Tensor, nn

from ..modeling.config import EncoderConfig
from ..modeling.encoder import MLukeEncoder
from ..modeling.heads import EntityHead, WordHead
from ..modeling.losses import linear_cross_entropy
from .batches import MaskedBatch


@dataclass(frozen=True)
class Totals:
    """How many predictions the whole batch has, by which sums of losses are divided."""

    words: int
    entities: int


class PretrainingModel(nn.Module):
    """mLUKE as it is pretrained: ``L = L_MLM + L_MEP`` (LUKE, section 3.3).

    config (EncoderConfig): The sizes.
    """

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.encoder = MLukeEncoder(config)
        self.lm_head = WordHead(config)
        self.entity_predictions = EntityHead(config)

    @property
    def word_table(self) -> Tensor:
        """RETURNS (Tensor): (vocab_size, hidden_size), tied to the word head."""
        return self.encoder.embeddings.word_embeddings.weight

    @property
    def entity_table(self) -> Tensor:
        """RETURNS (Tensor): (entity_vocab_size, entity_emb_size), tied to the entity head."""
        return self.encoder.entity_embeddings.entity_embeddings.weight

    def states(self, batch: MaskedBatch, *, training: bool) -> Tuple[Tensor, Tensor]:
        """RETURNS (Tuple[Tensor, Tensor]): (N, hidden_size) of the words to predict and
        (M, hidden_size) of the entities.
        """
        slots = batch.slots if len(batch.slots.entity_ids) else None
        encoded = self.encoder(batch.words, slots, training=training)
        device = encoded.words.device
        return (
            encoded.words[batch.word_places.to(device)],
            encoded.slots[batch.entity_places.to(device)],
        )

    def forward(
        self, batch: MaskedBatch, totals: Totals, dtype: torch.dtype
    ) -> Tuple[Tensor, Tensor]:
        """batch (MaskedBatch): A batch, or a part of one.
        totals (Totals): Predictions of the whole batch.
        dtype (torch.dtype): Of the products with the tables.
        RETURNS (Tuple[Tensor, Tensor]): Its part of the mean losses of words and of entities.
        """
        words, entities = self.states(batch, training=True)
        device = words.device
        word_loss = linear_cross_entropy(
            self.lm_head.transform(words),
            self.word_table,
            self.lm_head.bias,
            batch.word_targets.to(device),
            dtype=dtype,
        )
        table: Tensor = self.entity_table
        bias: Tensor = self.entity_predictions.bias
        if batch.candidates is not None and batch.corrections is not None:
            rows = batch.candidates.to(device)
            table, bias = table[rows], bias[rows] + batch.corrections.to(device)
        entity_loss = linear_cross_entropy(
            self.entity_predictions.transform(entities),
            table,
            bias,
            batch.entity_targets.to(device),
            dtype=dtype,
        )
        return word_loss / max(totals.words, 1), entity_loss / max(totals.entities, 1)

    def head_tensors(self) -> Dict[str, Tensor]:
        """RETURNS (Dict[str, Tensor]): Weights of the heads by their names in checkpoints."""
        return {
            name: tensor
            for name, tensor in self.state_dict().items()
            if not name.startswith("encoder.")
        }
