"""What components that classify share: their labels."""

from typing import List, Tuple

from ..errors import Errors
from .encoder_pipe import EncoderPipe


class LabelledPipe(EncoderPipe):
    """A trainable component with labels in `cfg["labels"]`, fixed once its model has its size."""

    @property
    def labels(self) -> Tuple[str, ...]:
        """RETURNS (Tuple[str, ...]): The labels."""
        return tuple(self.cfg["labels"])

    @property
    def label_data(self) -> List[str]:
        """RETURNS (List[str]): The labels, as `initialize` takes them."""
        return list(self.labels)

    def add_label(self, label: str) -> int:
        """Add a label, before the model is initialised.

        label (str): The label.
        RETURNS (int): 1 if it is new, else 0.
        RAISES (ValueError): If the model has its final size.
        """
        if label in self.labels:
            return 0
        if self.model.get_ref("output_layer").has_dim("nO"):
            raise ValueError(Errors.M408.format(label=label, name=self.name))
        self.cfg["labels"].append(label)
        self.vocab.strings.add(label)
        return 1
