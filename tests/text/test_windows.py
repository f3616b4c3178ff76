import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_mluke.text.pieces import DocPieces
from spacy_mluke.text.windows import (
    owners,
    place_spans,
    sentence_windows,
    strided_windows,
)


def make_pieces(lengths, shared=()) -> DocPieces:
    """Tokens with so many pieces each; those in shared begin one piece early, as in mode hf."""
    ends = np.cumsum(lengths, dtype="i")
    starts = ends - np.array(lengths, dtype="i")
    for i in shared:
        starts[i] = max(starts[i] - 1, 0)
    return DocPieces(np.arange(sum(lengths), dtype="i"), starts, ends)


@st.composite
def cases(draw):
    lengths = draw(st.lists(st.integers(0, 25), max_size=60))
    candidates = [i for i in range(1, len(lengths)) if lengths[i] and lengths[i - 1]]
    shared = draw(st.lists(st.sampled_from(candidates), max_size=5)) if candidates else []
    window = draw(st.integers(1, 40))
    stride = draw(st.integers(1, window))
    return make_pieces(lengths, set(shared)), window, stride


def units_of(pieces):
    """Ranges of pieces that belong together, found one by one."""
    cut = {p for a, b in zip(pieces.starts, pieces.ends, strict=True) for p in range(a + 1, b)}
    edges = [p for p in range(len(pieces.ids) + 1) if p not in cut]
    return list(zip(edges[:-1], edges[1:], strict=True))


def best_window(windows, start, end):
    """The window with most context on the shorter side, found one by one."""
    context = [
        min(start - low, high - end) if low <= start and end <= high else -1
        for low, high in windows.tolist()
    ]
    return int(np.argmax(context)) if context and max(context) >= 0 else -1


def check_windows(windows, pieces, window):
    assert windows.shape[1:] == (2,) and windows.dtype == np.int32
    assert ((windows[:, 1] - windows[:, 0]) <= window).all()
    assert (windows[:, 0] < windows[:, 1]).all()
    assert (np.diff(windows, axis=0) > 0).all()


@settings(max_examples=400, deadline=None)
@given(cases())
def test_strided_windows(case):
    pieces, window, stride = case
    windows = strided_windows(pieces, window=window, stride=stride)
    check_windows(windows, pieces, window)
    n = len(pieces.ids)
    assert len(windows) == 0 if n == 0 else (windows[0, 0] == 0 and windows[-1, 1] == n)
    assert (windows[1:, 0] <= windows[:-1, 1]).all(), "no piece is left out"
    # Every token that can be is whole somewhere, and then it has one owner.
    found = owners(windows, pieces)
    assert found.dtype == np.int32 and (found >= 0).all()
    for start, end in units_of(pieces):
        best = best_window(windows, start, end)
        if end - start <= window:
            assert best >= 0
            assert (found[start:end] == best).all()
        else:
            assert found[start:end].tolist() == [
                best_window(windows, p, p + 1) for p in range(start, end)
            ]
    assert (windows[found, 0] <= np.arange(n)).all() and (np.arange(n) < windows[found, 1]).all()


@settings(max_examples=200, deadline=None)
@given(cases())
def test_windows_cut_no_token_that_fits(case):
    pieces, window, stride = case
    windows = strided_windows(pieces, window=window, stride=stride)
    for low, high in windows.tolist():
        for start, end in units_of(pieces):
            if end - start <= window:
                assert not start < low < end
                assert not start < high < end


@settings(max_examples=300, deadline=None)
@given(cases(), st.lists(st.tuples(st.integers(0, 200), st.integers(0, 30)), max_size=20))
def test_place_spans(case, spans):
    pieces, window, stride = case
    windows = strided_windows(pieces, window=window, stride=stride)
    n = len(pieces.ids)
    ranges = np.array([[min(a, n), min(a + w, n)] for a, w in spans], dtype="i").reshape(-1, 2)
    placed = place_spans(windows, ranges)
    assert placed.tolist() == [
        best_window(windows, a, b) if a < b else -1 for a, b in ranges.tolist()
    ]


@settings(max_examples=200, deadline=None)
@given(cases(), st.data())
def test_sentence_windows(case, data):
    pieces, window, stride = case
    n_tokens = len(pieces.starts)
    # A Doc in mode hf may share a piece between sentences; here they are apart.
    pieces = make_pieces([e - s for s, e in zip(pieces.starts, pieces.ends, strict=True)])
    cuts = data.draw(st.lists(st.integers(0, n_tokens), max_size=8))
    edges = sorted({0, n_tokens, *cuts})
    sentences = np.array(list(zip(edges[:-1], edges[1:], strict=True)), dtype="i").reshape(-1, 2)
    windows = sentence_windows(pieces, sentences, window=window, stride=stride)
    check_windows(windows, pieces, window)
    assert (owners(windows, pieces) >= 0).all()
    expected = []
    for first, last in sentences.tolist():
        part = make_pieces((pieces.ends - pieces.starts)[first:last].tolist())
        shift = pieces.starts[first]
        expected += (strided_windows(part, window=window, stride=stride) + shift).tolist()
    assert windows.tolist() == expected


def test_advance_and_centre():
    pieces = make_pieces([1] * 25)
    windows = strided_windows(pieces, window=10, stride=5)
    assert windows.tolist() == [[0, 10], [5, 15], [10, 20], [15, 25]]
    assert owners(windows, pieces).tolist() == [0] * 8 + [1] * 5 + [2] * 5 + [3] * 7


def test_token_longer_than_a_window_is_cut_with_overlap():
    windows = strided_windows(make_pieces([1, 30, 1]), window=12, stride=6)
    assert windows.tolist() == [[0, 1], [1, 13], [7, 19], [13, 25], [19, 31], [31, 32]]


def test_no_windows():
    pieces = make_pieces([0, 0])
    windows = strided_windows(pieces, window=4, stride=2)
    assert windows.shape == (0, 2)
    assert owners(windows, pieces).shape == (0,)
    assert place_spans(windows, np.array([[0, 0]])).tolist() == [-1]


@pytest.mark.parametrize("window,stride", [(0, 0), (10, 0), (10, 11), (-1, -1)])
def test_impossible_sizes(window, stride):
    with pytest.raises(ValueError, match="M106"):
        strided_windows(make_pieces([1]), window=window, stride=stride)


def test_long_docs_are_fast():
    rng = np.random.default_rng(0)
    pieces = make_pieces(rng.integers(0, 4, size=200_000).tolist())
    spans = rng.integers(0, len(pieces.starts) - 10, size=200_000)
    ranges = pieces.span_pieces(np.stack([spans, spans + 10], axis=1))
    begin = time.process_time()
    windows = strided_windows(pieces, window=510, stride=255)
    owners(windows, pieces)
    placed = place_spans(windows, ranges)
    assert time.process_time() - begin < 1
    assert (placed >= 0).all()
