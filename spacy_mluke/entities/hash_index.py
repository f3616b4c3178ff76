"""A set of 64-bit hashes with a number for each, looked up many at a time from mapped arrays.

The hashes are sorted, and the place where those with the same first bits begin is written down, so
that a look-up touches two places in memory, where a binary search touches one for each halving.
"""

from dataclasses import dataclass
from typing import Dict, Mapping

import numpy as np
from numpy.typing import NDArray

from .units import Hashes


@dataclass(frozen=True)
class HashIndex:
    """Hashes and their numbers.

    keys (Hashes): Shape (n,), sorted, each once.
    values (NDArray[np.int32]): Shape (n,), a number >= 0 for each key.
    buckets (NDArray[np.int32]): Shape (2 ** bits + 1,), where the keys that begin with the same
        bits begin.
    """

    keys: Hashes
    values: NDArray[np.int32]
    buckets: NDArray[np.int32]

    @classmethod
    def make(cls, keys: Hashes, values: NDArray[np.int32]) -> "HashIndex":
        """Build an index. If a key is there twice, its first value counts."""
        keys, first = np.unique(keys, return_index=True)
        bits = max(1, int(len(keys)).bit_length())
        edges = np.arange(1 << bits, dtype=np.uint64) << np.uint64(64 - bits)
        buckets = np.append(np.searchsorted(keys, edges), len(keys)).astype(np.int32)
        return cls(keys, np.asarray(values, dtype=np.int32)[first], buckets)

    def find(self, hashes: Hashes) -> NDArray[np.int32]:
        """Look up hashes.

        hashes (Hashes): Shape (m,).
        RETURNS (NDArray[np.int32]): Shape (m,), the number of each, -1 for those not there.
        """
        found = np.full(len(hashes), -1, dtype=np.int32)
        if not len(self.keys):
            return found
        bits = (len(self.buckets) - 1).bit_length() - 1
        place = self.buckets.take((hashes >> np.uint64(64 - bits)).view(np.int64))
        keys = self.keys.take(place, mode="clip")
        # By numbers, here and below: a mask takes four times as long where it is random.
        rows = (keys < hashes).nonzero()[0]
        while len(rows):
            at = place.take(rows) + 1
            behind = self.keys.take(at, mode="clip")
            place[rows], keys[rows] = at, behind
            before = (behind < hashes.take(rows)) & (at < len(self.keys))
            rows = rows.take(before.nonzero()[0])
        rows = (keys == hashes).nonzero()[0]
        found[rows] = self.values.take(place.take(rows))
        return found

    def arrays(self, name: str) -> Dict[str, NDArray]:
        """RETURNS (Dict[str, NDArray]): The arrays under names to save them by."""
        return {
            f"{name}_keys": self.keys,
            f"{name}_values": self.values,
            f"{name}_buckets": self.buckets,
        }

    @classmethod
    def from_arrays(cls, name: str, arrays: Mapping[str, NDArray]) -> "HashIndex":
        """The index whose `arrays` were saved."""
        return cls(arrays[f"{name}_keys"], arrays[f"{name}_values"], arrays[f"{name}_buckets"])
