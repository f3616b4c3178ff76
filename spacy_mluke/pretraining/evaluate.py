"""How well the model predicts pieces and entities that it has not seen in training."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Dict, Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .batches import MaskedBatch, Masker, gather_inputs
from .model import PretrainingModel
from .shards import Shard

_BATCH_PIECES = 8192
_TOP = 10


@dataclass
class Scores:
    """Sums over the predictions of a language.

    words, word_hits (int), word_loss (float): Masked pieces, those predicted first, and the sum of
        their losses.
    entities, entity_hits, entity_top (int): Masked entities, those predicted first, and those among
        the first ten.
    """

    words: int = 0
    word_hits: int = 0
    word_loss: float = 0.0
    entities: int = 0
    entity_hits: int = 0
    entity_top: int = 0

    def add(self, other: "Scores") -> None:
        """Add the sums of another one to these."""
        for name, value in other.__dict__.items():
            setattr(self, name, getattr(self, name) + value)

    def summary(self) -> Dict[str, float]:
        """RETURNS (Dict[str, float]): Means; accuracies between 0 and 1."""
        words, entities = max(self.words, 1), max(self.entities, 1)
        return {
            "mlm_loss": self.word_loss / words,
            "mlm_accuracy": self.word_hits / words,
            "mep_accuracy@1": self.entity_hits / entities,
            "mep_accuracy@10": self.entity_top / entities,
            "pieces": self.words,
            "entities": self.entities,
        }


@torch.inference_mode()
def evaluate(
    model: PretrainingModel,
    shards: Sequence[Shard],
    masker: Masker,
    *,
    max_pieces: int = 0,
    with_entities: bool = True,
) -> Dict[str, Scores]:
    """Masked prediction on held-out instances, with the same masks each time.

    model (PretrainingModel): The model. shards (Sequence[Shard]): Held-out data.
    masker (Masker): Hides pieces and entities; give it the rates that are to be measured.
    max_pieces (int): Of each shard; 0 for all.
    with_entities (bool): Whether there are slots.
    RETURNS (Dict[str, Scores]): By language, and "all".
    """
    result: Dict[str, Scores] = defaultdict(Scores)
    for index, shard in enumerate(shards):
        random = np.random.default_rng([index, 0])
        for instances in batches_of(index, shard, max_pieces):
            inputs = gather_inputs(shards, instances, with_entities=with_entities)
            batch = masker(inputs, random)
            result[shard.language].add(_score(model, batch))
    total = Scores()
    for scores in result.values():
        total.add(scores)
    return {**dict(sorted(result.items())), "all": total}


def batches_of(index: int, shard: Shard, max_pieces: int) -> Iterator[NDArray[np.int64]]:
    """YIELDS (NDArray[np.int64]): (n, 2) shard and instance, in order of length."""
    lengths = shard.lengths() + 2
    number = len(lengths)
    if max_pieces:
        number = int(np.searchsorted(np.cumsum(lengths), max_pieces, side="right"))
    rows = np.arange(number)
    yield from in_batches(np.stack([np.full(number, index), rows], axis=1), lengths[rows])


def in_batches(
    instances: NDArray[np.int64], lengths: NDArray[np.int64]
) -> Iterator[NDArray[np.int64]]:
    """instances (NDArray[np.int64]): (n, 2) shard and instance.
    lengths (NDArray[np.int64]): (n,) pieces of each.
    YIELDS (NDArray[np.int64]): Some of them, in order of length.
    """
    order = np.argsort(lengths, kind="stable")
    ends = np.cumsum(lengths[order])
    start = 0
    while start < len(order):
        limit = (ends[start - 1] if start else 0) + _BATCH_PIECES
        end = max(int(np.searchsorted(ends, limit, side="right")), start + 1)
        yield instances[order[start:end]]
        start = end


def _score(model: PretrainingModel, batch: MaskedBatch) -> Scores:
    words, entities = model.states(batch, training=False)
    scores = Scores(words=len(words), entities=len(entities))
    if len(words):
        logits = model.lm_head(words, model.word_table).float()
        gold = batch.word_targets.to(logits.device)
        picked = logits.gather(1, gold[:, None])[:, 0]
        scores.word_loss = float((logits.logsumexp(dim=1) - picked).sum())
        scores.word_hits = int((logits.argmax(dim=1) == gold).sum())
    if len(entities):
        logits = model.entity_predictions(entities, model.entity_table).float()
        ranks = ranks_of(logits, batch.entity_targets)
        scores.entity_hits = int((ranks == 0).sum())
        scores.entity_top = int((ranks < _TOP).sum())
    return scores


def ranks_of(logits: Tensor, gold: Tensor) -> Tensor:
    """logits (Tensor): (M, n_rows). gold (LongTensor): (M,) the right rows.
    RETURNS (LongTensor): (M,) how many rows of the table score higher than the right one.
    """
    picked = logits.gather(1, gold.to(logits.device)[:, None])
    return (logits > picked).sum(dim=1)
