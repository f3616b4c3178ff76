"""The alias dictionary: which entities a text can stand for, and how likely it stands for one.

A folder with a part for each language, all arrays memory-mapped:

    metadata.json             version, how it was counted, languages and their sizes
    titles.marisa             the entities that have no Wikidata item, as "lang:Title"
    <lang>/aliases.marisa     the aliases; the number of an alias there is its row
    <lang>/*.npy              candidates, probabilities and hashes by row, see `AliasPart`

An entity is one number: that of its item, or -1 - its number among the titles.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Optional, Tuple

import marisa_trie
import numpy as np
import srsly

from ..errors import Errors
from ..files import PathLike
from .alias_part import AliasPart
from .keys import item_number

VERSION = 1
METADATA = "metadata.json"
TITLES = "titles.marisa"

# Of those that fit the type of a number; Wikidata is at 140 million.
_HIGHEST_ITEM = 2**31 - 1

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
        return self._candidates(part, rows)

    def _candidates(self, part: AliasPart, rows: List[int]) -> List[AliasCandidate]:
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

    def items(self, lang: str) -> Iterator[Tuple[str, List[AliasCandidate]]]:
        """All aliases of a language with what they can stand for.

        lang (str): The language.
        YIELDS (Tuple[str, List[AliasCandidate]]): Alias and candidates, see `candidates`.
        """
        part = self.part(lang)
        for row in range(len(part)):
            yield part.alias(row), self._candidates(part, [row])

    def names(self, entities: Iterable[str], lang: str, most: int) -> Dict[str, List[str]]:
        """What entities are called in a language.

        entities (Iterable[str]): "Q42" or "lang:Title".
        lang (str): The language.
        most (int): Most names of each, those with the highest counts.
        RETURNS (Dict[str, List[str]]): Names by entity; those without any are left out.
        """
        part = self.part(lang)
        wanted = [number for number in map(self.number, entities) if number is not None]
        places = np.flatnonzero(np.isin(part.arrays["entities"], wanted))
        rows = np.searchsorted(part.arrays["offsets"], places, side="right") - 1
        result: Dict[str, List[str]] = {}
        for at in np.argsort(-part.arrays["counts"][places], kind="stable").tolist():
            names = result.setdefault(self.key(int(part.arrays["entities"][places[at]])), [])
            if len(names) < most:
                names.append(part.alias(int(rows[at])))
        return result

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
    return 0 < item_number(key) <= _HIGHEST_ITEM


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
