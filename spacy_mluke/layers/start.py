"""The first weights of an encoder: from a checkpoint, or random ones for a new vocabulary."""

import logging
from pathlib import Path
from typing import Callable, Iterable, Optional

from ..entities.rows import EntityRows
from ..errors import Errors
from ..modeling.checkpoint import load_checkpoint
from ..modeling.config import SPECIAL_ENTITIES, EncoderConfig
from ..modeling.encoder import MLukeEncoder
from ..text.pieces import PieceEncoder
from ..text.vocabulary import train_pieces
from .files import entity_rows, fill_from_checkpoint
from .shim import EncoderShim

logger = logging.getLogger("spacy")


def start_weights(
    shim: EncoderShim,
    texts: Callable[[], Iterable[str]],
    *,
    checkpoint: Optional[str] = None,
    piece_model: Optional[str] = None,
    vocab_size: int = 8000,
) -> None:
    """Fill an encoder for the first time.

    shim (EncoderShim): The encoder.
    texts (Callable): Gives the texts a new vocabulary is trained on.
    checkpoint (Optional[str]): Hub name or folder, in place of the settings' `name`.
    piece_model (Optional[str]): SentencePiece file for an encoder from scratch.
    vocab_size (int): Size of a new vocabulary.
    RAISES (ValueError): If a checkpoint is asked for together with a vocabulary, or a file is
        missing.
    """
    settings = shim.settings
    name = checkpoint or settings.name
    if name is not None:
        if piece_model is not None:
            raise ValueError(Errors.M318.format(name=name, piece_model=piece_model))
        rows = entity_rows(settings)
        found = load_checkpoint(name, revision=settings.revision, entity_rows=rows)
        fill_from_checkpoint(shim, found)
        return
    if piece_model is None:
        logger.info("Training a vocabulary of %d word pieces on the training texts", vocab_size)
        model = train_pieces(texts(), vocab_size=vocab_size)
    elif Path(piece_model).is_file():
        model = Path(piece_model).read_bytes()
    else:
        raise ValueError(Errors.M319.format(path=piece_model))
    pieces = PieceEncoder(model, mode=settings.piece_mode)
    config = EncoderConfig(
        vocab_size=pieces.vocab_size, entity_vocab_size=len(SPECIAL_ENTITIES), **settings.sizes
    )
    special = {entity: row for row, entity in enumerate(SPECIAL_ENTITIES)}
    shim.fill(MLukeEncoder(config), pieces, EntityRows(special))
