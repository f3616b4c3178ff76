"""Candidates of a batch of mentions, as arrays."""

from typing import List, NamedTuple, Sequence

import numpy as np
from spacy.tokens import Span
from thinc.api import Model
from thinc.types import Floats1d, Floats2d, Ints1d

from ..entities.linker_candidates import CandidateSource
from ..layers.linker import Candidates, nearest_rows
from ..layers.linker_table import LinkerEncoder

# Below this all priors are alike: nothing is impossible because it was never seen.
_LEAST_PRIOR = 1e-6


class CandidateLists(NamedTuple):
    """Candidates of mentions, flat over a batch.

    keys (List[List[str]]): The entities of each mention.
    priors (List[Floats1d]): Their priors.
    arrays (Candidates): The same for the model.
    """

    keys: List[List[str]]
    priors: List[Floats1d]
    arrays: Candidates

    def take(self, mentions: Ints1d) -> "CandidateLists":
        """RETURNS (CandidateLists): Those of some mentions."""
        numbers = mentions.tolist()
        keys, priors = [self.keys[i] for i in numbers], [self.priors[i] for i in numbers]
        return CandidateLists(keys, priors, self.arrays.take(mentions))


def look_up(
    source: CandidateSource, mentions: Sequence[Span], encoder: LinkerEncoder
) -> CandidateLists:
    """Ask a source for candidates; those without a row in the table cannot be scored.

    source (CandidateSource): The source.
    mentions (Sequence[Span]): The mentions.
    encoder (LinkerEncoder): Has the table.
    RETURNS (CandidateLists): The candidates.
    """
    keys: List[List[str]] = []
    rows: List[List[int]] = []
    priors: List[List[float]] = []
    for mention in mentions:
        found = [(encoder.row(key), key, prior) for key, prior in source(mention)]
        found = [item for item in found if item[0] >= 0][: source.max_candidates]
        rows.append([row for row, _, _ in found])
        keys.append([key for _, key, _ in found])
        priors.append([prior for _, _, prior in found])
    return as_lists(keys, rows, priors)


def look_up_in_table(
    scorer: Model, vectors: Floats2d, encoder: LinkerEncoder, most: int, gold: Sequence[str] = ()
) -> CandidateLists:
    """Take the entities of the whole table that the head scores highest.

    scorer (Model): The model's "output_layer".
    vectors (Floats2d): (n_mentions, width) states of the mentions' slots.
    encoder (LinkerEncoder): Has the table.
    most (int): How many entities.
    gold (Sequence[str]): In training, the right entities: they are candidates in any case.
    RETURNS (CandidateLists): The candidates, all with the same prior.
    """
    nearest = nearest_rows(scorer, vectors, encoder.module, encoder.keys.rows, most)
    rows: List[List[int]] = nearest.tolist()
    for some, key in zip(rows, gold):
        row = encoder.row(key)
        if row >= 0 and row not in some:
            some.append(row)
    keys = [[encoder.keys[row] for row in some] for some in rows]
    return as_lists(keys, rows, [[1 / most] * len(some) for some in rows])


def as_lists(
    keys: List[List[str]], rows: Sequence[Sequence[int]], priors: Sequence[Sequence[float]]
) -> CandidateLists:
    """Put candidates into arrays.

    keys (List[List[str]]): The entities of each mention.
    rows (Sequence[Sequence[int]]): Their rows in the table.
    priors (Sequence[Sequence[float]]): Their priors.
    RETURNS (CandidateLists): The candidates.
    """
    lengths = np.asarray([len(some) for some in keys], dtype="int64")
    real = np.arange(lengths.max(initial=0)) < lengths[:, None]
    table = np.zeros(real.shape, dtype="int64")
    table[real] = np.concatenate([np.zeros(0), *map(np.asarray, rows)]).astype("int64")
    logs = np.zeros(real.shape, dtype="float32")
    flat = np.concatenate([np.zeros(0), *map(np.asarray, priors)])
    logs[real] = np.log(np.maximum(flat, _LEAST_PRIOR))
    arrays = [np.asarray(some, dtype="float32") for some in priors]
    return CandidateLists(keys, arrays, Candidates(table, logs, real))
