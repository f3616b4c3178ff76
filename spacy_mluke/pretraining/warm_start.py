"""Tables to start from: skip-gram vectors of pieces and entities, learned together.

Entities are shared by all languages, so that the languages meet in one space (the idea of
wikipedia2vec: Yamada et al. 2016). gensim's word2vec does it: it is fast, kept, and needs no GPU.
"""

import tempfile
from pathlib import Path
from typing import Sequence, Tuple

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm  # type: ignore[import-untyped]

from .model import PretrainingModel
from .shards import Shard

Floats = NDArray[np.float32]

_WORD_SPREAD = 0.05  # standard deviation of the word table
_ENTITY_SPREAD = 0.1
_SHIFT = 3.0  # where GELU is nearly the identity


def learn_vectors(
    shards: Sequence[Shard],
    *,
    n_pieces: int,
    n_entities: int,
    size: int,
    epochs: int,
    window: int = 5,
    seed: int = 0,
    progress: bool = True,
) -> Tuple[Floats, Floats]:
    """Skip-gram over the pieces of all instances, with each entity put behind its mention.

    shards (Sequence[Shard]): Training data. n_pieces, n_entities (int): Rows of the two tables.
    size (int): Of the vectors. epochs (int): Passes over the data. window (int): Neighbours.
    seed (int): The same seed gives the same vectors.
    progress (bool): Show a progress bar.
    RETURNS (Tuple[Floats, Floats]): (n_pieces, size) and (n_entities, size). Rows that do not occur
        are zero.
    """
    from gensim.models import Word2Vec  # takes a second, and only a fresh run needs it

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "text"
        _write_text(shards, path, n_pieces, n_entities, progress)
        model = Word2Vec(
            corpus_file=str(path),
            vector_size=size,
            window=window,
            sg=1,
            negative=5,
            sample=1e-4,
            min_count=1,
            epochs=epochs,
            workers=1,  # with more, the order of updates is left to chance
            seed=seed,
        )
    vectors = np.zeros((n_pieces + n_entities, size), dtype=np.float32)
    rows = np.array([int(name) for name in model.wv.index_to_key])
    vectors[rows] = model.wv.vectors
    return vectors[:n_pieces], vectors[n_pieces:]


def _write_text(
    shards: Sequence[Shard], path: Path, n_pieces: int, n_entities: int, progress: bool
) -> None:
    """One instance a line; entities are numbered after the pieces."""
    names = np.array([str(number) for number in range(n_pieces + n_entities)], dtype=object)
    total = sum(len(shard) for shard in shards)
    bar = tqdm(total=total, desc="text of pieces and entities", disable=not progress)
    with bar, path.open("w", encoding="ascii") as file:
        for shard in shards:
            for pieces, lengths, entities, ranges, counts in shard.chunks():
                ends = np.cumsum(lengths)
                begins = np.repeat(ends - lengths, counts)
                places = begins + ranges[:, 1]
                order = np.argsort(places, kind="stable")
                line = np.insert(pieces, places[order], entities[order] + n_pieces)
                stops = ends + np.cumsum(counts)
                for row in np.split(names[line], stops[:-1]):
                    file.write(" ".join(row.tolist()) + "\n")
                bar.update(len(lengths))


def warm_start(
    model: PretrainingModel,
    words: Floats,
    entities: Floats,
    *,
    word_counts: NDArray[np.int64],
    entity_counts: NDArray[np.int64],
) -> None:
    """Put vectors into the tables of a fresh model, and let its heads read them at once.

    The heads are `LN(gelu(W x + b))`. With W the identity (for entities: the principal axes) and b
    where GELU is nearly linear, they give the state itself, as LayerNorm takes a common shift out
    again. Biases are log frequencies.

    model (PretrainingModel): Changed in place.
    words (Floats): (vocab_size, hidden_size). entities (Floats): (entity_vocab_size, hidden_size).
    word_counts, entity_counts (NDArray[np.int64]): How often each row occurs.
    """
    encoder, config = model.encoder, model.encoder.config
    seen = np.flatnonzero(np.abs(words).sum(axis=1))
    known = np.flatnonzero(np.abs(entities).sum(axis=1))
    # Weighted by how often they occur: what all states have in common says nothing.
    words = words - _average(words, word_counts)
    scale = _WORD_SPREAD / words[seen].std()
    centred = (entities - _average(entities, entity_counts)) * scale
    axes = _principal_axes(centred[known], config.entity_emb_size)
    reduced = centred[known] @ axes
    stretch = _ENTITY_SPREAD / reduced.std()
    with torch.no_grad():
        model.word_table[torch.from_numpy(seen)] = torch.from_numpy(words[seen] * scale)
        model.entity_table[torch.from_numpy(known)] = torch.from_numpy(reduced * stretch)
        if config.entity_emb_size != config.hidden_size:
            dense = encoder.entity_embeddings.entity_embedding_dense.weight
            dense.copy_(torch.from_numpy(axes / stretch))
        model.lm_head.dense.weight.copy_(torch.eye(config.hidden_size))
        model.lm_head.dense.bias.fill_(_SHIFT)
        transform = model.entity_predictions.transform.dense
        transform.weight.copy_(torch.from_numpy(axes.T))
        transform.bias.fill_(_SHIFT)
        model.lm_head.bias.copy_(_log_frequencies(word_counts))
        model.entity_predictions.bias.copy_(_log_frequencies(entity_counts))


def _average(vectors: Floats, counts: NDArray[np.int64]) -> Floats:
    return np.average(vectors, axis=0, weights=counts).astype(np.float32)


def _principal_axes(vectors: Floats, size: int) -> Floats:
    """RETURNS (Floats): (d, size) the axes along which the vectors differ most, orthonormal. Where
    that is all of them, they stay as they are: with d == size no layer stands between the table and
    the states.
    """
    if size >= vectors.shape[1]:
        return np.eye(vectors.shape[1], size, dtype=np.float32)
    _, axes = np.linalg.eigh(vectors.T @ vectors)
    return np.ascontiguousarray(axes[:, ::-1][:, :size])


def _log_frequencies(counts: NDArray[np.int64]) -> torch.Tensor:
    shares = (counts + 1) / (counts + 1).sum()
    logs = np.log(shares)
    return torch.from_numpy((logs - logs.mean()).astype(np.float32))
