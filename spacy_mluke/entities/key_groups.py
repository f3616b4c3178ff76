"""Titles in groups, memory-mapped: from title to group and from group to its titles.

The titles are in a MARISA trie, which finds the number of a title and gives the title of a number
back, so that each title is stored once, and its common beginnings once for all.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Sequence, Tuple

import marisa_trie
import numpy as np
from numpy.typing import NDArray

from ..text.arrays import offsets_of, ragged_arange
from .keys import split_title, title_variants
from .mapped_folder import map_array

_TRIE = "titles.marisa"


@dataclass(frozen=True)
class Grouped:
    """What became of the titles that were written.

    titles (int): Different titles.
    repeated (int): Titles that came again, with the same group.
    ambiguous (int): Different titles that came with several groups.
    languages (List[str]): All languages, in the order of their numbers.
    """

    titles: int
    repeated: int
    ambiguous: int
    languages: List[str]


class KeyGroups:
    """Groups of titles ("lang:Title"), mapped from a folder.

    folder (Path): The folder.
    languages (Sequence[str]): Languages in the order of their numbers.
    """

    def __init__(self, folder: Path, languages: Sequence[str]) -> None:
        self.languages = list(languages)
        self._trie: Any = marisa_trie.Trie().mmap(str(folder / _TRIE))
        # group and language of each title, where the titles of a group begin, and what they are
        self._group_of = map_array(folder / "title_groups.npy")
        self.language_of = map_array(folder / "title_languages.npy")
        self.offsets = map_array(folder / "group_offsets.npy")
        self.members = map_array(folder / "group_titles.npy")

    def __len__(self) -> int:
        return len(self._group_of)

    def find(self, key: str) -> int:
        """RETURNS (int): Group of a title as it is, or else spelt as pages are; -1 if unknown."""
        try:
            number = self._trie.get(key)
            if number is None:
                found = (self._trie.get(variant) for variant in title_variants(key))
                number = next((n for n in found if n is not None), None)
        except UnicodeEncodeError:  # half a surrogate pair: no title has that
            return -1
        return -1 if number is None else int(self._group_of[number])

    def keys(self, group: int) -> List[str]:
        """RETURNS (List[str]): The titles of a group, in the order in which they were written."""
        start, end = self.offsets[group], self.offsets[group + 1]
        return self.restore(self.members[start:end])

    def titles(self, group: int) -> Dict[str, str]:
        """RETURNS (Dict[str, str]): The first title of a group in each language."""
        titles: Dict[str, str] = {}
        for key in self.keys(group):
            lang, _, title = key.partition(":")
            titles.setdefault(lang, title)
        return titles

    def restore(self, numbers: NDArray[Any]) -> List[str]:
        """RETURNS (List[str]): Titles by their numbers."""
        return [self._trie.restore_key(number) for number in numbers.tolist()]

    def owners(self) -> Iterator[Tuple[str, int]]:
        """YIELDS (Tuple[str, int]): Every title and the group that is found by it."""
        for number, group in enumerate(self._group_of.tolist()):
            yield self._trie.restore_key(number), group

    def owned(self, groups: NDArray[np.int64]) -> Tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The titles by which some groups are found.

        groups (NDArray[np.int64]): (n,) the groups.
        RETURNS (Tuple): (titles,) place in ``groups``, and number of each title.
        """
        lengths = np.diff(self.offsets)[groups]
        numbers = self.members[ragged_arange(self.offsets[groups], lengths)]
        places = np.repeat(np.arange(len(groups)), lengths)
        theirs = self._group_of[numbers] == groups[places]
        return places[theirs], numbers[theirs].astype(np.int64)

    def in_language(self, lang: str) -> NDArray[np.bool_]:
        """RETURNS (NDArray[np.bool_]): (groups,) whether each has a title in a language."""
        has = np.zeros(len(self.offsets) - 1, dtype=bool)
        if lang in self.languages:
            theirs = self.language_of[self.members] == self.languages.index(lang)
            places = np.flatnonzero(theirs)
            has[np.searchsorted(self.offsets, places, side="right") - 1] = True
        return has

    def titles_by_language(self) -> Dict[str, int]:
        """RETURNS (Dict[str, int]): Number of titles in each language, in order of language."""
        counts = np.bincount(self.language_of, minlength=len(self.languages))
        return dict(sorted(zip(self.languages, counts.tolist())))

    def languages_in(self, languages: Sequence[str]) -> NDArray[np.bool_]:
        """RETURNS (NDArray[np.bool_]): Which of all languages are among these."""
        return np.asarray([lang in languages for lang in self.languages], dtype=bool)


def write_key_groups(
    folder: Path,
    keys: Iterable[str],
    groups: NDArray[np.int64],
    n_groups: int,
    preference: NDArray[np.int64],
) -> Grouped:
    """Write groups of titles.

    folder (Path): Where to; it exists.
    keys (Iterable[str]): The titles, gone through twice. A title may come several times.
    groups (NDArray[np.int64]): (keys,) the group of each.
    n_groups (int): How many groups there are.
    preference (NDArray[np.int64]): (keys,) of several groups with one title that with the lowest
        number here is found by it, then the lowest group. All of them keep it as theirs.
    RETURNS (Grouped): What is written.
    """
    trie: Any = marisa_trie.Trie(iter(keys))
    trie.save(str(folder / _TRIE))
    ids = np.fromiter((trie[key] for key in keys), dtype=np.int64, count=len(groups))
    by_title = np.lexsort((groups, preference, ids))
    first = np.ones(len(ids), dtype=bool)
    first[1:] = np.diff(ids[by_title]) != 0
    owners = groups[by_title[first]]  # by number of the title: of those, none is missing
    _, pairs = np.unique(ids * n_groups + groups, return_index=True)
    pairs = pairs[np.lexsort((pairs, groups[pairs]))]
    members = ids[pairs]
    several = np.bincount(members, minlength=len(trie)) > 1
    languages = np.zeros(len(trie), dtype=np.uint16)
    names: Dict[str, int] = {}
    for number, key in enumerate(map(trie.restore_key, range(len(trie)))):
        parts = split_title(key)
        assert parts is not None
        languages[number] = names.setdefault(parts[0], len(names))
    np.save(folder / "title_groups.npy", owners.astype(np.int32))
    np.save(folder / "title_languages.npy", languages)
    np.save(folder / "group_titles.npy", members.astype(np.int32))
    sizes = np.bincount(groups[pairs], minlength=n_groups)
    np.save(folder / "group_offsets.npy", offsets_of(sizes))
    return Grouped(
        titles=len(trie),
        repeated=len(ids) - len(pairs),
        ambiguous=int(several.sum()),
        languages=list(names),
    )
