"""What all components with an encoder inside share: weights are files beside the config."""

from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List, Optional, Sequence, Tuple, Union

from spacy.pipeline import TrainablePipe
from spacy.tokens import Doc
from spacy.training import Example, validate_examples
from thinc.api import Optimizer

from ..layers.shim import EncoderShim, weights_apart
from .guards import check_finite

_FOLDER = "encoder"


class EncoderPipe(TrainablePipe):
    """A trainable component that writes its encoders as folders of mappable weights."""

    @property
    def encoder_shims(self) -> List[EncoderShim]:
        """RETURNS (List[EncoderShim]): The encoders in the component's model."""
        return [
            shim
            for node in self.model.walk()
            for shim in node.shims
            if isinstance(shim, EncoderShim)
        ]

    def encoder_folders(self, path: Path) -> List[Tuple[EncoderShim, Path]]:
        """RETURNS (List[Tuple[EncoderShim, Path]]): The encoders, each with its folder in that of
        the component.
        """
        return [(s, path / f"{_FOLDER}{i or ''}") for i, s in enumerate(self.encoder_shims)]

    def _begin_batch(
        self, examples: Iterable[Example], losses: Optional[Dict[str, float]]
    ) -> Tuple[List[Example], Dict[str, float]]:
        """RETURNS (Tuple): The examples of an update, and the losses with one of this component.
        RAISES (TypeError): If they are no examples.
        """
        losses = {} if losses is None else losses
        losses.setdefault(self.name, 0.0)
        examples = list(examples)
        validate_examples(examples, f"{type(self).__name__}.update")
        return examples, losses

    def _finish_batch(
        self,
        docs: Sequence[Doc],
        loss: float,
        gradient: Any,
        backprop: Callable[[Any], Any],
        sgd: Optional[Optimizer],
        losses: Dict[str, float],
    ) -> Dict[str, float]:
        """Learn from the gradient of the model's output.

        docs (Sequence[Doc]): The batch. loss (float): Its loss.
        gradient (Any), backprop (Callable): The gradient, and what takes it.
        sgd (Optional[Optimizer]): The optimizer; `None` to accumulate gradients.
        losses (Dict[str, float]): Gets the loss.
        RETURNS (Dict[str, float]): The losses.
        RAISES (ValueError): If the loss is not finite.
        """
        check_finite(self.name, docs, loss)
        backprop(gradient)
        if sgd is not None:
            self.finish_update(sgd)
        losses[self.name] += loss
        return losses

    def to_disk(self, path: Union[str, Path], *, exclude: Iterable[str] = ()) -> None:
        """Serialise the component.

        path (str / Path): The component's folder.
        exclude (Iterable[str]): Names of fields to leave out.
        """
        path, exclude = Path(path), tuple(exclude)
        with weights_apart():
            super().to_disk(path, exclude=exclude)
        if "model" not in exclude:
            for shim, folder in self.encoder_folders(path):
                if shim.is_loaded:
                    shim.to_disk(folder)

    def from_disk(
        self, path: Union[str, Path], *, exclude: Iterable[str] = ()
    ) -> "EncoderPipe":
        """Load the component. Weights are mapped into memory, not read.

        path (str / Path): The component's folder.
        exclude (Iterable[str]): Names of fields to leave out.
        RETURNS (EncoderPipe): This component.
        """
        path, exclude = Path(path), tuple(exclude)
        super().from_disk(path, exclude=exclude)
        if "model" not in exclude:
            for shim, folder in self.encoder_folders(path):
                if folder.exists():
                    shim.from_disk(folder)
        return self
