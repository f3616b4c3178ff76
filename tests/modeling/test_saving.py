import json

import pytest
import torch

from spacy_mluke.files import written_whole
from spacy_mluke.modeling import (
    MLukeEncoder,
    build_encoder,
    load_checkpoint,
    load_state_bytes,
    save_checkpoint,
    state_bytes,
)
from tests.modeling.folders import FULL, fitting_encoder, head_tensors
from tests.modeling.random_batches import (
    difference,
    flat_slots,
    flat_words,
    padded,
    random_windows,
    small_config,
    small_encoder,
    unpadded,
)

SPECIAL = {name: row for name, row in FULL.items() if name.startswith("[")}


def save(folder, piece_model, **sizes):
    encoder = fitting_encoder(piece_model, entity_vocab_size=12, **sizes)
    heads = {**head_tensors(encoder.config), "pooler.dense.weight": torch.ones(32, 32)}
    save_checkpoint(
        folder,
        encoder,
        encoder.config,
        piece_model=piece_model,
        special_entities=SPECIAL,
        entities=FULL,
        heads=heads,
        values={"id2label": {"0": "O"}, "vocab_size": 1},
    )
    return encoder, heads


def test_what_is_saved_is_loaded(tmp_path, piece_model):
    encoder, heads = save(tmp_path / "a" / "model", piece_model)
    checkpoint = load_checkpoint(tmp_path / "a" / "model")
    assert checkpoint.config == encoder.config
    assert checkpoint.special_entities == SPECIAL
    assert checkpoint.read_entities() == FULL
    assert checkpoint.values["id2label"] == {"0": "O"}
    assert checkpoint.heads.keys() == heads.keys()
    for name, tensor in encoder.state_dict().items():
        assert torch.equal(tensor, checkpoint.state_dict[name])
    # Over the very file that is mapped, and again.
    for _ in range(2):
        save_checkpoint(
            tmp_path / "a" / "model",
            build_encoder(checkpoint),
            checkpoint.config,
            piece_model=checkpoint.piece_model.read_bytes(),
            special_entities=checkpoint.special_entities,
            entities=checkpoint.read_entities(),
            heads=checkpoint.heads,
            values=checkpoint.values,
        )
        again = load_checkpoint(tmp_path / "a" / "model")
        assert again.values == checkpoint.values
        for name, tensor in encoder.state_dict().items():
            assert torch.equal(tensor, again.state_dict[name])
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["model"]


@pytest.mark.parametrize("entity_aware", [False, True])
def test_transformers_loads_it(tmp_path, piece_model, entity_aware):
    transformers = pytest.importorskip("transformers")
    encoder, heads = save(tmp_path / "m", piece_model, use_entity_aware_attention=entity_aware)
    luke, report = transformers.LukeModel.from_pretrained(tmp_path / "m", output_loading_info=True)
    assert report["missing_keys"] == ["pooler.dense.bias"]
    windows = random_windows(0, n_windows=4, config=encoder.config)
    with torch.no_grad():
        theirs = luke.eval()(**padded(windows))
        ours = encoder(flat_words(windows), flat_slots(windows))
    assert (
        difference(ours.words, unpadded(theirs.last_hidden_state, [len(w.pieces) for w in windows]))
        <= 1e-5
    )
    lm = transformers.LukeForMaskedLM.from_pretrained(tmp_path / "m")
    assert torch.equal(lm.entity_predictions.bias, heads["entity_predictions.bias"])
    assert lm.lm_head.decoder.weight.data_ptr() == (
        lm.luke.embeddings.word_embeddings.weight.data_ptr()
    )
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path / "m")
    assert type(tokenizer).__name__ == "MLukeTokenizer"
    assert len(tokenizer) == encoder.config.vocab_size
    markers = tokenizer.convert_tokens_to_ids(["<mask>", "<ent>", "<ent2>"])
    assert markers == [encoder.config.vocab_size - i for i in (3, 2, 1)]
    assert tokenizer.entity_vocab == FULL


def test_config_json_is_complete(tmp_path, piece_model):
    save(tmp_path / "m", piece_model)
    values = json.loads((tmp_path / "m" / "config.json").read_text())
    needed = """architectures attention_probs_dropout_prob bert_model_name bos_token_id
        cls_entity_prediction entity_emb_size entity_vocab_size eos_token_id
        gradient_checkpointing hidden_act hidden_dropout_prob hidden_size initializer_range
        intermediate_size layer_norm_eps max_position_embeddings model_type num_attention_heads
        num_hidden_layers output_past pad_token_id position_embedding_type torch_dtype
        type_vocab_size use_cache use_entity_aware_attention vocab_size"""
    assert set(needed.split()) <= values.keys()
    assert values["architectures"] == ["LukeForMaskedLM"]
    assert values["vocab_size"] > 1


@pytest.mark.parametrize("width, name", [(1, ""), (2, "Pair"), (3, "Span")])
def test_architecture_follows_the_classifier(tmp_path, width, name):
    encoder = small_encoder()
    heads = {"classifier.weight": torch.ones(5, 32 * width), "classifier.bias": torch.ones(5)}
    save_checkpoint(tmp_path / "m", encoder, encoder.config, heads=heads)
    values = json.loads((tmp_path / "m" / "config.json").read_text())
    assert values["architectures"] == [f"LukeForEntity{name}Classification"]


def test_files_can_be_read_by_all_who_may_read_new_files(tmp_path, piece_model):
    save(tmp_path / "encoder", piece_model)
    (tmp_path / "new").touch()
    expected = (tmp_path / "new").stat().st_mode
    modes = {path.name: path.stat().st_mode for path in (tmp_path / "encoder").iterdir()}
    assert modes == dict.fromkeys(modes, expected)


def test_a_failed_write_leaves_the_old_folder(tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text("old")
    with pytest.raises(RuntimeError, match="disk full"), written_whole(folder) as new:
        (new / "config.json").write_text("new")
        raise RuntimeError("disk full")
    assert (folder / "config.json").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_bytes_round_trip():
    encoder = small_encoder()
    data = state_bytes(encoder)
    other = small_encoder(seed=1)
    load_state_bytes(other, data)
    with torch.device("meta"):
        empty = MLukeEncoder(encoder.config)
    load_state_bytes(empty, data)
    for name, tensor in encoder.state_dict().items():
        assert torch.equal(tensor, other.state_dict()[name])
        assert torch.equal(tensor, empty.state_dict()[name])


def test_bytes_of_another_module_or_damaged():
    data = state_bytes(small_encoder())
    with pytest.raises(ValueError, match="M225.*entity_embeddings"):
        load_state_bytes(MLukeEncoder(small_config(entity_vocab_size=5)), data)
    with pytest.raises(ValueError, match="M224.*layer.3"):
        load_state_bytes(MLukeEncoder(small_config(num_hidden_layers=4)), data)
    for wrong in (data[: len(data) // 2], b"", b"hello"):
        with pytest.raises(ValueError, match="M222"):
            load_state_bytes(small_encoder(), wrong)


def test_bytes_over_the_limit():
    with torch.device("meta"):
        encoder = MLukeEncoder(small_config(entity_vocab_size=1_100_000, entity_emb_size=1024))
    with pytest.raises(ValueError, match="M226.*4.2 GiB.*to_disk"):
        state_bytes(encoder)
