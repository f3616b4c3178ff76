"""A wrong batch or configuration is refused with the place and the numbers."""

import pytest
import torch

from spacy_mluke.modeling import EncoderConfig, SlotBatch, WindowBatch
from tests.modeling.random_batches import small_config, small_encoder


def ids(*values):
    return torch.tensor(values, dtype=torch.long)


@pytest.mark.parametrize(
    "word_ids, lengths, message",
    [
        (ids(4, 97), [2], r"M210.*piece id 97.*97 rows"),
        (ids(4, -1), [2], r"M210.*piece id -1"),
        (ids(4, 5), [3], r"M211.*sum up to 3 pieces.*has 2"),
        (ids(4, 5), [3, -1], r"M211"),
        (ids(4, 5), [2, 0], r"M212.*Window 1"),
        (torch.full((67,), 5), [2, 65], r"M213.*Window 1 has 65.*64"),
    ],
)
def test_wrong_windows(word_ids, lengths, message):
    encoder = small_encoder()
    with pytest.raises(ValueError, match=message):
        encoder(WindowBatch(word_ids, lengths))
    with pytest.raises(ValueError, match=message):
        encoder(WindowBatch(word_ids, torch.tensor(lengths)))


@pytest.mark.parametrize(
    "entity_ids, lengths, ranges, message",
    [
        (ids(4), [1, 0], [[0, 1]], r"M210.*entity id 4.*entity_embeddings.*4 rows"),
        (ids(0, 1), [1, 0], [[0, 1], [0, 1]], r"M211.*1 slots.*has 2"),
        (ids(0), [1], [[0, 1]], r"M214.*1 windows.*2"),
        (ids(0), [1, 0], [[0, 1], [1, 2]], r"M215.*\(2, 2\)"),
        (ids(0, 0), [1, 1], [[0, 3], [1, 3]], r"M216.*Slot 1.*\[1, 3\).*window 1 with 2"),
        (ids(0), [0, 1], [[-1, 1]], r"M216.*\[-1, 1\)"),
        (ids(0), [0, 1], [[2, 1]], r"M216.*\[2, 1\)"),
    ],
)
def test_wrong_slots(entity_ids, lengths, ranges, message):
    encoder = small_encoder()
    words = WindowBatch(torch.arange(4, 9), [3, 2])
    slots = SlotBatch(entity_ids, lengths, torch.tensor(ranges))
    with pytest.raises(ValueError, match=message):
        encoder(words, slots)
    with pytest.raises(ValueError, match=message):
        encoder.encode_slots(encoder.encode_words(words), slots)


@pytest.mark.parametrize(
    "sizes, message",
    [
        ({"hidden_size": 0}, "M201.*'hidden_size'"),
        ({"num_hidden_layers": -1}, "M201.*'num_hidden_layers' is -1"),
        ({"vocab_size": 9.5}, "M201.*9.5"),
        ({"num_attention_heads": 5}, "M202.*32.*5"),
        ({"entity_vocab_size": 3}, r"M203.*3 rows.*\[MASK2\]"),
        ({"pad_token_id": 97}, "M204"),
        ({"max_position_embeddings": 2}, "M205"),
        ({"hidden_dropout_prob": 1.0}, "M206"),
        ({"layer_norm_eps": 0.0}, "M207"),
    ],
)
def test_impossible_sizes(sizes, message):
    with pytest.raises(ValueError, match=message):
        small_config(**sizes)


def test_config_to_and_from_hugging_face():
    config = small_config(entity_vocab_size=9, use_entity_aware_attention=True)
    values = config.to_hf()
    assert EncoderConfig.from_hf({**values, "id2label": {0: "O"}}) == config
    del values["layer_norm_eps"], values["type_vocab_size"]
    unsaid = EncoderConfig.from_hf(values)
    assert (unsaid.layer_norm_eps, unsaid.type_vocab_size) == (1e-12, 2)
    with pytest.raises(ValueError, match="M209.*'relu'.*'gelu'"):
        EncoderConfig.from_hf({**values, "hidden_act": "relu"})
    del values["hidden_size"]
    with pytest.raises(ValueError, match="M208.*hidden_size"):
        EncoderConfig.from_hf(values)
