"""What the model is trained on: neighbouring sentences of a page with the entities in them."""

from dataclasses import dataclass
from typing import Iterable, Iterator, List, Tuple

import numpy as np
from numpy.typing import NDArray

from ..report import Report
from ..text.arrays import Ints1d, Ints2d, ints
from ..text.pieces import DocPieces

WITHOUT_PIECE = "links without a piece"


@dataclass(frozen=True)
class Instance:
    """Pieces of one input, without ``<s>`` and ``</s>``, and the entities mentioned.

    pieces (Ints1d): (n_pieces,) ids.
    entities (Ints1d): (n_entities,) rows of the entity table.
    ranges (Ints2d): (n_entities, 2) pieces [start, end) of each mention in this input.
    """

    pieces: Ints1d
    entities: Ints1d
    ranges: Ints2d


@dataclass(frozen=True)
class Limits:
    """Sizes of instances (mLUKE's pretraining: 510 pieces, 128 entities, sentences of 5 or more).

    max_pieces (int): Most pieces, ``<s>`` and ``</s>`` not counted.
    max_entities (int): Most entities; further ones of an instance are left out.
    min_sentence (int): Sentences with fewer pieces are left out.
    with_links_only (bool): Leave out instances without entities.
    drop_long (bool): Leave out sentences longer than `max_pieces`, as the reference does, in place
        of cutting them between tokens.
    """

    max_pieces: int = 510
    max_entities: int = 128
    min_sentence: int = 5
    with_links_only: bool = True
    drop_long: bool = False


def sentences_of(
    pieces: DocPieces,
    entities: Ints1d,
    spans: Ints2d,
    ends: List[int],
    limits: Limits,
    report: Report,
) -> Iterator[Instance]:
    """Divide a paragraph into its sentences.

    pieces (DocPieces): Its pieces. entities (Ints1d): (n,) rows; -1 for links to leave out.
    spans (Ints2d): (n, 2) token spans of the links. ends (List[int]): Last token + 1 of each
        sentence.
    limits (Limits): Too short or long sentences are left out or cut.
    report (Report): Counts them.
    YIELDS (Instance): The sentences, of at most `limits.max_pieces` pieces.
    """
    ranges = pieces.span_pieces(spans)
    known = (entities >= 0) & (ranges[:, 1] > ranges[:, 0])
    report.lose(WITHOUT_PIECE, int(((entities >= 0) & ~known).sum()))
    entities, ranges = entities[known], ranges[known]
    n_tokens = len(pieces.starts)
    first = np.append(pieces.starts, len(pieces.ids))
    edges = first[np.minimum([0, *ends], n_tokens)]
    allowed: NDArray[np.int64] = np.empty(0, dtype=np.int64)
    for start, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        if end - start < limits.min_sentence:
            report.lose("sentences too short", int(end > start))
            continue
        if end - start > limits.max_pieces:
            if limits.drop_long:
                report.lose("sentences too long")
                continue
            report.change("sentences cut, too long")
            if not len(allowed):
                allowed = _cut_places(pieces, ranges)
        while end - start > limits.max_pieces:
            at = int(np.searchsorted(allowed, start + limits.max_pieces, side="right")) - 1
            cut = int(allowed[at]) if allowed[at] > start else start + limits.max_pieces
            yield _slice(pieces.ids, entities, ranges, start, cut)
            start = cut
        yield _slice(pieces.ids, entities, ranges, start, end)


def _cut_places(pieces: DocPieces, ranges: Ints2d) -> NDArray[np.int64]:
    """Piece offsets that are inside neither a token nor a mention."""
    places = pieces.boundaries().astype(np.int64)
    before = np.searchsorted(ranges[:, 0], places, side="left") - 1
    inside = (before >= 0) & (places < ranges[before, 1]) if len(ranges) else before >= 0
    return places[~inside]


def _slice(ids: Ints1d, entities: Ints1d, ranges: Ints2d, start: int, end: int) -> Instance:
    inside = (ranges[:, 0] >= start) & (ranges[:, 1] <= end)
    return Instance(ids[start:end], entities[inside], ints(ranges[inside] - start))


def pack(
    sentences: Iterable[Tuple[str, Instance]], limits: Limits, report: Report
) -> Iterator[Instance]:
    """Put neighbouring sentences of the same page into one instance while they fit.

    sentences (Iterable[Tuple[str, Instance]]): Page and sentence, in the order of the text.
    limits (Limits): Sizes. report (Report): Counts what is left out.
    YIELDS (Instance): The instances.
    """
    waiting: List[Instance] = []
    page, length = "", 0
    for at, sentence in sentences:
        size = len(sentence.pieces)
        if waiting and (at != page or length + size > limits.max_pieces):
            yield from _joined(waiting, limits, report)
            waiting, length = [], 0
        page = at
        waiting.append(sentence)
        length += size
    yield from _joined(waiting, limits, report)


def _joined(sentences: List[Instance], limits: Limits, report: Report) -> Iterator[Instance]:
    if not sentences:
        return
    lengths = [len(sentence.pieces) for sentence in sentences]
    shifts = np.cumsum([0, *lengths[:-1]])
    entities = np.concatenate([sentence.entities for sentence in sentences])
    ranges = np.concatenate(
        [sentence.ranges + shift for sentence, shift in zip(sentences, shifts, strict=True)]
    )
    if limits.with_links_only and not len(entities):
        report.lose("instances without entities")
        return
    report.lose("links over the limit of an instance", len(entities) - limits.max_entities)
    yield Instance(
        np.concatenate([sentence.pieces for sentence in sentences]),
        entities[: limits.max_entities],
        ints(ranges[: limits.max_entities]),
    )
