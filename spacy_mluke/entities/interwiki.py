"""Title <-> Wikidata item, in all languages, memory-mapped."""

from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

import numpy as np
from numpy.typing import NDArray

from ..files import PathLike
from .key_groups import KeyGroups
from .keys import item_number
from .mapped_folder import map_array, mapping_files, read_metadata, verify_files

KIND = "interwiki"
VERSION = 1
ITEMS = "items.npy"


class Interwiki:
    """Which Wikidata item a page title stands for, and which titles an item has.

    A title is looked up as it is written, then with single spaces for underscores and its first
    letter as pages have it, a capital, or as labels may have it, a small one.
    """

    def __init__(self, path: PathLike) -> None:
        self.path = Path(path)
        self.metadata: Dict[str, Any] = read_metadata(self.path, KIND, VERSION)
        with mapping_files(self.path, KIND):
            self.titles_by_item = KeyGroups(self.path, self.metadata["languages"])
            self.item_numbers: NDArray[np.int64] = map_array(self.path / ITEMS)

    @classmethod
    def open(cls, path: PathLike) -> "Interwiki":
        """Open a folder that ``build_interwiki`` has written.

        path (PathLike): The folder.
        RETURNS (Interwiki): The interwiki. Its files are mapped, not read.
        RAISES (ValueError): If the folder is something else, or damaged.
        """
        return cls(path)

    def __reduce__(self) -> Tuple[Any, ...]:
        return (type(self), (str(self.path),))

    def __len__(self) -> int:
        return len(self.item_numbers)

    def __iter__(self) -> Iterator[str]:
        return (f"Q{number}" for number in self.item_numbers.tolist())

    @property
    def languages(self) -> List[str]:
        """RETURNS (List[str]): The languages that any title is in."""
        return sorted(self.titles_by_item.languages)

    def titles_by_language(self) -> Dict[str, int]:
        """RETURNS (Dict[str, int]): Number of titles in each language."""
        return self.titles_by_item.titles_by_language()

    def item(self, lang: str, title: str) -> Optional[str]:
        """RETURNS (Optional[str]): The item of a page: "Q42"."""
        return self._item(f"{lang}:{title}")

    def items(self, keys: Sequence[str]) -> List[Optional[str]]:
        """Find many items.

        keys (Sequence[str]): "lang:Title"; items ("Q42") give themselves.
        RETURNS (List[Optional[str]]): Items, None where the title is not known.
        """
        return [key if item_number(key) else self._item(key) for key in keys]

    def titles(self, item: str) -> Dict[str, str]:
        """RETURNS (Dict[str, str]): Language to title; empty if the item is not known."""
        group = self.group(item)
        return {} if group < 0 else self.titles_by_item.titles(group)

    def group(self, item: str) -> int:
        """RETURNS (int): Index into ``item_numbers``; -1 if the item is not known."""
        number = item_number(item)
        at = int(np.searchsorted(self.item_numbers, number))
        found = at < len(self.item_numbers) and self.item_numbers[at] == number
        return at if found else -1

    def verify(self) -> None:
        """Read all files and compare their checksums.

        RAISES (ValueError): If one is damaged.
        """
        verify_files(self.path, self.metadata)

    def _item(self, key: str) -> Optional[str]:
        group = self.titles_by_item.find(key)
        return None if group < 0 else f"Q{self.item_numbers[group]}"
