"""The weights a run starts from: a checkpoint, or tables of its own."""

from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..entities.vocabulary import EntityVocabulary
from ..errors import Errors
from ..files import PathLike
from ..modeling.checkpoint import load_checkpoint
from ..modeling.config import SPECIAL_ENTITIES, EncoderConfig
from ..modeling.encoder import MLukeEncoder
from ..modeling.formats import ENTITY_BIAS, ENTITY_TABLE
from ..modeling.saving import save_checkpoint
from ..modeling.vocabulary import PIECE_FILE
from ..text.pieces import PieceEncoder
from .dataset_jobs import ENTITY_FOLDER
from .model import PretrainingModel
from .settings import EncoderSettings

# What has a row for each entity
_ENTITY_ROWS = (f"encoder.{ENTITY_TABLE}", ENTITY_BIAS)


@dataclass(frozen=True)
class Vocabularies:
    """The pieces and entities that a dataset is written in.

    pieces (bytes): The SentencePiece model.
    keys (Sequence[str]): The entity of each row of the table, special ones included.
    counts (NDArray[np.int64]): (n_rows,) how often each is mentioned.
    """

    pieces: bytes
    keys: Sequence[str]
    counts: NDArray[np.int64]

    @classmethod
    def read(cls, dataset: PathLike) -> "Vocabularies":
        """RETURNS (Vocabularies): Those that stand beside the shards of a dataset."""
        folder = Path(dataset)
        model = folder / PIECE_FILE
        if not model.is_file():
            raise ValueError(Errors.M749.format(folder=folder, file=PIECE_FILE))
        entities = EntityVocabulary.open(folder / ENTITY_FOLDER)
        keys = [entities.key(row) for row in range(len(entities))]
        return cls(model.read_bytes(), keys, np.asarray(entities.counts, dtype=np.int64))

    @property
    def rows(self) -> Dict[str, int]:
        """RETURNS (Dict[str, int]): Rows by key."""
        return {key: row for row, key in enumerate(self.keys)}

    @property
    def special(self) -> Dict[str, int]:
        """RETURNS (Dict[str, int]): Rows of the special entities."""
        return {name: self.keys.index(name) for name in SPECIAL_ENTITIES}


def model_from_scratch(
    settings: EncoderSettings, vocabularies: Vocabularies, *, seed: int
) -> PretrainingModel:
    """RETURNS (PretrainingModel): A model with random weights, the same for the same seed."""
    config = EncoderConfig(
        vocab_size=PieceEncoder(vocabularies.pieces).vocab_size,
        hidden_size=settings.hidden_size,
        num_hidden_layers=settings.num_hidden_layers,
        num_attention_heads=settings.num_attention_heads,
        intermediate_size=settings.intermediate_size,
        max_position_embeddings=settings.max_position_embeddings,
        entity_vocab_size=len(vocabularies.keys),
        entity_emb_size=settings.entity_emb_size,
        hidden_dropout_prob=settings.dropout,
        attention_probs_dropout_prob=settings.attention_dropout,
    )
    torch.manual_seed(seed)
    return PretrainingModel(config)


def model_from_checkpoint(name: str, vocabularies: Vocabularies, *, seed: int) -> PretrainingModel:
    """Continue from XLM-R, whose entity parts start anew, from a lite mLUKE, whose entities do, or
    from a whole one.

    name (str): A folder or a name on the hub. vocabularies (Vocabularies): Those of the dataset.
    seed (int): Of what starts anew.
    RETURNS (PretrainingModel): The model.
    RAISES (ValueError): If its pieces are not those of the dataset, or it has entities, but others.
    """
    checkpoint = load_checkpoint(name)
    found = checkpoint.piece_model
    if found is None or found.read_bytes() != vocabularies.pieces:
        raise ValueError(Errors.M748.format(name=name, kind="pieces", file=found))
    torch.manual_seed(seed)
    rows = len(vocabularies.keys)
    has_table = checkpoint.config.entity_vocab_size > len(SPECIAL_ENTITIES)
    if has_table and dict(checkpoint.read_entities()) != vocabularies.rows:
        file = checkpoint.entity_vocab
        raise ValueError(Errors.M748.format(name=name, kind="entities", file=file))
    config = EncoderConfig(**{**checkpoint.config.__dict__, "entity_vocab_size": rows})
    model = PretrainingModel(config)
    weights = {f"encoder.{key}": value for key, value in checkpoint.state_dict.items()}
    weights.update(
        (key, value) for key, value in checkpoint.heads.items() if not key.startswith("pooler.")
    )
    own = model.state_dict()
    for key, value in weights.items():
        if not has_table and key in _ENTITY_ROWS:
            for special, row in vocabularies.special.items():
                own[key][row] = value[checkpoint.special_entities[special]]
        elif key in own:  # not the head of another task
            own[key].copy_(value)
    return model


def save_pretrained(
    folder: Path, encoder: MLukeEncoder, heads: Mapping[str, Tensor], vocabularies: Vocabularies
) -> None:
    """Write a checkpoint folder with both vocabularies, in the form of Hugging Face.

    folder (Path): Where to. encoder (MLukeEncoder): The weights.
    heads (Mapping[str, Tensor]): Those of `PretrainingModel.head_tensors`.
    vocabularies (Vocabularies): Those of the dataset.
    """
    special = vocabularies.special
    save_checkpoint(
        folder,
        encoder,
        encoder.config,
        piece_model=vocabularies.pieces,
        special_entities=special,
        entities={key: row for key, row in vocabularies.rows.items() if key not in special},
        heads=heads,
    )
