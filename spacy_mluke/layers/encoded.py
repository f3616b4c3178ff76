"""What one pass of the encoder gives for a batch of Docs, and where it waits for its readers."""

from dataclasses import dataclass, field
from typing import Dict, List, Optional, Sequence, Tuple
from weakref import WeakKeyDictionary

import numpy as np
from spacy.tokens import Doc
from thinc.types import Floats2d, Ints1d, Ints2d

from ..errors import Errors
from ..text.arrays import offsets_of
from ..text.pieces import DocPieces


@dataclass
class Encoded:
    """The encoder's states for a batch of Docs, flat over the Docs.

    pieces (List[DocPieces]): The pieces of each Doc.
    words (Optional[Floats2d]): State of each piece, (n_pieces, width); `None` if nobody reads
        words.
    spans (List[Ints2d]): Encoded spans of each Doc in token offsets, sorted, (n_spans_i, 2).
    vectors (Floats2d): State of each span's entity slot, (n_spans, width); a row of zeros where the
        span has no slot. (n_spans, 0) if the encoder was asked for words only.
    placed (np.ndarray): (n_spans,) bool, whether the span has a slot.
    entities (List[str]): Key of the entity each slot holds; empty if all hold [MASK].
    loss (float): Loss of the span proposer in training, summed over the batch.
    """

    pieces: List[DocPieces]
    words: Optional[Floats2d]
    spans: List[Ints2d]
    vectors: Floats2d
    placed: np.ndarray
    entities: List[str] = field(default_factory=list)
    loss: float = 0.0

    @property
    def piece_offsets(self) -> Ints1d:
        """RETURNS (Ints1d): First row of each Doc in `words`, and the end, (n_docs + 1,)."""
        return offsets_of([len(p.ids) for p in self.pieces])

    @property
    def span_offsets(self) -> Ints1d:
        """RETURNS (Ints1d): First row of each Doc in `vectors`, and the end, (n_docs + 1,)."""
        return offsets_of([len(s) for s in self.spans])

    @property
    def has_pieces(self) -> np.ndarray:
        """RETURNS (np.ndarray): (n_spans,) bool, whether a span is more than white space."""
        ranges = [p.span_pieces(s) for p, s in zip(self.pieces, self.spans)]
        flat = np.concatenate([np.zeros((0, 2), "int32"), *ranges])
        return flat[:, 0] < flat[:, 1]

    def split(self) -> List["Encoded"]:
        """RETURNS (List[Encoded]): One `Encoded` for each Doc; the arrays are views."""
        p, s = self.piece_offsets, self.span_offsets
        return [
            Encoded(
                pieces=[self.pieces[i]],
                words=None if self.words is None else self.words[p[i] : p[i + 1]],
                spans=[self.spans[i]],
                vectors=self.vectors[s[i] : s[i + 1]],
                placed=self.placed[s[i] : s[i + 1]],
                entities=self.entities[s[i] : s[i + 1]],
            )
            for i in range(len(self.pieces))
        ]


def join(parts: Sequence[Encoded]) -> Encoded:
    """Put the states of single Docs together into those of a batch.

    parts (Sequence[Encoded]): At least one.
    RETURNS (Encoded): The batch.
    """
    if len(parts) == 1:
        return parts[0]
    words = [part.words for part in parts if part.words is not None]
    xp = _array_module(parts[0].vectors)
    return Encoded(
        pieces=[p for part in parts for p in part.pieces],
        words=xp.concatenate(words) if len(words) == len(parts) else None,
        spans=[s for part in parts for s in part.spans],
        vectors=xp.concatenate([part.vectors for part in parts]),
        placed=np.concatenate([part.placed for part in parts]),
        entities=[e for part in parts for e in part.entities],
    )


def _array_module(array: Floats2d):  # type: ignore[no-untyped-def]
    from thinc.api import get_array_module

    return get_array_module(array)


@dataclass
class _Waiting:
    """States of one Doc, and how many listeners have yet to read them."""

    states: Encoded
    readers: int


# States stay beside the Doc, not on it: they are not part of what a Doc carries to disk or to
# another process, and they go when the last listener has read them or the Doc itself goes.
_STATES: "WeakKeyDictionary[Doc, Dict[str, _Waiting]]" = WeakKeyDictionary()


def hold_states(doc: Doc, upstream: str, states: Encoded, readers: int) -> None:
    """Keep a Doc's states until `readers` listeners have taken them.

    doc (Doc): The Doc.
    upstream (str): Name of the component that encoded it.
    states (Encoded): Its states.
    readers (int): Number of listeners that will take them.
    """
    if readers > 0:
        _STATES.setdefault(doc, {})[upstream] = _Waiting(states, readers)


def find_states(doc: Doc, upstream: str) -> Optional[Tuple[str, Encoded]]:
    """Look at a Doc's states without taking them.

    doc (Doc): The Doc.
    upstream (str): Name of the upstream component, or "*" for the last that encoded the Doc.
    RETURNS (Optional[Tuple[str, Encoded]]): Name of the component and its states, if any.
    """
    waiting = _STATES.get(doc, {})
    if upstream == "*" and waiting:
        upstream = next(reversed(waiting))
    return (upstream, waiting[upstream].states) if upstream in waiting else None


def take_states(doc: Doc, upstream: str) -> Encoded:
    """Read a Doc's states as one of their readers; the last reader frees them.

    doc (Doc): The Doc.
    upstream (str): Name of the upstream component, or "*".
    RETURNS (Encoded): The states.
    RAISES (ValueError): If the Doc was not encoded, or all readers were served.
    """
    found = find_states(doc, upstream)
    if found is None:
        raise ValueError(Errors.M301.format(upstream=upstream, text=doc.text[:50]))
    name, states = found
    waiting = _STATES[doc]
    waiting[name].readers -= 1
    if waiting[name].readers <= 0:
        del waiting[name]
        if not waiting:
            del _STATES[doc]
    return states
