"""What goes into the encoder: the windows of a batch, flat, and the slots placed on them."""

from dataclasses import dataclass
from typing import List, Union

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ..errors import Errors
from .config import EncoderConfig

Lengths = Union[Tensor, List[int]]
HostInts = npt.NDArray[np.int64]


def host_lengths(lengths: Lengths) -> HostInts:
    """RETURNS (HostInts): The lengths on the host, where all index arithmetic is done."""
    if isinstance(lengths, Tensor):
        return lengths.detach().cpu().numpy().astype(np.int64, copy=False)
    return np.asarray(lengths, dtype=np.int64)


def _check_ids(ids: Tensor, rows: int, kind: str, table: str) -> None:
    if not ids.numel():
        return
    low, high = (int(x) for x in torch.aminmax(ids))
    if low < 0 or high >= rows:
        raise ValueError(
            Errors.M210.format(kind=kind, id=low if low < 0 else high, table=table, rows=rows)
        )


@dataclass
class WindowBatch:
    """The word pieces of all windows of a batch, one after the other, without padding.

    word_ids (LongTensor): (T,) pieces, ``<s>`` and ``</s>`` of each window included.
    lengths (Lengths): (B,) pieces of each window; they sum up to T.
    """

    word_ids: Tensor
    lengths: Lengths

    def check(self, config: EncoderConfig) -> None:
        """RAISES (ValueError): If the batch does not fit itself or the tables of the encoder."""
        lengths = host_lengths(self.lengths)
        if int(lengths.sum()) != len(self.word_ids) or (lengths < 0).any():
            raise ValueError(
                Errors.M211.format(kind="pieces", total=lengths.sum(), rows=len(self.word_ids))
            )
        if (lengths == 0).any():
            raise ValueError(Errors.M212.format(window=int(np.argmin(lengths))))
        if lengths.size and lengths.max() > config.max_window:
            raise ValueError(
                Errors.M213.format(
                    window=int(lengths.argmax()), length=lengths.max(), limit=config.max_window
                )
            )
        _check_ids(self.word_ids, config.vocab_size, "piece", "word_embeddings")


@dataclass
class SlotBatch:
    """The slots of all windows of a batch, in the order of the windows.

    entity_ids (LongTensor): (S,) rows of the entity table.
    lengths (Lengths): (B,) slots of each window, zeros allowed; they sum up to S.
    ranges (LongTensor): (S, 2) pieces ``[start, end)`` that the slot stands on, counted in its
        own window with ``<s>`` = 0. An empty range gives a slot without position.
    """

    entity_ids: Tensor
    lengths: Lengths
    ranges: Tensor

    def check(self, config: EncoderConfig, window_lengths: HostInts) -> None:
        """window_lengths (HostInts): (B,) pieces of each window.
        RAISES (ValueError): If the batch does not fit itself, the windows or the entity table.
        """
        lengths = host_lengths(self.lengths)
        if len(lengths) != len(window_lengths):
            raise ValueError(Errors.M214.format(slots=len(lengths), windows=len(window_lengths)))
        n_slots = len(self.entity_ids)
        if int(lengths.sum()) != n_slots or (lengths < 0).any():
            raise ValueError(Errors.M211.format(kind="slots", total=lengths.sum(), rows=n_slots))
        if tuple(self.ranges.shape) != (n_slots, 2):
            raise ValueError(Errors.M215.format(shape=tuple(self.ranges.shape), slots=n_slots))
        _check_ids(self.entity_ids, config.entity_vocab_size, "entity", "entity_embeddings")
        ranges = self.ranges.detach().cpu().numpy()
        limits = np.repeat(window_lengths, lengths)
        starts, ends = ranges[:, 0], ranges[:, 1]
        wrong = (starts < 0) | (ends < starts) | (ends > limits)
        if wrong.any():
            slot = int(wrong.argmax())
            window = int(np.repeat(np.arange(len(lengths)), lengths)[slot])
            raise ValueError(
                Errors.M216.format(
                    slot=slot,
                    start=starts[slot],
                    end=ends[slot],
                    window=window,
                    length=limits[slot],
                )
            )
