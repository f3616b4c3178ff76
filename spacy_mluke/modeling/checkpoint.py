"""Load a checkpoint in any of its forms, by path or by name."""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Dict, Optional, Sequence, Union

import torch
from torch import Tensor

from ..errors import Errors
from . import formats
from .config import SPECIAL_ENTITIES, EncoderConfig
from .encoder import MLukeEncoder
from .hub import checkpoint_folder
from .int8 import SCALE
from .precision import load_reduced, widen_state
from .vocabulary import (
    N_ADDED,
    PIECE_FILE,
    count_pieces,
    entity_file,
    read_entity_vocab,
    read_special_entities,
)
from .weights import check_names, read_weights

EntityRows = Union[str, Sequence[int]]


@dataclass
class Checkpoint:
    """A pretrained or fine-tuned model, its tensors mapped but not yet read.

    config (EncoderConfig): The sizes, those of the chosen entity rows included.
    state_dict (Dict[str, Tensor]): The weights of ``MLukeEncoder``; with their scales, if they
        are stored in 8 bits.
    piece_model (Optional[Path]): The SentencePiece model.
    special_entities (Dict[str, int]): Rows of [MASK], [UNK], [PAD], [MASK2] in the table.
    entity_vocab (Optional[Path]): The entity vocabulary file, which has the rows of the full table.
    heads (Dict[str, Tensor]): Further tensors: "lm_head.*", "entity_predictions.*",
        "classifier.*", "pooler.*".
    values (Dict[str, Any]): The whole configuration file, e.g. for "id2label".
    entity_rows (Optional[Tensor]): (entity_vocab_size,) row of the full table that each row was,
        if rows were chosen.
    """

    config: EncoderConfig
    state_dict: Dict[str, Tensor]
    piece_model: Optional[Path]
    special_entities: Dict[str, int]
    entity_vocab: Optional[Path]
    heads: Dict[str, Tensor] = field(default_factory=dict)
    values: Dict[str, Any] = field(default_factory=dict)
    entity_rows: Optional[Tensor] = None

    def read_entities(self) -> Dict[str, int]:
        """RETURNS (Dict[str, int]): Names of entities to rows of the table as it was loaded."""
        rows = dict(self.special_entities)
        if self.entity_vocab is None:
            return rows
        full = read_entity_vocab(self.entity_vocab)
        if self.entity_rows is None:
            return {**full, **rows}
        place = {row: i for i, row in enumerate(self.entity_rows.tolist())}
        return {**{name: place[row] for name, row in full.items() if row in place}, **rows}


def load_checkpoint(
    name_or_path: Union[str, Path],
    *,
    revision: Optional[str] = None,
    entity_rows: EntityRows = "all",
    local_files_only: bool = False,
    cache_dir: Optional[Path] = None,
) -> Checkpoint:
    """Load a checkpoint: a Hugging Face folder or repository of mLUKE, a folder with an original
    pretraining result (weights, ``metadata.json``, entity vocabulary and XLM-R's
    ``sentencepiece.bpe.model``), or plain XLM-R.

    name_or_path (Union[str, Path]): A folder or a repository on the hub.
    revision (Optional[str]): Branch, tag or commit of a repository.
    entity_rows (EntityRows): "all", "special" (the four special entities, as in lite
        checkpoints), or rows of the table to load after the special ones.
    local_files_only (bool): Never use the network.
    cache_dir (Optional[Path]): Where downloads are kept, by default the hub's own cache.
    RETURNS (Checkpoint): The tensors are mapped from the file and cost memory when used.
    RAISES (ValueError): If anything is missing, damaged or does not fit together.
    """
    folder = checkpoint_folder(
        str(name_or_path),
        revision=revision,
        local_files_only=local_files_only,
        cache_dir=cache_dir,
    )
    original = (folder / "metadata.json").is_file()
    path = folder / ("metadata.json" if original else "config.json")
    values = _read_values(path)
    state, heads = formats.split_names(read_weights(folder))
    pieces = folder / PIECE_FILE if (folder / PIECE_FILE).is_file() else None
    words_only = values.get("model_type") in ("xlm-roberta", "xlm-roberta-xl")
    if original or words_only:
        if pieces is None:
            raise ValueError(Errors.M232.format(folder=folder, file=PIECE_FILE))
        formats.add_markers(state, heads, values, pieces.read_bytes())
    vocab = None if words_only else entity_file(folder)
    if words_only:
        special = {name: row for row, name in enumerate(SPECIAL_ENTITIES)}
        values.update(
            entity_vocab_size=len(special), entity_emb_size=256, use_entity_aware_attention=False
        )
    elif vocab is None:
        raise ValueError(Errors.M233.format(folder=folder))
    else:
        special = read_special_entities(vocab)
    if original:
        formats.add_second_mask(state, heads, values, special)
    config = formats.read_config(values, path)
    _check_vocabularies(config, special, pieces, vocab)
    if values.get("classifier_bias") and "classifier.bias" not in heads:
        raise ValueError(Errors.M234.format(folder=folder))
    formats.fit_queries(state, config)
    with torch.device("meta"):
        expected = MLukeEncoder(config).state_dict()
    if words_only:
        formats.fresh_entity_parts(state, expected, config)
    scaled = {name: tensor for name, tensor in state.items() if name.endswith(SCALE)}
    check_names(expected, {k: v for k, v in state.items() if k not in scaled}, folder)
    checkpoint = Checkpoint(config, state, pieces, special, vocab, heads, values)
    if not isinstance(entity_rows, str):
        _keep_rows(checkpoint, entity_rows)
    elif entity_rows == "special":
        _keep_rows(checkpoint, [])
    elif entity_rows != "all":
        raise ValueError(Errors.M235.format(value=entity_rows))
    return checkpoint


def build_encoder(
    checkpoint: Checkpoint, *, dtype: Optional[torch.dtype] = torch.float32
) -> MLukeEncoder:
    """Make the encoder of a checkpoint. Its parameters are the mapped tensors, not copies.

    checkpoint (Checkpoint): What ``load_checkpoint`` gave.
    dtype (Optional[torch.dtype]): Convert tensors stored otherwise; None keeps them.
    RETURNS (MLukeEncoder): The encoder.
    """
    state = checkpoint.state_dict
    if any(name.endswith(SCALE) for name in state):
        state = widen_state(state)
    with torch.device("meta"):
        encoder = MLukeEncoder(checkpoint.config)
    encoder.load_state_dict(state, assign=True)
    return encoder if dtype is None else encoder.to(dtype)


def build_reduced(checkpoint: Checkpoint) -> MLukeEncoder:
    """Make the encoder of a checkpoint for prediction, in the precision it is stored in.

    checkpoint (Checkpoint): What ``load_checkpoint`` gave.
    RETURNS (MLukeEncoder): The encoder.
    """
    return load_reduced(checkpoint.config, checkpoint.state_dict)


def read_max_pieces(file: Path) -> int:
    """Read how long texts a checkpoint can read, from its configuration alone.

    file (Path): Its ``config.json``, or the ``metadata.json`` of an original one.
    RETURNS (int): Most pieces of a window, ``<s>`` and ``</s>`` not counted.
    RAISES (ValueError): If the file is missing or damaged.
    """
    # XLM-R has no entities to say the number of
    values = {"entity_vocab_size": len(SPECIAL_ENTITIES), **_read_values(file)}
    return formats.read_config(values, file).max_pieces


def _read_values(path: Path) -> Dict[str, Any]:
    if not path.is_file():
        raise ValueError(Errors.M236.format(file=path))
    try:
        values = json.loads(path.read_text(encoding="utf8"))
        return dict(values["model_config"] if path.name == "metadata.json" else values)
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(Errors.M231.format(file=path, error=error)) from error


def _check_vocabularies(
    config: EncoderConfig, special: Dict[str, int], pieces: Optional[Path], vocab: Optional[Path]
) -> None:
    if pieces is not None:
        words = count_pieces(pieces.read_bytes()) + N_ADDED
        if words != config.vocab_size:
            raise ValueError(Errors.M237.format(file=pieces, found=words, rows=config.vocab_size))
    if max(special.values()) >= config.entity_vocab_size:
        raise ValueError(
            Errors.M238.format(file=vocab, row=max(special.values()), rows=config.entity_vocab_size)
        )


def _keep_rows(checkpoint: Checkpoint, rows: Sequence[int]) -> None:
    special = checkpoint.special_entities
    kept = formats.choose_rows(special, rows, checkpoint.config.entity_vocab_size)
    for part, name in (
        (checkpoint.state_dict, formats.ENTITY_TABLE),
        (checkpoint.state_dict, formats.ENTITY_TABLE + SCALE),
        (checkpoint.heads, formats.ENTITY_BIAS),
    ):
        if name in part:
            part[name] = part[name][kept]
    place = {row: i for i, row in enumerate(kept.tolist())}
    checkpoint.special_entities = {name: place[row] for name, row in special.items()}
    checkpoint.config = replace(checkpoint.config, entity_vocab_size=len(kept))
    checkpoint.entity_rows = kept
