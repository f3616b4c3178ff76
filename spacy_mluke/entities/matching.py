"""All places where an alias stands in a batch of texts.

Every step is taken as a first one and its run is made longer, step by step and all at once, for as
long as an alias begins like that: the walk through a trie, with the trie as a table of hashes.
Folded forms are compared; for what is found the written form is looked up as well.
"""

from dataclasses import dataclass
from typing import Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

import numpy as np
from numpy.typing import NDArray

from .hash_index import HashIndex
from .units import Hashes, Steps, TextUnits, cut

# Aliases that are cut at a time.
CHUNK = 1 << 15

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Matches:
    """Places of aliases, ordered by their first step, then by length.

    starts (Ints): Shape (m,), number of the first step of each.
    stops (Ints): Shape (m,), one past its last step.
    groups (Ints): Shape (m,), the group of aliases of the same folded form.
    rows (Ints): Shape (m,), the alias that is written like that, -1 if there is none.
    """

    starts: Ints
    stops: Ints
    groups: Ints
    rows: Ints

    def __len__(self) -> int:
        return len(self.starts)

    def where(self, wanted: NDArray) -> "Matches":
        """RETURNS (Matches): Some of the matches, by a mask or by their numbers."""
        if wanted.dtype == bool:
            wanted = wanted.nonzero()[0]
        return Matches(*(a.take(wanted) for a in (self.starts, self.stops, self.groups, self.rows)))


@dataclass(frozen=True)
class AliasIndex:
    """What the aliases of a language are found by.

    folded (HashIndex): Each beginning of a folded alias -> 2 * (group + 1) + 1 if a longer alias
        begins with it, where the group is -1 if it is no alias itself.
    written (HashIndex): Each alias -> its row.
    """

    folded: HashIndex
    written: HashIndex

    @classmethod
    def make(cls, aliases: Sequence[str]) -> Tuple["AliasIndex", NDArray[np.int32]]:
        """Build the index.

        aliases (Sequence[str]): The aliases, in order of rows. All must have units.
        RETURNS (Tuple[AliasIndex, NDArray[np.int32]]): The index and, shape (n,), the group of each
            row.
        """
        wholes: List[Hashes] = [np.zeros(0, dtype=np.uint64)]
        prefixes: List[Hashes] = [np.zeros(0, dtype=np.uint64)]
        for units in _cut_in_turn(aliases):
            first, n_units = unit_ranges(units)
            folded = np.zeros(len(first), dtype=np.uint64)
            for n in range(int(n_units.max(initial=0))):
                rows = (n_units > n).nonzero()[0]
                folded[rows] = units.extend(folded[rows], first[rows] + n)
                prefixes.append(np.unique(folded[n_units > n + 1]))
            wholes.append(folded)
        whole = np.concatenate(wholes)
        keys, groups = np.unique(whole, return_inverse=True)
        begun = np.unique(np.concatenate(prefixes))
        everything = np.union1d(keys, begun)
        values: NDArray[np.int32] = np.zeros(len(everything), dtype=np.int32)
        values[np.searchsorted(everything, keys)] = 2 * (np.arange(len(keys)) + 1)
        values[np.searchsorted(everything, begun)] += 1
        written = HashIndex.make(written_hashes(aliases), np.arange(len(aliases), dtype=np.int32))
        index = cls(HashIndex.make(everything, values), written)
        return index, groups.reshape(-1).astype(np.int32)

    def match(
        self,
        steps: Steps,
        scores: Optional[NDArray[np.float32]] = None,
        min_score: float = 0.0,
        first: Optional[NDArray[np.int32]] = None,
    ) -> Matches:
        """Find aliases.

        steps (Steps): The steps of texts.
        scores (Optional[NDArray[np.float32]]): Shape (number of groups,); `None` for all aliases.
        min_score (float): Groups of a lower score are left out.
        first (Optional[NDArray[np.int32]]): Shape (n_steps,), what `folded` says of each step as
            the first of a run, where that is known.
        RETURNS (Matches): All of them, also those that overlap.
        """
        starts = steps.may_start.nonzero()[0]
        values = self.folded.find(steps.extend(None, starts)) if first is None else first[starts]
        runs: Optional[Hashes] = None
        found: List[Tuple[Ints, Ints, NDArray[np.int32]]] = []
        n = 1
        while True:
            hits = (values > 1).nonzero()[0]
            hits = hits.take(steps.may_end.take(starts.take(hits) + (n - 1)).nonzero()[0])
            groups = (values.take(hits) >> 1) - 1
            if scores is not None:
                likely = (scores.take(groups) >= min_score).nonzero()[0]
                hits, groups = hits.take(likely), groups.take(likely)
            found.append((starts.take(hits), np.full(len(hits), n), groups))
            # -1, not found, is odd as well.
            onward = ((values & 1 == 1) & (values > 0)).nonzero()[0]
            starts = starts.take(onward)
            runs = steps.extend(None, starts) if runs is None else runs.take(onward)
            if len(starts) and starts[-1] + n == len(steps):
                starts, runs = starts[:-1], runs[:-1]
            if not len(starts):
                break
            runs = steps.extend(runs, starts + n)
            values = self.folded.find(runs)
            n += 1
        begins, length, groups = (np.concatenate([hit[n] for hit in found]) for n in range(3))
        # Each length is in order already, and shorter ones come first.
        order = np.argsort(begins, kind="stable")
        begins, length, groups = begins.take(order), length.take(order), groups.take(order)
        rows = self.written.find(run_hashes(steps, begins, length, written=True))
        return Matches(begins, begins + length, groups.astype(np.int64), rows.astype(np.int64))

    def arrays(self) -> Dict[str, NDArray]:
        """RETURNS (Dict[str, NDArray]): The arrays under names to save them by."""
        return {**self.folded.arrays("folded"), **self.written.arrays("written")}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray]) -> "AliasIndex":
        """The index whose `arrays` were saved."""
        return cls(
            HashIndex.from_arrays("folded", arrays), HashIndex.from_arrays("written", arrays)
        )


def unit_ranges(units: TextUnits) -> Tuple[Ints, Ints]:
    """The first unit of each text and how many it has, without barriers."""
    first = np.searchsorted(units.starts, units.texts[:-1])
    stop = np.searchsorted(units.starts, units.texts[1:] - 1)
    return first, stop - first


def written_hashes(aliases: Sequence[str]) -> Hashes:
    """A hash of the written form of each alias: equal for those of the same units.

    aliases (Sequence[str]): The aliases.
    RETURNS (Hashes): Shape (n,), 0 for those without units.
    """
    hashes = [np.zeros(0, dtype=np.uint64)]
    for units in _cut_in_turn(aliases):
        hashes.append(run_hashes(units, *unit_ranges(units), written=True))
    return np.concatenate(hashes)


def unit_counts(aliases: Sequence[str]) -> Ints:
    """RETURNS (Ints): Shape (n,), how many units each alias has."""
    counts = [unit_ranges(units)[1] for units in _cut_in_turn(aliases)]
    return np.concatenate([np.zeros(0, dtype=np.int64), *counts])


def _cut_in_turn(aliases: Sequence[str]) -> Iterator[TextUnits]:
    """Units of many aliases, some of them at a time: they take a hundred times their memory."""
    for low in range(0, len(aliases), CHUNK):
        yield cut(aliases[low : low + CHUNK])


def run_hashes(steps: Steps, first: Ints, length: Ints, *, written: bool) -> Hashes:
    """The hash of each of some runs.

    steps (Steps): The steps of texts.
    first (Ints), length (Ints): Shape (m,), first step and number of steps of each run.
    written (bool): Whether the units count as they are written, or folded.
    RETURNS (Hashes): Shape (m,), 0 for runs without units.
    """
    runs = np.zeros(len(first), dtype=np.uint64)
    for n in range(int(length.max(initial=0))):
        rows = (length > n).nonzero()[0]
        runs[rows] = steps.extend(runs.take(rows), first.take(rows) + n, written)
    return runs
