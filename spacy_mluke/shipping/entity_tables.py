"""Smaller entity tables in a pipeline on disk."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import (
    Any,
    Dict,
    Iterator,
    List,
    Optional,
    Protocol,
    Sequence,
    Set,
    Tuple,
    runtime_checkable,
)

import numpy as np
import numpy.typing as npt
from spacy.language import Language

from ..entities.keys import SPECIAL_ENTITIES
from ..errors import Errors
from ..modeling.checkpoint import Checkpoint, load_checkpoint
from ..report import Report
from .prune_checkpoint import prune_entities

# Components of these factories need the whole table if they do not say what they need.
_READERS = ("mluke_linker",)


@runtime_checkable
class ReadsEntities(Protocol):
    """A component that reads rows of an encoder's entity table."""

    def needed_entities(self) -> Sequence[str]:
        """RETURNS (Sequence[str]): Keys of the entities whose rows it needs."""

    def keep_entity_rows(self, rows: "npt.NDArray[np.int64]") -> None:
        """rows (NDArray[np.int64]): For each row of the new table, what row it was in the old."""


def table_readers(nlp: Language) -> Dict[str, Optional[Set[str]]]:
    """RETURNS (Dict[str, Optional[Set[str]]]): Components that read entity tables, with the keys
    they need; `None` where that is not known.
    """
    readers: Dict[str, Optional[Set[str]]] = {}
    pipeline: List[Tuple[str, Any]] = nlp.pipeline
    for name, pipe in pipeline:
        if isinstance(pipe, ReadsEntities):
            readers[name] = set(pipe.needed_entities())
        elif nlp.get_pipe_meta(name).factory in _READERS:
            readers[name] = None
    return readers


def check_lite(nlp: Language) -> None:
    """RAISES (ValueError): If a component needs more of a table than special entities."""
    for name, needed in table_readers(nlp).items():
        if needed is None or needed:
            n_needed = "all" if needed is None else len(needed)
            raise ValueError(Errors.M652.format(component=name, needed=n_needed, example="any"))


def prune_tables(
    nlp: Language,
    folder: Path,
    *,
    languages: List[str],
    size: Optional[int],
    report: Report,
) -> Optional["npt.NDArray[np.int64]"]:
    """Prune the entity tables of a pipeline's folder, in place.

    Without conditions, what components need is kept and no more.

    nlp (Language): The pipeline as it is.
    folder (Path): Its folder.
    languages (List[str]): Entities with a title in one of these; all if empty.
    size (Optional[int]): The most frequent entities, this many.
    report (Report): Counts what is kept and left out.
    RETURNS (Optional[NDArray[np.int64]]): The old row of each new one.
    RAISES (ValueError): If a component would miss entities that it needs, or there is no table.
    """
    readers = table_readers(nlp)
    needed: Set[str] = set()
    for name, keys in readers.items():
        if keys is None:
            raise ValueError(Errors.M652.format(component=name, needed="all", example="any"))
        needed |= keys
    rows: Optional[npt.NDArray[np.int64]] = None
    for encoder in _with_tables(folder):
        before = load_checkpoint(encoder).read_entities()
        only = sorted(needed & before.keys()) if not languages and size is None else None
        with TemporaryDirectory(dir=folder) as temporary:
            new = Path(temporary) / "encoder"
            prune_entities(
                str(encoder), new, None, languages=languages, size=size, keys=only, report=report
            )
            # Beside the checkpoint's own files there may be a proposer, which stays.
            for part in new.iterdir():
                os.replace(part, encoder / part.name)
        after = load_checkpoint(encoder)
        _check_needed(readers, before, after)
        rows = _old_rows(before, after)
    if rows is None:
        raise ValueError(Errors.M653.format(path=folder))
    return rows


def keep_rows(nlp: Language, rows: "npt.NDArray[np.int64]") -> None:
    """Tell the components of a pipeline which rows of the table are left."""
    pipes: List[Any] = [pipe for _, pipe in nlp.pipeline]
    for pipe in pipes:
        if isinstance(pipe, ReadsEntities):
            pipe.keep_entity_rows(rows)


def _with_tables(folder: Path) -> Iterator[Path]:
    for file in sorted(folder.glob("*/encoder*/config.json")):
        if load_checkpoint(file.parent).config.entity_vocab_size > len(SPECIAL_ENTITIES):
            yield file.parent


def _check_needed(
    readers: Dict[str, Optional[Set[str]]], before: Dict[str, int], after: Checkpoint
) -> None:
    left = after.read_entities()
    for name, keys in readers.items():
        lost = sorted(key for key in keys or () if key in before and key not in left)
        if lost:
            raise ValueError(
                Errors.M652.format(component=name, needed=len(lost), example=lost[0])
            )


def _old_rows(before: Dict[str, int], after: Checkpoint) -> "npt.NDArray[np.int64]":
    rows = np.zeros(after.config.entity_vocab_size, dtype="int64")
    for key, row in after.read_entities().items():
        rows[row] = before[key]
    return rows
