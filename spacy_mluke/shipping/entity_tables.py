"""Smaller entity tables in a pipeline on disk."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Dict, List, Optional, Protocol, Sequence, Set, Tuple, runtime_checkable

import numpy as np
import numpy.typing as npt
from spacy.language import Language

from ..entities.keys import SPECIAL_ENTITIES
from ..errors import Errors
from ..layers.shim import EncoderShim
from ..modeling.checkpoint import Checkpoint, load_checkpoint
from ..pipeline.encoder_pipe import EncoderPipe
from ..report import Report
from .prune_checkpoint import prune_entities

Rows = npt.NDArray[np.int64]
# For each row of a new table, what row it was in the old one; by the encoder's folder in that of
# the pipeline.
OldRows = Dict[Path, Rows]


@runtime_checkable
class ReadsEntities(Protocol):
    """A component that reads rows of an encoder's entity table."""

    def entity_encoder(self) -> EncoderShim:
        """RETURNS (EncoderShim): The encoder."""

    def needed_entities(self) -> Sequence[str]:
        """RETURNS (Sequence[str]): Keys of the entities whose rows it needs."""

    def keep_entity_rows(self, rows: Rows) -> None:
        """rows (Rows): For each row of the new table, what row it was in the old."""


def check_lite(nlp: Language) -> None:
    """RAISES (ValueError): If a component needs more of a table than special entities."""
    for name, needed in _needed(nlp).items():
        _check_lost(name, needed, needed)


def prune_tables(
    nlp: Language,
    folder: Path,
    *,
    languages: List[str],
    size: Optional[int],
    report: Report,
) -> OldRows:
    """Prune the entity tables of a pipeline's folder, in place.

    Without conditions, what components need is kept and no more.

    nlp (Language): The pipeline as it is.
    folder (Path): Its folder.
    languages (List[str]): Entities with a title in one of these; all if empty.
    size (Optional[int]): The most frequent entities, this many.
    report (Report): Counts what is kept and left out.
    RETURNS (OldRows): What became of the rows.
    RAISES (ValueError): If a component would miss entities that it needs, or there is no table.
    """
    readers = _needed(nlp)
    needed: Set[str] = set().union(*readers.values())
    rows: OldRows = {}
    for place in _encoder_folders(nlp).values():
        encoder = folder / place
        checkpoint = load_checkpoint(encoder)
        if checkpoint.config.entity_vocab_size <= len(SPECIAL_ENTITIES):
            continue
        before = checkpoint.read_entities()
        only = sorted(needed & before.keys()) if not languages and size is None else None
        with TemporaryDirectory(dir=folder) as temporary:
            new = Path(temporary) / "encoder"
            prune_entities(
                str(encoder), new, None, languages=languages, size=size, keys=only, report=report
            )
            # Beside the checkpoint's own files there may be a proposer, which stays.
            for part in new.iterdir():
                os.replace(part, encoder / part.name)
        pruned = load_checkpoint(encoder)
        left = pruned.read_entities()
        for name, keys in readers.items():
            _check_lost(name, keys, {key for key in keys if key in before and key not in left})
        rows[place] = _old_rows(before, pruned)
    if not rows:
        raise ValueError(Errors.M653.format(path=folder))
    return rows


def keep_rows(nlp: Language, rows: OldRows) -> None:
    """Tell the components of a pipeline which rows of their encoder's table are left.

    nlp (Language): The pipeline with pruned tables.
    rows (OldRows): What `prune_tables` gave.
    """
    folders = _encoder_folders(nlp)
    for pipe in _readers(nlp).values():
        pipe.keep_entity_rows(rows[folders[pipe.entity_encoder()]])


def _readers(nlp: Language) -> Dict[str, ReadsEntities]:
    # Disabled components are saved as well.
    components: List[Tuple[str, Any]] = nlp.components
    return {name: pipe for name, pipe in components if isinstance(pipe, ReadsEntities)}


def _needed(nlp: Language) -> Dict[str, Set[str]]:
    return {name: set(pipe.needed_entities()) for name, pipe in _readers(nlp).items()}


def _encoder_folders(nlp: Language) -> Dict[EncoderShim, Path]:
    components: List[Tuple[str, Any]] = nlp.components
    pipes = [(name, pipe) for name, pipe in components if isinstance(pipe, EncoderPipe)]
    return dict(pair for name, pipe in pipes for pair in pipe.encoder_folders(Path(name)))


def _check_lost(name: str, needed: Set[str], lost: Set[str]) -> None:
    if lost:
        raise ValueError(
            Errors.M652.format(
                component=name, needed=len(needed), lost=len(lost), example=min(lost)
            )
        )


def _old_rows(before: Dict[str, int], after: Checkpoint) -> Rows:
    rows = np.zeros(after.config.entity_vocab_size, dtype="int64")
    for key, row in after.read_entities().items():
        rows[row] = before[key]
    return rows
