"""The PyTorch modules behind an encoder layer, in fp32 or smaller for prediction."""

import copy
from typing import Optional

import torch
from torch import nn

from ..modeling.encoder import MLukeEncoder
from ..modeling.precision import reduce_encoder, widen_encoder
from ..modeling.proposer import SpanProposer
from .settings import ProposerSettings


class EncoderModules(nn.Module):
    """The trainable parts: the encoder, and the span proposer if there is one."""

    def __init__(self, encoder: MLukeEncoder, proposer: Optional[ProposerSettings]) -> None:
        super().__init__()
        self.encoder = encoder
        self.proposer: Optional[SpanProposer] = None
        if proposer is not None:
            width = encoder.config.hidden_size
            self.proposer = SpanProposer(width, proposer.rank, proposer.max_words)
            self._fit_proposer()

    def reduced(self, precision: str) -> "EncoderModules":
        """RETURNS (EncoderModules): Modules for prediction: "bf16" or "int8"."""
        return self._copy(reduce_encoder(self.encoder, precision))

    def widened(self) -> "EncoderModules":
        """RETURNS (EncoderModules): The same modules in fp32, of those that were reduced."""
        return self._copy(widen_encoder(self.encoder))

    def _copy(self, encoder: MLukeEncoder) -> "EncoderModules":
        other = EncoderModules(encoder, None)
        other.proposer = copy.deepcopy(self.proposer)
        other._fit_proposer()
        return other

    def _fit_proposer(self) -> None:
        # It reads the words' states: those of int8 matrices are in fp32.
        if self.proposer is not None:
            is_bf16 = self.encoder.precision == "bf16"
            self.proposer.to(torch.bfloat16 if is_bf16 else torch.float32)
