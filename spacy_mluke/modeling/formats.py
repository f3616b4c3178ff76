"""The forms in which mLUKE weights exist, brought to one: names of ``MLukeEncoder``.

*Hugging Face*: ``luke.`` before the encoder, heads beside it; or the encoder alone, without prefix.
*Original*: as DeepSpeed saves it, without ``<ent>``, ``<ent2>`` and [MASK2].
*XLM-R*: words alone; entity parts start from N(0, initializer_range).
"""

from pathlib import Path
from typing import Any, Dict, Mapping, Sequence, Tuple

import sentencepiece
import torch
from torch import Tensor

from ..errors import Errors
from .config import SPECIAL_ENTITIES, EncoderConfig
from .vocabulary import N_ADDED

WORD_TABLE = "embeddings.word_embeddings.weight"
ENTITY_TABLE = "entity_embeddings.entity_embeddings.weight"
ENTITY_BIAS = "entity_predictions.bias"
_WORD_BIAS = "lm_head.bias"
_ENCODER_PARTS = ("embeddings.", "entity_embeddings.", "encoder.")
_PREFIXES = ("luke.", "roberta.")
# Tied to the tables, or buffers of old versions.
_NOT_WEIGHTS = (
    "lm_head.decoder.",
    "entity_predictions.decoder.",
    "embeddings.position_ids",
    "embeddings.token_type_ids",
)
_EXTRA_QUERIES = ("w2e_query", "e2w_query", "e2e_query")


def split_names(tensors: Mapping[str, Tensor]) -> Tuple[Dict[str, Tensor], Dict[str, Tensor]]:
    """tensors (Mapping[str, Tensor]): By the names of the file.
    RETURNS (Tuple[Dict[str, Tensor], Dict[str, Tensor]]): The encoder's, without prefix, and those
        of heads and pooler.
    """
    encoder: Dict[str, Tensor] = {}
    heads: Dict[str, Tensor] = {}
    for full_name, tensor in tensors.items():
        name = full_name
        for prefix in _PREFIXES:
            name = name.removeprefix(prefix)
        if name.startswith(_NOT_WEIGHTS):
            continue
        part = encoder if name.startswith(_ENCODER_PARTS) else heads
        part[name] = tensor
    return encoder, heads


def fit_queries(state: Dict[str, Tensor], config: EncoderConfig) -> None:
    """Give entity-aware attention its queries, as copies where the file has none, or drop them.

    state (Dict[str, Tensor]): Changed in place. With copies the result is plain attention.
    """
    for name in [name for name in state if ".attention.self." in name]:
        if name.split(".")[-2] in _EXTRA_QUERIES and not config.use_entity_aware_attention:
            del state[name]
        elif ".self.query." in name and config.use_entity_aware_attention:
            for extra in _EXTRA_QUERIES:
                copy = name.replace(".self.query.", f".self.{extra}.")
                if copy not in state:
                    state[copy] = state[name].clone()


def add_markers(
    state: Dict[str, Tensor], heads: Dict[str, Tensor], values: Dict[str, Any], model: bytes
) -> None:
    """Add the rows of ``<ent>`` and ``<ent2>``, which start as copies of "@" and "#".

    state, heads, values (Dict): Encoder tensors, head tensors and configuration, changed in place.
    model (bytes): The SentencePiece model, for the rows of the two.
    """
    pieces = sentencepiece.SentencePieceProcessor(model_proto=model)
    rows = [pieces.piece_to_id(piece) for piece in ("@", "#")]
    unknown = pieces.unk_id()
    copied = torch.tensor([3 if row == unknown else row + 1 for row in rows])  # fairseq's shift
    for part, name in ((state, WORD_TABLE), (heads, _WORD_BIAS)):
        if name in part:
            part[name] = torch.cat([part[name], part[name][copied]])
    values["vocab_size"] = pieces.get_piece_size() + N_ADDED


def add_second_mask(
    state: Dict[str, Tensor],
    heads: Dict[str, Tensor],
    values: Dict[str, Any],
    special: Dict[str, int],
) -> None:
    """Add the row of [MASK2], a copy of [MASK]'s, after the last one. All changed in place."""
    for part, name in ((state, ENTITY_TABLE), (heads, ENTITY_BIAS)):
        if name in part:
            mask = part[name][special["[MASK]"]]
            part[name] = torch.cat([part[name], mask[None]])
    special["[MASK2]"] = values["entity_vocab_size"]
    values["entity_vocab_size"] += 1


def fresh_entity_parts(
    state: Dict[str, Tensor], expected: Mapping[str, Tensor], config: EncoderConfig
) -> None:
    """Initialise the entity embeddings of a model that has none, the same way each time.

    state (Dict[str, Tensor]): Changed in place. expected (Mapping[str, Tensor]): All shapes.
    """
    random = torch.Generator().manual_seed(0)
    for name, like in expected.items():
        if name.startswith("entity_embeddings.") and name not in state:
            if name.endswith("LayerNorm.weight"):
                state[name] = torch.ones(like.shape)
            elif name.endswith("LayerNorm.bias"):
                state[name] = torch.zeros(like.shape)
            else:
                fresh = torch.empty(like.shape)
                state[name] = fresh.normal_(std=config.initializer_range, generator=random)


def choose_rows(special: Mapping[str, int], rows: Sequence[int], n_rows: int) -> Tensor:
    """special (Mapping[str, int]): Rows of the special entities, which always come first.
    rows (Sequence[int]): Further rows, kept in this order; repeated ones count once.
    n_rows (int): Rows of the full table.
    RETURNS (LongTensor): The rows to load.
    RAISES (ValueError): If a row is not in the table.
    """
    wrong = [row for row in rows if not 0 <= row < n_rows]
    if wrong:
        raise ValueError(Errors.M230.format(row=wrong[0], rows=n_rows))
    first = [special[name] for name in SPECIAL_ENTITIES if name in special]
    return torch.tensor(list(dict.fromkeys([*first, *(int(row) for row in rows)])))


def read_config(values: Dict[str, Any], path: Path) -> EncoderConfig:
    """RETURNS (EncoderConfig): The sizes. RAISES (ValueError): Naming the file they come from."""
    try:
        return EncoderConfig.from_hf(values)
    except ValueError as error:
        raise ValueError(Errors.M231.format(file=path, error=error)) from error
