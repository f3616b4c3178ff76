"""Span classification, as the paper does NER: a linear layer over `[h_start; h_end; h_entity]`."""

from typing import Any, List, Tuple

import numpy as np
from spacy import registry
from spacy.tokens import Doc
from thinc.api import Dropout, Model, chain
from thinc.types import Floats2d, Ints2d, Ragged

from .encoded import Encoded
from .listeners import Listener

SpanModel = Model[Tuple[List[Doc], Ragged], Floats2d]


@registry.architectures("spacy-mluke.SpanClassifier.v1")
def SpanClassifier(tok2vec: SpanModel, scorer: Model[Floats2d, Floats2d]) -> SpanModel:
    """Score spans by their vectors. Fits `mluke_ner`, and spaCy's `spancat` and
    `spancat_singlelabel`.

    tok2vec (SpanModel): Vectors of spans: `SpanListener.v1` or `SpanStates.v1`.
    scorer (Model[Floats2d, Floats2d]): From vectors to scores: `Linear.v1` for `mluke_ner`,
        `spacy.LinearLogistic.v1` for `spancat`, `Softmax.v2` for `spancat_singlelabel`.
    RETURNS (SpanModel): The model, one row of scores a span.
    """
    model: SpanModel = chain(tok2vec, Dropout(), scorer)
    model.set_ref("tok2vec", tok2vec)
    model.set_ref("output_layer", scorer)
    return model


def candidate_spans(model: Model, docs: List[Doc], is_train: bool) -> Ragged:
    """The spans that a span model's encoder proposes for Docs, as far as they have vectors.

    Left out, and counted in `doc._.mluke.report`: spans of white space only, and those longer
    than a window where the model reads entity slots.

    model (Model): A model with a "tok2vec" reference to a layer of span vectors.
    docs (List[Doc]): The Docs.
    is_train (bool): Whether it is a training batch.
    RETURNS (Ragged): Token offsets, (n_spans, 2).
    """
    layer = model.get_ref("tok2vec")
    if isinstance(layer, Listener):
        encoded: Encoded = layer.peek(docs, is_train)
    else:
        encoder: Model[Any, Encoded] = layer.layers[0]
        encoded = encoder.predict(docs)
    has_vector = encoded.has_pieces
    if "entity" in layer.attrs["features"]:
        has_vector &= encoded.placed
    parts = np.split(has_vector, encoded.span_offsets[1:-1])
    return as_ragged(model, [spans[kept] for spans, kept in zip(encoded.spans, parts)])


def as_ragged(model: Model, spans: List[Ints2d]) -> Ragged:
    """RETURNS (Ragged): Spans of Docs, (n_i, 2) each, in the form of spaCy's suggesters."""
    lengths = np.asarray([len(s) for s in spans], dtype="int32")
    flat = [np.zeros((0, 2), dtype="int32"), *spans]
    data = np.concatenate([np.asarray(s, dtype="int32").reshape(-1, 2) for s in flat])
    return Ragged(model.ops.asarray2i(data), model.ops.asarray1i(lengths))
