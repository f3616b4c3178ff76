"""All places where an alias stands in a batch of texts.

Every unit is taken as a first one and its run is made longer, unit by unit and all at once, for as
long as an alias begins like that: the walk through a trie, with the trie as a table of hashes.
Folded forms are compared; for what is found the written form is looked up as well.
"""

from dataclasses import dataclass
from typing import Dict, List, Mapping, Optional, Sequence, Tuple

import numpy as np
from numpy.typing import NDArray

from .hash_index import HashIndex
from .units import Hashes, TextUnits, Units, cut, extend

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Matches:
    """Places of aliases, ordered by their first unit, then by length.

    starts (Ints): Shape (m,), number of the first unit of each.
    stops (Ints): Shape (m,), one past its last unit.
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
        return Matches(
            self.starts[wanted], self.stops[wanted], self.groups[wanted], self.rows[wanted]
        )


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
        units = cut(aliases)
        first, n_units = unit_ranges(units)
        folded = np.zeros(len(aliases), dtype=np.uint64)
        prefixes: List[Hashes] = []
        whole = np.zeros(len(aliases), dtype=np.uint64)
        for n in range(int(n_units.max(initial=0))):
            rows = np.flatnonzero(n_units > n)
            folded[rows] = extend(folded[rows], units.folded[first[rows] + n])
            last = n_units[rows] == n + 1
            whole[rows[last]] = folded[rows[last]]
            prefixes.append(np.unique(folded[rows[~last]]))
        keys, groups = np.unique(whole, return_inverse=True)
        begun = np.unique(np.concatenate([*prefixes, np.zeros(0, dtype=np.uint64)]))
        everything = np.union1d(keys, begun)
        values: NDArray[np.int32] = np.zeros(len(everything), dtype=np.int32)
        values[np.searchsorted(everything, keys)] = 2 * (np.arange(len(keys)) + 1)
        values[np.searchsorted(everything, begun)] += 1
        written = HashIndex.make(written_hashes(aliases), np.arange(len(aliases), dtype=np.int32))
        index = cls(HashIndex.make(everything, values), written)
        return index, groups.reshape(-1).astype(np.int32)

    def find_units(self, folded: Hashes) -> NDArray[np.int32]:
        """Look up units, each as the first of a run.

        folded (Hashes): Shape (n,), hashes of units.
        RETURNS (NDArray[np.int32]): Shape (n,), what `folded` says of each.
        """
        return self.folded.find(extend(np.zeros(len(folded), dtype=np.uint64), folded))

    def match(
        self,
        units: Units,
        scores: Optional[NDArray[np.float32]] = None,
        min_score: float = 0.0,
        first: Optional[NDArray[np.int32]] = None,
    ) -> Matches:
        """Find aliases.

        units (Units): The units of texts.
        scores (Optional[NDArray[np.float32]]): Shape (number of groups,); `None` for all aliases.
        min_score (float): Groups of a lower score are left out.
        first (Optional[NDArray[np.int32]]): Shape (n_units,), the result of `find_units` where that
            is known.
        RETURNS (Matches): All of them, also those that overlap.
        """
        starts = np.flatnonzero(units.may_start)
        values = (self.find_units(units.folded) if first is None else first)[starts]
        runs: Hashes = np.zeros(0, dtype=np.uint64)
        found: List[Tuple[Ints, Ints, NDArray[np.int32]]] = []
        n = 1
        while True:
            hits = np.flatnonzero(values > 1)
            hits = hits[units.may_end[starts[hits] + n - 1]]
            groups = (values[hits] >> 1) - 1
            if scores is not None:
                likely = scores[groups] >= min_score
                hits, groups = hits[likely], groups[likely]
            found.append((starts[hits], np.full(len(hits), n), groups))
            # -1, not found, is odd as well.
            onward = np.flatnonzero((values & 1 == 1) & (values > 0))
            starts = starts[onward]
            if n > 1:
                runs = runs[onward]
            else:
                runs = extend(np.zeros(len(starts), dtype=np.uint64), units.folded[starts])
            inside = starts + n < len(units)
            if not inside.all():
                starts, runs = starts[inside], runs[inside]
            if not len(starts):
                break
            runs = extend(runs, units.folded[starts + n])
            values = self.folded.find(runs)
            n += 1
        begins, length = (np.concatenate([hit[n] for hit in found]) for n in (0, 1))
        groups = np.concatenate([hit[2] for hit in found])
        order = np.lexsort((length, begins))
        begins, length = begins[order], length[order]
        rows = self.written.find(_run_hashes(units.written, begins, length))
        stops, of_row = begins + length, rows.astype(np.int64)
        return Matches(begins, stops, groups[order].astype(np.int64), of_row)

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
    units = cut(aliases)
    return _run_hashes(units.written, *unit_ranges(units))


def _run_hashes(units: Hashes, first: Ints, length: Ints) -> Hashes:
    runs = np.zeros(len(first), dtype=np.uint64)
    for n in range(int(length.max(initial=0))):
        rows = np.flatnonzero(length > n)
        runs[rows] = extend(runs[rows], units[first[rows] + n])
    return runs
