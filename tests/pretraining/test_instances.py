import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_mluke.pretraining.instances import Instance, Limits, pack, sentences_of
from spacy_mluke.report import Report
from spacy_mluke.text.arrays import as_spans, ints
from spacy_mluke.text.pieces import DocPieces


def _paragraph(token_lengths):
    ends = np.cumsum(token_lengths)
    return DocPieces(ints(np.arange(sum(token_lengths))), ints(ends - token_lengths), ints(ends))


def _sentences(token_lengths, spans, ends, limits, entities=None):
    report = Report()
    entities = ints(range(len(spans)) if entities is None else entities)
    pieces = _paragraph(token_lengths)
    found = list(sentences_of(pieces, entities, as_spans(spans), ends, limits, report))
    return found, report


def test_sentences_with_their_links():
    limits = Limits(min_sentence=2)
    found, report = _sentences([2, 1, 3, 1, 1], [(0, 1), (2, 4)], [2, 5], limits)
    assert [s.pieces.tolist() for s in found] == [[0, 1, 2], [3, 4, 5, 6, 7]]
    assert [s.ranges.tolist() for s in found] == [[[0, 2]], [[0, 4]]]
    assert [s.entities.tolist() for s in found] == [[0], [1]]
    assert not report.lost


def test_short_sentences_and_unknown_entities():
    found, report = _sentences(
        [1, 1, 3, 3], [(0, 1), (2, 3), (3, 4)], [2, 4], Limits(min_sentence=3), entities=[7, -1, 9]
    )
    assert [s.entities.tolist() for s in found] == [[9]]
    assert report.lost == {"sentences too short": 1}


def test_long_sentences_are_cut_between_tokens_and_mentions():
    limits = Limits(max_pieces=6, min_sentence=1)
    found, report = _sentences([3, 2, 2, 2, 1], [(1, 3)], [5], limits)
    assert [s.pieces.tolist() for s in found] == [[0, 1, 2], [3, 4, 5, 6, 7, 8], [9]]
    assert [s.ranges.tolist() for s in found] == [[], [[0, 4]], []]
    assert report.changed == {"sentences cut, too long": 1}


def test_long_sentences_are_dropped_as_in_the_reference():
    found, report = _sentences([5, 5], [], [2], Limits(max_pieces=6, drop_long=True))
    assert not found and report.lost == {"sentences too long": 1}


@given(
    st.lists(st.integers(1, 9), min_size=1, max_size=30),
    st.integers(4, 12),
    st.data(),
)
def test_nothing_gets_lost(token_lengths, size, data):
    n = len(token_lengths)
    bounds = sorted(data.draw(st.sets(st.integers(0, n), max_size=8)))
    spans = list(zip(bounds[::2], bounds[1::2], strict=False))
    ends = sorted(data.draw(st.sets(st.integers(1, n), max_size=5)) | {n})
    ends = [end for end in ends if not any(start < end < stop for start, stop in spans)]
    limits = Limits(max_pieces=size, min_sentence=1, with_links_only=False)
    found, _ = _sentences(token_lengths, spans, ends, limits)
    assert np.concatenate([s.pieces for s in found]).tolist() == list(range(sum(token_lengths)))
    assert all(len(s.pieces) <= size for s in found)
    pieces = _paragraph(token_lengths)
    expected = {}
    for entity, (start, end) in enumerate(pieces.span_pieces(as_spans(spans)).tolist()):
        if end - start <= size:
            expected[entity] = list(range(start, end))
    mentions = {
        int(entity): s.pieces[start:end].tolist()
        for s in found
        for entity, (start, end) in zip(s.entities, s.ranges.tolist(), strict=True)
    }
    # A mention may be cut only where a token before it leaves no other place.
    assert mentions.items() <= {**expected, **mentions}.items()
    if max(token_lengths) + max([e - s for s, e in spans] or [0]) * 9 <= size:
        assert mentions == expected


def _instance(length, *entities):
    ranges = as_spans([(i, i + 1) for i in range(len(entities))])
    return Instance(ints(np.arange(length)), ints(entities), ranges)


def test_neighbours_of_a_page_are_packed():
    report = Report()
    limits = Limits(max_pieces=10, with_links_only=False)
    a, b = [_instance(4, 1), _instance(6, 2), _instance(3)], _instance(2, 5)
    sentences = [*(("a", sentence) for sentence in a), ("b", b)]
    found = list(pack(sentences, limits, report))
    assert [len(instance.pieces) for instance in found] == [10, 3, 2]
    assert found[0].entities.tolist() == [1, 2]
    assert found[0].ranges.tolist() == [[0, 1], [4, 5]]


def test_limits_are_counted():
    report = Report()
    sentences = [("a", _instance(9, 1, 2, 3)), ("b", _instance(5))]
    (found,) = pack(sentences, Limits(max_entities=2), report)
    assert found.entities.tolist() == [1, 2]
    assert report.lost == {
        "links over the limit of an instance": 1,
        "instances without entities": 1,
    }


@pytest.mark.parametrize("sentences", [[], [("a", _instance(3))]])
def test_nothing_to_pack(sentences):
    assert not list(pack(sentences, Limits(), Report()))
