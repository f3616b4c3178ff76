"""The three numbers that make probabilities of a linker's scores: the factors of head and prior,
and the score of no entity (NIL).
"""

from typing import Tuple

import numpy as np
import torch
import torch.nn.functional as F
from thinc.api import Model, torch2xp, xp2torch
from thinc.types import Ints1d
from torch import Tensor

from .linker import CALIBRATION, NEVER, ScorerInput, candidate_scores, combine, head_params

# How far the logarithms of the factors and the score of NIL are expected from where they begin.
_EXPECTED = (1.0, 1.0, 3.0)


def is_started(scorer: Model) -> bool:
    """RETURNS (bool): Whether NIL has a score that was learned."""
    return float(scorer.get_param(CALIBRATION)[2]) > NEVER / 2


def fit_calibration(
    scorer: Model, inputs: ScorerInput, targets: Ints1d, steps: int = 50
) -> Tuple[float, float]:
    """Fit the two factors and the score of NIL to annotated mentions, by maximum likelihood with a
    normal prior around where they begin: the data of a few mentions moves them little.

    scorer (Model): The model's "output_layer"; its numbers are replaced.
    inputs (ScorerInput): The mentions; those without candidates do not count.
    targets (Ints1d): (n_mentions,) 0 for no entity, i + 1 for candidate i.
    steps (int): Steps of L-BFGS.
    RETURNS (Tuple[float, float]): Cross-entropy of a mention before and after; the score of NIL
        before it is learned is that of all candidates together, on average.
    """
    rows = np.flatnonzero(inputs.candidates.real.any(axis=1))
    if not len(rows):
        return 0.0, 0.0
    vectors = inputs.vectors[scorer.ops.asarray(rows)]
    inputs = ScorerInput(vectors, inputs.encoder, inputs.candidates.take(rows))
    device = inputs.device
    params = head_params(scorer, device, False)
    numbers = params[CALIBRATION].clone()
    gold = torch.from_numpy(np.asarray(targets, dtype="int64")[rows]).to(device)
    with torch.no_grad():
        head = candidate_scores(params, xp2torch(inputs.vectors, device=device), inputs)
        if not is_started(scorer):
            scores = combine(head, inputs, numbers)[:, 1:]
            numbers[2] = torch.logsumexp(scores, dim=1).mean()
        before = float(F.cross_entropy(combine(head, inputs, numbers), gold))
    # Factors stay positive: their logarithms are fitted.
    start = torch.cat([numbers[:2].clamp(min=1e-3).log(), numbers[2:]])
    expected = torch.tensor(_EXPECTED, device=device)
    values = start.clone().requires_grad_(True)
    optimizer = torch.optim.LBFGS([values], max_iter=steps, line_search_fn="strong_wolfe")

    def current() -> Tensor:
        return torch.cat([values[:2].exp(), values[2:]])

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(combine(head, inputs, current()), gold)
        total = loss + 0.5 * (((values - start) / expected) ** 2).sum() / len(gold)
        total.backward()
        return total

    optimizer.step(closure)
    fitted = current().detach()
    scorer.set_param(CALIBRATION, scorer.ops.asarray1f(torch2xp(fitted), dtype="float32"))
    return before, float(F.cross_entropy(combine(head, inputs, fitted), gold))
