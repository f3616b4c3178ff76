"""Encoders with smaller weights, for prediction.

*bf16*: every weight takes half of its memory. *int8*: matrices and the word table take a quarter,
see ``int8``. The entity table is small in files alone: of a large one few rows are ever read, and
heads score with it in fp32.
"""

from typing import Dict, Mapping

import torch
from torch import Tensor, nn

from .config import EncoderConfig
from .encoder import MLukeEncoder
from .formats import ENTITY_TABLE, WORD_TABLE
from .int8 import SCALE, Int8Embedding, Int8Linear, quantize_rows, restore_rows

State = Dict[str, Tensor]

_DENSE = "entity_embeddings.entity_embedding_dense.weight"


def reduce_encoder(encoder: MLukeEncoder, precision: str) -> MLukeEncoder:
    """encoder (MLukeEncoder): An encoder in fp32. precision (str): "bf16" or "int8".
    RETURNS (MLukeEncoder): One for prediction, which shares with it what stays in fp32.
    """
    state: State = {}
    for name, tensor in encoder.state_dict().items():
        if precision == "bf16" and name != ENTITY_TABLE:
            state[name] = tensor.to(torch.bfloat16)
        elif precision == "int8" and _is_matrix(name, tensor):
            state[name], state[name + SCALE] = quantize_rows(tensor)
        else:
            state[name] = tensor
    return _take(empty_encoder(encoder.config, precision), state)


def widen_encoder(encoder: MLukeEncoder) -> MLukeEncoder:
    """RETURNS (MLukeEncoder): An encoder in fp32, to be trained, with the same weights."""
    return _take(empty_encoder(encoder.config, "fp32"), widen_state(encoder.state_dict()))


def empty_encoder(config: EncoderConfig, precision: str) -> MLukeEncoder:
    """RETURNS (MLukeEncoder): One on the meta device, with the names and types of its weights."""
    with torch.device("meta"):
        encoder = MLukeEncoder(config)
    encoder.precision = precision
    if precision == "bf16":
        table = encoder.entity_embeddings.entity_embeddings
        encoder.to(torch.bfloat16)
        table.to(torch.float32)
    elif precision == "int8":
        for name, tensor in encoder.state_dict().items():
            if _is_matrix(name, tensor):
                _make_int8(encoder, name.removesuffix(".weight"))
    return encoder


def stored_state(encoder: MLukeEncoder) -> State:
    """RETURNS (State): What is written to a file: the entity table is as small as the rest."""
    state = encoder.state_dict()
    if encoder.precision == "bf16":
        state[ENTITY_TABLE] = state[ENTITY_TABLE].to(torch.bfloat16)
    elif encoder.precision == "int8":
        state[ENTITY_TABLE], state[ENTITY_TABLE + SCALE] = quantize_rows(state[ENTITY_TABLE])
    return state


def stored_precision(state: Mapping[str, Tensor]) -> str:
    """RETURNS (str): The precision of an encoder's file: "int8", "bf16", or "fp32" if another."""
    kinds = {torch.int8: "int8", torch.bfloat16: "bf16"}
    return kinds.get(state[WORD_TABLE].dtype, "fp32")


def load_reduced(config: EncoderConfig, state: Mapping[str, Tensor]) -> MLukeEncoder:
    """RETURNS (MLukeEncoder): The encoder of a file, in the precision it is stored in."""
    table = {name: state[name] for name in (ENTITY_TABLE, ENTITY_TABLE + SCALE) if name in state}
    rest = {name: tensor for name, tensor in state.items() if name not in table}
    return _take(
        empty_encoder(config, stored_precision(state)), {**rest, **widen_state(table)}
    )


def widen_state(state: Mapping[str, Tensor]) -> State:
    """RETURNS (State): All weights in fp32, under the names of ``MLukeEncoder``."""
    wide: State = {}
    for name, tensor in state.items():
        if name + SCALE in state:
            wide[name] = restore_rows(tensor, state[name + SCALE])
        elif not name.endswith(SCALE):
            wide[name] = tensor.float()
    return wide


def _is_matrix(name: str, tensor: Tensor) -> bool:
    in_layers = name.startswith("encoder.") and tensor.dim() == 2
    return in_layers or name in (WORD_TABLE, _DENSE)


def _make_int8(encoder: MLukeEncoder, name: str) -> None:
    parent_name, _, child = name.rpartition(".")
    parent, module = encoder.get_submodule(parent_name), encoder.get_submodule(name)
    if isinstance(module, nn.Embedding):
        setattr(parent, child, Int8Embedding(module))
    else:
        assert isinstance(module, nn.Linear)
        setattr(parent, child, Int8Linear(module))


def _take(encoder: MLukeEncoder, state: State) -> MLukeEncoder:
    encoder.load_state_dict({n: t.detach() for n, t in state.items()}, assign=True)
    return encoder
