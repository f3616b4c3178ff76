import numpy as np
import pytest
import torch
from spacy.tokens import Doc

from spacy_mluke.layers.propose import Proposals
from spacy_mluke.layers.settings import ProposerSettings
from spacy_mluke.modeling.proposer import SpanProposer
from tests.layers.test_plan import VOCAB, Plan, WindowSettings, pieces_of

ROW = [1] * 6


def proposals(gold=(), complete=(True, True), **settings):
    docs = [Doc(VOCAB, ["x"] * 6), Doc(VOCAB, ["y"] * 6)]
    plan = Plan.make(docs, [pieces_of(ROW), pieces_of(ROW)], WindowSettings(8, 8))
    grams = np.asarray([(i, j) for i in range(6) for j in range(i + 1, min(i + 3, 7))])
    gold = [np.asarray(g, dtype="int32").reshape(-1, 2) for g in (gold or [[], []])]
    found = Proposals(
        ProposerSettings(**settings),
        plan.place([grams, grams]),
        plan.place(gold),
        np.asarray(complete),
        plan,
    )
    return found, len(grams)


def score(found, proposer=None):
    torch.manual_seed(0)
    proposer = SpanProposer(8, 4, 10) if proposer is None else proposer
    words = torch.randn(16, 8)
    return found.score(proposer, words, np.asarray([0, 1]), torch.as_tensor)


def test_scores_every_candidate():
    found, n = proposals()
    logits, candidates, at = score(found)
    assert logits.shape == (2 * n,) and len(candidates) == 2 * n
    assert at.tolist() == [0] * n + [1] * n


def test_loss_knows_gold_of_the_right_doc():
    found, n = proposals(gold=[[[0, 2]], []])
    _, candidates, _ = score(found)
    row = candidates.spans.tolist().index([0, 2])
    sure = torch.full((2 * n,), -30.0)
    sure[row] = 30.0
    assert found.loss(sure, candidates).item() == pytest.approx(0.0, abs=1e-5)
    other = sure.clone()
    other[row], other[row + n] = -30.0, 30.0  # the same span of the other Doc
    assert found.loss(other, candidates).item() == pytest.approx(60.0, rel=1e-5)


def test_docs_that_may_have_more_mentions_teach_those_they_have():
    found, n = proposals(gold=[[[0, 2]], []], complete=(False, True))
    _, candidates, _ = score(found)
    row = candidates.spans.tolist().index([0, 2])
    wrong = torch.full((2 * n,), 30.0)
    wrong[row], wrong[n:] = -30.0, -30.0
    assert found.loss(wrong, candidates).item() == pytest.approx(30.0, rel=1e-5)


def test_selects_the_likely_up_to_a_share_of_the_pieces():
    found, n = proposals(threshold=0.5, max_per_piece=0.5)
    _, candidates, at = score(found)
    logits = torch.full((2 * n,), -5.0)
    logits[:5] = torch.tensor([1.0, 5.0, 2.0, 4.0, 3.0])
    logits[n] = 0.5
    chosen = found.select(logits, candidates, at)
    # Three of the six pieces of the first window: the best three; one of the second.
    assert chosen.docs.tolist() == [0, 0, 0, 1]
    assert chosen.spans.tolist()[:3] == [candidates.spans[i].tolist() for i in (1, 3, 4)]
    nothing = found.select(torch.full((2 * n,), -5.0), candidates, at)
    assert not len(nothing)
