import pytest
import torch
import torch.nn.functional as F

from spacy_mluke.modeling import losses
from spacy_mluke.modeling.losses import linear_cross_entropy


def _inputs(n, rows=50, size=8):
    random = torch.Generator().manual_seed(n)
    states = torch.randn(n, size, generator=random, requires_grad=True)
    table = torch.randn(rows, size, generator=random, requires_grad=True)
    bias = torch.randn(rows, generator=random, requires_grad=True)
    return states, table, bias, torch.randint(0, rows, (n,), generator=random)


@pytest.mark.parametrize("n", [1, 7, 40])
def test_equals_cross_entropy(n, monkeypatch):
    monkeypatch.setattr(losses, "_ROWS", 16)
    states, table, bias, targets = _inputs(n)
    expected = F.cross_entropy(F.linear(states, table, bias), targets, reduction="sum")
    wanted = torch.autograd.grad(expected * 3, (states, table, bias))
    found = linear_cross_entropy(states, table, bias, targets)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(torch.autograd.grad(found * 3, (states, table, bias)), wanted)


def test_nothing_to_predict():
    states, table, bias, targets = _inputs(0)
    loss = linear_cross_entropy(states, table, bias, targets)
    loss.backward()
    assert loss == 0 and not table.grad.any()


def test_bf16_is_near():
    states, table, bias, targets = _inputs(40)
    exact = linear_cross_entropy(states, table, bias, targets)
    near = linear_cross_entropy(states, table, bias, targets, dtype=torch.bfloat16)
    torch.testing.assert_close(near, exact, rtol=0.01, atol=0.1)
