"""The choices that define an encoder layer, checked when a config is read."""

from dataclasses import dataclass
from typing import Any, Dict, Optional

from ..errors import Errors
from .plan import WindowSettings

# Most pieces of a window in an encoder from scratch, as in XLM-R.
LONGEST_WINDOW = 510


@dataclass(frozen=True)
class ProposerSettings:
    """The learned span proposer.

    max_words (int): Longest proposed span in tokens.
    max_pieces (int): Longest proposed span in pieces (16 in the paper's NER).
    threshold (float): Spans with a lower probability are not proposed.
    max_per_piece (float): Most proposals of a window, as a share of its pieces.
    rank (int): Width of the interaction of start and end.
    """

    max_words: int = 10
    max_pieces: int = 16
    threshold: float = 0.02
    max_per_piece: float = 0.5
    rank: int = 32

    @classmethod
    def from_config(cls, values: Dict[str, Any]) -> "ProposerSettings":
        """Read a block of a config.

        values (Dict[str, Any]): The block.
        RETURNS (ProposerSettings): The settings.
        RAISES (ValueError): If a key is unknown or a value impossible.
        """
        known = cls.__dataclass_fields__
        unknown = ", ".join(key for key in values if key not in known)
        if unknown:
            raise ValueError(Errors.M323.format(unknown=unknown, known=", ".join(known)))
        return cls(**values)

    def __post_init__(self) -> None:
        if min(self.max_words, self.max_pieces, self.rank) < 1 or self.max_per_piece <= 0:
            raise ValueError(Errors.M305.format(settings=self))
        if not 0 <= self.threshold < 1:
            raise ValueError(Errors.M305.format(settings=self))


@dataclass(frozen=True)
class EncoderSettings:
    """Everything about an encoder layer that is not weights.

    name (Optional[str]): Checkpoint to start from: hub name or folder. `None`: from scratch.
    revision (Optional[str]): Revision on the hub.
    sizes (Dict[str, Any]): `EncoderConfig` fields of an encoder from scratch.
    piece_mode (str): "pretraining" or "hf", see `PieceEncoder`.
    attention (str): "full" or "independent", see `MLukeEncoder`.
    window (Optional[int]): Most pieces of a window; `None` for as many as the encoder can read.
    stride (Optional[int]): Pieces from one window to the next; `None` for three quarters of one.
    context (str): "doc" or "sentence".
    slots (bool): Whether spans get entity slots; without them the layer gives words only.
    slot_entities (str): What stands in the slots: "mask", or "kb_id" for the entity that the
        span of `doc.ents` names, where the vocabulary has it.
    precision (str): "fp32", "bf16" (mixed precision in training, bf16 weights in prediction) or
        "int8" (training in fp32, matrices of 8 bits in prediction).
    gradient_checkpointing (bool): Recompute layers in the backward pass to save memory.
    proposer (Optional[ProposerSettings]): Propose spans from word states.
    """

    name: Optional[str]
    revision: Optional[str]
    sizes: Dict[str, Any]
    piece_mode: str
    attention: str
    window: Optional[int]
    stride: Optional[int]
    context: str
    slots: bool
    slot_entities: str
    precision: str
    gradient_checkpointing: bool
    proposer: Optional[ProposerSettings]

    def __post_init__(self) -> None:
        for field, allowed in (
            ("piece_mode", ("pretraining", "hf")),
            ("attention", ("full", "independent")),
            ("slot_entities", ("mask", "kb_id")),
            ("precision", ("fp32", "bf16", "int8")),
        ):
            if getattr(self, field) not in allowed:
                raise ValueError(
                    Errors.M306.format(
                        field=field, value=getattr(self, field), allowed=", ".join(allowed)
                    )
                )
        self.windows(max(LONGEST_WINDOW, self.stride or 0) if self.window is None else self.window)

    def windows(self, limit: int) -> WindowSettings:
        """How long Docs are cut for an encoder.

        limit (int): Most pieces that it has positions for, <s> and </s> not counted.
        RETURNS (WindowSettings): The sizes.
        RAISES (ValueError): If they are impossible.
        """
        size = limit if self.window is None else self.window
        if size > limit:
            raise ValueError(Errors.M320.format(window=size, limit=limit))
        stride = min(size, (size + 2) * 3 // 4) if self.stride is None else self.stride
        return WindowSettings(size, stride, self.context)
