"""Which n-grams of a batch get an entity slot: a learned choice."""

from dataclasses import dataclass
from typing import Callable, Sequence, Tuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from thinc.types import Ints1d, Ints2d
from torch import Tensor

from ..modeling.proposer import SpanProposer
from ..text.arrays import offsets_of
from ..text.spans import span_keys
from .plan import Placement, Plan
from .settings import ProposerSettings


@dataclass(frozen=True)
class GoldMentions:
    """The mentions of a batch, in training.

    spans (Sequence[Ints2d]): Token spans of each Doc, shape (n, 2).
    complete (NDArray[np.bool_]): (n_docs,) False where a Doc may have more mentions than these: of
        its other spans nothing is learned.
    """

    spans: Sequence[Ints2d]
    complete: NDArray[np.bool_]


class Proposals:
    """The candidate spans of one pass.

    settings (ProposerSettings): Limits of what is proposed.
    candidates (Placement): All n-grams of the batch.
    gold (Placement): Mentions, in training.
    complete (NDArray[np.bool_]): (n_docs,) see `GoldMentions`.
    plan (Plan): The batch.
    """

    def __init__(
        self,
        settings: ProposerSettings,
        candidates: Placement,
        gold: Placement,
        complete: NDArray[np.bool_],
        plan: Plan,
    ) -> None:
        self.settings = settings
        self.plan = plan
        self.candidates = candidates.by_window()
        self._gold = np.unique(self._keys(gold))
        self._complete = complete

    def score(
        self,
        proposer: SpanProposer,
        words: Tensor,
        windows: Ints1d,
        to_tensor: Callable[[np.ndarray], Tensor],
    ) -> Tuple[Tensor, Placement, Ints1d]:
        """Score the candidates of some windows.

        proposer (SpanProposer): The scorer.
        words (Tensor): (n, width) states of the windows' pieces, laid out as by `Plan.word_ids`.
        windows (Ints1d): (n_windows,) the windows.
        to_tensor (Callable): Moves an index to the device of `words`.
        RETURNS (Tuple[Tensor, Placement, Ints1d]): Logits, the candidates, and the position of
            each candidate's window.
        """
        candidates, at = self.candidates.of_windows(windows)
        begin = offsets_of(self.plan.lengths[windows])[:-1][at]
        logits = proposer(
            words,
            to_tensor(begin + candidates.ranges[:, 0]),
            to_tensor(begin + candidates.ranges[:, 1] - 1),
            to_tensor(candidates.spans[:, 1] - candidates.spans[:, 0]),
        )
        return logits, candidates, at

    def loss(self, logits: Tensor, candidates: Placement) -> Tensor:
        """RETURNS (Tensor): Summed binary cross-entropy against the gold mentions, a scalar."""
        is_gold = np.isin(self._keys(candidates), self._gold)
        counts = is_gold | self._complete[candidates.docs]
        target, weight = (
            torch.from_numpy(values).to(logits.device, torch.float32)
            for values in (is_gold, counts)
        )
        return F.binary_cross_entropy_with_logits(
            logits.float(), target, weight=weight, reduction="sum"
        )

    def select(self, logits: Tensor, candidates: Placement, at: Ints1d) -> Placement:
        """Keep the likely candidates, and of each window only so many.

        logits (Tensor): (n,) scores.
        candidates (Placement): The n candidates.
        at (Ints1d): (n,) position of each candidate's window.
        RETURNS (Placement): The kept ones, sorted by window.
        """
        scores = torch.sigmoid(logits.detach().float()).cpu().numpy()
        rows = np.flatnonzero(scores >= self.settings.threshold)
        rows = rows[np.lexsort((-scores[rows], at[rows]))]
        sizes = np.bincount(at[rows], minlength=int(at.max()) + 1 if len(at) else 0)
        rank = np.arange(len(rows)) - np.repeat(offsets_of(sizes)[:-1], sizes)
        pieces = self.plan.lengths[candidates.windows[rows]] - 2
        rows = rows[rank < np.ceil(self.settings.max_per_piece * pieces)]
        return candidates.take(np.sort(rows))

    def _keys(self, spans: Placement) -> Ints1d:
        return span_keys(spans.spans + self.plan.token_offsets[spans.docs][:, None])
