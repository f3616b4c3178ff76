import torch

from spacy_mluke.modeling import EntityHead
from tests.modeling.random_batches import difference, small_config


def make_head(rows=50):
    torch.manual_seed(0)
    config = small_config(entity_vocab_size=rows)
    head = EntityHead(config)
    torch.nn.init.normal_(head.bias)
    return head, torch.randn(rows, config.entity_emb_size), torch.randn(7, config.hidden_size)


def test_candidates_equal_the_columns_of_full_logits():
    head, table, states = make_head()
    full = head(states, table)
    shared = torch.tensor([49, 0, 3, 3])
    assert difference(head(states, table, candidates=shared), full[:, shared]) <= 1e-5
    own = torch.randint(0, 50, (7, 5))
    assert difference(head(states, table, candidates=own), full.gather(1, own)) <= 1e-5


def test_gradient_reaches_only_candidates():
    head, table, states = make_head()
    table.requires_grad_()
    head(states, table, candidates=torch.tensor([[2, 5]] * 7)).square().sum().backward()
    touched = table.grad.abs().sum(1).nonzero().ravel().tolist()
    assert touched == head.bias.grad.nonzero().ravel().tolist() == [2, 5]


def test_no_states_and_no_candidates():
    head, table, states = make_head()
    assert head(states[:0], table).shape == (0, 50)
    nothing = torch.zeros(0, dtype=torch.long)
    assert head(states, table, candidates=nothing).shape == (7, 0)
