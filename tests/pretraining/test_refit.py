import numpy as np
import pytest
import torch

from spacy_mluke.modeling.config import EncoderConfig
from spacy_mluke.pretraining.instances import Instance
from spacy_mluke.pretraining.model import PretrainingModel
from spacy_mluke.pretraining.refit import StateSums, collect_states, refit_entities, scale_scores
from spacy_mluke.pretraining.shards import Shard, write_shard
from spacy_mluke.text.arrays import as_spans, ints

N_SPECIAL, N_ENTITIES = 4, 6


@pytest.fixture
def model():
    torch.manual_seed(0)
    rows = N_SPECIAL + N_ENTITIES
    config = EncoderConfig(60, 16, 1, 2, 32, entity_vocab_size=rows, entity_emb_size=8)
    return PretrainingModel(config).eval()


@pytest.fixture
def shard(tmp_path):
    """Each entity has a piece of its own, among others; the last entity is in no instance."""
    random = np.random.default_rng(0)
    with write_shard(tmp_path / "de", vocab_size=60, describe=lambda: {"language": "de"}) as out:
        for number in range(80):
            entity = number % (N_ENTITIES - 1)
            pieces = [*random.integers(30, 60, 3), 10 + entity, *random.integers(30, 60, 3)]
            spans = as_spans([(3, 4)])
            out.add(Instance(ints(pieces), ints([N_SPECIAL + entity]), spans))
    return Shard(tmp_path / "de")


def test_sums():
    sums = StateSums(3, 2)
    states = torch.tensor([[1.0, 0.0], [3.0, 0.0], [0.0, 5.0]])
    sums.add(states[:2], torch.tensor([1, 1]))
    sums.add(states[2:], torch.tensor([2]))
    assert sums.means().tolist() == [[0.0, 0.0], [2.0, 0.0], [0.0, 5.0]]
    # only the first axis varies within an entity: 2 / 3
    assert sums.precision()[0, 0].item() == pytest.approx(1.5, rel=1e-2)


def test_mentions_are_recognised(model, shard):
    sums = collect_states(model, [shard], mask_row=0, max_mentions=99, progress=False)
    assert sums.counts.tolist() == [0] * N_SPECIAL + [16] * 5 + [0]
    before = model.entity_table.clone()
    assert refit_entities(model, sums, np.full(N_SPECIAL + N_ENTITIES, 16)) == 5
    states = sums.means()[N_SPECIAL:-1].float()
    scores = model.entity_predictions.bias + states @ model.entity_table.T
    assert scores.argmax(dim=1).tolist() == list(range(N_SPECIAL, N_SPECIAL + 5))
    assert not torch.equal(before, model.entity_table)


def test_what_the_encoder_reads_of_special_entities_stays(model, shard):
    table = model.encoder.entity_embeddings
    special = torch.arange(N_SPECIAL)
    before = table.entity_embedding_dense(table.entity_embeddings(special)).detach()
    sums = collect_states(model, [shard], mask_row=0, progress=False)
    refit_entities(model, sums, np.ones(N_SPECIAL + N_ENTITIES, dtype=np.int64))
    after = table.entity_embedding_dense(table.entity_embeddings(special))
    assert torch.allclose(before, after, atol=1e-4)


def test_scores_are_as_sure_as_they_are_right(model, shard):
    sums = collect_states(model, [shard], mask_row=0, max_mentions=99, progress=False)
    refit_entities(model, sums, np.full(N_SPECIAL + N_ENTITIES, 16))
    table, dense = model.entity_table, model.encoder.entity_embeddings.entity_embedding_dense
    with torch.no_grad():
        table *= 10  # far too sure
    before, read = table.clone(), dense(table).detach()
    factor = scale_scores(model, [shard], mask_row=0)
    assert 0.01 <= factor < 0.5
    assert torch.allclose(table, before * factor)
    assert torch.allclose(dense(table), read, atol=1e-3)
    assert scale_scores(model, [], mask_row=0) == 1.0


def test_enough_mentions_are_enough(model, shard):
    sums = collect_states(model, [shard], mask_row=0, max_mentions=1, progress=False)
    assert sums.counts.sum() == 80  # chosen at once, before any was seen
    few = collect_states(model, [shard, shard], mask_row=0, max_mentions=1, progress=False)
    assert few.counts.sum() == 80


def test_table_without_a_layer_behind_it():
    config = EncoderConfig(60, 16, 1, 2, 32, entity_vocab_size=10, entity_emb_size=16)
    model = PretrainingModel(config)
    with pytest.raises(ValueError, match="M753"):
        refit_entities(model, StateSums(10, 16), np.ones(10, dtype=np.int64))
