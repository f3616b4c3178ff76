"""Spans as arrays of token offsets: what is allowed, and their order."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import Errors
from .arrays import Ints2d, as_spans, ints


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
    """Sort spans, drop doubles and empty ones.

    spans (ArrayLike): Shape (n, 2), token offsets.
    n_tokens (int): Length of the Doc.
    RETURNS (Ints2d): Shape (m, 2).
    RAISES ValueError: A span reaches out of the Doc.
    """
    spans = as_spans(spans)
    check_spans(spans, n_tokens)
    keys = np.unique(span_keys(spans[spans[:, 0] < spans[:, 1]], n_tokens))
    return ints(np.stack([keys // (n_tokens + 1), keys % (n_tokens + 1)], axis=1))


def span_keys(spans: Ints2d, n_tokens: int) -> NDArray[np.int64]:
    """Give each span a number that sorts as (start, end) does.

    spans (Ints2d): Shape (n, 2), token offsets.
    n_tokens (int): Length of the Doc.
    RETURNS (NDArray[np.int64]): Shape (n,).
    """
    return spans[:, 0].astype(np.int64) * (n_tokens + 1) + spans[:, 1]
