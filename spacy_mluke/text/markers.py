"""Inputs with marker pieces around spans, for relations (a pair) and entity typing (one span).

A relation between a head and a tail is read from ``.. <ent> head <ent> .. <ent2> tail <ent2> ..``
and two slots that cover the mentions with their markers; entity typing has one span and
``<ent>`` only (Yamada et al. 2020, section 4).
"""

from dataclasses import dataclass
from typing import Sequence, Tuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import Errors
from .arrays import Bools1d, Ints1d, Ints3d, ints, offsets_of, ragged_arange
from .pieces import DocPieces


@dataclass(frozen=True)
class MarkedInputs:
    """Inputs, one for each group of spans that fits a window.

    ids (Ints1d): Shape (sum of lengths,), model ids without ``<s>`` and ``</s>``.
    lengths (Ints1d): Shape (n_held,), pieces of each input.
    ranges (Ints3d): Shape (n_held, k, 2), pieces of each span in its own input, with the markers.
    held (Bools1d): Shape (n,). False for the groups that have no input: one of their spans has
        no piece, or they reach over more pieces than a window has.
    """

    ids: Ints1d
    lengths: Ints1d
    ranges: Ints3d
    held: Bools1d


def mark_spans(
    pieces: DocPieces, spans: ArrayLike, *, markers: Sequence[int], window: int
) -> MarkedInputs:
    """Put markers around spans.

    Where spans meet or are nested, markers nest as brackets do: of two spans that begin
    together the longer one opens first, and of two identical ones the first one. What
    ``MLukeTokenizer`` does with two spans that do not overlap is the same; with others it puts
    markers in wrong places.

    pieces (DocPieces): The pieces of a Doc.
    spans (ArrayLike): Shape (n, k, 2), token offsets: k spans for each input, such as head and
        tail.
    markers (Sequence[int]): The k ids to put before and after each span.
    window (int): Most pieces in an input, markers included. From a longer Doc the input is the
        part around the spans, cut between tokens.
    RETURNS (MarkedInputs): The inputs, in the order of the groups of spans.
    RAISES ValueError: The number of markers is wrong, or a span reaches out of the Doc.
    """
    k = len(markers)
    groups = ints(spans)
    groups = groups.reshape(-1, k, 2) if not groups.size else groups
    if groups.ndim != 3 or groups.shape[1:] != (k, 2):
        n_spans = groups.shape[1] if groups.ndim > 1 else 1
        raise ValueError(Errors.M111.format(n_markers=k, n_spans=n_spans))
    room = window - 2 * k
    if room < 1:
        raise ValueError(Errors.M112.format(window=window, n_spans=k))
    ranges = pieces.span_pieces(groups.reshape(-1, 2)).reshape(-1, k, 2).astype(np.int64)
    low, high = ranges[:, :, 0].min(axis=1), ranges[:, :, 1].max(axis=1)
    held = (ranges[:, :, 0] < ranges[:, :, 1]).all(axis=1) & (high - low <= room)
    ranges = ranges[held]
    left, right = _around(pieces, low[held], high[held], room)
    # Columns 0..k-1 are the markers before the spans, k..2k-1 those after them.
    at = np.concatenate([ranges[:, :, 0], ranges[:, :, 1]], axis=1) - left[:, None]
    at += _ranks(ranges)
    lengths = right - left + 2 * k
    starts = offsets_of(lengths)
    flat = np.zeros(starts[-1], dtype=np.int32)
    is_marker = np.zeros(starts[-1], dtype=bool)
    rows = starts[:-1, None] + at
    flat[rows] = ints([*markers, *markers])
    is_marker[rows] = True
    flat[~is_marker] = pieces.ids[ragged_arange(left, right - left)]
    with_markers = np.stack([at[:, :k], at[:, k:] + 1], axis=2)
    return MarkedInputs(flat, ints(lengths), ints(with_markers), held)


def _ranks(ranges: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many markers of the same input stand before each one. Shape (n, 2k)."""
    n, k, _ = ranges.shape
    start, end = ranges[:, :, 0], ranges[:, :, 1]
    order = np.broadcast_to(np.arange(k), (n, k))
    # At one place spans close before others open, inner ones close first, outer ones open first.
    place = np.concatenate([start, end], axis=1)
    opens = np.broadcast_to(np.repeat([1, 0], k), (n, 2 * k))
    nesting = np.concatenate([-end, -start], axis=1)
    turn = np.concatenate([order, -order], axis=1)
    sorting = np.lexsort((turn, nesting, opens, place), axis=1)
    return np.argsort(sorting, axis=1)


def _around(
    pieces: DocPieces, low: NDArray[np.int64], high: NDArray[np.int64], room: int
) -> Tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The part of a Doc, at most room pieces, that has low..high in its middle."""
    n_pieces = len(pieces.ids)
    boundaries = pieces.boundaries()
    left = np.maximum(np.minimum(low - (room - (high - low)) // 2, n_pieces - room), 0)
    right = np.minimum(left + room, n_pieces)
    # Cut no token: begin at the next boundary, end at the last one; the spans stay inside.
    left = boundaries[np.searchsorted(boundaries, left, side="left")]
    right = boundaries[np.searchsorted(boundaries, right, side="right") - 1]
    return np.minimum(left, low), np.maximum(right, high)
