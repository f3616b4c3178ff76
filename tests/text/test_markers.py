import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_mluke.text.markers import mark_spans
from spacy_mluke.text.pieces import DocPieces

ENT, ENT2 = -1, -2


def make_pieces(lengths):
    ends = np.cumsum(lengths, dtype="i")
    ids = np.arange(sum(lengths), dtype="i")
    return DocPieces(ids, ends - np.array(lengths, dtype="i"), ends)


def mark(pieces, pairs, window=1000):
    marked = mark_spans(pieces, pairs, markers=[ENT, ENT2], window=window)
    bounds = np.cumsum([0, *marked.lengths])
    rows = zip(bounds[:-1], bounds[1:], strict=True)
    return [marked.ids[a:b].tolist() for a, b in rows], marked


@pytest.mark.parametrize(
    "pair,expected",
    [
        # apart, in both orders
        ([[0, 1], [2, 4]], [ENT, 0, ENT, 1, ENT2, 2, 3, ENT2, 4]),
        ([[2, 4], [0, 1]], [ENT2, 0, ENT2, 1, ENT, 2, 3, ENT, 4]),
        # side by side
        ([[0, 2], [2, 3]], [ENT, 0, 1, ENT, ENT2, 2, ENT2, 3, 4]),
        ([[2, 3], [0, 2]], [ENT2, 0, 1, ENT2, ENT, 2, ENT, 3, 4]),
        # nested, also with one end in common
        ([[0, 5], [1, 2]], [ENT, 0, ENT2, 1, ENT2, 2, 3, 4, ENT]),
        ([[1, 2], [0, 5]], [ENT2, 0, ENT, 1, ENT, 2, 3, 4, ENT2]),
        ([[0, 2], [0, 4]], [ENT2, ENT, 0, 1, ENT, 2, 3, ENT2, 4]),
        ([[0, 4], [2, 4]], [ENT, 0, 1, ENT2, 2, 3, ENT2, ENT, 4]),
        # identical
        ([[1, 3], [1, 3]], [0, ENT, ENT2, 1, 2, ENT2, ENT, 3, 4]),
        # crossing
        ([[0, 3], [2, 5]], [ENT, 0, 1, ENT2, 2, ENT, 3, 4, ENT2]),
    ],
)
def test_pairs(pair, expected):
    ids, marked = mark(make_pieces([1] * 5), [pair])
    assert ids == [expected]
    for (start, end), marker in zip(marked.ranges[0].tolist(), (ENT, ENT2), strict=True):
        assert expected[start] == marker and expected[end - 1] == marker
        assert expected.count(marker) == 2


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_pairs(data):
    lengths = data.draw(st.lists(st.integers(0, 3), min_size=1, max_size=30))
    pieces = make_pieces(lengths)
    offset = st.integers(0, len(lengths))
    span = st.tuples(offset, offset).map(sorted)
    pairs = data.draw(st.lists(st.tuples(span, span), max_size=6))
    window = data.draw(st.integers(5, 40))
    inputs, marked = mark(pieces, [list(pair) for pair in pairs], window)
    assert len(marked.held) == len(pairs) and marked.held.sum() == len(inputs)
    kept = iter(range(len(inputs)))
    for pair, held in zip(pairs, marked.held, strict=True):
        ranges = pieces.span_pieces(list(pair))
        reach = ranges[:, 1].max() - ranges[:, 0].min()
        assert held == ((ranges[:, 0] < ranges[:, 1]).all() and reach <= window - 4)
        if not held:
            continue
        i = next(kept)
        ids = inputs[i]
        assert len(ids) == marked.lengths[i] <= window
        text = [x for x in ids if x >= 0]
        # One stretch of the Doc that cuts no token and holds both spans.
        assert text == list(range(text[0], text[-1] + 1))
        assert text[0] in pieces.boundaries() and text[-1] + 1 in pieces.boundaries()
        if len(pieces.ids) <= window - 4:
            assert len(text) == len(pieces.ids)
        for (start, end), slot, marker in zip(ranges, marked.ranges[i], (ENT, ENT2), strict=True):
            assert ids[slot[0]] == ids[slot[1] - 1] == marker
            inner = [x for x in ids[slot[0] : slot[1]] if x >= 0]
            assert inner == list(range(start, end))


def test_cut_is_centred_on_the_pair():
    inputs, _ = mark(make_pieces([1] * 1000), [[[500, 501], [505, 506]]], window=50)
    text = [x for x in inputs[0] if x >= 0]
    assert len(text) == 46 and abs((500 - text[0]) - (text[-1] - 505)) <= 1
    # At the ends of the Doc the room goes to the other side.
    for at in (0, 998):
        inputs, _ = mark(make_pieces([1] * 1000), [[[at, at + 1], [at + 1, at + 2]]], window=50)
        assert len(inputs[0]) == 50


def test_one_span_for_typing():
    marked = mark_spans(make_pieces([1, 2, 1]), [[[1, 2]], [[0, 3]]], markers=[ENT], window=10)
    assert marked.ids.tolist() == [0, ENT, 1, 2, ENT, 3, ENT, 0, 1, 2, 3, ENT]
    assert marked.ranges.tolist() == [[[1, 5]], [[0, 6]]]


def test_nothing_to_mark():
    marked = mark_spans(make_pieces([1]), [], markers=[ENT, ENT2], window=10)
    assert marked.ranges.shape == (0, 2, 2) and not len(marked.ids)
    empty = mark_spans(make_pieces([0, 1]), [[[0, 1], [1, 2]]], markers=[ENT, ENT2], window=10)
    assert empty.held.tolist() == [False] and not len(empty.ids)


def test_wrong_arguments():
    with pytest.raises(ValueError, match="M111"):
        mark_spans(make_pieces([1, 1]), [[[0, 1]]], markers=[ENT, ENT2], window=10)
    with pytest.raises(ValueError, match="M112"):
        mark_spans(make_pieces([1]), [[[0, 1], [0, 1]]], markers=[ENT, ENT2], window=4)
    with pytest.raises(ValueError, match="M104"):
        mark_spans(make_pieces([1]), [[[0, 1], [0, 2]]], markers=[ENT, ENT2], window=10)
