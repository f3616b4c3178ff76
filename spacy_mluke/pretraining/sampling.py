"""Which instances a batch has: languages by p ~ n^a, lengths alike, each once an epoch."""

from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Sequence, Tuple

import numpy as np
from numpy.typing import NDArray

from ..errors import Errors

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class SamplingSettings:
    """How batches are drawn.

    smoothing (float): Languages are drawn with p ~ n^smoothing, n being their instances (mLUKE:
        0.7).
    batch_pieces (int): Pieces of a batch, ``<s>`` and ``</s>`` included.
    pool_batches (int): Batches that are drawn together. Their instances are sorted by length
        before they are divided, so that the windows of a batch attend in one call.
    seed (int): Another seed gives other batches.
    """

    smoothing: float = 0.7
    batch_pieces: int = 4096
    pool_batches: int = 64
    seed: int = 0


def language_shares(counts: Sequence[int], smoothing: float) -> NDArray[np.float64]:
    """RETURNS (NDArray[np.float64]): p_i ~ n_i ^ smoothing; they sum up to 1."""
    weights = np.asarray(counts, dtype=np.float64) ** smoothing
    weights[np.asarray(counts) == 0] = 0.0
    return weights / weights.sum()


class BatchSampler:
    """Draws batches for ever. The same settings give the same batches, from any state.

    lengths (Sequence[Ints]): For each shard, (n,) rows that each of its instances takes: pieces,
        ``<s>``, ``</s>`` and entities.
    settings (SamplingSettings): How.
    RAISES (ValueError): If there is no instance, or a batch has no room for one.
    """

    def __init__(self, lengths: Sequence[Ints], settings: SamplingSettings) -> None:
        self.settings = settings
        self._lengths = lengths
        if not any(len(rows) for rows in lengths):
            raise ValueError(Errors.M735)
        longest = max(int(rows.max()) for rows in lengths if len(rows))
        if longest > settings.batch_pieces:
            raise ValueError(Errors.M736.format(size=settings.batch_pieces, longest=longest))
        counts = [len(rows) for rows in lengths]
        self.shares = language_shares(counts, settings.smoothing)
        means = np.array([rows.mean() if len(rows) else 0.0 for rows in lengths])
        self._draws = int(
            np.ceil(settings.pool_batches * settings.batch_pieces / (self.shares @ means))
        )
        self._orders: Dict[int, Tuple[int, Ints]] = {}
        self._pool = 0  # the next pool
        self._taken = np.zeros(len(lengths), dtype=np.int64)  # instances of each shard so far
        self._batches: List[Ints] = []
        self._position = 0

    def __next__(self) -> Ints:
        """RETURNS (Ints): (n, 2) shard and instance."""
        if self._position == len(self._batches):
            self._start = (self._pool, self._taken.tolist())
            self._batches = self._next_pool()
            self._position = 0
        self._position += 1
        return self._batches[self._position - 1]

    @property
    def epochs(self) -> NDArray[np.float64]:
        """RETURNS (NDArray[np.float64]): How often each shard was gone through."""
        return self._taken / np.maximum([len(rows) for rows in self._lengths], 1)

    def state(self) -> Dict[str, Any]:
        """RETURNS (Dict[str, Any]): JSON values with which another sampler goes on from here."""
        if not self._batches:
            return {"pool": self._pool, "taken": self._taken.tolist(), "position": 0}
        pool, taken = self._start
        return {"pool": pool, "taken": taken, "position": self._position}

    def restore(self, state: Mapping[str, Any]) -> None:
        """state (Mapping[str, Any]): From `state` of a sampler with the same settings and data."""
        if len(state["taken"]) != len(self._lengths):
            raise ValueError(
                Errors.M737.format(found=len(self._lengths), expected=len(state["taken"]))
            )
        self._pool = int(state["pool"])
        self._taken = np.array(state["taken"], dtype=np.int64)
        self._batches, self._position = [], 0
        for _ in range(int(state["position"])):
            next(self)

    def _next_pool(self) -> List[Ints]:
        random = np.random.default_rng([self.settings.seed, self._pool])
        self._pool += 1
        drawn = random.multinomial(self._draws, self.shares)
        parts = [self._take(shard, int(n)) for shard, n in enumerate(drawn)]
        instances = np.concatenate(parts)
        lengths = np.concatenate(
            [rows[part[:, 1]] for rows, part in zip(self._lengths, parts, strict=True)]
        )
        order = np.lexsort((random.random(len(lengths)), lengths))
        ends = np.cumsum(lengths[order])
        # A batch ends before the instance with which it would be too large.
        cuts, start = [0], 0
        while cuts[-1] < len(order):
            cuts.append(
                int(np.searchsorted(ends, start + self.settings.batch_pieces, side="right"))
            )
            start = int(ends[cuts[-1] - 1])
        batches = [instances[order[a:b]] for a, b in zip(cuts[:-1], cuts[1:])]
        return [batches[i] for i in random.permutation(len(batches))]

    def _take(self, shard: int, number: int) -> Ints:
        """The next instances of a shard, epoch by epoch in a new order."""
        size = len(self._lengths[shard])
        taken = np.arange(self._taken[shard], self._taken[shard] + number)
        self._taken[shard] += number
        rows = np.empty(number, dtype=np.int64)
        if number:
            epochs = taken // size
            for epoch in range(int(epochs[0]), int(epochs[-1]) + 1):
                chosen = epochs == epoch
                rows[chosen] = self._order(shard, epoch)[taken[chosen] % size]
        return np.stack([np.full(number, shard), rows], axis=1)

    def _order(self, shard: int, epoch: int) -> Ints:
        known = self._orders.get(shard)
        if known is None or known[0] != epoch:
            random = np.random.default_rng([self.settings.seed, shard, epoch, 1])
            known = (epoch, random.permutation(len(self._lengths[shard])))
            self._orders[shard] = known
        return known[1]
