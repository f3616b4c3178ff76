"""Layers of other components that read the states of an upstream `mluke` component."""

from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple
from weakref import WeakSet

from spacy import registry
from spacy.attrs import ORTH
from spacy.tokens import Doc
from thinc.api import Model
from thinc.types import Floats2d, Ragged

from ..errors import Errors
from .encoded import Encoded, find_states, join, take_states
from .readout import check_features, span_features, token_vectors

Gradients = Callable[[Optional[Floats2d], Optional[Floats2d]], None]


def batch_id(docs: Sequence[Doc]) -> int:
    """RETURNS (int): A number for a batch that depends on its words and their order."""
    return hash(tuple(doc.to_array(ORTH).tobytes() for doc in docs))


class _Moment:
    """What a listener knows for the moment only: a copy or a pickle of it starts without."""

    def __init__(self) -> None:
        self.received: Optional[Tuple[int, Encoded, Gradients]] = None
        # While a pipeline is initialised, layers are run to infer their sizes before any
        # component has encoded anything. Only for those Docs is a missing state no mistake.
        self.dry_docs: "WeakSet[Doc]" = WeakSet()

    def __reduce__(self) -> Tuple[Callable, Tuple]:
        return _Moment, ()


class Listener(Model):
    """A layer fed by the upstream component: in training by `receive`, else from the Docs.

    name (str): Name of the layer.
    forward (Callable): Its forward function.
    upstream (str): Name of the component to listen to, or "*" for any.
    attrs (Dict[str, Any]): Attributes of the layer.
    layers (Sequence[Model]): Sublayers.
    """

    upstream_name: str

    def __init__(
        self,
        name: str,
        forward: Callable,
        upstream: str,
        attrs: Dict[str, Any],
        layers: Sequence[Model] = (),
    ) -> None:
        super().__init__(
            name, forward, init=_init, dims={"nO": None}, attrs=attrs, layers=list(layers)
        )
        self.upstream_name = upstream
        self._now = _Moment()
        self._upstream_model: Optional[Model] = None

    @property
    def upstream_model(self) -> Optional[Model]:
        """RETURNS (Optional[Model]): The model that feeds the listener, if it is connected."""
        return self._upstream_model

    def connect(self, upstream_model: Model) -> None:
        """Tell the listener which model feeds it.

        upstream_model (Model): Model of the upstream component.
        RAISES (ValueError): If it makes no entity slots and the listener reads them.
        """
        settings = upstream_model.attrs["settings"]
        if not settings.slots and "entity" in self.attrs.get("features", ()):
            raise ValueError(Errors.M322.format(upstream=self.upstream_name))
        self._upstream_model = upstream_model
        self._now.dry_docs.clear()
        width = upstream_model.maybe_get_dim("nO")
        if width is not None and self.has_dim("nO") is None:
            self.set_dim("nO", width * self.attrs["width_factor"])

    def receive(self, number: int, encoded: Encoded, accumulate: Gradients) -> None:
        """Take the states of a training batch.

        number (int): The batch, by `batch_id`.
        encoded (Encoded): The states.
        accumulate (Callable): Takes the gradients of words and vectors.
        """
        self._now.received = (number, encoded, accumulate)

    def expect_dry_run(self, docs: Sequence[Doc]) -> None:
        """Give zeros for Docs without states, until the listener is connected again.

        docs (Sequence[Doc]): The Docs that sizes are inferred with.
        """
        self._now.dry_docs = WeakSet(docs)

    def is_fed(self, docs: Sequence[Doc]) -> bool:
        """RETURNS (bool): Whether the upstream component is learning from these Docs as well."""
        return self._now.received is not None and self._now.received[0] == batch_id(docs)

    def states(self, docs: Sequence[Doc], is_train: bool) -> Tuple[Optional[Encoded], Gradients]:
        """Get the states of a batch, as one of their readers.

        docs (Sequence[Doc]): The batch.
        is_train (bool): Whether it is a training batch.
        RETURNS (Tuple[Optional[Encoded], Callable]): The states (`None` in a dry run), and where
            the gradients go.
        RAISES (ValueError): If the upstream component did not encode these Docs.
        """
        if is_train and self._now.received is not None:
            number, encoded, accumulate = self._now.received
            if number != batch_id(docs):
                raise ValueError(Errors.M312.format(upstream=self.upstream_name))
            return encoded, accumulate
        missing = [doc for doc in docs if find_states(doc, self.upstream_name) is None]
        if missing and all(doc in self._now.dry_docs for doc in missing):
            return None, _ignore
        return join([take_states(doc, self.upstream_name) for doc in docs]), _ignore

    def peek(self, docs: Sequence[Doc], is_train: bool) -> Encoded:
        """RETURNS (Encoded): The states of a batch, left where they are for `states`."""
        if is_train and self._now.received is not None:
            return self._now.received[1]
        found = [find_states(doc, self.upstream_name) for doc in docs]
        for doc, states in zip(docs, found):
            if states is None:
                raise ValueError(
                    Errors.M301.format(upstream=self.upstream_name, text=doc.text[:50])
                )
        return join([states[1] for states in found if states is not None])

    def clear(self) -> None:
        """Forget the training batch."""
        self._now.received = None


@registry.architectures("spacy-mluke.WordListener.v1")
def WordListener(
    pooling: Model[Ragged, Floats2d], grad_factor: float = 1.0, upstream: str = "*"
) -> Model[List[Doc], List[Floats2d]]:
    """Vectors of tokens from the upstream component's word states.

    pooling (Model[Ragged, Floats2d]): How the pieces of a token become one vector, such as
        `reduce_mean.v1`. Tokens without pieces (white space) get zeros.
    grad_factor (float): Factor on the gradient that goes upstream; 0 for none.
    upstream (str): Name of the component to listen to, or "*" for any.
    RETURNS (Model[List[Doc], List[Floats2d]]): The layer.
    """
    attrs = {"grad_factor": grad_factor, "width_factor": 1}
    return Listener("mluke-word-listener", _forward_words, upstream, attrs, [pooling])


@registry.architectures("spacy-mluke.SpanListener.v1")
def SpanListener(
    features: Sequence[str] = ("start", "end", "entity"),
    grad_factor: float = 1.0,
    upstream: str = "*",
) -> Model[Tuple[List[Doc], Ragged], Floats2d]:
    """Vectors of spans from the upstream component's word and slot states (paper, section on NER).

    features (Sequence[str]): Parts to put side by side: "start" and "end" (states of the first
        and last piece), "entity" (state of the span's entity slot).
    grad_factor (float): Factor on the gradient that goes upstream; 0 for none.
    upstream (str): Name of the component to listen to, or "*" for any.
    RETURNS (Model[Tuple[List[Doc], Ragged], Floats2d]): The layer; the `Ragged` holds the token
        offsets of spans, (n_spans, 2), as spaCy's suggesters give them.
    """
    check_features(features)
    attrs = {
        "features": list(features),
        "grad_factor": grad_factor,
        "width_factor": len(features),
    }
    return Listener("mluke-span-listener", _forward_spans, upstream, attrs)


def _forward_words(
    model: Listener, docs: List[Doc], is_train: bool
) -> Tuple[List[Floats2d], Callable]:
    if not docs:
        return [], _no_docs
    encoded, accumulate = model.states(docs, is_train)
    if encoded is None:
        width = model.get_dim("nO")
        return [model.ops.alloc2f(len(doc), width) for doc in docs], _no_docs
    vectors, backprop_pool = token_vectors(model.layers[0], encoded, is_train)

    def backprop(d_vectors: List[Floats2d]) -> List[Doc]:
        d_words = backprop_pool(d_vectors)
        factor = model.attrs["grad_factor"]
        accumulate(d_words * factor if factor else None, None)
        model.clear()
        return []

    return vectors, backprop


def _forward_spans(
    model: Listener, inputs: Tuple[List[Doc], Ragged], is_train: bool
) -> Tuple[Floats2d, Callable]:
    docs, spans = inputs
    if not docs:
        return model.ops.alloc2f(0, model.get_dim("nO")), _no_docs
    encoded, accumulate = model.states(docs, is_train)
    if encoded is None:
        return model.ops.alloc2f(int(spans.lengths.sum()), model.get_dim("nO")), _no_docs
    table, backprop_features = span_features(
        model.ops,
        encoded,
        docs,
        spans,
        model.attrs["features"],
        upstream=model._upstream_model,
        is_train=is_train,
    )

    def backprop(d_table: Floats2d) -> Tuple[List[Doc], Ragged]:
        factor = model.attrs["grad_factor"]
        d_words, d_vectors = backprop_features(d_table) if factor else (None, None)
        accumulate(
            None if d_words is None else d_words * factor,
            None if d_vectors is None else d_vectors * factor,
        )
        model.clear()
        return [], spans

    return table, backprop


def _init(model: Model, X: Any = None, Y: Any = None) -> None:
    assert isinstance(model, Listener)
    if X is not None:
        model.expect_dry_run(X[0] if isinstance(X, tuple) else X)


def _ignore(d_words: Optional[Floats2d], d_vectors: Optional[Floats2d]) -> None:
    return None


def _no_docs(d_output: Any) -> Any:
    return []
