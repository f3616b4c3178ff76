"""Encoders on disk: an ordinary Hugging Face folder, and the span proposer beside it."""

from functools import partial
from pathlib import Path
from typing import Callable, Mapping

from safetensors.torch import save_file

from ..entities.rows import EntityRows, VocabularyRows, mapped_vocabulary
from ..errors import Errors
from ..files import atomic_path
from ..modeling.checkpoint import Checkpoint, build_encoder, build_reduced, load_checkpoint
from ..modeling.precision import stored_precision
from ..modeling.saving import save_checkpoint
from ..modeling.weights import load_state_bytes
from ..text.pieces import PieceEncoder
from .settings import EncoderSettings
from .shim import EncoderShim

_PROPOSER = "proposer.safetensors"


def fill_from_checkpoint(shim: EncoderShim, checkpoint: Checkpoint) -> None:
    """Give a shim the weights, pieces and entities of a checkpoint.

    shim (EncoderShim): The shim.
    checkpoint (Checkpoint): The checkpoint.
    RAISES (ValueError): If it has no piece model.
    """
    if checkpoint.piece_model is None:
        raise ValueError(Errors.M316.format(name=shim.settings.name))
    pieces = PieceEncoder.from_file(checkpoint.piece_model, mode=shim.settings.piece_mode)
    read = _entity_reader(checkpoint) if _names_entities(shim.settings) else None
    # Weights that are stored as they are predicted with need not become larger in memory.
    stored = stored_precision(checkpoint.state_dict)
    as_stored = stored != "fp32" and stored == shim.settings.precision
    encoder = build_reduced(checkpoint) if as_stored else build_encoder(checkpoint)
    shim.fill(encoder, pieces, EntityRows(checkpoint.special_entities, read))
    shim.heads = checkpoint.heads


def _entity_reader(checkpoint: Checkpoint) -> Callable[[], Mapping[str, int]]:
    """RETURNS (Callable): Opens the mapped vocabulary, where there is one, or reads the file."""
    folder = mapped_vocabulary(checkpoint.entity_vocab)
    if folder is None:
        return checkpoint.read_entities
    rows, special = checkpoint.config.entity_vocab_size, checkpoint.special_entities
    return partial(VocabularyRows.open, folder, rows, special)


def entity_rows(settings: EncoderSettings) -> str:
    """RETURNS (str): Which entity rows a layer needs: only named entities need the whole table."""
    return "all" if _names_entities(settings) else "special"


def save_shim(shim: EncoderShim, folder: Path) -> None:
    """Write an encoder.

    shim (EncoderShim): The encoder.
    folder (Path): The folder; an existing one is replaced.
    """
    encoder = shim.loaded.encoder
    named = len(shim.entities) > len(shim.entities.special)
    save_checkpoint(
        folder,
        encoder,
        encoder.config,
        piece_model=shim.pieces.model,
        special_entities=shim.entities.special,
        entities=dict(shim.entities) if named else None,
    )
    if shim.loaded.proposer is not None:
        with atomic_path(folder / _PROPOSER) as part:
            save_file(shim.loaded.proposer.state_dict(), str(part))


def load_shim(shim: EncoderShim, folder: Path) -> None:
    """Load an encoder that `save_shim` wrote.

    shim (EncoderShim): Gets it.
    folder (Path): The folder.
    RAISES (ValueError): If files are missing or damaged.
    """
    rows = entity_rows(shim.settings)
    fill_from_checkpoint(
        shim, load_checkpoint(folder, entity_rows=rows, local_files_only=True)
    )
    proposer = shim.loaded.proposer
    if proposer is not None:
        path = folder / _PROPOSER
        if not path.exists():
            raise ValueError(Errors.M317.format(path=path))
        load_state_bytes(proposer, path.read_bytes(), source=path)


def _names_entities(settings: EncoderSettings) -> bool:
    return settings.slots and settings.slot_entities == "kb_id"
