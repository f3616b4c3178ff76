"""The three numbers that make probabilities of a linker's scores: the factors of head and prior,
and the score of no entity (NIL).
"""

from typing import Tuple

import numpy as np
import torch
import torch.nn.functional as F
from thinc.api import Model, torch2xp, xp2torch
from thinc.types import Floats1d, Ints1d
from torch import Tensor

from .linker import CALIBRATION, NEVER, ScorerInput, candidate_scores, combine, head_params


def start_nil(scorer: Model, inputs: ScorerInput) -> None:
    """Give NIL a score to learn from, if it has none: that of all candidates together, on average.

    scorer (Model): The model's "output_layer".
    inputs (ScorerInput): A batch of mentions.
    """
    params = head_params(scorer, inputs.device, False)
    numbers = params[CALIBRATION].clone()
    if not inputs.candidates.real.any() or float(numbers[2]) > NEVER / 2:
        return
    with torch.no_grad():
        vectors = xp2torch(inputs.vectors, device=inputs.device)
        scores = combine(candidate_scores(params, vectors, inputs), inputs, numbers)[:, 1:]
        some = torch.from_numpy(inputs.candidates.real.any(axis=1)).to(inputs.device)
        numbers[2] = torch.logsumexp(scores[some], dim=1).mean()
    _set(scorer, torch2xp(numbers))


def fit_calibration(
    scorer: Model, inputs: ScorerInput, targets: Ints1d, steps: int = 50
) -> Tuple[float, float]:
    """Fit the two factors and the score of NIL to annotated mentions, by maximum likelihood.

    scorer (Model): The model's "output_layer"; its numbers are replaced.
    inputs (ScorerInput): The mentions.
    targets (Ints1d): (n_mentions,) 0 for no entity, i + 1 for candidate i.
    steps (int): Steps of L-BFGS.
    RETURNS (Tuple[float, float]): Cross-entropy of a mention before and after.
    """
    start_nil(scorer, inputs)
    device = inputs.device
    params = head_params(scorer, device, False)
    gold = torch.from_numpy(np.asarray(targets, dtype="int64")).to(device)
    with torch.no_grad():
        head = candidate_scores(params, xp2torch(inputs.vectors, device=device), inputs)
        before = float(F.cross_entropy(combine(head, inputs, params[CALIBRATION]), gold))
    scale, weight, nil = params[CALIBRATION].tolist()
    # Factors stay positive: their logarithms are fitted.
    logs = np.log(np.maximum([scale, weight], 1e-3)).tolist()
    start = torch.tensor([*logs, nil], dtype=torch.float32, device=device)
    values = start.clone().requires_grad_(True)
    optimizer = torch.optim.LBFGS([values], max_iter=steps, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        numbers = torch.cat([values[:2].exp(), values[2:]])
        loss = F.cross_entropy(combine(head, inputs, numbers), gold)
        # Where the data says nothing (no NIL at all, one candidate each) the numbers stay finite.
        total = loss + 1e-3 * ((values - start) ** 2).sum()
        total.backward()
        return total

    optimizer.step(closure)
    fitted = torch.cat([values[:2].exp(), values[2:]]).detach()
    _set(scorer, fitted.cpu().numpy())
    return before, float(F.cross_entropy(combine(head, inputs, fitted), gold))


def _set(scorer: Model, values: Floats1d) -> None:
    scorer.set_param(CALIBRATION, scorer.ops.asarray1f(values, dtype="float32"))
