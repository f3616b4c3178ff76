"""Token and span vectors read out of an encoder's states, and their gradients."""

import warnings
from typing import Callable, List, Optional, Sequence, Tuple

import numpy as np
from spacy.tokens import Doc
from thinc.api import Model, Ops
from thinc.types import Floats2d, Ints1d, Ints2d, Ragged

from ..errors import Errors, Warnings
from ..text.arrays import offsets_of, ragged_arange
from ..text.spans import find_spans
from .encoded import Encoded

FEATURES = ("start", "end", "entity")


def check_features(features: Sequence[str]) -> None:
    """Refuse unknown parts of a span's vector.

    features (Sequence[str]): The parts.
    RAISES (ValueError): If there is none, or one is unknown.
    """
    if not features or any(name not in FEATURES for name in features):
        raise ValueError(Errors.M313.format(features=list(features), known=", ".join(FEATURES)))


def token_vectors(
    pooling: Model[Ragged, Floats2d], encoded: Encoded, is_train: bool
) -> Tuple[List[Floats2d], Callable[[List[Floats2d]], Floats2d]]:
    """Pool the states of each token's pieces.

    pooling (Model[Ragged, Floats2d]): One row a sequence; never sees an empty sequence.
    encoded (Encoded): The states, with words.
    is_train (bool): Whether gradients are needed.
    RETURNS (Tuple[List[Floats2d], Callable]): Vectors (n_tokens, width) of each Doc, zeros for
        tokens without pieces, and the function from their gradients to that of the words.
    """
    ops, words = pooling.ops, _words(encoded)
    first = encoded.piece_offsets
    starts = np.concatenate([p.starts + first[i] for i, p in enumerate(encoded.pieces)])
    ends = np.concatenate([p.ends + first[i] for i, p in enumerate(encoded.pieces)])
    counts = (ends - starts).astype("int32")
    filled = np.flatnonzero(counts)
    rows = ragged_arange(starts[filled], counts[filled])
    lengths = [len(p.starts) for p in encoded.pieces]
    table = ops.alloc2f(len(counts), words.shape[1])
    if not len(rows):
        return ops.unflatten(table, lengths), lambda d: ops.alloc2f(*words.shape)
    sequences = Ragged(words[rows], ops.asarray1i(counts[filled]))
    pooled, backprop_pool = pooling(sequences, is_train)
    table[filled] = pooled

    def backprop(d_vectors: List[Floats2d]) -> Floats2d:
        d_pooled = ops.asarray2f(ops.flatten(d_vectors)[filled])
        d_words = ops.alloc2f(*words.shape)
        ops.scatter_add(d_words, ops.asarray(rows), backprop_pool(d_pooled).dataXd)
        return d_words

    return ops.unflatten(table, lengths), backprop


def span_features(
    ops: Ops,
    encoded: Encoded,
    docs: Sequence[Doc],
    spans: Ragged,
    features: Sequence[str],
    *,
    upstream: Optional[Model] = None,
    is_train: bool = False,
) -> Tuple[Floats2d, Callable[[Floats2d], Tuple[Optional[Floats2d], Optional[Floats2d]]]]:
    """Put the parts of each span's vector side by side: `[h_start; h_end; h_entity]`.

    ops (Ops): Makes the arrays.
    encoded (Encoded): The states of the Docs.
    docs (Sequence[Doc]): The Docs, for messages and to encode missing spans.
    spans (Ragged): Token offsets (n_spans, 2) of the spans of each Doc.
    features (Sequence[str]): The parts.
    upstream (Optional[Model]): Encodes spans that have no slot yet; without it, that is an error.
    is_train (bool): Whether to warn of spans whose gradient has nowhere to go.
    RETURNS (Tuple[Floats2d, Callable]): The vectors, (n_spans, parts * width), zeros in a part
        that a span does not have; and the function from their gradients to those of words and
        slot states.
    RAISES (ValueError): If a span was not encoded.
    """
    wanted = np.asarray(ops.to_numpy(spans.dataXd), dtype="int64").reshape(-1, 2)
    where = np.repeat(np.arange(len(docs)), ops.to_numpy(spans.lengths))
    sources: List[Tuple[Floats2d, Ints1d]] = []
    if "start" in features or "end" in features:
        ranges = _piece_rows(encoded, where, wanted)
        words = _words(encoded)
    slot_rows = np.zeros(0, "int64")
    vectors = encoded.vectors
    if "entity" in features:
        slot_rows = _slot_rows(encoded, where, wanted)
        n_missing = int((slot_rows < 0).sum())
        if n_missing:
            if is_train and upstream is not None:
                _warn_missing(upstream, n_missing, len(slot_rows))
            vectors, slot_rows = _encode_missing(
                encoded, docs, where, wanted, slot_rows, upstream, ops
            )
    for name in features:
        if name == "start":
            sources.append((words, ranges[:, 0]))
        elif name == "end":
            sources.append((words, ranges[:, 1]))
        else:
            sources.append((vectors, slot_rows))
    table = ops.xp.concatenate([_gather(ops, array, rows) for array, rows in sources], axis=1)

    def backprop(d_table: Floats2d) -> Tuple[Optional[Floats2d], Optional[Floats2d]]:
        d_words: Optional[Floats2d] = None
        d_vectors: Optional[Floats2d] = None
        column = 0
        for name, (array, rows) in zip(features, sources):
            part = d_table[:, column : column + array.shape[1]]
            column += array.shape[1]
            if name == "entity":
                d_vectors = ops.alloc2f(*encoded.vectors.shape)
                _scatter(ops, d_vectors, rows, part)
            else:
                d_words = ops.alloc2f(*words.shape) if d_words is None else d_words
                _scatter(ops, d_words, rows, part)
        return d_words, d_vectors

    return table, backprop


def _words(encoded: Encoded) -> Floats2d:
    if encoded.words is None:
        raise ValueError(Errors.M314)
    return encoded.words


def _piece_rows(encoded: Encoded, where: Ints1d, spans: Ints2d) -> Ints2d:
    # Rows of the first and last piece of each span, -1 where it has none.
    first = encoded.piece_offsets
    rows = np.full((len(spans), 2), -1, dtype="int64")
    begin = np.searchsorted(where, np.arange(len(encoded.pieces) + 1))
    for i, pieces in enumerate(encoded.pieces):
        ranges = pieces.span_pieces(spans[begin[i] : begin[i + 1]]).astype("int64")
        inside = np.stack([ranges[:, 0], ranges[:, 1] - 1], axis=1) + first[i]
        rows[begin[i] : begin[i + 1]] = np.where(ranges[:, :1] < ranges[:, 1:], inside, -1)
    return rows


def _slot_rows(encoded: Encoded, where: Ints1d, spans: Ints2d) -> Ints1d:
    tokens = offsets_of([len(p.starts) for p in encoded.pieces])
    table = np.concatenate([s.astype("int64") + tokens[i] for i, s in enumerate(encoded.spans)])
    return find_spans(table, spans + tokens[where][:, None])


def _encode_missing(
    encoded: Encoded,
    docs: Sequence[Doc],
    where: Ints1d,
    spans: Ints2d,
    rows: Ints1d,
    upstream: Optional[Model],
    ops: Ops,
) -> Tuple[Floats2d, Ints1d]:
    # Spans that another component set after the encoder ran get a pass of their own.
    missing = rows < 0
    if upstream is None:
        i = int(np.flatnonzero(missing)[0])
        start, end = spans[i].tolist()
        raise ValueError(
            Errors.M315.format(span=docs[where[i]][start:end].text[:50], start=start, end=end)
        )
    asked = [spans[missing & (where == i)].astype("int32") for i in range(len(docs))]
    more = upstream.predict((docs, asked))
    base = len(encoded.vectors)
    rows = np.where(missing, base + _slot_rows(more, where, spans), rows)
    return ops.xp.concatenate([encoded.vectors, more.vectors]), rows


def _warn_missing(upstream: Model, missing: int, total: int) -> None:
    message = Warnings.W301.format(missing=missing, total=total, upstream=upstream.name)
    warnings.warn(message, stacklevel=2)


def _gather(ops: Ops, array: Floats2d, rows: Ints1d) -> Floats2d:
    if not len(array):
        return ops.alloc2f(len(rows), array.shape[1])
    table = array[ops.asarray(rows)]
    if (rows < 0).any():
        table[ops.asarray(np.flatnonzero(rows < 0))] = 0.0
    return table


def _scatter(ops: Ops, table: Floats2d, rows: Ints1d, values: Floats2d) -> None:
    good = np.flatnonzero((rows >= 0) & (rows < len(table)))
    ops.scatter_add(table, ops.asarray(rows[good]), ops.asarray2f(values[ops.asarray(good)]))
