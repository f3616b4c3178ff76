"""Windows over the pieces of a long Doc.

An encoder reads a limited number of pieces at a time. A longer Doc is read in windows that
overlap; then each piece and each span is taken from the window where it has most context on
its shorter side.
"""

from typing import List, Optional, Tuple

import numpy as np

from ..errors import Errors
from .arrays import Ints1d, Ints2d, as_spans, ints
from .pieces import DocPieces


def strided_windows(pieces: DocPieces, *, window: int, stride: int) -> Ints2d:
    """Cover a Doc with windows of a limited length.

    Windows begin and end between tokens. Each token that is not longer than a window is whole
    in one of them; a longer token is cut.

    pieces (DocPieces): The pieces of the Doc.
    window (int): Most pieces in a window.
    stride (int): Pieces from the start of a window to the start of the next one (less where
        that would be inside a token).
    RETURNS (Ints2d): Shape (n_windows, 2), piece offsets, both columns sorted.
    """
    _check_sizes(window, stride)
    return as_spans(_stride_over(0, len(pieces.ids), pieces.boundaries(), window, stride))


def sentence_windows(
    pieces: DocPieces, sentence_bounds_in_tokens: Ints2d, *, window: int, stride: int
) -> Ints2d:
    """Give each sentence a window of its own; one longer than a window gets several.

    pieces (DocPieces): The pieces of the Doc.
    sentence_bounds_in_tokens (Ints2d): Shape (n_sentences, 2), token offsets, sorted.
    window (int): Most pieces in a window.
    stride (int): How far the windows of a long sentence advance.
    RETURNS (Ints2d): Shape (n_windows, 2), piece offsets, both columns sorted.
    """
    _check_sizes(window, stride)
    bounds = pieces.span_pieces(sentence_bounds_in_tokens)
    bounds = bounds[bounds[:, 1] > bounds[:, 0]]
    lengths = bounds[:, 1] - bounds[:, 0]
    if not (lengths > window).any():
        return bounds
    boundaries = pieces.boundaries()
    parts: List[Ints2d] = []
    done = 0
    for row in np.flatnonzero(lengths > window).tolist():
        parts.append(bounds[done:row])
        start, end = bounds[row].tolist()
        parts.append(as_spans(_stride_over(start, end, boundaries, window, stride)))
        done = row + 1
    return np.concatenate([*parts, bounds[done:]])


def owners(windows: Ints2d, pieces: DocPieces) -> Ints1d:
    """Find the window each piece is taken from: the one where its token is most central.

    windows (Ints2d): Shape (n_windows, 2), piece offsets, both columns sorted.
    pieces (DocPieces): The pieces of the Doc.
    RETURNS (Ints1d): Shape (n_pieces,). All pieces of a token have the same owner where some
        window holds the token whole; -1 where no window holds the piece.
    """
    boundaries = pieces.boundaries()
    units = np.stack([boundaries[:-1], boundaries[1:]], axis=1)
    owner = np.repeat(place_spans(windows, units), units[:, 1] - units[:, 0])
    alone = np.flatnonzero(owner < 0)
    owner[alone] = place_spans(windows, np.stack([alone, alone + 1], axis=1))
    return owner


def place_spans(windows: Ints2d, piece_spans: Ints2d) -> Ints1d:
    """Find the window of each span: it holds the span whole and gives it most context.

    Context is the number of pieces on the side that has fewer.

    windows (Ints2d): Shape (n_windows, 2), piece offsets, both columns sorted.
    piece_spans (Ints2d): Shape (n, 2), piece offsets.
    RETURNS (Ints1d): Shape (n,), -1 where the span is empty or no window holds it whole.
    """
    starts, ends = piece_spans[:, 0].astype(np.int64), piece_spans[:, 1].astype(np.int64)
    if not len(windows):
        return np.full(len(starts), -1, dtype=np.int32)
    firsts, lasts = windows[:, 0].astype(np.int64), windows[:, 1].astype(np.int64)
    # The windows that hold a span are a run, as both of their bounds are sorted ...
    low = np.searchsorted(lasts, ends, side="left")
    high = np.searchsorted(firsts, starts, side="right") - 1
    held = (low <= high) & (starts < ends)
    # ... and from one to the next the context on the left shrinks while that on the right
    # grows, so that the best one is where they cross.
    after = np.searchsorted(firsts + lasts, starts + ends, side="left")
    best = np.clip(np.stack([after - 1, after]), low, np.maximum(low, high))
    best = np.minimum(best, len(windows) - 1)
    context = np.minimum(starts - firsts[best], lasts[best] - ends)
    choice = np.where(context[1] > context[0], best[1], best[0])
    return ints(np.where(held, choice, -1))


def _check_sizes(window: int, stride: int) -> None:
    if not 1 <= stride <= window:
        raise ValueError(Errors.M106.format(window=window, stride=stride))


def _stride_over(
    start: int, stop: int, boundaries: Ints1d, window: int, stride: int
) -> List[Tuple[int, int]]:
    """Windows from start to stop that cut no token shorter than a window."""
    bounds: List[Tuple[int, int]] = []
    while start < stop:
        end = min(start + window, stop)
        if end < stop:
            end = _last_boundary(boundaries, start, end) or end
        # After moving to boundaries a window may hold nothing new.
        if not bounds or end > bounds[-1][1]:
            bounds.append((start, end))
        if end == stop:
            break
        following = _last_boundary(boundaries, start, start + stride)
        if following is None:
            # A long token lies ahead. If this window holds it, go on behind it, else cut it.
            following = _first_boundary(boundaries, start, end) or start + stride
        start = following
    return bounds


def _last_boundary(boundaries: Ints1d, start: int, end: int) -> Optional[int]:
    """The last boundary in (start, end]."""
    boundary = int(boundaries[np.searchsorted(boundaries, end, side="right") - 1])
    return boundary if boundary > start else None


def _first_boundary(boundaries: Ints1d, start: int, end: int) -> Optional[int]:
    """The first boundary in (start, end]."""
    boundary = int(boundaries[np.searchsorted(boundaries, start, side="right")])
    return boundary if boundary <= end else None
