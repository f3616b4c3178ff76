"""The upstream side of listeners: who listens, and the gradients they send back."""

from typing import Any, Callable, Dict, Iterable, List, Optional, Tuple

from thinc.api import Model, Optimizer
from thinc.types import Floats2d

from ..layers.listeners import Listener
from ..layers.trf_listener import TrfListener, is_trf_listener, prepare_docs


class PendingUpdate:
    """A training batch whose gradients are still coming in.

    The backward pass runs once, with what has been sent until then. It does not wait for a
    listener that skips the batch: that must not keep the others' gradients from the encoder.
    A copy or a pickle of the component starts without it.

    backprop (Callable): Takes the gradients of words and span vectors.
    expected (int): How many listeners got the states.
    on_complete (Callable): Called when all of them have sent their gradients.
    late_sgd (Optional[Optimizer]): What to step with once the backward pass has run.
    """

    def __init__(
        self, backprop: Callable, expected: int, on_complete: Callable[[], None]
    ) -> None:
        self._backprop = backprop
        self._expected = expected
        self._on_complete = on_complete
        self._sent = 0
        self.late_sgd: Optional[Optimizer] = None
        self._d_words: Optional[Floats2d] = None
        self._d_vectors: Optional[Floats2d] = None

    @property
    def is_waiting(self) -> bool:
        """RETURNS (bool): Whether listeners got states and none has sent a gradient yet."""
        return self._expected > 0 and not self._sent

    def accumulate(self, d_words: Optional[Floats2d], d_vectors: Optional[Floats2d]) -> None:
        """Add a listener's gradients.

        d_words (Optional[Floats2d]): (n_pieces, width).
        d_vectors (Optional[Floats2d]): (n_spans, width).
        """
        self._d_words = _add(self._d_words, d_words)
        self._d_vectors = _add(self._d_vectors, d_vectors)
        self._sent += 1
        if self._sent == self._expected:
            self._on_complete()

    def finish(self) -> None:
        """Run the backward pass."""
        self._backprop(self._d_words, self._d_vectors)

    def __reduce__(self) -> Tuple[Callable, Tuple]:
        return _nothing, ()


class Listened:
    """Listener bookkeeping, as spaCy's `ListenedToComponent` protocol asks for."""

    name: str
    model: Model
    listener_map: Dict[str, List[Any]]

    @property
    def listeners(self) -> List[Any]:
        """RETURNS (List[Any]): All listeners to this component."""
        return [listener for name in self.listener_map for listener in self.listener_map[name]]

    @property
    def listening_components(self) -> List[str]:
        """RETURNS (List[str]): Names of the components that listen."""
        return list(self.listener_map)

    def add_listener(self, listener: Any, component_name: str) -> None:
        """Connect a listener.

        listener (Any): A `Listener`, or a listener of spacy-transformers.
        component_name (str): The component it is in.
        """
        known = self.listener_map.setdefault(component_name, [])
        if listener not in known:
            known.append(listener)
        if isinstance(listener, Listener):
            listener.connect(self.model)
            return
        prepare_docs()
        if self.model.has_dim("nO") and listener.has_dim("nO") is None:
            listener.set_dim("nO", self.model.get_dim("nO"))

    def remove_listener(self, listener: Any, component_name: str) -> bool:
        """Disconnect a listener.

        listener (Any): The listener.
        component_name (str): The component it is in.
        RETURNS (bool): Whether it was connected.
        """
        known = self.listener_map.get(component_name, [])
        if listener not in known:
            return False
        known.remove(listener)
        if not known:
            del self.listener_map[component_name]
        return True

    def find_listeners(self, component: Any) -> None:
        """Connect the listeners in a component's model that ask for this component.

        component (Any): The component.
        """
        model = getattr(component, "model", None)
        if not isinstance(model, Model):
            return
        nodes: Iterable[Any] = model.walk()
        for node in nodes:
            if isinstance(node, Listener) or is_trf_listener(node):
                if node.upstream_name in ("*", self.name):
                    self.add_listener(node, component.name)

    def connect_all(self) -> None:
        """Tell all listeners the width of the states, once it is known."""
        for name in self.listening_components:
            for listener in list(self.listener_map[name]):
                self.add_listener(listener, name)

    @property
    def trf_listeners(self) -> List[TrfListener]:
        """RETURNS (List[TrfListener]): The listeners of spacy-transformers' own kind."""
        return [node for node in self.listeners if is_trf_listener(node)]

    @property
    def own_listeners(self) -> List[Listener]:
        """RETURNS (List[Listener]): The listeners of this package."""
        return [node for node in self.listeners if isinstance(node, Listener)]


def _nothing() -> None:
    return None


def _add(total: Optional[Floats2d], part: Optional[Floats2d]) -> Optional[Floats2d]:
    if total is None or part is None:
        return part if total is None else total
    return total + part
