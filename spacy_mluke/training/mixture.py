"""How often each of several corpora occurs in an epoch: p_i ~ w_i n_i ^ alpha."""

from dataclasses import dataclass
from functools import cached_property
from typing import List, Optional, Tuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class MixtureSettings:
    """How corpora are mixed.

    alpha (float): A corpus of n examples is drawn with p ~ n^alpha: 1 as they are, 0 all alike
        (XLM-R: 0.3, mLUKE: 0.7).
    epoch_size (int): Examples in an epoch. 0: as many as it takes for each example to occur at
        least once; those of smaller corpora occur more often.
    seed (int): Another seed gives another order.
    """

    alpha: float = 1.0
    epoch_size: int = 0
    seed: int = 0


@dataclass(frozen=True)
class Mixture:
    """Epochs of several corpora. The same numbers give the same epochs.

    Each corpus is gone through again and again, each time in another order, so that of two of its
    examples none occurs more than once more often than the other. With an `epoch_size` an epoch
    goes on where the one before it ended, otherwise it begins with whole passes.

    sizes (Tuple[int, ...]): Examples of each corpus, at least one.
    settings (MixtureSettings): How to mix them.
    weights (Optional[Tuple[float, ...]]): For each corpus, a factor of how often it is drawn.
    """

    sizes: Tuple[int, ...]
    settings: MixtureSettings
    weights: Optional[Tuple[float, ...]] = None

    @cached_property
    def counts(self) -> Ints:
        """RETURNS (Ints): (n_corpora,) how many examples of each corpus an epoch has."""
        sizes = np.asarray(self.sizes, dtype=np.int64)
        epoch_size = self.settings.epoch_size
        weights = sizes.astype(np.float64) ** self.settings.alpha
        if self.weights is not None:
            weights *= np.asarray(self.weights)
        if not epoch_size:
            # The corpus whose share falls behind most occurs just once.
            times = weights / sizes
            counts = np.rint(sizes * (times / times.min())).astype(np.int64)
            return np.maximum(sizes, counts)
        exact = epoch_size * weights / weights.sum()
        counts = np.floor(exact).astype(np.int64)
        most_cut = np.argsort(counts - exact, kind="stable")
        counts[most_cut[: epoch_size - int(counts.sum())]] += 1
        return counts

    @property
    def times(self) -> List[float]:
        """RETURNS (List[float]): How often an epoch has each corpus, on average."""
        return [float(n) / size for n, size in zip(self.counts, self.sizes, strict=True)]

    @property
    def left_out(self) -> List[int]:
        """RETURNS (List[int]): How many examples of each corpus an epoch does not have."""
        pairs = zip(self.counts, self.sizes, strict=True)
        return [max(0, size - int(n)) for n, size in pairs]

    def epoch(self, number: int) -> Ints:
        """Draw an epoch.

        number (int): Which one, from 0.
        RETURNS (Ints): (sum of counts, 2) corpus and example, in the order to read them.
        """
        rows = []
        for corpus, (size, count) in enumerate(zip(self.sizes, self.counts.tolist(), strict=True)):
            passes = -(-count // size)
            first = number * (count if self.settings.epoch_size else passes * size)
            examples = self._stretch(corpus, size, first, first + count)
            rows.append(np.stack([np.full(count, corpus), examples], axis=1))
        together = np.concatenate(rows)
        order = np.random.default_rng([self.settings.seed, number]).permutation(len(together))
        return together[order]

    def _stretch(self, corpus: int, size: int, start: int, stop: int) -> Ints:
        """Examples of the endless row of a corpus' passes, from position start to stop."""
        low, high = start // size, -(-stop // size)
        seeds = ([self.settings.seed, corpus, number] for number in range(low, high))
        passes = [np.random.default_rng(seed).permutation(size) for seed in seeds]
        row = np.concatenate([np.zeros(0, dtype=np.int64), *passes])
        return row[start - low * size : stop - low * size]
