"""What the `mluke` component leaves on a Doc: `doc._.mluke` and `span._.mluke`.

Imports neither torch nor thinc, so that a Doc with features can be read anywhere.
"""

from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Sequence

import numpy as np
import numpy.typing as npt
from spacy.attrs import IDX, LENGTH
from spacy.tokens import Doc, Span

from .doc_data import read_entries, read_entry, remove_entries, text_length, write_entry
from .errors import Errors
from .links import LinkCandidate, get_candidates

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]

MASK = "[MASK]"
_ENTRY = "mluke_features"
_SCORE = "mluke_score"


@dataclass(frozen=True)
class DocFeatures:
    """Entity vectors of a Doc.

    piece_ids (Ints): (n_pieces,) ids of the word pieces, without <s> and </s>.
    piece_tokens (Ints): (n_pieces,) the token each piece belongs to.
    spans (Ints): (n, 2) token offsets of the encoded spans.
    vectors (Floats): (n, width) state of each span's entity slot.
    starts (Floats): (n, width) state of each span's first piece; (n, 0) if not kept.
    ends (Floats): (n, width) state of each span's last piece; (n, 0) if not kept.
    words (Floats): (n_pieces, width) state of each piece; (0, width) if not kept.
    entities (List[str]): (n,) key of the entity in each slot.
    report (Dict[str, int]): Counts of what could not be encoded.
    """

    piece_ids: Ints
    piece_tokens: Ints
    spans: Ints
    vectors: Floats
    starts: Floats
    ends: Floats
    words: Floats
    entities: List[str]
    report: Dict[str, int]

    def __repr__(self) -> str:
        tokens, width = len(np.unique(self.piece_tokens)), self.vectors.shape[1]
        return (
            f"DocFeatures({len(self.spans)} spans of {width} dimensions, "
            f"{tokens} tokens in {len(self.piece_ids)} pieces)"
        )

    def row(self, span: Span) -> int:
        """RETURNS (int): Row of a span in the arrays.

        RAISES (KeyError): If the span was not encoded.
        """
        rows = np.flatnonzero((self.spans == (span.start, span.end)).all(axis=1))
        if not len(rows):
            raise KeyError(Errors.M401.format(span=span.text[:50], start=span.start, end=span.end))
        return int(rows[0])


@dataclass(frozen=True)
class SpanFeatures:
    """Features of one span; what was not encoded or kept raises a `KeyError` when read."""

    span: Span

    @property
    def vector(self) -> Floats:
        """RETURNS (Floats): (width,) state of the span's entity slot."""
        return self._part("vectors")

    @property
    def start_vector(self) -> Floats:
        """RETURNS (Floats): (width,) state of the span's first piece."""
        return self._part("starts")

    @property
    def end_vector(self) -> Floats:
        """RETURNS (Floats): (width,) state of the span's last piece."""
        return self._part("ends")

    @property
    def entity(self) -> str:
        """RETURNS (str): Key of the entity in the span's slot, "[MASK]" for none."""
        features = get_features(self.span.doc)
        return features.entities[features.row(self.span)]

    @property
    def is_encoded(self) -> bool:
        """RETURNS (bool): Whether the span has an entity vector."""
        spans = get_features(self.span.doc).spans
        return bool((spans == (self.span.start, self.span.end)).all(axis=1).any())

    @property
    def score(self) -> Optional[float]:
        """RETURNS (Optional[float]): Probability that `mluke_ner` gave to the span's label."""
        where = (self.span.start_char, self.span.end_char)
        scores = read_entry(self.span.doc, _SCORE, *where) or {}
        return scores.get(self.span.label_)

    @property
    def candidates(self) -> Optional[List[LinkCandidate]]:
        """RETURNS (Optional[List[LinkCandidate]]): What `mluke_linker` thinks the span may stand
        for, the highest score first; `None` if it has not looked at it.
        """
        return get_candidates(self.span)

    def _part(self, name: str) -> Floats:
        features = get_features(self.span.doc)
        row = features.row(self.span)
        array = getattr(features, name)
        if not array.shape[1]:
            raise KeyError(Errors.M402.format(name=name))
        return array[row]


def set_features(doc: Doc, features: DocFeatures) -> None:
    """Store features on a Doc, in place of earlier ones.

    doc (Doc): The Doc.
    features (DocFeatures): Its features.
    """
    remove_entries(doc, _ENTRY)
    begin, end = _token_chars(doc)
    value: Dict[str, Any] = {
        "piece_ids": features.piece_ids,
        "piece_chars": begin[features.piece_tokens].astype("int32"),
        "spans": _to_chars(features.spans, begin, end),
        "vectors": features.vectors,
        "starts": features.starts,
        "ends": features.ends,
        "words": features.words,
        "entities": [] if set(features.entities) <= {MASK} else features.entities,
        "report": features.report,
    }
    write_entry(doc, _ENTRY, 0, text_length(doc), value)


def get_features(doc: Doc) -> DocFeatures:
    """Gather the features of a Doc from all parts it was joined of.

    What was not kept for every part is left out: states of words, of first and last pieces.

    doc (Doc): The Doc.
    RETURNS (DocFeatures): Its features; those of spans that are not whole in the Doc are left out.
    RAISES (ValueError): If parts were encoded by encoders of different width.
    """
    begin, end = _token_chars(doc)
    parts: List[DocFeatures] = []
    for start_char, _, value in read_entries(doc, _ENTRY):
        chars = np.asarray(value["spans"], dtype="int64").reshape(-1, 2) + start_char
        first = np.searchsorted(begin, chars[:, 0])
        last = np.searchsorted(end, chars[:, 1])
        kept = np.flatnonzero(
            (_at(begin, first) == chars[:, 0]) & (_at(end, last) == chars[:, 1])
        )
        entities = list(value["entities"]) or [MASK] * len(chars)
        piece_chars = np.asarray(value["piece_chars"], dtype="int64") + start_char
        token = np.searchsorted(begin, piece_chars)
        inside = np.flatnonzero(_at(begin, token) == piece_chars)
        parts.append(
            DocFeatures(
                piece_ids=value["piece_ids"][inside],
                piece_tokens=token[inside].astype("int32"),
                spans=np.stack([first[kept], last[kept] + 1], axis=1).astype("int32"),
                vectors=value["vectors"][kept],
                starts=value["starts"][kept],
                ends=value["ends"][kept],
                words=value["words"][inside] if len(value["words"]) else value["words"],
                entities=[entities[i] for i in kept],
                report=dict(value["report"]),
            )
        )
    return _join(parts)


def keep_spans(doc: Doc, spans: Ints) -> None:
    """Drop the vectors of all spans but some, so that a Doc stays small.

    doc (Doc): The Doc.
    spans (Ints): (n, 2) token offsets of the spans to keep.
    """
    features = get_features(doc)
    wanted = {tuple(span) for span in np.asarray(spans).reshape(-1, 2).tolist()}
    rows = [i for i, span in enumerate(features.spans.tolist()) if tuple(span) in wanted]
    set_features(
        doc,
        DocFeatures(
            piece_ids=features.piece_ids,
            piece_tokens=features.piece_tokens,
            spans=features.spans[rows],
            vectors=features.vectors[rows],
            starts=features.starts[rows],
            ends=features.ends[rows],
            words=features.words,
            entities=[features.entities[i] for i in rows],
            report=features.report,
        ),
    )


def set_scores(doc: Doc, spans: Sequence[Span], scores: Sequence[float]) -> None:
    """Store the probabilities of spans' labels, beside those of other labels.

    doc (Doc): The Doc.
    spans (Sequence[Span]): Its spans, with their labels.
    scores (Sequence[float]): Their probabilities.
    """
    known = {(start, end): value for start, end, value in read_entries(doc, _SCORE)}
    for span, score in zip(spans, scores, strict=True):
        where = (span.start_char, span.end_char)
        known[where] = {**known.get(where, {}), span.label_: float(score)}
        write_entry(doc, _SCORE, *where, known[where])


def clear_scores(doc: Doc) -> None:
    """Drop all stored probabilities.

    doc (Doc): The Doc.
    """
    remove_entries(doc, _SCORE)


def register_extensions() -> None:
    """Register `doc._.mluke` and `span._.mluke`, once."""
    if not Doc.has_extension("mluke"):
        Doc.set_extension("mluke", getter=get_features)
    if not Span.has_extension("mluke"):
        Span.set_extension("mluke", getter=SpanFeatures)


def _token_chars(doc: Doc) -> "tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]":
    array = doc.to_array([IDX, LENGTH]).astype("int64").reshape(-1, 2)
    return array[:, 0], array[:, 0] + array[:, 1]


def _at(table: npt.NDArray[np.int64], rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    # Rows past the end, where a search found nothing, give -1.
    return np.append(table, -1)[np.minimum(rows, len(table))]


def _to_chars(spans: Ints, begin: npt.NDArray[np.int64], end: npt.NDArray[np.int64]) -> Ints:
    if not len(spans):
        return np.zeros((0, 2), dtype="int32")
    return np.stack([begin[spans[:, 0]], end[spans[:, 1] - 1]], axis=1).astype("int32")


def _join(parts: List[DocFeatures]) -> DocFeatures:
    if len(parts) == 1:
        return parts[0]
    report: Dict[str, int] = {}
    for part in parts:
        for key, count in part.report.items():
            report[key] = report.get(key, 0) + count
    widths = {part.vectors.shape[1] for part in parts if len(part.spans)}
    if len(widths) > 1:
        raise ValueError(Errors.M412.format(widths=" and ".join(map(str, sorted(widths)))))
    n_spans, n_pieces = [len(p.spans) for p in parts], [len(p.piece_ids) for p in parts]
    words = _concatenate([p.words for p in parts], n_pieces)
    return DocFeatures(
        piece_ids=np.concatenate([p.piece_ids for p in parts] or [np.zeros(0, "int32")]),
        piece_tokens=np.concatenate([p.piece_tokens for p in parts] or [np.zeros(0, "int32")]),
        spans=np.concatenate([p.spans for p in parts] or [np.zeros((0, 2), "int32")]),
        vectors=_concatenate([p.vectors for p in parts], n_spans),
        starts=_concatenate([p.starts for p in parts], n_spans),
        ends=_concatenate([p.ends for p in parts], n_spans),
        words=words if words.shape[1] else words[:0],
        entities=[entity for part in parts for entity in part.entities],
        report=report,
    )


def _concatenate(arrays: List[Floats], lengths: List[int]) -> Floats:
    # Rows of all parts, or rows of width 0 where a part that should have rows did not keep them.
    full = [array for array, n in zip(arrays, lengths, strict=True) if n]
    whole = all(len(array) == n for array, n in zip(full, filter(None, lengths), strict=True))
    if full and whole and len({array.shape[1] for array in full}) == 1:
        return np.concatenate(full)
    return np.zeros((sum(lengths), 0), dtype="float32")
