"""Spans as numbers: sorting them and finding them in a table, without loops."""

import numpy as np
from thinc.types import Ints1d, Ints2d

# Token offsets are int32, so a pair of them fits one int64 key.
_SHIFT = np.int64(1) << 32


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
