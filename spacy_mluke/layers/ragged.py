"""Index arithmetic on ranges, without loops."""

import numpy as np
from thinc.types import Ints1d, Ints2d

# Token offsets are int32, so a pair of them fits one int64 key.
_SHIFT = np.int64(1) << 32


def expand_ranges(starts: Ints1d, lengths: Ints1d) -> Ints1d:
    """List all positions of many ranges, one range after the other.

    starts (Ints1d): First position of each range, (n,).
    lengths (Ints1d): Length of each range, (n,).
    RETURNS (Ints1d): The positions, (sum of lengths,) int64.
    """
    lengths = np.asarray(lengths, dtype="int64")
    total = int(lengths.sum())
    ends = np.cumsum(lengths)
    base = np.repeat(np.asarray(starts, dtype="int64") - (ends - lengths), lengths)
    return base + np.arange(total, dtype="int64")


def span_keys(spans: Ints2d) -> Ints1d:
    """Number spans so that the order of the numbers is that of (start, end).

    spans (Ints2d): (n, 2) offsets, each below 2 ** 31.
    RETURNS (Ints1d): (n,) int64.
    """
    spans = np.asarray(spans, dtype="int64").reshape(-1, 2)
    return spans[:, 0] * _SHIFT + spans[:, 1]


def unique_spans(spans: Ints2d) -> Ints2d:
    """RETURNS (Ints2d): The spans sorted by (start, end), each once, (n, 2) int32."""
    keys = np.unique(span_keys(spans))
    return np.stack([keys // _SHIFT, keys % _SHIFT], axis=1).astype("int32")


def find_spans(spans: Ints2d, wanted: Ints2d) -> Ints1d:
    """Find spans in a sorted table.

    spans (Ints2d): The table, sorted by (start, end), (n, 2).
    wanted (Ints2d): Spans to find, (m, 2).
    RETURNS (Ints1d): Row of each wanted span, -1 where it is not in the table, (m,).
    """
    table, keys = span_keys(spans), span_keys(wanted)
    if not len(table):
        return np.full(len(keys), -1, dtype="int64")
    rows = np.minimum(np.searchsorted(table, keys), len(table) - 1)
    return np.where(table[rows] == keys, rows, -1)
