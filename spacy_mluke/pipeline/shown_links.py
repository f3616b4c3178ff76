"""Training for the global mode: some mentions show their entities, the others are learned."""

import random
from typing import Dict, Mapping, Sequence

import numpy as np
from thinc.api import Model
from thinc.types import Ints1d

from ..layers.linker import ScorerInput
from ..layers.linker_table import LinkerEncoder, gradient_factor
from .candidates import CandidateLists
from .linking import Mentions, cross_entropy


def show_some(
    mentions: Mentions, kb_ids: Sequence[str], encoder: LinkerEncoder
) -> Dict[int, str]:
    """Draw mentions that show their entities: of each Doc a share between none and all, as the
    passes of a prediction find them, and never all of a Doc.

    mentions (Mentions): The mentions.
    kb_ids (Sequence[str]): The gold link of each.
    encoder (LinkerEncoder): Has the table; only its entities can be shown.
    RETURNS (Dict[int, str]): Entities by number of the mention.
    """
    n_docs, of_docs = len(mentions.docs), mentions.of_docs
    # Of the generator that `fix_random_seed` and `spacy train` set.
    rng = np.random.default_rng(random.getrandbits(32))
    draws = rng.uniform(size=len(of_docs))
    known = np.asarray([encoder.row(key) >= 0 for key in kb_ids], dtype=bool)
    shown = known & (draws < rng.uniform(size=n_docs)[of_docs])
    whole = np.bincount(of_docs, shown, n_docs) == np.bincount(of_docs, minlength=n_docs)
    shown &= ~whole[of_docs]
    return {i: kb_ids[i] for i in np.flatnonzero(shown).tolist()}


def learn_beside(
    model: Model,
    mentions: Mentions,
    shown: Mapping[int, str],
    found: CandidateLists,
    targets: Ints1d,
    encoder: LinkerEncoder,
) -> float:
    """Add the gradients of mentions that stand beside others which show their entities.

    model (Model): The linker's model; it and the encoder keep the gradients until their next step.
    mentions (Mentions): The mentions.
    shown (Mapping[int, str]): Entities by number of the mention, see `show_some`.
    found (CandidateLists): Candidates of all mentions.
    targets (Ints1d): (n_mentions,) the right ones, see `GoldLinks.targets`.
    encoder (LinkerEncoder): The encoder.
    RETURNS (float): The loss, summed over the mentions of the Docs with such others.
    """
    if not shown:
        return 0.0
    tok2vec, dropout, scorer = model.layers
    is_shown = np.isin(np.arange(len(targets)), list(shown))
    wanted = np.unique(mentions.of_docs[is_shown])
    rows = np.flatnonzero(np.isin(mentions.of_docs, wanted))
    factor = gradient_factor(tok2vec, mentions.docs)
    vectors, backprop_vectors = mentions.begin_encode(wanted, shown, encoder, factor > 0)
    dropped, backprop_dropout = dropout(vectors, True)
    inputs = ScorerInput(dropped, encoder.module, found.take(rows).arrays)
    logits, backprop_scorer = scorer(inputs, True)
    open_rows = ~is_shown[rows]
    loss, gradient = cross_entropy(model.ops.to_numpy(logits)[open_rows], targets[rows][open_rows])
    d_logits = model.ops.alloc2f(*logits.shape)
    d_logits[model.ops.asarray(np.flatnonzero(open_rows))] = model.ops.asarray2f(gradient)
    d_vectors = backprop_dropout(backprop_scorer(d_logits))
    if factor > 0:
        backprop_vectors(d_vectors * factor)
    return loss
