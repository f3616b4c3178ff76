"""Linear layers that take the faster of the two libraries that PyTorch has for a CPU."""

from typing import Any, Optional

import torch
from torch import Tensor, nn


def _find_onednn() -> Optional[Any]:
    # PyTorch compiles models to this operator, but does not promise that it stays.
    if not torch.backends.mkldnn.is_available():
        return None
    return getattr(torch.ops.mkldnn, "_linear_pointwise", None)


_ONEDNN = _find_onednn()


class Linear(nn.Linear):
    """``nn.Linear``, in prediction on a CPU by oneDNN in place of MKL.

    MKL's fp32 kernels leave a third of an AMD processor's speed unused; on Intel the two are level.
    """

    def forward(self, rows: Tensor) -> Tensor:
        """rows (Tensor): (N, in_features). RETURNS (Tensor): (N, out_features)."""
        if (
            _ONEDNN is None
            or torch.is_grad_enabled()
            or not rows.is_cpu
            or rows.dtype != self.weight.dtype
            or rows.dtype not in (torch.float32, torch.bfloat16)
            or not len(rows)
        ):
            return super().forward(rows)
        return _ONEDNN(rows, self.weight, self.bias, "none", [], "")
