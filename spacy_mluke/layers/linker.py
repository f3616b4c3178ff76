"""Scores of candidate entities: the pretrained entity head at a mention, and the prior."""

from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Tuple

import numpy as np
import torch
from spacy import registry
from spacy.tokens import Doc
from thinc.api import Dropout, Model, torch2xp, xp2torch
from thinc.types import Floats2d, Ints1d, Ints2d, Ragged
from torch import Tensor
from torch.func import functional_call

from ..modeling.encoder import MLukeEncoder
from ..modeling.heads import EntityHead
from ..modeling.weights import check_names

# In a checkpoint: entity_predictions.*
HEAD = "entity_predictions."
_BIAS = "bias"
_WEIGHTS = (
    "transform.dense.weight",
    "transform.dense.bias",
    "transform.LayerNorm.weight",
    "transform.LayerNorm.bias",
    _BIAS,
)
# Factor of the head, factor of the log prior, score of no entity (NIL).
CALIBRATION = "calibration"
# Score of NIL before it is learned, and of places without a candidate: probability 0.
NEVER = -1e4


class Candidates(NamedTuple):
    """Candidates of mentions, each mention's first in its row.

    rows (Ints2d): (n_mentions, most) rows of the entity table, 0 where there is none.
    log_priors (Floats2d): (n_mentions, most).
    real (np.ndarray): (n_mentions, most) bool, whether there is a candidate.
    """

    rows: Ints2d
    log_priors: Floats2d
    real: np.ndarray

    def take(self, mentions: Ints1d) -> "Candidates":
        """RETURNS (Candidates): Those of some mentions."""
        return Candidates(self.rows[mentions], self.log_priors[mentions], self.real[mentions])


class ScorerInput(NamedTuple):
    """Mentions to score.

    vectors (Floats2d): (n_mentions, width), zeros for a mention without a slot: there the prior
        alone counts.
    encoder (MLukeEncoder): Has the entity table, (n_rows, entity_emb_size).
    candidates (Candidates): Their candidates.
    """

    vectors: Floats2d
    encoder: MLukeEncoder
    candidates: Candidates

    @property
    def device(self) -> torch.device:
        """RETURNS (torch.device): Where the table is."""
        return _table(self.encoder).device


Choose = Callable[[Floats2d], Tuple[MLukeEncoder, Candidates]]
LinkerModel = Model[Tuple[List[Doc], Ragged, Choose], Floats2d]


@registry.architectures("spacy-mluke.EntityLinker.v1")
def EntityLinker(tok2vec: Model, prior_weight: float = 1.0) -> LinkerModel:
    """Score the candidates of mentions: `scale * head + prior_weight * log prior`, against a score
    of no entity. The head is that of masked entity prediction (LUKE, section 3.3) on the rows of
    the candidates alone: `transform(h) . E[c] + bias[c]`.

    The table `E` stays in the encoder. It and the bias are not trained, as in the paper's entity
    disambiguation; the transform, the two factors and the score of no entity are.

    tok2vec (Model): Vectors of mentions: `SpanListener.v1` or `SpanStates.v1` with the feature
        "entity" alone.
    prior_weight (float): Factor of the log prior before training.
    RETURNS (LinkerModel): The model: one row for each mention, no entity first, then candidates.
    """
    scorer: Model[ScorerInput, Floats2d] = Model(
        "mluke-entity-scorer",
        _forward_scorer,
        params={**dict.fromkeys(_WEIGHTS), CALIBRATION: None},
        attrs={"prior_weight": prior_weight},
    )
    dropout: Model[Floats2d, Floats2d] = Dropout()
    return Model(
        "mluke-entity-linker",
        _forward,
        layers=[tok2vec, dropout, scorer],
        refs={"tok2vec": tok2vec, "output_layer": scorer},
    )


def start_head(
    scorer: Model, tensors: Mapping[str, Tensor], encoder: MLukeEncoder, source: str
) -> None:
    """Take the weights of a checkpoint's head.

    scorer (Model): The model's "output_layer".
    tensors (Mapping[str, Tensor]): The checkpoint's heads.
    encoder (MLukeEncoder): The encoder.
    source (str): Where they are from, for messages.
    RAISES (ValueError): If they do not fit the encoder.
    """
    found = {k.removeprefix(HEAD): v for k, v in tensors.items() if k.startswith(HEAD)}
    check_names(_empty_head(encoder).state_dict(), found, source)
    for name in _WEIGHTS:
        scorer.set_param(name, scorer.ops.asarray(found[name].float().cpu().numpy().copy()))
    values = [1.0, scorer.attrs["prior_weight"], NEVER]
    scorer.set_param(CALIBRATION, scorer.ops.asarray1f(values, dtype="float32"))


def head_rows(scorer: Model) -> int:
    """RETURNS (int): Rows of the entity table that the head belongs to, 0 without weights."""
    return len(scorer.get_param(_BIAS)) if scorer.has_param(_BIAS) else 0


def keep_head_rows(scorer: Model, rows: Ints1d) -> None:
    """Follow a pruned entity table: the head has a bias for each of its rows.

    scorer (Model): The model's "output_layer".
    rows (Ints1d): For each row of the new table, what row it was in the old.
    """
    if head_rows(scorer):
        scorer.set_param(_BIAS, scorer.get_param(_BIAS)[scorer.ops.asarray(rows)])


def has_head(tensors: Mapping[str, Tensor]) -> bool:
    """RETURNS (bool): Whether a checkpoint's heads include that of masked entity prediction."""
    return f"{HEAD}{_BIAS}" in tensors


def nearest_rows(
    scorer: Model, vectors: Floats2d, encoder: MLukeEncoder, rows: Ints1d, most: int
) -> Ints2d:
    """The rows of the whole table that the head scores highest.

    scorer (Model): The model's "output_layer".
    vectors (Floats2d): (n_mentions, width).
    encoder (MLukeEncoder): Has the table.
    rows (Ints1d): The rows that can be chosen.
    most (int): How many of them.
    RETURNS (Ints2d): (n_mentions, most) rows, the highest first.
    """
    device = _table(encoder).device
    allowed = torch.from_numpy(rows).to(device)
    most = min(most, len(rows))
    params = head_params(scorer, device, False)
    found = [np.zeros((0, most), dtype="int64")]
    with torch.no_grad():
        # Few mentions at once: each has a score for every entity there is.
        for start in range(0, len(vectors), 16):
            some = xp2torch(vectors[start : start + 16], device=device)
            scores = _head_scores(params, some, encoder)[:, allowed]
            best = allowed[scores.topk(most, dim=1).indices]
            found.append(best.cpu().numpy())
    return np.concatenate(found)


def _forward(
    model: LinkerModel, inputs: Tuple[List[Doc], Ragged, Choose], is_train: bool
) -> Tuple[Floats2d, Callable]:
    docs, spans, choose = inputs
    tok2vec, dropout, scorer = model.layers
    vectors, backprop_vectors = tok2vec((docs, spans), is_train)
    encoder, candidates = choose(vectors)
    dropped, backprop_dropout = dropout(vectors, is_train)
    logits, backprop_scorer = scorer(ScorerInput(dropped, encoder, candidates), is_train)

    def backprop(d_logits: Floats2d) -> Any:
        return backprop_vectors(backprop_dropout(backprop_scorer(d_logits)))

    return logits, backprop


def _forward_scorer(
    model: Model, inputs: ScorerInput, is_train: bool
) -> Tuple[Floats2d, Callable]:
    device = inputs.device
    params = head_params(model, device, is_train)
    vectors = xp2torch(inputs.vectors, requires_grad=is_train, device=device)
    with torch.set_grad_enabled(is_train):
        head = candidate_scores(params, vectors, inputs)
        logits = combine(head, inputs, params[CALIBRATION])

    def backprop(d_logits: Floats2d) -> Floats2d:
        torch.autograd.backward([logits], [xp2torch(d_logits, device=device)])
        for name, value in params.items():
            if value.grad is not None:
                model.inc_grad(name, torch2xp(value.grad))
        assert vectors.grad is not None
        return torch2xp(vectors.grad)

    return torch2xp(logits.detach()), backprop


def head_params(model: Model, device: torch.device, is_train: bool) -> Dict[str, Tensor]:
    """The scorer's parameters as tensors that share their memory.

    model (Model): The model's "output_layer".
    device (torch.device): Where the table is.
    is_train (bool): Whether to record gradients.
    RETURNS (Dict[str, Tensor]): The tensors by name.
    """
    return {
        name: xp2torch(
            model.get_param(name), requires_grad=is_train and name != _BIAS, device=device
        )
        for name in (*_WEIGHTS, CALIBRATION)
    }


def candidate_scores(params: Dict[str, Tensor], vectors: Tensor, inputs: ScorerInput) -> Tensor:
    """RETURNS (Tensor): (n_mentions, most) what the head says, 0 for mentions without a slot."""
    rows = torch.from_numpy(inputs.candidates.rows).to(inputs.device)
    scores = _head_scores(params, vectors, inputs.encoder, rows)
    has_slot = (vectors.detach() != 0).any(dim=1, keepdim=True)
    return torch.where(has_slot, scores, torch.zeros_like(scores))


def _head_scores(
    params: Dict[str, Tensor],
    vectors: Tensor,
    encoder: MLukeEncoder,
    rows: Optional[Tensor] = None,
) -> Tensor:
    weights = {name: params[name] for name in _WEIGHTS}
    inputs = (vectors, _table(encoder).detach())
    scores: Tensor = functional_call(_empty_head(encoder), weights, inputs, {"candidates": rows})
    return scores


def combine(head: Tensor, inputs: ScorerInput, calibration: Tensor) -> Tensor:
    """RETURNS (Tensor): (n_mentions, 1 + most) scores of NIL and of the candidates."""
    scale, weight, nil = calibration
    priors = torch.from_numpy(inputs.candidates.log_priors).to(head.device)
    real = torch.from_numpy(inputs.candidates.real).to(head.device)
    scores = torch.where(real, scale * head + weight * priors, torch.full_like(head, 2 * NEVER))
    return torch.cat([nil.expand(len(head), 1), scores], dim=1)


def _table(encoder: MLukeEncoder) -> Tensor:
    return encoder.entity_embeddings.entity_embeddings.weight


def _empty_head(encoder: MLukeEncoder) -> EntityHead:
    with torch.device("meta"):
        return EntityHead(encoder.config)
