import numpy as np
import pytest
import torch

from spacy_mluke.modeling.config import EncoderConfig
from spacy_mluke.pretraining.instances import Instance
from spacy_mluke.pretraining.model import PretrainingModel
from spacy_mluke.pretraining.position_heads import set_position_heads
from spacy_mluke.pretraining.shards import Shard, write_shard
from spacy_mluke.pretraining.warm_start import learn_vectors, warm_start
from spacy_mluke.text.arrays import as_spans, ints

PIECES, ENTITIES, TOPICS = 40, 8, 2


def _shard(folder):
    """Two topics with pieces and entities of their own: rows below and above the middle."""
    random = np.random.default_rng(0)
    with write_shard(folder, vocab_size=PIECES, describe=lambda: {"language": "xx"}) as writer:
        for i in range(600):
            topic = i % TOPICS
            pieces = random.integers(0, PIECES // 2, 12) + topic * PIECES // 2
            entity = random.integers(0, ENTITIES // 2 - 1) + topic * ENTITIES // 2
            writer.add(Instance(ints(pieces), ints([entity]), as_spans([(4, 6)])))
    return Shard(folder)


@pytest.fixture(scope="module")
def shard(tmp_path_factory):
    return _shard(tmp_path_factory.mktemp("shards") / "xx")


def _learn(shard, seed=0):
    return learn_vectors(
        [shard],
        n_pieces=PIECES,
        n_entities=ENTITIES,
        size=16,
        epochs=60,
        seed=seed,
        progress=False,
    )


def _near(vectors):
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit @ unit.T


def test_what_stands_together_is_near(shard):
    words, entities = _learn(shard)
    both = np.concatenate([words, entities[[0, 1, 2, 4, 5, 6]]])
    topics = np.repeat([0, 1, 0, 1], [PIECES // 2, PIECES // 2, 3, 3])
    near = _near(both)
    same = topics[:, None] == topics
    assert near[same].mean() > near[~same].mean() + 0.5
    assert not entities[[3, 7]].any()  # never mentioned


def test_seed(shard):
    first, again, other = _learn(shard), _learn(shard), _learn(shard, seed=1)
    assert np.array_equal(first[0], again[0]) and np.array_equal(first[1], again[1])
    assert not np.array_equal(first[0], other[0])


def _model(**sizes):
    torch.manual_seed(0)
    values = {
        "hidden_size": 16,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 32,
        "entity_emb_size": 8,
        **sizes,
    }
    return PretrainingModel(
        EncoderConfig(vocab_size=PIECES, entity_vocab_size=ENTITIES, **values)
    )


@pytest.mark.parametrize("size", [8, 16, 20])
def test_heads_read_the_tables(shard, size):
    words, entities = _learn(shard)
    model = _model(entity_emb_size=size)
    counts = np.bincount(shard.pieces, minlength=PIECES)
    mentions = np.bincount(shard.entities, minlength=ENTITIES)
    warm_start(model, words, entities, word_counts=counts, entity_counts=mentions)
    # A state that points where the vector of an entity does is read as that entity's topic.
    centre = np.average(words, axis=0, weights=counts)
    states = torch.from_numpy((words - centre).astype(np.float32) * 10)
    best = model.entity_predictions(states, model.entity_table)[:, [0, 1, 2, 4, 5, 6]].argmax(1)
    assert ((best >= 3).numpy() == (np.arange(PIECES) >= PIECES // 2)).mean() > 0.9
    pieces = model.lm_head(states, model.word_table).argmax(1).numpy()
    assert ((pieces >= PIECES // 2) == (np.arange(PIECES) >= PIECES // 2)).mean() > 0.9
    frequent = int(model.entity_predictions.bias.argmax())
    assert mentions[frequent] == mentions.max()


@pytest.mark.parametrize("shift", [-2, -1, 0, 1, 3])
def test_heads_look_where_they_should(shift):
    model = _model(hidden_size=192, num_attention_heads=3, intermediate_size=8)
    with torch.no_grad():
        model.word_table.normal_(std=0.05)
    set_position_heads(model, shifts=[[shift]])
    attention = model.encoder.encoder.layer[0].attention.self
    table = model.encoder.embeddings.position_embeddings.weight[2:102]
    content = model.word_table[torch.randint(0, PIECES, (100,))]
    states = torch.nn.functional.layer_norm(table + content, (192,))
    queries = attention.query(states).unflatten(1, (3, -1))
    keys = attention.key(states).unflatten(1, (3, -1))
    scores = torch.einsum("qhd,khd->hqk", queries, keys)
    found = scores.argmax(dim=2)[:, 5:-5] - torch.arange(5, 95)
    assert (found == shift).float().mean() > 0.9


def test_slots_have_the_positions_of_words():
    model = _model(hidden_size=32)
    set_position_heads(model)
    words = model.encoder.embeddings.position_embeddings.weight
    slots = model.encoder.entity_embeddings.position_embeddings.weight
    assert torch.equal(words[2:], slots[:-2])
