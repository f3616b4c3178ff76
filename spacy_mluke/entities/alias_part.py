"""The aliases of one language, as arrays mapped from files."""

from pathlib import Path
from typing import Dict, Iterator, List, Tuple

import marisa_trie
import numpy as np
from numpy.typing import NDArray

from ..errors import Errors
from .matching import AliasIndex, run_hashes, unit_ranges, written_hashes
from .token_units import TokenSteps
from .units import cut

ALIASES = "aliases.marisa"

# No value of an index.
_UNASKED = -2

# What a part is made of: name -> type.
ARRAYS = {
    "offsets": np.int64,
    "entities": np.int32,
    "counts": np.float32,
    "links": np.int32,
    "occurrences": np.int32,
    "probability": np.float32,
    "groups": np.int32,
    "group_offsets": np.int64,
    "group_rows": np.int32,
    "group_best": np.int32,
    "group_highest": np.float32,
    "group_probability": np.float32,
    **{f"{index}_keys": np.uint64 for index in ("folded", "written")},
    **{f"{index}_values": np.int32 for index in ("folded", "written")},
    **{f"{index}_buckets": np.int32 for index in ("folded", "written")},
}


class AliasPart:
    """The aliases of one language.

    `offsets` (rows + 1) cuts `entities` and `counts` by row, the highest count first. `links` and
    `occurrences` are counts by row, `probability` the link probability. `group_offsets` cuts
    `group_rows`: the rows of one folded form. `group_best` is the entity with the highest count
    there, `group_highest` the highest link probability of a row or of the form as such,
    `group_probability` that of a form which is written like none of the rows.

    path (Path): The folder of the part.
    """

    def __init__(self, path: Path) -> None:
        self.arrays: Dict[str, NDArray] = {}
        try:
            self.trie = marisa_trie.Trie()
            self.trie.mmap(str(path / ALIASES))
            for name, kind in ARRAYS.items():
                array = np.load(path / f"{name}.npy", mmap_mode="r", allow_pickle=False)
                if array.dtype != kind or array.ndim != 1:
                    raise ValueError(f"{name}.npy has values of type {array.dtype}")
                # A plain view of the mapped memory: indexing a memmap itself is slow.
                self.arrays[name] = array.view(np.ndarray)
        except (OSError, ValueError, RuntimeError, EOFError) as error:
            raise ValueError(Errors.M842.format(path=path, reason=error)) from error
        n_rows, n_groups = len(self.trie), len(self.arrays["group_best"])
        for name, length in (
            ("offsets", n_rows + 1),
            ("probability", n_rows),
            ("groups", n_rows),
            ("group_offsets", n_groups + 1),
            ("group_probability", n_groups),
        ):
            if len(self.arrays[name]) != length:
                reason = f"{name}.npy has {len(self.arrays[name])} values, not {length}"
                raise ValueError(Errors.M842.format(path=path, reason=reason))
        self.index = AliasIndex.from_arrays(self.arrays)
        self._first: Tuple[object, NDArray[np.int32]] = (None, np.zeros(0, dtype=np.int32))

    def __len__(self) -> int:
        return len(self.trie)

    def row(self, alias: str) -> int:
        """RETURNS (int): The row of an alias as it is written, -1 if there is none."""
        # Most are written as in the trie, which is asked faster than their units are cut.
        row = self.trie.get(alias)
        return int(self.index.written.find(written_hashes([alias]))[0]) if row is None else row

    def group(self, alias: str) -> int:
        """RETURNS (int): The group of an alias without regard to case, -1 if there is none."""
        units = cut([alias])
        run = run_hashes(units, *unit_ranges(units), written=False)
        return int(self.index.folded.find(run)[0] >> 1) - 1 if len(units) else -1

    def rows(self, group: int) -> List[int]:
        """RETURNS (List[int]): The rows of a group."""
        low, high = self.arrays["group_offsets"][group : group + 2]
        return self.arrays["group_rows"][low:high].tolist()

    def counted(self, row: int) -> Iterator[Tuple[int, float]]:
        """YIELDS (Tuple[int, float]): Number and count of the entities of a row."""
        low, high = self.arrays["offsets"][row : row + 2]
        return zip(
            self.arrays["entities"][low:high].tolist(), self.arrays["counts"][low:high].tolist()
        )

    def alias(self, row: int) -> str:
        """RETURNS (str): The alias of a row."""
        return self.trie.restore_key(row)

    def best(self, groups: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.int32]:
        """The most frequent entity of matches.

        groups (NDArray[np.int64]): Shape (n,), the group of each.
        rows (NDArray[np.int64]): Shape (n,), the row of each or -1.
        RETURNS (NDArray[np.int32]): Shape (n,), numbers of entities.
        """
        first = self.arrays["entities"][self.arrays["offsets"][np.maximum(rows, 0)]]
        return np.where(rows >= 0, first, self.arrays["group_best"][groups])

    def probabilities(
        self, groups: NDArray[np.int64], rows: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """The link probability of matches, see `best`."""
        as_written = self.arrays["probability"][np.maximum(rows, 0)]
        return np.where(rows >= 0, as_written, self.arrays["group_probability"][groups])

    def first_values(self, steps: TokenSteps) -> NDArray[np.int32]:
        """What the index says of tokens as the first of a run. It is looked up once for each that
        `TokenUnits` keeps.

        steps (TokenSteps): The tokens.
        RETURNS (NDArray[np.int32]): Shape (n_steps,), see `AliasIndex.match`.
        """
        # Both are taken and put back together, for another thread may put others there.
        store, known = self._first
        size = int(steps.numbers.max(initial=-1)) + 1
        if store is not steps.store or size > len(known):
            known = np.full(2 * size, _UNASKED, dtype=np.int32)
            self._first = steps.store, known
        values = known.take(steps.numbers)
        rows = np.flatnonzero(values == _UNASKED)
        if len(rows):
            values[rows] = self.index.folded.find(steps.extend(None, rows))
            known[steps.numbers[rows]] = values[rows]
        return values
