"""Rows of the entity table in closed form, from what the mentions of each entity look like.

Gradient descent moves the row of a rare entity in few steps, and in a short training leaves it far
from where it should be. The states of masked mentions are good long before that. Taken as normally
distributed around a mean for each entity with one covariance S for all, the best scores of a state
h are linear in it (linear discriminant analysis, Fisher 1936; Hastie et al., "The Elements of
Statistical Learning", section 4.3):

    score(e | h) = h . E[e] + bias[e],  E[e] = S^-1 m_e,  bias[e] = -m_e . S^-1 m_e / 2 + log p(e)

which is the form of masked entity prediction. m_e is the mean of the entity's states, less the mean
of all of them, which adds the same to each score.
"""

from typing import Iterator, List, Sequence, Tuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm  # type: ignore[import-untyped]

from ..errors import Errors
from ..modeling.batch import SlotBatch, WindowBatch
from ..modeling.config import SPECIAL_ENTITIES
from .batches import gather_inputs
from .evaluate import in_batches
from .model import PretrainingModel
from .shards import Shard

_CHUNK = 512  # instances chosen at once
_FACTORS = np.geomspace(0.01, 1.0, 41).tolist()
_NEVER = -1e4  # of what has no mentions
_RIDGE = 1e-3  # of the mean variance: after LayerNorm some directions have none


class StateSums:
    """Sums over the states of masked mentions, in the space of the entity table.

    n_rows (int): Rows of the table. size (int): Of a state.
    """

    def __init__(self, n_rows: int, size: int) -> None:
        self.counts = torch.zeros(n_rows, dtype=torch.float64)
        self.states = torch.zeros(n_rows, size, dtype=torch.float64)
        self.squares = torch.zeros(size, size, dtype=torch.float64)

    def add(self, states: Tensor, rows: Tensor) -> None:
        """states (Tensor): (n, size). rows (LongTensor): (n,) the entity of each."""
        states = states.double()
        self.counts.index_add_(0, rows, torch.ones(len(rows), dtype=torch.float64))
        self.states.index_add_(0, rows, states)
        self.squares += states.T @ states

    def means(self) -> Tensor:
        """RETURNS (Tensor): (n_rows, size), zero for entities without mentions."""
        return self.states / self.counts.clamp(min=1)[:, None]

    def precision(self) -> Tensor:
        """RETURNS (Tensor): (size, size) the inverse of the covariance within entities."""
        means = self.means()
        within = (self.squares - means.T @ (means * self.counts[:, None])) / self.counts.sum()
        ridge = _RIDGE * within.diagonal().mean()
        return torch.linalg.inv(within + ridge * torch.eye(len(within), dtype=torch.float64))


@torch.inference_mode()
def encode_masked(
    model: PretrainingModel, shards: Sequence[Shard], instances: NDArray[np.int64], mask_row: int
) -> Tuple[Tensor, Tensor]:
    """model (PretrainingModel): The model. shards (Sequence[Shard]): The data.
    instances (NDArray[np.int64]): (n, 2) shard and instance. mask_row (int): The row of [MASK].
    RETURNS (Tuple[Tensor, Tensor]): States of all their entities, each masked, in the space of the
        table, (m, entity_emb_size), and the rows of these, (m,).
    """
    inputs = gather_inputs(shards, instances, with_entities=True)
    rows = torch.from_numpy(inputs.entities)
    encoded = model.encoder(
        WindowBatch(torch.from_numpy(inputs.pieces), inputs.lengths.tolist()),
        SlotBatch(
            torch.full_like(rows, mask_row), inputs.slots.tolist(), torch.from_numpy(inputs.ranges)
        ),
    )
    return model.entity_predictions.transform(encoded.slots), rows


def collect_states(
    model: PretrainingModel,
    shards: Sequence[Shard],
    *,
    mask_row: int,
    max_mentions: int = 32,
    seed: int = 0,
    progress: bool = True,
) -> StateSums:
    """Encode instances with all their entities masked, until each was seen often enough.

    model (PretrainingModel): The model. shards (Sequence[Shard]): Training data.
    mask_row (int): The row of [MASK].
    max_mentions (int): An instance is left out if all its entities have that many mentions.
    seed (int): Another seed chooses others. progress (bool): Show a progress bar.
    RETURNS (StateSums): The sums.
    """
    sums = StateSums(*model.entity_table.shape)
    total = sum(len(shard) for shard in shards)
    with tqdm(total=total, desc="states of mentions", disable=not progress) as bar:
        for instances, lengths, read in _instances(shards, sums, max_mentions, seed):
            for batch in in_batches(instances, lengths):
                sums.add(*encode_masked(model, shards, batch, mask_row))
            bar.update(read)
    return sums


def _instances(
    shards: Sequence[Shard], sums: StateSums, max_mentions: int, seed: int
) -> Iterator[Tuple[NDArray[np.int64], NDArray[np.int64], int]]:
    """YIELDS (Tuple): Instances to read (n, 2), shard and instance; their lengths (n,); and of how
    many they were chosen.
    """
    random = np.random.default_rng(seed)
    counts = sums.counts.numpy()  # shares memory: it is what has been seen so far
    # Languages by turns, or the first ones would say what an entity looks like.
    parts = [
        (index, part)
        for index, shard in enumerate(shards)
        if len(shard)
        for part in np.array_split(random.permutation(len(shard)), -(-len(shard) // _CHUNK))
    ]
    for number in random.permutation(len(parts)).tolist():
        index, part = parts[number]
        chosen = np.sort(part)
        _, lengths, entities, _, slots = shards[index].gather(chosen)
        owners = np.repeat(np.arange(len(chosen)), slots)
        wanted = np.unique(owners[counts[entities] < max_mentions])
        pairs = np.stack([np.full(len(wanted), index), chosen[wanted]], axis=1)
        yield pairs, lengths[wanted].astype(np.int64), len(chosen)


def refit_entities(model: PretrainingModel, sums: StateSums, counts: NDArray[np.int64]) -> int:
    """Put the rows in closed form into a model.

    The layer between the table and the first states of slots is changed by the linear map that
    comes nearest to undoing the change of the rows, so that known entities go on to look alike to
    the encoder; special entities look the same. Entities without mentions keep their rows.

    model (PretrainingModel): Changed in place.
    sums (StateSums): What `collect_states` gave.
    counts (NDArray[np.int64]): (n_rows,) how often each entity is mentioned, for log p(e).
    RETURNS (int): How many rows are new.
    RAISES (ValueError): If the table is as wide as the states: there is no layer to change.
    """
    config = model.encoder.config
    if config.entity_emb_size == config.hidden_size:
        raise ValueError(Errors.M753.format(size=config.hidden_size))
    seen = sums.counts > 0
    seen[: len(SPECIAL_ENTITIES)] = False
    precision = sums.precision()
    centre = sums.states.sum(dim=0) / sums.counts.sum()
    means = sums.means()[seen]
    rows = (means - centre) @ precision
    # Half the square of m, less that of the centre, by the difference of two squares
    squares = 0.5 * (rows * (means + centre)).sum(dim=1)
    frequency = torch.from_numpy(np.maximum(counts, 1).astype(np.float64))
    prior = torch.log(frequency / frequency.sum())[seen]
    table, bias = model.entity_table, model.entity_predictions.bias
    dense = model.encoder.entity_embeddings.entity_embedding_dense
    with torch.no_grad():
        old = table.double()
        back = _map(rows, old[seen])
        table.copy_((old @ torch.linalg.inv(back)).to(table.dtype))
        table[seen] = rows.to(table.dtype)
        dense.weight.copy_((dense.weight.double() @ back.T).to(table.dtype))
        bias.fill_(_NEVER)
        bias[seen] = (prior - squares).to(bias.dtype)
    return int(seen.sum())


def _map(new: Tensor, old: Tensor) -> Tensor:
    """RETURNS (Tensor): (size, size) with new @ map near old: least squares, drawn towards a mere
    change of scale so that it has an inverse, however few rows there are.
    """
    square = new.T @ new
    weight = _RIDGE * square.diagonal().mean()
    one = torch.eye(len(square), dtype=new.dtype)
    scale = old.norm() / new.norm()
    return torch.linalg.solve(square + weight * one, new.T @ old + weight * scale * one)


@torch.inference_mode()
def scale_scores(
    model: PretrainingModel, shards: Sequence[Shard], *, mask_row: int, max_mentions: int = 4096
) -> float:
    """Make scores of entities as sure as they are right, by one factor for all (Guo et al. 2017,
    "On Calibration of Modern Neural Networks", section 4.2). States are no normal distribution, and
    what is computed as if they were is too sure of itself.

    model (PretrainingModel): Its table and bias are changed in place; what the encoder reads of
        entities stays.
    shards (Sequence[Shard]): Data that the table was not computed from.
    mask_row (int): The row of [MASK]. max_mentions (int): Look at so many mentions, about.
    RETURNS (float): The factor; 1 if there are no mentions.
    """
    logits: List[Tensor] = []
    gold: List[Tensor] = []
    for instances in _spread(shards, max_mentions):
        states, rows = encode_masked(model, shards, instances, mask_row)
        bias = model.entity_predictions.bias
        known = bias[rows] > _NEVER
        logits.append((states @ model.entity_table.T + bias)[known])
        gold.append(rows[known])
    if not sum(map(len, gold)):
        return 1.0
    scores, target = torch.cat(logits), torch.cat(gold)
    losses = [float(F.cross_entropy(scores * factor, target)) for factor in _FACTORS]
    best = _FACTORS[int(np.argmin(losses))]
    model.entity_table.mul_(best)
    bias = model.entity_predictions.bias
    bias.copy_(torch.where(bias > _NEVER, bias * best, bias))
    model.encoder.entity_embeddings.entity_embedding_dense.weight.div_(best)
    return best


def _spread(shards: Sequence[Shard], max_mentions: int) -> Iterator[NDArray[np.int64]]:
    """YIELDS (NDArray[np.int64]): (n, 2) instances from all over the data, with that many mentions
    about, in batches.
    """
    counts = [shard.entity_counts() for shard in shards]
    step = max(1, sum(int(each.sum()) for each in counts) // max(max_mentions, 1))
    for index, (shard, each) in enumerate(zip(shards, counts)):
        rows = np.flatnonzero(each)[::step]
        if len(rows):
            pairs = np.stack([np.full(len(rows), index), rows], axis=1)
            yield from in_batches(pairs, shard.lengths()[rows])
