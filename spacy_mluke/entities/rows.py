"""Rows of the entity table by key."""

from pathlib import Path
from typing import Callable, Dict, Iterator, Mapping, Optional

from ..errors import Errors
from .keys import SPECIAL_ENTITIES
from .vocabulary import EntityVocabulary, is_vocabulary
from .vocabulary_formats import vocabulary_names

# Where a checkpoint folder may have its vocabulary memory-mapped, beside entity_vocab.json.
VOCABULARY_FOLDER = "entities"


class EntityRows(Mapping[str, int]):
    """Rows of special entities, and those of all others read when one is first asked for.

    special (Mapping[str, int]): Rows of [MASK], [UNK], [PAD] and [MASK2].
    read (Optional[Callable]): Reads the rows of all entities; `None` if there are no others.
    """

    def __init__(
        self, special: Mapping[str, int], read: Optional[Callable[[], Mapping[str, int]]] = None
    ) -> None:
        self.special: Dict[str, int] = dict(special)
        self._read = read
        self._rows: Optional[Mapping[str, int]] = None if read is not None else {}

    def _others(self) -> Mapping[str, int]:
        if self._rows is None:
            assert self._read is not None
            self._rows = self._read()
        return self._rows

    def __getitem__(self, key: str) -> int:
        return self.special[key] if key in self.special else self._others()[key]

    def __contains__(self, key: object) -> bool:
        return key in self.special or key in self._others()

    def __iter__(self) -> Iterator[str]:
        yield from self.special
        yield from (key for key in self._others() if key not in self.special)

    def __len__(self) -> int:
        others = self._others()
        return len(others) + sum(key not in others for key in self.special)


class VocabularyRows(Mapping[str, int]):
    """The names of a memory-mapped vocabulary with their rows: items and titles.

    vocabulary (EntityVocabulary): The vocabulary.
    """

    def __init__(self, vocabulary: EntityVocabulary) -> None:
        self.vocabulary = vocabulary

    @classmethod
    def open(cls, folder: Path, n_rows: int, special: Mapping[str, int]) -> "VocabularyRows":
        """Open the vocabulary of a checkpoint.

        folder (Path): Its folder.
        n_rows (int): Rows of the checkpoint's entity table.
        special (Mapping[str, int]): Rows of its special entities.
        RETURNS (VocabularyRows): Its rows.
        RAISES (ValueError): If number of rows or special entities are others.
        """
        vocabulary = EntityVocabulary.open(folder)
        reason = ""
        if len(vocabulary) != n_rows:
            reason = f"the table has {n_rows} rows, the vocabulary {len(vocabulary)}"
        elif any(vocabulary.row(name) != row for name, row in special.items()):
            reason = f"the rows of special entities are {dict(special)} there"
        if reason:
            raise ValueError(
                Errors.M829.format(vocabulary=folder, checkpoint=folder.parent, reason=reason)
            )
        return cls(vocabulary)

    def __getitem__(self, key: str) -> int:
        row = self.vocabulary.row(key)
        if row < 0:
            raise KeyError(key)
        return row

    def __contains__(self, key: object) -> bool:
        return key in self.vocabulary

    def __iter__(self) -> Iterator[str]:
        yield from SPECIAL_ENTITIES
        for name, _ in vocabulary_names(self.vocabulary, "both"):
            yield name

    def __len__(self) -> int:
        about = self.vocabulary.metadata
        return len(SPECIAL_ENTITIES) + int(about["items"]) + int(about["titles"])


def mapped_vocabulary(entity_vocab: Optional[Path]) -> Optional[Path]:
    """RETURNS (Optional[Path]): The memory-mapped vocabulary beside a vocabulary file, if any."""
    folder = None if entity_vocab is None else entity_vocab.parent / VOCABULARY_FOLDER
    return folder if folder is not None and is_vocabulary(folder) else None
