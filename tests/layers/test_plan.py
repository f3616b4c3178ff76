import numpy as np
import pytest
import spacy
from spacy.tokens import Doc

from spacy_mluke.layers.plan import Placement, Plan, WindowSettings, group_windows
from spacy_mluke.text.pieces import DocPieces

VOCAB = spacy.blank("xx").vocab


def pieces_of(lengths):
    ends = np.cumsum(lengths, dtype="int32")
    ids = np.arange(10, 10 + sum(lengths), dtype="int32")
    return DocPieces(ids, ends - np.asarray(lengths, dtype="int32"), ends)


@pytest.fixture
def plan():
    lengths = [[1] * 10, [], [2, 0, 3]]
    docs = [Doc(VOCAB, ["x"] * len(row)) for row in lengths]
    return Plan.make(docs, [pieces_of(row) for row in lengths], WindowSettings(4, 2))


class Ids:
    bos_id, eos_id = 0, 2


def test_windows(plan):
    assert plan.window_docs.tolist() == [0, 0, 0, 0, 2, 2]
    bounds = [[0, 4], [2, 6], [4, 8], [6, 10], [0, 2], [2, 5]]
    assert plan.window_bounds.tolist() == bounds
    assert plan.lengths.tolist() == [6, 6, 6, 6, 4, 5]
    assert plan.token_offsets.tolist() == [0, 10, 10, 13]


def test_word_ids(plan):
    ids = plan.word_ids(np.asarray([4, 1]), Ids)
    assert ids.tolist() == [0, 10, 11, 2, 0, 12, 13, 14, 15, 2]


def test_every_piece_is_owned_once(plan):
    ids, owned = [], []
    for group in group_windows(plan.lengths, np.zeros(6, "int64"), 10):
        rows = plan.owned_rows(group)
        owned.extend(rows.pieces.tolist())
        ids.extend(plan.word_ids(group, Ids)[rows.rows].tolist())
    assert sorted(owned) == list(range(15))
    flat = [*range(10, 20), *range(10, 15)]
    assert [flat[piece] for piece in owned] == ids


def test_placement(plan):
    spans = [np.asarray([[0, 1], [3, 6], [0, 9]]), None, np.asarray([[0, 3], [1, 2], [2, 3]])]
    placed = plan.place(spans)
    assert placed.docs.tolist() == [0, 0, 0, 2, 2, 2]
    # (0, 9) is longer than a window, (0, 3) of the last Doc too, (1, 2) has no piece.
    assert (placed.windows >= 0).tolist() == [True, True, False, False, False, True]
    assert placed.ranges[0].tolist() == [1, 2] and placed.ranges[5].tolist() == [1, 4]
    inside = placed.by_window()
    some, at = inside.of_windows(np.asarray([5, 0]))
    assert some.spans.tolist() == [[2, 3], [0, 1]] and at.tolist() == [0, 1]
    assert len(inside.join(inside)) == 2 * len(inside) == 6


def test_nothing_to_place(plan):
    placed = plan.place([None, None, None])
    assert isinstance(placed, Placement) and not len(placed) and not len(placed.by_window())


@pytest.mark.parametrize("limit", [1, 6, 13, 1000])
def test_groups(limit):
    lengths = np.asarray([5, 3, 9, 4, 4])
    slots = np.asarray([0, 1, 20, 0, 2])
    groups = list(group_windows(lengths, slots, limit))
    assert sorted(np.concatenate(groups).tolist()) == [0, 1, 2, 3, 4]
    for group in groups:
        assert len(group) == 1 or (lengths + slots)[group].sum() <= limit
        assert (np.diff(lengths[group]) >= 0).all()
    assert not list(group_windows(lengths[:0], slots[:0], limit))
