"""The same numbers as transformers' LukeModel and LukeForMaskedLM, on random weights."""

from dataclasses import asdict

import pytest
import torch

from spacy_mluke.modeling import EntityHead, MLukeEncoder, WindowBatch, WordHead
from tests.modeling.random_batches import (
    difference,
    flat_slots,
    flat_words,
    padded,
    random_windows,
    small_config,
    unpadded,
)

transformers = pytest.importorskip("transformers")


class PaddedEncoder(MLukeEncoder):
    """Groups windows of different lengths, as on a GPU."""

    padding = 0.7


@pytest.mark.parametrize("kind", [MLukeEncoder, PaddedEncoder])
@pytest.mark.parametrize("entity_aware", [False, True])
@pytest.mark.parametrize("rows", [4, 500])
@pytest.mark.parametrize("emb_size", [16, 32])
def test_states_equal_luke_model(kind, entity_aware, rows, emb_size):
    config = small_config(
        entity_vocab_size=rows, entity_emb_size=emb_size, use_entity_aware_attention=entity_aware
    )
    torch.manual_seed(rows + emb_size)
    luke_config = transformers.LukeConfig(**asdict(config))
    luke = transformers.LukeModel(luke_config, add_pooling_layer=False).eval()
    encoder = kind(config)
    encoder.load_state_dict(luke.state_dict())
    worst = 0.0
    for case in range(16):
        windows = random_windows(
            case, n_windows=1 + case % 6, config=config, max_slots=0 if case % 4 == 3 else 5
        )
        slots = None if case % 8 == 7 else flat_slots(windows)
        with torch.no_grad():
            theirs = luke(**padded(windows, extra=case % 3))
            ours = encoder(flat_words(windows), slots)
        words = unpadded(theirs.last_hidden_state, [len(w.pieces) for w in windows])
        worst = max(worst, difference(ours.words, words))
        n_slots = [len(w.entities) for w in windows]
        assert len(ours.slots) == sum(n_slots)
        if sum(n_slots):
            entities = unpadded(theirs.entity_last_hidden_state, n_slots)
            worst = max(worst, difference(ours.slots, entities))
    assert 0 < worst <= 1e-5


def test_full_length_window_equals_luke_model():
    config = small_config(max_position_embeddings=514)
    luke = transformers.LukeModel(
        transformers.LukeConfig(**asdict(config)), add_pooling_layer=False
    ).eval()
    encoder = MLukeEncoder(config)
    encoder.load_state_dict(luke.state_dict())
    ids = torch.randint(4, config.vocab_size, (512,))
    with torch.no_grad():
        theirs = luke(ids[None], token_type_ids=torch.zeros(1, 512, dtype=torch.long))
        ours = encoder(WindowBatch(ids, [512]))
    assert difference(ours.words, theirs.last_hidden_state[0]) <= 1e-5


@pytest.mark.parametrize("rows", [4, 500])
def test_heads_equal_luke_for_masked_lm(rows):
    config = small_config(entity_vocab_size=rows)
    torch.manual_seed(rows)
    luke = transformers.LukeForMaskedLM(transformers.LukeConfig(**asdict(config))).eval()
    luke.luke.pooler = None
    torch.nn.init.normal_(luke.lm_head.bias)
    torch.nn.init.normal_(luke.entity_predictions.bias)
    encoder, word_head, entity_head = MLukeEncoder(config), WordHead(config), EntityHead(config)
    encoder.load_state_dict(luke.luke.state_dict())
    for head, theirs in ((word_head, luke.lm_head), (entity_head, luke.entity_predictions)):
        state = {k: v for k, v in theirs.state_dict().items() if not k.startswith("decoder.")}
        head.load_state_dict(state)
    windows = random_windows(rows, n_windows=4, config=config)
    with torch.no_grad():
        theirs = luke(**padded(windows))
        ours = encoder(flat_words(windows), flat_slots(windows))
        words = word_head(ours.words, encoder.embeddings.word_embeddings.weight)
        entities = entity_head(ours.slots, encoder.entity_embeddings.entity_embeddings.weight)
    lengths = [len(w.pieces) for w in windows]
    assert difference(words, unpadded(theirs.logits, lengths)) <= 1e-5
    n_slots = [len(w.entities) for w in windows]
    assert difference(entities, unpadded(theirs.entity_logits, n_slots)) <= 1e-5
