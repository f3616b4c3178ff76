"""What aliases can stand for, and nothing else: small enough to be saved with a pipeline.

An alias dictionary also finds mentions in texts, and knows entities that no table of a model has.
Of that, `prune_aliases` keeps what candidates need:

    metadata.json       version, languages with their numbers of aliases
    entities.msgpack    keys of the entities
    <lang>.marisa       the aliases; the number of an alias there is its row
    *.npy               see `AliasTable`
"""

import unicodedata
from pathlib import Path
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple
from zlib import crc32

import marisa_trie
import numpy as np
import srsly
from numpy.typing import NDArray

from ..errors import Errors
from ..files import PathLike, written_whole
from ..text.arrays import offsets_of
from .aliases import AliasCandidate
from .characters import SAME
from .mapped_folder import map_array, mapping_files, read_metadata, write_metadata
from .units import clean

KIND = "aliases"
VERSION = 1
_ENTITIES = "entities.msgpack"

_SAME = str.maketrans(SAME)


class _Part(NamedTuple):
    """The aliases of one language."""

    trie: Any
    offsets: NDArray[np.int64]
    entities: NDArray[Any]
    counts: NDArray[np.float32]
    others: NDArray[np.float32]
    folded: NDArray[np.int32]
    hashes: NDArray[np.uint32]


class AliasTable:
    """Entities by alias and language. Where a text is no alias as it is written, in none of the
    languages that are asked, those that differ in case, width, quotes and dashes alone are taken
    together, as an `AliasDictionary` does.

    All arrays run over the languages, in the order of `rows`:

    `lengths` (rows, uint8): number of candidates of an alias. `entities`, `counts` (candidates):
    place of the entity in `keys`, and its count, the highest first. `others` (rows): count of
    the entities that were left out. `folded` (fewer than rows): rows of the language whose folded
    form is not how they are written, in the order of `hashes`, those of their folded forms.

    keys (List[str]): "Q42" or "lang:Title".
    rows (Mapping[str, Tuple[int, int]]): Number of aliases, and of those in `folded`, by language.
    tries (Mapping[str, Any]): The aliases by language, `marisa_trie.Trie`.
    arrays (Mapping[str, NDArray]): The arrays.
    """

    def __init__(
        self,
        keys: List[str],
        rows: Mapping[str, Tuple[int, int]],
        tries: Mapping[str, Any],
        arrays: Mapping[str, NDArray],
    ) -> None:
        self.keys = keys
        self.rows = dict(rows)
        self.tries = dict(tries)
        self.arrays = dict(arrays)
        self._parts: Dict[str, _Part] = {}
        self._numbers: Dict[str, int] = {}
        self._commonest: Dict[str, NDArray[np.int64]] = {}

    @property
    def languages(self) -> List[str]:
        """RETURNS (List[str]): The languages there are aliases of."""
        return list(self.rows)

    def __len__(self) -> int:
        return len(self.arrays["lengths"])

    def candidates(self, alias: str, languages: Sequence[str]) -> List[AliasCandidate]:
        """What an alias can stand for in some languages together.

        alias (str): The text.
        languages (Sequence[str]): Languages there are aliases of.
        RETURNS (List[AliasCandidate]): The entities, the highest prior first; empty if not known.
            Priors are shares of all counts, those of entities that were left out included.
        """
        counts: Dict[int, float] = {}
        total = 0.0
        parts = [self._part(lang) for lang in languages]
        text = clean(alias)
        rows = [(part, row) for part in parts if (row := part.trie.get(text)) is not None]
        if not rows:
            folded = folded_form(alias)
            rows = [(part, row) for part in parts for row in _find(part, folded)]
        for part, row in rows:
            where = slice(part.offsets[row], part.offsets[row + 1])
            found = zip(part.entities[where].tolist(), part.counts[where].tolist())
            for entity, count in found:
                counts[entity] = counts.get(entity, 0.0) + count
                total += count
            total += float(part.others[row])
        keys = self.keys
        ranked = [AliasCandidate(keys[e], count, count / total) for e, count in counts.items()]
        return sorted(ranked, key=_by_count)

    def name(self, key: str, lang: str) -> Optional[str]:
        """What an entity is called most often in a language.

        key (str): "Q42" or "lang:Title".
        lang (str): A language there are aliases of.
        RETURNS (Optional[str]): The alias with the highest count, `None` if there is none.
        """
        if not self._numbers:
            self._numbers = {one: i for i, one in enumerate(self.keys)}
        number, part = self._numbers.get(key), self._part(lang)
        rows = self._commonest.get(lang)
        if rows is None:
            rows = np.full(len(self.keys), -1)
            order = np.argsort(part.counts, kind="stable")
            # The last of several values is the one that stays: the highest count.
            rows[part.entities[order]] = part.offsets.searchsorted(order, "right") - 1
            self._commonest[lang] = rows
        row = -1 if number is None else int(rows[number])
        return None if row < 0 else part.trie.restore_key(row)

    def _part(self, lang: str) -> _Part:
        part = self._parts.get(lang)
        if part is None:
            before = self.languages[: self.languages.index(lang)]
            low, low_folded = (sum(self.rows[one][i] for one in before) for i in (0, 1))
            rows = slice(low, low + self.rows[lang][0])
            folded = slice(low_folded, low_folded + self.rows[lang][1])
            arrays = self.arrays
            first = int(arrays["lengths"][:low].sum(dtype="int64"))
            offsets = offsets_of(arrays["lengths"][rows])
            places = slice(first, first + int(offsets[-1]))
            part = _Part(
                self.tries[lang],
                offsets,
                arrays["entities"][places],
                arrays["counts"][places],
                arrays["others"][rows],
                arrays["folded"][folded],
                arrays["hashes"][folded],
            )
            self._parts[lang] = part
        return part

    def to_disk(self, path: PathLike) -> None:
        """Write the table.

        path (PathLike): The folder; an existing one is replaced once the new one is complete.
        """
        with written_whole(Path(path)) as folder:
            srsly.write_msgpack(folder / _ENTITIES, self.keys)
            for lang, trie in self.tries.items():
                trie.save(str(folder / f"{lang}.marisa"))
            for name, array in self.arrays.items():
                np.save(folder / f"{name}.npy", array, allow_pickle=False)
            write_metadata(folder, KIND, VERSION, {"languages": self.rows})

    @classmethod
    def from_disk(cls, path: PathLike) -> "AliasTable":
        """Open a table; its arrays and tries are mapped, not read.

        path (PathLike): The folder.
        RETURNS (AliasTable): The table.
        RAISES (ValueError): If the folder is no table, or is damaged.
        """
        path = Path(path)
        metadata = read_metadata(path, KIND, VERSION)
        tries = {}
        with mapping_files(path, KIND):
            for lang in metadata["languages"]:
                tries[lang] = marisa_trie.Trie()
                tries[lang].mmap(str(path / f"{lang}.marisa"))
            arrays = {name: map_array(path / f"{name}.npy") for name in ARRAYS}
            keys = srsly.read_msgpack(path / _ENTITIES)
        rows = {lang: (int(n), int(m)) for lang, (n, m) in metadata["languages"].items()}
        return cls(keys, rows, tries, arrays)

    def to_bytes(self) -> bytes:
        """RETURNS (bytes): The table."""
        msg = {
            "version": VERSION,
            "keys": self.keys,
            "languages": self.rows,
            "tries": {lang: trie.tobytes() for lang, trie in self.tries.items()},
            "arrays": {name: np.asarray(array) for name, array in self.arrays.items()},
        }
        return srsly.msgpack_dumps(msg)

    @classmethod
    def from_bytes(cls, data: bytes) -> "AliasTable":
        """Use what `to_bytes` gave.

        data (bytes): The bytes.
        RETURNS (AliasTable): The table.
        RAISES (ValueError): If another version wrote them.
        """
        msg = srsly.msgpack_loads(data)
        if msg["version"] != VERSION:
            raise ValueError(Errors.M451.format(found=msg["version"], version=VERSION))
        tries = {}
        for lang, content in msg["tries"].items():
            tries[lang] = marisa_trie.Trie()
            tries[lang].frombytes(content)
        rows = {lang: (n, m) for lang, (n, m) in msg["languages"].items()}
        return cls(msg["keys"], rows, tries, msg["arrays"])

    def __reduce__(self) -> Tuple[Any, Tuple[bytes]]:
        return AliasTable.from_bytes, (self.to_bytes(),)


ARRAYS = ("lengths", "entities", "counts", "others", "folded", "hashes")


def folded_form(text: str) -> str:
    """RETURNS (str): A text without what case, width, kinds of quotes and of dashes differ in."""
    return " ".join(unicodedata.normalize("NFKC", text).translate(_SAME).casefold().split())


def form_hash(folded: str) -> int:
    """RETURNS (int): A number below 2 ** 32 for a folded form, the same on every machine."""
    return crc32(folded.encode("utf8", "surrogatepass"))


def _find(part: _Part, folded: str) -> List[int]:
    """The rows of a folded form."""
    row: Optional[int] = part.trie.get(folded)
    rows = [] if row is None else [row]
    number = np.uint32(form_hash(folded))
    low, high = (part.hashes.searchsorted(number, side) for side in ("left", "right"))
    same = part.folded[low:high].tolist()
    return rows + [row for row in same if folded_form(part.trie.restore_key(row)) == folded]


def _by_count(candidate: AliasCandidate) -> Tuple[float, str]:
    return -candidate.count, candidate.entity
