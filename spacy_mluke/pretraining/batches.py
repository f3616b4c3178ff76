"""Batches as the model takes them, made from shards on the host."""

from dataclasses import dataclass
from typing import List, Optional, Sequence, Tuple

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor

from ..modeling.batch import SlotBatch, WindowBatch
from ..text.arrays import offsets_of, ragged_arange
from ..text.pieces import PieceEncoder
from .masking import MaskingSettings, mask_entities, mask_words
from .shards import Shard

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Inputs:
    """Instances one after the other, nothing hidden yet.

    pieces (Ints): (T,) with ``<s>`` and ``</s>``. lengths (Ints): (B,) pieces of each.
    entities (Ints): (S,) rows. ranges (Ints): (S, 2) with ``<s>`` = 0. slots (Ints): (B,).
    shards (Ints): (B,) the shard each instance is from.
    """

    pieces: Ints
    lengths: Ints
    entities: Ints
    ranges: Ints
    slots: Ints
    shards: Ints

    def piece_places(self, slots: Ints) -> Ints:
        """slots (Ints): (n,) some of the entities.
        RETURNS (Ints): (m,) where the pieces of their mentions are.
        """
        firsts = offsets_of(self.lengths)[:-1].repeat(self.slots)[slots]
        ranges = self.ranges[slots]
        return ragged_arange(firsts + ranges[:, 0], ranges[:, 1] - ranges[:, 0])

    def split(self, parts: int) -> List["Inputs"]:
        """Divide the instances into parts with about equally many pieces.

        parts (int): How many. RETURNS (List[Inputs]): That many, later ones may be empty.
        """
        ends = np.cumsum(self.lengths)
        total = int(ends[-1]) if len(ends) else 0
        targets = total * np.arange(1, parts) / parts
        cuts = [0, *np.searchsorted(ends, targets, side="left").tolist(), len(ends)]
        pieces, slots = offsets_of(self.lengths), offsets_of(self.slots)
        return [
            Inputs(
                self.pieces[pieces[a] : pieces[b]],
                self.lengths[a:b],
                self.entities[slots[a] : slots[b]],
                self.ranges[slots[a] : slots[b]],
                self.slots[a:b],
                self.shards[a:b],
            )
            for a, b in zip(cuts[:-1], cuts[1:])
        ]


@dataclass(frozen=True)
class MaskedBatch:
    """What goes into the model and what should come out.

    words (WindowBatch), slots (SlotBatch): The inputs with some pieces and entities hidden.
    word_places, word_targets (Tensor): (N,) where pieces are to be predicted, and which.
    entity_places, entity_targets (Tensor): (M,) the same of entities; targets are rows of the
        table or, with candidates, places among these.
    candidates (Optional[Tensor]): (C,) rows that are scored. None scores the whole table.
    corrections (Optional[Tensor]): (C,) -log of how often a candidate is drawn.
    shards (Ints): (B,) the shard each window is from.
    """

    words: WindowBatch
    slots: SlotBatch
    word_places: Tensor
    word_targets: Tensor
    entity_places: Tensor
    entity_targets: Tensor
    shards: Ints
    candidates: Optional[Tensor] = None
    corrections: Optional[Tensor] = None


def gather_inputs(shards: Sequence[Shard], instances: Ints, *, with_entities: bool) -> Inputs:
    """Read instances and put ``<s>`` and ``</s>`` around them.

    shards (Sequence[Shard]): The data. instances (Ints): (B, 2) shard and instance.
    with_entities (bool): False for words alone.
    RETURNS (Inputs): The instances, in the order of the shards.
    """
    parts = []
    which = np.unique(instances[:, 0])
    for shard in which.tolist():
        rows = np.sort(instances[instances[:, 0] == shard, 1])
        parts.append(shards[shard].gather(rows))
    flat, lengths, entities, ranges, slots = (
        np.concatenate(columns).astype(np.int64) for columns in zip(*parts, strict=True)
    )
    origin = np.repeat(which, [len(part[1]) for part in parts])
    framed = np.full(len(flat) + 2 * len(lengths), PieceEncoder.bos_id, dtype=np.int64)
    ends = np.cumsum(lengths + 2)
    framed[ends - 1] = PieceEncoder.eos_id
    inside = np.ones(len(framed), dtype=bool)
    inside[ends - 1] = inside[ends - lengths - 2] = False
    framed[inside] = flat
    if not with_entities:
        entities, ranges, slots = entities[:0], ranges[:0], np.zeros_like(slots)
    return Inputs(framed, lengths + 2, entities, ranges + 1, slots, origin)


class Masker:
    """Hides pieces and entities of inputs.

    settings (MaskingSettings): How many.
    mask_piece (int): ``<mask>``. vocab_size (int): Random pieces are below it.
    mask_entity (int): The row of [MASK].
    sampler (Optional[CandidateSampler]): Draws the entities that are scored; None scores all.
    """

    def __init__(
        self,
        settings: MaskingSettings,
        *,
        mask_piece: int,
        mask_entity: int,
        sampler: Optional["CandidateSampler"] = None,
    ) -> None:
        self.settings = settings
        self._mask_piece = mask_piece
        self._mask_entity = mask_entity
        self._sampler = sampler

    def __call__(self, inputs: Inputs, random: Generator) -> MaskedBatch:
        """inputs (Inputs): Whole instances. random (Generator): Where chance comes from.
        RETURNS (MaskedBatch): The batch.
        """
        ends = np.cumsum(inputs.lengths)
        maskable = np.ones(len(inputs.pieces), dtype=bool)
        maskable[ends - 1] = maskable[ends - inputs.lengths] = False
        pieces, word_places = mask_words(
            inputs.pieces,
            np.flatnonzero(maskable),
            self.settings,
            mask_id=self._mask_piece,
            first_id=PieceEncoder.pad_id + 1,
            end_id=self._mask_piece,
            random=random,
        )
        entities, entity_places = mask_entities(
            inputs.entities, self.settings, mask_id=self._mask_entity, random=random
        )
        if self.settings.mentions:
            hidden = random.random(len(entity_places)) < self.settings.mentions
            pieces[inputs.piece_places(entity_places[hidden])] = self._mask_piece
        targets = inputs.entities[entity_places]
        candidates = corrections = None
        if self._sampler is not None:
            rows, correction, targets = self._sampler(targets, random)
            candidates, corrections = torch.from_numpy(rows), torch.from_numpy(correction)
        return MaskedBatch(
            WindowBatch(torch.from_numpy(pieces), inputs.lengths),  # type: ignore[arg-type]
            SlotBatch(
                torch.from_numpy(entities),
                inputs.slots,  # type: ignore[arg-type]
                torch.from_numpy(inputs.ranges),
            ),
            torch.from_numpy(word_places),
            torch.from_numpy(inputs.pieces[word_places]),
            torch.from_numpy(entity_places),
            torch.from_numpy(targets),
            inputs.shards,
            candidates,
            corrections,
        )


class CandidateSampler:
    """Draws entities to score beside the right ones, where the table is too large to score all.

    Sampled softmax (Jean et al. 2015, section 3): logits are corrected by how often a candidate is
    drawn, so that the gradient is on average that of the whole table.

    counts (Ints): (n_rows,) how often each entity is mentioned.
    number (int): Draws a batch; the candidates are the distinct ones among them.
    power (float): Entities are drawn with p ~ count^power.
    """

    def __init__(self, counts: Ints, number: int, *, power: float = 0.75) -> None:
        weights = np.maximum(counts, 1).astype(np.float64) ** power
        self._shares = weights / weights.sum()
        self._ends = np.cumsum(self._shares)
        self._number = number

    def __call__(
        self, targets: Ints, random: Generator
    ) -> Tuple[Ints, NDArray[np.float32], Ints]:
        """targets (Ints): (M,) the right rows. random (Generator): Where chance comes from.
        RETURNS: Candidate rows (C,), sorted; their corrections (C,); places of the targets (M,).
        """
        drawn = np.searchsorted(self._ends, random.random(self._number) * self._ends[-1])
        rows = np.unique(np.concatenate([targets, np.minimum(drawn, len(self._ends) - 1)]))
        expected = -np.expm1(self._number * np.log1p(-np.minimum(self._shares[rows], 0.999)))
        corrections = -np.log(expected).astype(np.float32)
        return rows, corrections, np.searchsorted(rows, targets)
