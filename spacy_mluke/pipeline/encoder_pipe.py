"""What all components with an encoder inside share: weights are files beside the config."""

from pathlib import Path
from typing import Iterable, List, Union

from spacy.pipeline import TrainablePipe

from ..layers.shim import EncoderShim, weights_apart

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

    def to_disk(self, path: Union[str, Path], *, exclude: Iterable[str] = ()) -> None:
        """Serialise the component.

        path (str / Path): The component's folder.
        exclude (Iterable[str]): Names of fields to leave out.
        """
        path, exclude = Path(path), tuple(exclude)
        with weights_apart():
            super().to_disk(path, exclude=exclude)
        if "model" not in exclude:
            for i, shim in enumerate(self.encoder_shims):
                if shim.is_loaded:
                    shim.to_disk(path / f"{_FOLDER}{i or ''}")

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
            for i, shim in enumerate(self.encoder_shims):
                folder = path / f"{_FOLDER}{i or ''}"
                if folder.exists():
                    shim.from_disk(folder)
        return self
