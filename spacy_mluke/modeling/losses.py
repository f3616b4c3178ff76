"""Cross-entropy over a large table without keeping its logits."""

from typing import Any, Optional, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor

_ROWS = 1024  # predictions scored at once: the logits of a vocabulary of 250k are then 1 GB


class _LinearCrossEntropy(torch.autograd.Function):
    """The gradient is known as soon as the logits are, so it is worked out with the loss: logits
    are never kept, nor is a gradient of their size.
    """

    @staticmethod
    def forward(
        ctx: Any, states: Tensor, table: Tensor, bias: Tensor, targets: Tensor, dtype: torch.dtype
    ) -> Tensor:
        rows, narrow = states.to(dtype), table.to(dtype)
        by_states = torch.empty_like(states)
        by_table: Optional[Tensor] = None
        by_bias = torch.zeros_like(bias)
        total = states.new_zeros((), dtype=torch.float32)
        for start in range(0, len(targets), _ROWS):
            part = slice(start, start + _ROWS)
            logits = F.linear(rows[part], narrow).float().add_(bias)
            gold = targets[part, None]
            top = logits.amax(dim=1, keepdim=True)
            picked = logits.gather(1, gold) - top
            weights = logits.sub_(top).exp_()
            sums = weights.sum(dim=1, keepdim=True)
            total += (sums.log() - picked).sum()
            # softmax - onehot, in the memory of the logits
            weights.div_(sums).scatter_add_(1, gold, torch.full_like(sums, -1.0))
            by_bias += weights.sum(dim=0)
            weights = weights.to(dtype)
            by_states[part] = weights @ narrow
            grown = weights.t() @ rows[part]
            by_table = grown.float() if by_table is None else by_table.add_(grown)
        if by_table is None:
            by_table = torch.zeros_like(table)
        ctx.save_for_backward(by_states, by_table.to(table.dtype), by_bias)
        return total

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Tuple[Optional[Tensor], ...]:
        (grad,) = grads
        by_states, by_table, by_bias = ctx.saved_tensors
        return by_states * grad, by_table * grad, by_bias * grad, None, None


def linear_cross_entropy(
    states: Tensor,
    table: Tensor,
    bias: Tensor,
    targets: Tensor,
    *,
    dtype: torch.dtype = torch.float32,
) -> Tensor:
    """Sum of the cross-entropies of ``softmax(states @ table.T + bias)``.

    states (Tensor): (N, d). table (Tensor): (R, d) one row for each class. bias (Tensor): (R,).
    targets (LongTensor): (N,) the right rows.
    dtype (torch.dtype): Of the products; the softmax is fp32.
    RETURNS (Tensor): The sum over N, fp32.
    """
    return _LinearCrossEntropy.apply(states.float(), table, bias, targets, dtype)
