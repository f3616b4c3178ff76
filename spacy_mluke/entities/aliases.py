"""The alias dictionary: which entities a text can stand for, and how likely it stands for one.

A folder with a part for each language, all arrays memory-mapped:

    metadata.json             version, how it was counted, languages and their sizes
    titles.marisa             the entities that have no Wikidata item, as "lang:Title"
    <lang>/aliases.marisa     the aliases; the number of an alias there is its row
    <lang>/*.npy              candidates, probabilities and hashes by row, see `AliasPart`

An entity is one number: that of its item, or -1 - its number among the titles.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Tuple

import marisa_trie
import numpy as np
import srsly
from numpy.typing import NDArray

from ..errors import Errors
from ..files import PathLike
from .matching import AliasIndex, written_hashes
from .units import Flags, cut, extend

VERSION = 1
METADATA = "metadata.json"
TITLES = "titles.marisa"
ALIASES = "aliases.marisa"

_ITEM = re.compile("Q[0-9]{1,9}")

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


@dataclass(frozen=True)
class AliasCandidate:
    """An entity that an alias can stand for.

    entity (str): "Q42" or "lang:Title".
    count (float): In links: those seen, and those that names in lists are worth.
    prior (float): The share of this entity in all counts of the alias.
    """

    entity: str
    count: float
    prior: float


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

    def __len__(self) -> int:
        return len(self.trie)

    def row(self, alias: str) -> int:
        """RETURNS (int): The row of an alias as it is written, -1 if there is none."""
        return int(self.index.written.find(written_hashes([alias]))[0])

    def group(self, alias: str) -> int:
        """RETURNS (int): The group of an alias without regard to case, -1 if there is none."""
        units = cut([alias])
        run = np.zeros(1, dtype=np.uint64)
        for folded in units.folded:
            run = extend(run, np.asarray([folded]))
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

    def possible(self, min_probability: float) -> Flags:
        """RETURNS (Flags): Shape (n_groups,), the groups that reach a link probability."""
        return self.arrays["group_highest"] >= min_probability


class AliasDictionary:
    """Aliases of many languages. Use `AliasDictionary.open`.

    path (Path): The folder.
    metadata (Dict[str, Any]): The content of its `metadata.json`.
    """

    def __init__(self, path: Path, metadata: Dict[str, Any]) -> None:
        self.path = path
        self.metadata = metadata
        self._parts: Dict[str, AliasPart] = {}

    @classmethod
    def open(cls, path: PathLike) -> "AliasDictionary":
        """Open a dictionary. The parts of its languages are mapped when they are first used.

        path (PathLike): The folder.
        RAISES (ValueError): If the folder is no dictionary, or is damaged.
        """
        path = Path(path)
        try:
            metadata = srsly.read_json(path / METADATA)
            version = metadata["version"]
            dict(metadata["languages"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ValueError(Errors.M841.format(path=path, reason=error)) from error
        if version != VERSION:
            reason = f"its version is {version}, this package reads {VERSION}"
            raise ValueError(Errors.M841.format(path=path, reason=reason))
        return cls(path, metadata)

    def __reduce__(self) -> Tuple[Any, Tuple[Path]]:
        # The files are the data: a copy in another process maps them as well.
        return AliasDictionary.open, (self.path,)

    @property
    def languages(self) -> List[str]:
        """The languages there are aliases of."""
        return list(self.metadata["languages"])

    def part(self, lang: str) -> AliasPart:
        """The aliases of a language.

        lang (str): The language.
        RAISES (ValueError): If there are none.
        """
        if lang not in self._parts:
            if lang not in self.metadata["languages"]:
                known = ", ".join(self.languages)
                raise ValueError(Errors.M843.format(path=self.path, lang=lang, known=known))
            self._parts[lang] = AliasPart(self.path / lang)
        return self._parts[lang]

    def candidates(self, alias: str, lang: str) -> List[AliasCandidate]:
        """What an alias can stand for.

        alias (str): The text. If it is not known as it is written, all aliases that differ in case
            alone are taken together.
        lang (str): Its language.
        RETURNS (List[AliasCandidate]): The entities, the highest prior first; empty if not known.
        """
        part = self.part(lang)
        row = part.row(alias)
        group = part.group(alias) if row < 0 else -1
        rows = [row] if row >= 0 else part.rows(group) if group >= 0 else []
        counts: Dict[int, float] = {}
        for one in rows:
            for entity, count in part.counted(one):
                counts[entity] = counts.get(entity, 0.0) + count
        total = sum(counts.values())
        ordered = sorted(counts.items(), key=lambda item: -item[1])
        return [AliasCandidate(self.key(e), n, n / total) for e, n in ordered]

    def link_probability(self, alias: str, lang: str) -> float:
        """How likely an alias is a mention where it stands in a text.

        alias (str): The text.
        lang (str): Its language.
        RETURNS (float): The probability; 0 for what is no alias.
        """
        part = self.part(lang)
        row, group = part.row(alias), part.group(alias)
        if group < 0:
            return 0.0
        return float(part.probabilities(np.asarray([group]), np.asarray([row]))[0])

    def key(self, entity: int) -> str:
        """RETURNS (str): "Q42" or "lang:Title" of the number of an entity."""
        return f"Q{entity}" if entity >= 0 else self._titles.restore_key(-1 - entity)

    def number(self, key: str) -> Optional[int]:
        """RETURNS (Optional[int]): The number of "Q42" or "lang:Title", `None` if not known."""
        return entity_number(key, self._titles)

    @cached_property
    def _titles(self) -> Any:
        try:
            titles = marisa_trie.Trie()
            titles.mmap(str(self.path / TITLES))
            return titles
        except (OSError, RuntimeError) as error:
            raise ValueError(Errors.M842.format(path=self.path, reason=error)) from error


def is_item(key: str) -> bool:
    """RETURNS (bool): Whether a key is that of a Wikidata item."""
    return _ITEM.fullmatch(key) is not None


def entity_number(key: str, titles: Any) -> Optional[int]:
    """The number of an entity.

    key (str): "Q42" or "lang:Title".
    titles (marisa_trie.Trie): The keys that are no items.
    RETURNS (Optional[int]): The number, `None` for a title that is not there.
    """
    if is_item(key):
        return int(key[1:])
    number = titles.get(key)
    return None if number is None else -1 - number
