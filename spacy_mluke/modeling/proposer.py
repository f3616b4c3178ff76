"""A cheap scorer of spans from word states, so that only likely mentions get an entity slot."""

import math

from torch import Tensor, nn


class SpanProposer(nn.Module):
    """Scores a span from the states of its first and last piece.

    The score is `start[s] + end[e] + (query[s] . key[e]) / sqrt(rank) + length[n_words]`: two
    boundary scores, a low-rank interaction, and a bias for the number of words. All terms but
    the dot product are computed once a piece, so scoring every n-gram costs little more than
    two matrix products over the pieces.

    hidden_size (int): Width of the word states.
    rank (int): Width of the interaction.
    max_words (int): Longest span in words; longer ones share the last length bias.
    """

    def __init__(self, hidden_size: int, rank: int, max_words: int) -> None:
        super().__init__()
        self.rank = rank
        self.max_words = max_words
        self.start = nn.Linear(hidden_size, rank + 1)
        self.end = nn.Linear(hidden_size, rank + 1)
        self.length = nn.Embedding(max_words + 1, 1)
        nn.init.zeros_(self.length.weight)

    def forward(self, words: Tensor, starts: Tensor, ends: Tensor, n_words: Tensor) -> Tensor:
        """Score spans.

        words (Tensor): (n_pieces, hidden_size) word states.
        starts (Tensor): (n_spans,) row of each span's first piece.
        ends (Tensor): (n_spans,) row of each span's last piece.
        n_words (Tensor): (n_spans,) words in each span.
        RETURNS (Tensor): (n_spans,) logits that the span is a mention.
        """
        start, end = self.start(words)[starts], self.end(words)[ends]
        together = (start[:, 1:] * end[:, 1:]).sum(-1) / math.sqrt(self.rank)
        length = self.length(n_words.clamp(max=self.max_words)).squeeze(-1)
        return start[:, 0] + end[:, 0] + together + length
