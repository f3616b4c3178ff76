"""Weights of 8 bits with one scale a row, for prediction on a CPU.

A matrix takes a quarter of its fp32 memory. Products are made of whole numbers: the rows that come
in are scaled to 8 bits as well, each by its own largest value, at the time (dynamic quantisation).
PyTorch's own (`torch.ao.quantization`) is deprecated, and its successor is another package.
"""

from typing import Tuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SCALE = "_scale"  # after the name of a weight
_MOST = 127
_ROWS = 2**14


def quantize_rows(table: Tensor) -> Tuple[Tensor, Tensor]:
    """table (Tensor): (rows, width) floats.
    RETURNS (Tuple[Tensor, Tensor]): (rows, width) int8, and (rows,) fp32 what 1 stands for.
    """
    if len(table) > _ROWS:
        # In parts: that of a word table would take several times its memory on the way.
        parts = [quantize_rows(part) for part in table.split(_ROWS)]
        return torch.cat([small for small, _ in parts]), torch.cat([scale for _, scale in parts])
    table = table.detach().float()
    scale = table.abs().amax(dim=1).clamp(min=1e-12) / _MOST
    return torch.round(table / scale[:, None]).to(torch.int8), scale


def restore_rows(table: Tensor, scale: Tensor) -> Tensor:
    """RETURNS (Tensor): (rows, width) fp32 of what ``quantize_rows`` gave."""
    return table.float() * scale[:, None]


class Int8Embedding(nn.Module):
    """``nn.Embedding`` for prediction.

    like (nn.Embedding): Has the sizes; the weights are loaded later.
    """

    weight: Tensor  # (rows, width) int8
    weight_scale: Tensor  # (rows,)

    def __init__(self, like: nn.Embedding) -> None:
        super().__init__()
        _add_buffers(self, like.weight)

    def forward(self, ids: Tensor) -> Tensor:
        """ids (LongTensor): (N,). RETURNS (Tensor): (N, width) fp32."""
        return restore_rows(self.weight[ids], self.weight_scale[ids])


class Int8Linear(nn.Module):
    """``nn.Linear`` for prediction.

    like (nn.Linear): Has the sizes; the weights are loaded later.
    """

    weight: Tensor  # (out_features, in_features) int8
    weight_scale: Tensor  # (out_features,)

    def __init__(self, like: nn.Linear) -> None:
        super().__init__()
        _add_buffers(self, like.weight)
        self.bias = like.bias

    def forward(self, rows: Tensor) -> Tensor:
        """rows (Tensor): (N, in_features) fp32. RETURNS (Tensor): (N, out_features) fp32."""
        if not rows.is_cpu or not len(rows):
            # A GPU's product of whole numbers wants sizes that windows do not have.
            return F.linear(rows, restore_rows(self.weight, self.weight_scale), self.bias)
        small, scale = quantize_rows(rows)
        product = torch._int_mm(small, self.weight.t()).float()
        product *= scale[:, None]
        product *= self.weight_scale
        return product if self.bias is None else product.add_(self.bias)


def _add_buffers(module: nn.Module, like: Tensor) -> None:
    module.register_buffer("weight", torch.empty_like(like, dtype=torch.int8, requires_grad=False))
    scale = torch.empty(len(like), dtype=torch.float32, device=like.device)
    module.register_buffer("weight" + SCALE, scale)
