"""Relations with the paper's own input: markers around two mentions, and a slot on each."""

import warnings
from typing import Any, Callable, List, Sequence, Tuple

import numpy as np
import torch
from spacy import registry
from spacy.tokens import Doc
from thinc.api import Model, torch2xp, xp2torch
from thinc.types import Floats2d, Ints1d
from torch import Tensor

from ..errors import Errors, Warnings
from ..modeling.batch import SlotBatch, WindowBatch
from ..text.arrays import offsets_of, ragged_arange
from ..text.markers import MarkedInputs, mark_spans
from .encoded import Encoded
from .pair_classifier import PairInputs, PairModel, score_pairs
from .plan import group_windows
from .shim import EncoderShim
from .slot_entities import MASK

MASK2 = "[MASK2]"
FEATURES = ("entity", "marker", "swapped")

# Ids between <s> and </s>, (n_ids,), their lengths, (n_inputs,), slot ranges, (n_inputs, 2, 2), and
# which pairs have an input, (n_pairs,).
Inputs = Tuple[Ints1d, Ints1d, np.ndarray, np.ndarray]


@registry.architectures("spacy-mluke.MarkerPairClassifier.v1")
def MarkerPairClassifier(
    encoder: Model[Any, Encoded],
    scorer: Model[Floats2d, Floats2d],
    features: Sequence[str] = ("entity",),
) -> PairModel:
    """Score pairs of mentions, each read by itself with markers around them (paper, section on RE).

    encoder (Model[Any, Encoded]): A layer made by `MLuke.v1`, with weights of its own.
    scorer (Model[Floats2d, Floats2d]): From vectors to scores, such as `Linear.v1`.
    features (Sequence[str]): "entity": states of the slots [MASK] and [MASK2] on the mentions
        (mLUKE-E); "marker": states of the markers that open them (mLUKE-W); "swapped": "entity"
        of a second input in which the mentions have changed places, so that the later one is the
        head, for checkpoints whose labels have no direction (as those of TACRED). Several are
        put side by side, "swapped" last.
    RETURNS (PairModel): The model, one row of scores a pair.
    RAISES (ValueError): If a feature is unknown.
    """
    if not features or any(name not in FEATURES for name in features):
        raise ValueError(Errors.M313.format(features=list(features), known=", ".join(FEATURES)))
    pairs: PairModel = Model(
        "mluke-marked-pairs",
        _forward,
        layers=[encoder],
        attrs={"features": list(features)},
    )
    return score_pairs(pairs, scorer, pairs)


def _forward(model: PairModel, inputs: PairInputs, is_train: bool) -> Tuple[Floats2d, Callable]:
    docs, pairs = inputs
    encoder: Model[Any, Encoded] = model.layers[0]
    shim: EncoderShim = encoder.shims[0]  # type: ignore[assignment]
    features: List[str] = model.attrs["features"]
    mentions = [np.asarray(p, dtype="int64").reshape(-1, 2, 2) for p in pairs]
    tables: List[Tensor] = []
    in_order = [name for name in features if name != "swapped"]
    if in_order:
        tables.append(_encode_pairs(encoder, docs, mentions, in_order, is_train))
    if "swapped" in features:
        swapped = [p[:, ::-1] for p in mentions]
        tables.append(_encode_pairs(encoder, docs, swapped, ["entity"], is_train))
    table = torch.cat(tables, dim=1)

    def backprop(d_table: Floats2d) -> PairInputs:
        if table.requires_grad:
            torch.autograd.backward([table], [xp2torch(d_table, device=shim.device)])
        return docs, pairs

    return torch2xp(table.detach()), backprop


def _encode_pairs(
    encoder: Model[Any, Encoded],
    docs: List[Doc],
    pairs: List[np.ndarray],
    features: List[str],
    is_train: bool,
) -> Tensor:
    # (n_pairs, 2 * n_features * width); zeros for pairs that do not fit a window.
    shim: EncoderShim = encoder.shims[0]  # type: ignore[assignment]
    ids, lengths, ranges, held = _marked(shim, docs, pairs)
    if not held.all():
        warnings.warn(
            Warnings.W302.format(lost=int((~held).sum()), total=len(held)), stacklevel=2
        )
    begin = offsets_of(lengths)
    order: List[Ints1d] = []
    tables: List[Tensor] = []
    slots = np.full(len(lengths), 2 if "entity" in features else 0)
    for group in group_windows(lengths, slots, encoder.attrs["max_batch_items"]):
        order.append(group)
        rows = ragged_arange(begin[group], lengths[group])
        with shim.computing(is_train):
            tables.append(
                _pair_vectors(shim, ids[rows], lengths[group], ranges[group], features, is_train)
            )
    blank = torch.zeros((1, 2 * len(features) * shim.width), device=shim.device)
    # Row of each pair in the groups' tables; pairs that could not be encoded get zeros.
    source = np.full(len(held), len(lengths))
    source[np.flatnonzero(held)[np.concatenate([*order, np.zeros(0, "int64")])]] = np.arange(
        len(lengths)
    )
    return torch.cat([*tables, blank])[shim.tensor(source)]


def _marked(shim: EncoderShim, docs: List[Doc], pairs: List[np.ndarray]) -> Inputs:
    pieces = shim.pieces
    parts = _mark_each(shim, docs, pairs) if pieces.mode == "hf" else _mark_all(shim, docs, pairs)
    inner = np.concatenate([part.lengths for part in parts]).astype("int64")
    begin = offsets_of(inner + 2)
    ids = np.empty(begin[-1], dtype="int64")
    ids[begin[:-1]] = pieces.bos_id
    ids[begin[1:] - 1] = pieces.eos_id
    ids[ragged_arange(begin[:-1] + 1, inner)] = np.concatenate([part.ids for part in parts])
    ranges = np.concatenate([part.ranges for part in parts]).astype("int64") + 1
    return ids, inner + 2, ranges, np.concatenate([part.held for part in parts])


def _mark_all(shim: EncoderShim, docs: List[Doc], pairs: List[np.ndarray]) -> List[MarkedInputs]:
    pieces, window = shim.pieces, shim.windows.size
    markers = (pieces.ent_id, pieces.ent2_id)
    return [
        mark_spans(doc_pieces, p, markers=markers, window=window)
        for doc_pieces, p in zip(pieces.encode(docs), pairs, strict=True)
    ]


def _mark_each(shim: EncoderShim, docs: List[Doc], pairs: List[np.ndarray]) -> List[MarkedInputs]:
    # MLukeTokenizer cuts the text at the mentions of the pair and nowhere else.
    pieces, window = shim.pieces, shim.windows.size
    markers = (pieces.ent_id, pieces.ent2_id)
    flat = [pair for p in pairs for pair in p]
    of_pair = [doc for doc, p in zip(docs, pairs, strict=True) for _ in p]
    if not flat:
        return _mark_all(shim, docs, pairs)
    return [
        mark_spans(doc_pieces, pair[None], markers=markers, window=window)
        for doc_pieces, pair in zip(pieces.encode(of_pair, flat), flat, strict=True)
    ]


def _pair_vectors(
    shim: EncoderShim,
    ids: Ints1d,
    lengths: Ints1d,
    ranges: np.ndarray,
    features: List[str],
    is_train: bool,
) -> Tensor:
    encoder = (shim.module if is_train else shim.inference_module(shim.settings.precision)).encoder
    batch = WindowBatch(shim.tensor(ids), lengths.tolist())
    slots = None
    if "entity" in features:
        masks = [shim.entities[MASK], shim.entities[MASK2]]
        slots = SlotBatch(
            shim.tensor(np.tile(masks, len(lengths))),
            [2] * len(lengths),
            shim.tensor(ranges.reshape(-1, 2)),
        )
    checkpointing = is_train and shim.settings.gradient_checkpointing
    out = encoder(batch, slots, training=is_train, checkpointing=checkpointing)
    parts = []
    for name in features:
        if name == "entity":
            parts.append(out.slots)
        else:
            rows = offsets_of(lengths)[:-1, None] + ranges[:, :, 0]
            parts.append(out.words[shim.tensor(rows.reshape(-1))])
    return torch.cat([part.reshape(len(lengths), -1) for part in parts], dim=1).float()
