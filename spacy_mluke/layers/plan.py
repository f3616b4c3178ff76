"""From Docs to what the encoder reads: windows, the owner of every piece, a place for each span."""

from dataclasses import dataclass
from functools import cached_property
from typing import Iterator, List, Optional, Sequence, Tuple

import numpy as np
from spacy.tokens import Doc
from thinc.types import Ints1d, Ints2d

from ..errors import Errors
from ..text.arrays import offsets_of, ragged_arange
from ..text.pieces import DocPieces, PieceEncoder
from ..text.windows import owners, place_spans, sentence_windows, strided_windows


@dataclass(frozen=True)
class WindowSettings:
    """How a Doc is cut into windows.

    size (int): Most pieces a window holds, <s> and </s> not counted.
    stride (int): Pieces from one window's start to the next; the overlap is `size - stride`.
    context (str): "doc" (windows run through the whole Doc) or "sentence" (each sentence alone).
    """

    size: int
    stride: int
    context: str = "doc"

    def __post_init__(self) -> None:
        if not 0 < self.stride <= self.size:
            raise ValueError(Errors.M302.format(size=self.size, stride=self.stride))
        if self.context not in ("doc", "sentence"):
            raise ValueError(Errors.M303.format(context=self.context))

    def cut(self, doc: Doc, pieces: DocPieces) -> Ints2d:
        """RETURNS (Ints2d): Piece bounds of the Doc's windows, (n_windows, 2)."""
        if self.context == "doc":
            return strided_windows(pieces, window=self.size, stride=self.stride)
        if not doc.has_annotation("SENT_START"):
            raise ValueError(Errors.M304.format(text=doc.text[:50]))
        bounds = np.asarray([(s.start, s.end) for s in doc.sents], dtype="int32").reshape(-1, 2)
        return sentence_windows(pieces, bounds, window=self.size, stride=self.stride)


@dataclass(frozen=True)
class Placement:
    """Spans with their place in the windows of a batch.

    docs (Ints1d): (n,) the Doc each span is in.
    spans (Ints2d): (n, 2) token offsets.
    windows (Ints1d): (n,) the window that holds the span, -1 if none does.
    ranges (Ints2d): (n, 2) piece range in that window; <s> is piece 0.
    """

    docs: Ints1d
    spans: Ints2d
    windows: Ints1d
    ranges: Ints2d

    def __len__(self) -> int:
        return len(self.docs)

    def take(self, rows: np.ndarray) -> "Placement":
        """RETURNS (Placement): The rows of an index or mask."""
        return Placement(self.docs[rows], self.spans[rows], self.windows[rows], self.ranges[rows])

    def by_window(self) -> "Placement":
        """RETURNS (Placement): The spans that have a window, sorted by it."""
        placed = self.take(self.windows >= 0)
        return placed.take(np.argsort(placed.windows, kind="stable"))

    def of_windows(self, windows: Ints1d) -> Tuple["Placement", Ints1d]:
        """The spans of some windows, from a placement sorted by window.

        windows (Ints1d): (n,) windows.
        RETURNS (Tuple[Placement, Ints1d]): The spans in the order of `windows`, and for each the
            position of its window in `windows`.
        """
        low = np.searchsorted(self.windows, windows, side="left")
        counts = np.searchsorted(self.windows, windows, side="right") - low
        return self.take(ragged_arange(low, counts)), np.repeat(np.arange(len(windows)), counts)

    def join(self, other: "Placement") -> "Placement":
        """RETURNS (Placement): These spans and then the others."""
        return Placement(
            np.concatenate([self.docs, other.docs]),
            np.concatenate([self.spans, other.spans]),
            np.concatenate([self.windows, other.windows]),
            np.concatenate([self.ranges, other.ranges]),
        )


@dataclass
class Plan:
    """A batch of Docs cut into windows.

    pieces (List[DocPieces]): Pieces of each Doc.
    window_docs (Ints1d): (n_windows,) the Doc of each window.
    window_bounds (Ints2d): (n_windows, 2) piece offsets in that Doc.
    owner (Ints1d): (n_pieces,) for each piece of the batch, the window whose state stands for it.
    """

    pieces: List[DocPieces]
    window_docs: Ints1d
    window_bounds: Ints2d
    owner: Ints1d

    @classmethod
    def make(
        cls, docs: Sequence[Doc], pieces: List[DocPieces], settings: WindowSettings
    ) -> "Plan":
        """Cut the Docs into windows.

        docs (Sequence[Doc]): The Docs.
        pieces (List[DocPieces]): Their pieces.
        settings (WindowSettings): How to cut.
        RETURNS (Plan): The plan.
        """
        bounds = [settings.cut(doc, p) for doc, p in zip(docs, pieces)]
        first = offsets_of([len(b) for b in bounds])
        owner = [owners(b, p) + first[i] for i, (b, p) in enumerate(zip(bounds, pieces))]
        return cls(
            pieces=pieces,
            window_docs=np.repeat(np.arange(len(docs)), np.diff(first)),
            window_bounds=np.concatenate(bounds or [np.zeros((0, 2), "int64")]).astype("int64"),
            owner=np.concatenate(owner or [np.zeros(0, "int64")]).astype("int64"),
        )

    @property
    def token_offsets(self) -> Ints1d:
        """RETURNS (Ints1d): First token of each Doc in the batch, and the end, (n_docs + 1,)."""
        return offsets_of([len(p.starts) for p in self.pieces])

    @property
    def lengths(self) -> Ints1d:
        """RETURNS (Ints1d): Pieces of each window with <s> and </s>, (n_windows,)."""
        return self.window_bounds[:, 1] - self.window_bounds[:, 0] + 2

    @cached_property
    def _piece_first(self) -> Ints1d:
        return offsets_of([len(p.ids) for p in self.pieces])

    @cached_property
    def _all_ids(self) -> Ints1d:
        return np.concatenate([p.ids for p in self.pieces]).astype("int64")

    @cached_property
    def _by_owner(self) -> Tuple[Ints1d, Ints1d]:
        order = np.argsort(self.owner, kind="stable")
        return order, self.owner[order]

    def place(self, spans: Sequence[Optional[Ints2d]]) -> Placement:
        """Find for each span the window that holds it whole and where it is most central.

        spans (Sequence[Optional[Ints2d]]): Token offsets for each Doc, (n_i, 2).
        RETURNS (Placement): All spans, flat, in the order given.
        """
        first = offsets_of(np.bincount(self.window_docs, minlength=len(self.pieces)))
        out: List[List[np.ndarray]] = [[], [], [], []]
        for i, (pieces, doc_spans) in enumerate(zip(self.pieces, spans)):
            if doc_spans is None or not len(doc_spans):
                continue
            ranges = pieces.span_pieces(doc_spans).astype("int64")
            bounds = self.window_bounds[first[i] : first[i + 1]]
            window = place_spans(bounds, ranges).astype("int64")
            start = bounds[window, 0] if len(bounds) else np.zeros(len(window), "int64")
            out[0].append(np.full(len(doc_spans), i))
            out[1].append(np.asarray(doc_spans, dtype="int64"))
            out[2].append(np.where(window < 0, -1, window + first[i]))
            out[3].append(ranges - start[:, None] + 1)
        if not out[0]:
            empty = np.zeros(0, "int64")
            return Placement(empty, empty.reshape(0, 2), empty, empty.reshape(0, 2))
        return Placement(*(np.concatenate(part) for part in out))

    def word_ids(self, windows: Ints1d, encoder: PieceEncoder) -> Ints1d:
        """Lay the pieces of windows one after the other, each between <s> and </s>.

        windows (Ints1d): (n,) windows to lay out.
        encoder (PieceEncoder): Knows the ids of <s> and </s>.
        RETURNS (Ints1d): (sum of lengths,) int64 ids.
        """
        bounds, lengths = self.window_bounds[windows], self.lengths[windows]
        begin = offsets_of(lengths)
        ids = np.empty(begin[-1], dtype="int64")
        ids[begin[:-1]] = encoder.bos_id
        ids[begin[1:] - 1] = encoder.eos_id
        source = ragged_arange(
            bounds[:, 0] + self._piece_first[self.window_docs[windows]], lengths - 2
        )
        ids[ragged_arange(begin[:-1] + 1, lengths - 2)] = self._all_ids[source]
        return ids

    def owned_rows(self, windows: Ints1d) -> "OwnedRows":
        """Tell which rows of some windows' states stand for which pieces of the batch.

        windows (Ints1d): (n,) windows laid out as by `word_ids`.
        RETURNS (OwnedRows): Piece numbers in the batch and rows in the layout.
        """
        order, sorted_owner = self._by_owner
        low = np.searchsorted(sorted_owner, windows, side="left")
        counts = np.searchsorted(sorted_owner, windows, side="right") - low
        pieces = order[ragged_arange(low, counts)]
        begin = offsets_of(self.lengths[windows])[:-1]
        first = self._piece_first[self.window_docs[windows]]
        shift = begin + 1 - self.window_bounds[windows, 0] - first
        return OwnedRows(pieces, pieces + np.repeat(shift, counts))


@dataclass(frozen=True)
class OwnedRows:
    """pieces (Ints1d): (n,) piece numbers in the batch. rows (Ints1d): (n,) rows in the layout."""

    pieces: Ints1d
    rows: Ints1d


def group_windows(lengths: Ints1d, slots: Ints1d, max_items: int) -> Iterator[Ints1d]:
    """Group windows of similar length so that no group exceeds a number of pieces.

    Groups only bound memory and cost: a window's states do not depend on its group.

    lengths (Ints1d): (n_windows,) pieces of each window.
    slots (Ints1d): (n_windows,) entity slots of each window, which count as pieces.
    max_items (int): Most pieces and slots in a group; a larger window makes its own group.
    YIELDS (Ints1d): Windows of a group, shortest first.
    """
    order = np.argsort(lengths, kind="stable")
    cost = np.cumsum((lengths + slots)[order])
    begin = 0
    while begin < len(order):
        done = cost[begin - 1] if begin else 0
        end = max(begin + 1, int(np.searchsorted(cost, done + max_items, side="right")))
        yield order[begin:end]
        begin = end
