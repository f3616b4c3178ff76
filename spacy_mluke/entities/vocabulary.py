"""The entity vocabulary: rows of the entity table by item and title, memory-mapped."""

from pathlib import Path
from typing import Any, Dict, List, Sequence, Tuple

import numpy as np
import srsly
from numpy.typing import NDArray

from ..files import PathLike
from ..text.arrays import Ints1d
from .key_groups import Grouped, KeyGroups, write_key_groups
from .keys import SPECIAL_ENTITIES, item_number
from .mapped_folder import (
    METADATA,
    map_array,
    mapping_files,
    read_metadata,
    verify_files,
    write_metadata,
)

KIND = "vocabulary"
VERSION = 1
N_SPECIAL = len(SPECIAL_ENTITIES)


class EntityVocabulary:
    """Entities in the order of their rows, the special ones first: [MASK], [UNK], [PAD], [MASK2].

    One row is one Wikidata item, with its titles in all languages, or one title whose item is not
    known. All but `metadata.json` is mapped from files when it is used.

    counts (NDArray[np.int64]): (rows,) how often each entity is linked; 0 for special ones.
    items (NDArray[np.int64]): (rows,) number of the Wikidata item, 0 if it is not known.
    source_rows (NDArray[np.int32]): (rows,) row that each entity has in the file that the
        vocabulary was imported from, -1 for a special one that is not there; else its own row.
    """

    def __init__(self, path: PathLike) -> None:
        self.path = Path(path)
        self.metadata: Dict[str, Any] = read_metadata(self.path, KIND, VERSION)
        with mapping_files(self.path, KIND):
            self.names = KeyGroups(self.path, self.metadata["languages"])
            self.counts: NDArray[np.int64] = map_array(self.path / "counts.npy")
            self.items: NDArray[np.int64] = map_array(self.path / "items.npy")
            self.source_rows: NDArray[np.int32] = map_array(self.path / "source_rows.npy")
            self._sorted_items = map_array(self.path / "sorted_items.npy")
            self._item_rows = map_array(self.path / "item_rows.npy")

    @classmethod
    def open(cls, path: PathLike) -> "EntityVocabulary":
        """Open a folder.

        path (PathLike): The folder.
        RETURNS (EntityVocabulary): The vocabulary. Its files are mapped, not read.
        RAISES (ValueError): If the folder is something else, or damaged.
        """
        return cls(path)

    def __reduce__(self) -> Tuple[Any, ...]:
        return (type(self), (str(self.path),))

    def __len__(self) -> int:
        return len(self.counts)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self.row(key) >= 0

    @property
    def languages(self) -> List[str]:
        """RETURNS (List[str]): The languages that any title is in."""
        return sorted(self.names.languages)

    def titles_by_language(self) -> Dict[str, int]:
        """RETURNS (Dict[str, int]): Number of titles in each language."""
        return self.names.titles_by_language()

    def row(self, key: str) -> int:
        """RETURNS (int): Row of "Q42", "lang:Title" or "[MASK]"; -1 if it is not known."""
        if key in SPECIAL_ENTITIES:
            return SPECIAL_ENTITIES.index(key)
        number = item_number(key)
        return int(self.item_rows(np.asarray([number]))[0]) if number else self.names.find(key)

    def rows(self, keys: Sequence[str]) -> Ints1d:
        """RETURNS (Ints1d): (keys,) the row of each key, -1 for unknown ones."""
        numbers = np.fromiter(map(item_number, keys), dtype=np.int64, count=len(keys))
        rows = self.item_rows(numbers)
        for i in np.flatnonzero(numbers == 0).tolist():
            rows[i] = self.row(keys[i])
        return rows

    def item_rows(self, numbers: NDArray[np.int64]) -> Ints1d:
        """RETURNS (Ints1d): (n,) the rows of Wikidata items by number, -1 for unknown ones."""
        at = np.searchsorted(self._sorted_items, numbers)
        at[at == len(self._sorted_items)] = 0
        if not len(self._sorted_items):
            return np.full(len(numbers), -1, dtype=np.int32)
        found = self._sorted_items[at] == numbers
        return np.where(found, self._item_rows[at], -1).astype(np.int32)

    def key(self, row: int) -> str:
        """RETURNS (str): The entity of a row: its item, else its (first) title."""
        if row < N_SPECIAL:
            return SPECIAL_ENTITIES[row]
        number = int(self.items[row])
        return f"Q{number}" if number else self.names.keys(row)[0]

    def titles(self, row: int) -> Dict[str, str]:
        """RETURNS (Dict[str, str]): Language to title of an entity."""
        return self.names.titles(row)

    def verify(self) -> None:
        """Read all files and compare their checksums.

        RAISES (ValueError): If one is damaged.
        """
        verify_files(self.path, self.metadata)


def is_vocabulary(path: Path) -> bool:
    """RETURNS (bool): Whether a folder says that it is a vocabulary."""
    try:
        return bool(srsly.read_json(path / METADATA).get("kind") == KIND)
    except (OSError, ValueError, AttributeError):
        return False


def write_vocabulary(
    folder: Path,
    items: NDArray[np.int64],
    counts: NDArray[np.int64],
    titles: Sequence[str],
    title_rows: NDArray[np.int64],
    values: Dict[str, Any],
    source_rows: NDArray[np.int64] | None = None,
) -> Grouped:
    """Write the files of a vocabulary.

    folder (Path): Where to; it exists.
    items (NDArray[np.int64]): (rows,) number of the item of each entity, 0 if it is not known.
        The first rows are those of the special entities.
    counts (NDArray[np.int64]): (rows,) how often each is linked.
    titles (Sequence[str]): All titles; one that comes with several rows finds the first of them.
    title_rows (NDArray[np.int64]): (titles,) their rows.
    values (Dict[str, Any]): What else to put into the metadata.
    source_rows (Optional[NDArray[np.int64]]): (rows,) see ``EntityVocabulary``.
    RETURNS (Grouped): What became of the titles.
    """
    grouped = write_key_groups(folder, titles, title_rows, len(items), title_rows)
    known = np.flatnonzero(items)
    known = known[np.argsort(items[known], kind="stable")]
    rows = np.arange(len(items)) if source_rows is None else source_rows
    np.save(folder / "counts.npy", counts.astype(np.int64))
    np.save(folder / "items.npy", items.astype(np.int64))
    np.save(folder / "sorted_items.npy", items[known].astype(np.int64))
    np.save(folder / "item_rows.npy", known.astype(np.int32))
    np.save(folder / "source_rows.npy", rows.astype(np.int32))
    values = {
        "entities": len(items) - N_SPECIAL,
        "items": len(known),
        "titles": grouped.titles,
        "languages": grouped.languages,
        **values,
    }
    write_metadata(folder, KIND, VERSION, values)
    return grouped
