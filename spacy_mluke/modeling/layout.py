"""Where the rows of a batch lie inside the encoder, and which of them attend to which.

Rows are kept window by window, windows of equal size side by side. A group of equal windows is
then a plain view of the flat rows: attention needs neither copies nor masks. All of it is worked
out once per batch, on the host.
"""

from dataclasses import dataclass
from typing import List, Optional, Sequence

import numpy as np
import torch
from torch import Tensor

from .batch import HostInts


@dataclass
class Group:
    """Neighbouring windows that attend in one call.

    size (int): Windows in the group.
    n_keys (int): Key rows of the longest window, to which the others are padded.
    query_start, key_start (int): First flat row. query_end, key_end (int): After the last one.
    query_rows, key_rows (Optional[Tensor]): (size * longest,) rows of the group to gather, or None
        where the windows are equally long and the rows are a view.
    real (Optional[Tensor]): Indices of the gathered query rows that are no padding.
    mask (Optional[Tensor]): (size, 1, 1, n_keys) True for real keys, or None.
    """

    size: int
    n_keys: int
    query_start: int
    query_end: int
    key_start: int
    key_end: int
    query_rows: Optional[Tensor] = None
    key_rows: Optional[Tensor] = None
    real: Optional[Tensor] = None
    mask: Optional[Tensor] = None

    def queries(self, rows: Tensor) -> Tensor:
        """rows (Tensor): (query_end - query_start, heads, d) those of the group.
        RETURNS (Tensor): (size, longest, heads, d).
        """
        return _padded(rows, self.query_rows, self.size)

    def keys(self, rows: Tensor) -> Tensor:
        """rows (Tensor): (key_end - key_start, heads, d) those of the group.
        RETURNS (Tensor): (size, n_keys, heads, d).
        """
        return _padded(rows, self.key_rows, self.size)

    def flatten(self, padded: Tensor) -> Tensor:
        """padded (Tensor): (size, longest, heads, d). RETURNS (Tensor): (rows, heads, d)."""
        flat = padded.flatten(0, 1)
        return flat if self.real is None else flat.index_select(0, self.real)


def _padded(rows: Tensor, gathered: Optional[Tensor], size: int) -> Tensor:
    padded = rows if gathered is None else rows.index_select(0, gathered)
    return padded.unflatten(0, (size, -1))


def divide(flat: Tensor, groups: Sequence[Group], *, by_keys: bool) -> List[Tensor]:
    """Divide rows into those of each group, all at once: each slice for itself would have a
    gradient as large as all rows.

    flat (Tensor): (rows, heads, d). groups (Sequence[Group]): In order, perhaps with gaps between.
    by_keys (bool): Whether these are rows of keys, or of queries.
    RETURNS (List[Tensor]): Views, one for each group.
    """
    bounds = [
        bound
        for group in groups
        for bound in (
            (group.key_start, group.key_end) if by_keys else (group.query_start, group.query_end)
        )
    ]
    sizes = np.diff([0, *bounds, len(flat)]).tolist()
    return list(flat.split(sizes)[1::2])  # the others are the gaps


@dataclass
class Layout:
    """Order of the rows of one stream inside the encoder.

    source (Optional[Tensor]): (rows,) the input row that goes to each place; None if unchanged.
    target (Optional[Tensor]): (rows,) the place of each input row; None if unchanged.
    groups (List[Group]): Who attends to whom.
    is_slot (Optional[Tensor]): (rows,) True where a place holds a slot; only of a joint layout
        with slots.
    with_self (Optional[Tensor]): (T + B,) for each window the row T, which stands for a slot
        itself, and then the rows of its words; only of a slot layout.
    """

    source: Optional[Tensor]
    target: Optional[Tensor]
    groups: List[Group]
    is_slot: Optional[Tensor] = None
    with_self: Optional[Tensor] = None

    def arrange(self, rows: Tensor) -> Tensor:
        """RETURNS (Tensor): Rows in input order put into the order of the encoder."""
        return rows if self.source is None else rows.index_select(0, self.source)

    def restore(self, rows: Tensor) -> Tensor:
        """RETURNS (Tensor): Rows in the order of the encoder put back into input order."""
        return rows if self.target is None else rows.index_select(0, self.target)


def concatenated_ranges(starts: HostInts, lengths: HostInts) -> HostInts:
    """RETURNS (HostInts): ``[s0, s0+1, .., s0+l0-1, s1, ..]`` without a loop."""
    before = np.cumsum(lengths) - lengths
    return np.repeat(starts - before, lengths) + np.arange(lengths.sum())


def _starts(lengths: HostInts) -> HostInts:
    return np.cumsum(lengths) - lengths


def group_windows(
    queries: HostInts, keys: HostInts, *, padding: float, device: torch.device
) -> List[Group]:
    """Divide windows, already in their order inside the encoder, into groups.

    queries, keys (HostInts): (B,) rows of each window. Windows without queries are left out.
    padding (float): The part of a padded row that may be padding. 0 makes a group of each run of
        equal windows, which is best where a call is cheap (CPU).
    RETURNS (List[Group]): The groups, in order.
    """
    query_starts, key_starts = _starts(queries), _starts(keys)
    groups = []
    used = np.flatnonzero(queries)
    begin = 0
    while begin < len(used):
        end = begin + 1
        q_low = q_high = queries[used[begin]]
        k_low = k_high = keys[used[begin]]
        while end < len(used) and used[end] == used[end - 1] + 1:
            q, k = queries[used[end]], keys[used[end]]
            q_low, q_high = min(q_low, q), max(q_high, q)
            k_low, k_high = min(k_low, k), max(k_high, k)
            if q_low < q_high * (1 - padding) or k_low < k_high * (1 - padding):
                break
            end += 1
        windows = used[begin:end]
        groups.append(
            _make_group(
                queries[windows], keys[windows], query_starts[windows], key_starts[windows], device
            )
        )
        begin = end
    return groups


def _make_group(
    queries: HostInts,
    keys: HostInts,
    query_starts: HostInts,
    key_starts: HostInts,
    device: torch.device,
) -> Group:
    longest_q, longest_k = int(queries.max()), int(keys.max())
    first_q, first_k = int(query_starts[0]), int(key_starts[0])
    group = Group(
        len(queries),
        longest_k,
        first_q,
        first_q + int(queries.sum()),
        first_k,
        first_k + int(keys.sum()),
    )
    if queries.min() < longest_q:
        place = np.arange(longest_q)
        rows = query_starts[:, None] - first_q + np.minimum(place, queries[:, None] - 1)
        group.query_rows = torch.from_numpy(rows.ravel()).to(device)
        real = np.flatnonzero(place < queries[:, None])
        group.real = torch.from_numpy(real).to(device)
    if keys.min() < longest_k:
        place = np.arange(longest_k)
        rows = key_starts[:, None] - first_k + np.minimum(place, keys[:, None] - 1)
        group.key_rows = torch.from_numpy(rows.ravel()).to(device)
        mask = torch.from_numpy(place < keys[:, None]).to(device)
        group.mask = mask[:, None, None, :]
    return group


def _layout(source: HostInts, groups: List[Group], device: torch.device) -> Layout:
    if (source[1:] > source[:-1]).all():  # a permutation that is sorted is the identity
        return Layout(None, None, groups)
    target = np.empty_like(source)
    target[source] = np.arange(len(source))
    return Layout(torch.from_numpy(source).to(device), torch.from_numpy(target).to(device), groups)


def joint_layout(
    words: HostInts, slots: HostInts, *, padding: float, device: torch.device
) -> Layout:
    """Words and slots of a window side by side, each attending to all of them.

    words, slots (HostInts): (B,) rows of each window; input rows are all words, then all slots.
    """
    order = np.argsort(words + slots, kind="stable")
    starts = np.stack([_starts(words), words.sum() + _starts(slots)], axis=1)[order].ravel()
    lengths = np.stack([words, slots], axis=1)[order].ravel()
    rows = (words + slots)[order]
    groups = group_windows(rows, rows, padding=padding, device=device)
    layout = _layout(concatenated_ranges(starts, lengths), groups, device)
    if slots.any():
        is_slot = np.repeat(np.tile([False, True], len(order)), lengths)
        layout.is_slot = torch.from_numpy(is_slot).to(device)
    return layout


def word_layout(
    words: HostInts, order: HostInts, *, padding: float, device: torch.device
) -> Layout:
    """Words that attend to the words of their window.

    words (HostInts): (B,) rows of each window.
    order (HostInts): (B,) the windows in their order inside the encoder.
    """
    source = concatenated_ranges(_starts(words)[order], words[order])
    groups = group_windows(words[order], words[order], padding=padding, device=device)
    return _layout(source, groups, device)


def slot_layout(
    slots: HostInts, words: HostInts, order: HostInts, *, padding: float, device: torch.device
) -> Layout:
    """Slots that attend to themselves and to the words of their window.

    slots, words (HostInts): (B,) rows of each window.
    order (HostInts): (B,) the windows in their order inside the encoder, as for the words.
    """
    slots_there, words_there = slots[order], words[order]
    source = concatenated_ranges(_starts(slots)[order], slots_there)
    groups = group_windows(slots_there, words_there + 1, padding=padding, device=device)
    layout = _layout(source, groups, device)
    starts = np.stack([np.full_like(words, words.sum()), _starts(words_there)], axis=1)
    lengths = np.stack([np.ones_like(words), words_there], axis=1)
    rows = concatenated_ranges(starts.ravel(), lengths.ravel())
    layout.with_self = torch.from_numpy(rows).to(device)
    return layout
