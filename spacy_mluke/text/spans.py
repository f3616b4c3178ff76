"""Spans as arrays of token offsets: what is allowed, their order, and finding them in a table."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from spacy.attrs import ENT_IOB
from spacy.tokens import Doc

from ..errors import Errors
from .arrays import Ints2d, as_spans, ints

# Token offsets are below 2 ** 31, so a pair of them fits one int64 key.
_SHIFT = np.int64(1) << 32


def has_unknown_entities(doc: Doc) -> bool:
    """Tell a Doc that may have more entities than ``doc.ents`` from one that has none else.

    doc (Doc): The Doc.
    RETURNS (bool): Whether nobody has annotated the entities of some of its tokens.
    """
    return bool((doc.to_array(ENT_IOB) == 0).any())


def check_spans(spans: Ints2d, n_tokens: int) -> None:
    """Refuse spans that reach out of a Doc or run backwards.

    spans (Ints2d): Shape (n, 2), token offsets.
    n_tokens (int): Length of the Doc.
    RAISES ValueError: Names the first wrong span.
    """
    wrong = (spans[:, 0] < 0) | (spans[:, 1] > n_tokens) | (spans[:, 0] > spans[:, 1])
    if wrong.any():
        start, end = spans[wrong][0].tolist()
        raise ValueError(Errors.M104.format(start=start, end=end, n_tokens=n_tokens))


def unique_spans(spans: ArrayLike, n_tokens: int) -> Ints2d:
    """Sort the spans of a Doc, drop doubles and empty ones.

    spans (ArrayLike): Shape (n, 2), token offsets.
    n_tokens (int): Length of the Doc.
    RETURNS (Ints2d): Shape (m, 2).
    RAISES ValueError: A span reaches out of the Doc.
    """
    spans = as_spans(spans)
    check_spans(spans, n_tokens)
    return sort_spans(spans[spans[:, 0] < spans[:, 1]])


def sort_spans(spans: ArrayLike) -> Ints2d:
    """Sort spans by (start, end) and drop doubles.

    spans (ArrayLike): Shape (n, 2).
    RETURNS (Ints2d): Shape (m, 2).
    """
    keys = np.unique(span_keys(spans))
    return ints(np.stack([keys // _SHIFT, keys % _SHIFT], axis=1))


def span_keys(spans: ArrayLike) -> NDArray[np.int64]:
    """Give each span a number that sorts as (start, end) does.

    spans (ArrayLike): Shape (n, 2), offsets below 2 ** 31.
    RETURNS (NDArray[np.int64]): Shape (n,).
    """
    pairs = np.asarray(spans, dtype=np.int64).reshape(-1, 2)
    return pairs[:, 0] * _SHIFT + pairs[:, 1]


def find_spans(table: ArrayLike, wanted: ArrayLike) -> NDArray[np.int64]:
    """Find spans in a sorted table.

    table (ArrayLike): Shape (n, 2), sorted by (start, end).
    wanted (ArrayLike): Shape (m, 2), spans to find.
    RETURNS (NDArray[np.int64]): Shape (m,), the row of each wanted span, -1 where it is missing.
    """
    known, keys = span_keys(table), span_keys(wanted)
    if not len(known):
        return np.full(len(keys), -1, dtype=np.int64)
    rows = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return np.where(known[rows] == keys, rows, -1)
