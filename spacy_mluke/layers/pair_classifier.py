"""Relations between mentions that the shared encoder has already encoded."""

from typing import Callable, List, Tuple

import numpy as np
from spacy import registry
from spacy.tokens import Doc
from thinc.api import Dropout, Model, chain
from thinc.types import Floats2d, Ints2d

from ..text.arrays import offsets_of
from ..text.spans import find_spans, sort_spans
from .span_classifier import SpanModel, as_ragged

# Pairs of each Doc are rows of token offsets: start and end of the first mention in the text, then
# of the second, (n_pairs, 4).
PairInputs = Tuple[List[Doc], List[Ints2d]]
PairModel = Model[PairInputs, Floats2d]


@registry.architectures("spacy-mluke.PairClassifier.v1")
def PairClassifier(tok2vec: SpanModel, scorer: Model[Floats2d, Floats2d]) -> PairModel:
    """Score pairs of mentions by their vectors side by side.

    tok2vec (SpanModel): Vectors of spans: `SpanListener.v1` or `SpanStates.v1`.
    scorer (Model[Floats2d, Floats2d]): From vectors to scores, such as `Linear.v1`.
    RETURNS (PairModel): The model, one row of scores a pair.
    """
    pairs: PairModel = Model("mluke-pairs", _forward, init=_init, layers=[tok2vec])
    return score_pairs(pairs, scorer, tok2vec)


def score_pairs(pairs: PairModel, scorer: Model[Floats2d, Floats2d], tok2vec: Model) -> PairModel:
    """Put dropout and a scorer on top of vectors of pairs.

    pairs (PairModel): Vectors of pairs.
    scorer (Model[Floats2d, Floats2d]): From vectors to scores.
    tok2vec (Model): The layer that replaces or is a listener.
    RETURNS (PairModel): The model.
    """
    model: PairModel = chain(pairs, Dropout(), scorer)
    model.set_ref("tok2vec", tok2vec)
    model.set_ref("output_layer", scorer)
    return model


def _forward(model: PairModel, inputs: PairInputs, is_train: bool) -> Tuple[Floats2d, Callable]:
    docs, pairs = inputs
    mentions = [sort_spans(np.asarray(p).reshape(-1, 2)) for p in pairs]
    base = offsets_of([len(m) for m in mentions])
    rows = [
        find_spans(m, np.asarray(p).reshape(-1, 2)) + base[i]
        for i, (m, p) in enumerate(zip(mentions, pairs, strict=True))
    ]
    ends = model.ops.asarray(np.concatenate(rows).reshape(-1, 2))
    vectors, backprop_vectors = model.layers[0]((docs, as_ragged(model, mentions)), is_train)
    table = vectors[ends.reshape(-1)].reshape(len(ends), -1)

    def backprop(d_table: Floats2d) -> PairInputs:
        d_vectors = model.ops.alloc2f(*vectors.shape)
        d_ends = model.ops.asarray2f(d_table).reshape(-1, vectors.shape[1])
        model.ops.scatter_add(d_vectors, ends.reshape(-1), d_ends)
        backprop_vectors(d_vectors)
        return docs, pairs

    return table, backprop


def _init(model: PairModel, X: object = None, Y: object = None) -> None:
    model.layers[0].initialize()
