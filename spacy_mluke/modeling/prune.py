"""Checkpoints with fewer entities."""

from pathlib import Path
from typing import Dict, Mapping, Sequence, Union

from .checkpoint import Checkpoint, build_encoder, load_checkpoint
from .saving import save_checkpoint


def count_entity_rows(source: Union[str, Path]) -> int:
    """RETURNS (int): Rows of a checkpoint's entity table, [MASK2]'s included."""
    return load_checkpoint(source).config.entity_vocab_size


def prune_checkpoint(
    source: Union[str, Path], folder: Path, rows: Sequence[int], names: Mapping[str, int]
) -> Checkpoint:
    """Write a checkpoint with some rows of the entity table, and of the output bias, of another.

    source (Union[str, Path]): The checkpoint, as ``load_checkpoint`` takes it.
    folder (Path): Where to. An existing folder is replaced.
    rows (Sequence[int]): Rows of its table. Those of the special entities come before them.
    names (Mapping[str, int]): Names of entities for the new entity vocabulary, to the rows that
        are kept, as they are in the old table.
    RETURNS (Checkpoint): The new checkpoint.
    """
    checkpoint = load_checkpoint(source, entity_rows=rows)
    assert checkpoint.entity_rows is not None
    place: Dict[int, int] = {row: i for i, row in enumerate(checkpoint.entity_rows.tolist())}
    save_checkpoint(
        folder,
        build_encoder(checkpoint, dtype=None),
        checkpoint.config,
        piece_model=None if checkpoint.piece_model is None else checkpoint.piece_model.read_bytes(),
        special_entities=checkpoint.special_entities,
        entities={name: place[row] for name, row in names.items()},
        heads=checkpoint.heads,
        values=checkpoint.values,
    )
    return load_checkpoint(folder)
