"""Array types and the small pieces of ragged arithmetic that the text modules share."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Ints1d = NDArray[np.int32]
Ints2d = NDArray[np.int32]
Ints3d = NDArray[np.int32]
Bools1d = NDArray[np.bool_]


def ints(values: ArrayLike) -> NDArray[np.int32]:
    """Cast to int32.

    values (ArrayLike): Integers of any kind and shape.
    RETURNS (NDArray[np.int32]): The same integers.
    """
    return np.asarray(values, dtype=np.int32)


def as_spans(spans: ArrayLike) -> Ints2d:
    """Cast to an (n, 2) array, also when there is nothing in it.

    spans (ArrayLike): Pairs of offsets.
    RETURNS (Ints2d): Shape (n, 2).
    """
    return ints(spans).reshape(-1, 2)


def offsets_of(lengths: ArrayLike) -> NDArray[np.int64]:
    """Where each of a row of consecutive stretches begins, and where the last one ends.

    lengths (ArrayLike): Shape (n,).
    RETURNS (NDArray[np.int64]): Shape (n + 1,).
    """
    lengths = np.asarray(lengths, dtype=np.int64)
    offsets = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets


def ragged_arange(starts: ArrayLike, lengths: ArrayLike) -> NDArray[np.int64]:
    """Concatenate ``range(start, start + length)`` of many stretches.

    starts (ArrayLike): Shape (n,), the first number of each stretch.
    lengths (ArrayLike): Shape (n,), how many numbers each stretch has.
    RETURNS (NDArray[np.int64]): Shape (sum of the lengths,).
    """
    lengths = np.asarray(lengths, dtype=np.int64)
    offsets = offsets_of(lengths)
    shift = np.asarray(starts, dtype=np.int64) - offsets[:-1]
    return np.repeat(shift, lengths) + np.arange(offsets[-1])
