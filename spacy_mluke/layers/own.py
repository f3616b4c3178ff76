"""Layers with an encoder of their own, for components that do not share one."""

from typing import Any, Callable, Dict, List, Sequence, Tuple

import numpy as np
from spacy import registry
from spacy.tokens import Doc
from thinc.api import Model
from thinc.types import Floats2d, Ragged

from ..errors import Errors
from .encoded import Encoded
from .listeners import Listener
from .readout import check_features, span_features, token_vectors
from .shim import EncoderShim
from .start import start_weights


@registry.architectures("spacy-mluke.WordStates.v1")
def WordStates(
    encoder: Model[Any, Encoded], pooling: Model[Ragged, Floats2d]
) -> Model[List[Doc], List[Floats2d]]:
    """Vectors of tokens from an encoder of its own.

    encoder (Model[Any, Encoded]): A layer made by `MLuke.v1`.
    pooling (Model[Ragged, Floats2d]): How the pieces of a token become one vector.
    RETURNS (Model[List[Doc], List[Floats2d]]): The layer.
    """
    return Model(
        "mluke-word-states",
        _forward_words,
        init=_init,
        dims={"nO": None},
        layers=[encoder, pooling],
    )


@registry.architectures("spacy-mluke.SpanStates.v1")
def SpanStates(
    encoder: Model[Any, Encoded], features: Sequence[str] = ("start", "end", "entity")
) -> Model[Tuple[List[Doc], Ragged], Floats2d]:
    """Vectors of spans from an encoder of its own.

    encoder (Model[Any, Encoded]): A layer made by `MLuke.v1`.
    features (Sequence[str]): As in `SpanListener`.
    RETURNS (Model[Tuple[List[Doc], Ragged], Floats2d]): The layer.
    """
    check_features(features)
    attrs = {"features": list(features)}
    return Model(
        "mluke-span-states",
        _forward_spans,
        init=_init,
        dims={"nO": None},
        layers=[encoder],
        attrs=attrs,
    )


def _forward_words(
    model: Model, docs: List[Doc], is_train: bool
) -> Tuple[List[Floats2d], Callable]:
    encoder, pooling = model.layers
    encoded, backprop_encoder = encoder(docs, is_train)
    vectors, backprop_pool = token_vectors(pooling, encoded, is_train)

    def backprop(d_vectors: List[Floats2d]) -> List[Doc]:
        backprop_encoder(backprop_pool(d_vectors), None)
        return docs

    return vectors, backprop


def _forward_spans(
    model: Model, inputs: Tuple[List[Doc], Ragged], is_train: bool
) -> Tuple[Floats2d, Callable]:
    docs, spans = inputs
    encoder = model.layers[0]
    data = np.asarray(model.ops.to_numpy(spans.dataXd), dtype="int32").reshape(-1, 2)
    asked = np.split(data, np.cumsum(model.ops.to_numpy(spans.lengths))[:-1])
    encoded, backprop_encoder = encoder((docs, asked), is_train)
    table, backprop_features = span_features(
        model.ops, encoded, docs, spans, model.attrs["features"]
    )

    def backprop(d_table: Floats2d) -> Tuple[List[Doc], Ragged]:
        backprop_encoder(*backprop_features(d_table))
        return docs, spans

    return table, backprop


def replace_listener(encoder: Model[Any, Encoded], listener: Listener, upstream: Any) -> Model:
    """Make the layer that takes a listener's place in `nlp.replace_listeners`.

    encoder (Model[Any, Encoded]): A copy of the upstream component's encoder.
    listener (Listener): The listener.
    upstream (Any): The upstream component.
    RETURNS (Model): A layer with the same inputs and outputs and an encoder of its own.
    """
    if "features" in listener.attrs:
        model: Model = SpanStates(encoder, listener.attrs["features"])
    else:
        model = WordStates(encoder, listener.layers[0].copy())
    encoder.attrs["keep_words"] = True
    model.set_dim("nO", listener.get_dim("nO"))
    return model


def replace_listener_cfg(
    encoder_cfg: Dict[str, Any], listener_cfg: Dict[str, Any]
) -> Dict[str, Any]:
    """RETURNS (Dict[str, Any]): The config of the layer that `replace_listener` makes."""
    if "features" in listener_cfg or "SpanListener" in listener_cfg["@architectures"]:
        part = {k: v for k, v in listener_cfg.items() if k == "features"}
        return {"@architectures": "spacy-mluke.SpanStates.v1", "encoder": encoder_cfg, **part}
    return {
        "@architectures": "spacy-mluke.WordStates.v1",
        "encoder": encoder_cfg,
        "pooling": listener_cfg["pooling"],
    }


def _init(model: Model, X: Any = None, Y: Any = None) -> None:
    shim: EncoderShim = model.layers[0].shims[0]  # type: ignore[assignment]
    if not shim.is_loaded:
        if shim.settings.name is None:
            raise ValueError(Errors.M321)
        start_weights(shim, tuple)
    model.set_dim("nO", shim.width * len(model.attrs.get("features", ("word",))), force=True)
