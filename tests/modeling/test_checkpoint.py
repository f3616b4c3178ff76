"""Every form of a checkpoint loads to the same encoder."""

import json
import time
from dataclasses import replace

import pytest
import torch

from spacy_mluke.modeling import EntityHead, build_encoder, load_checkpoint
from spacy_mluke.modeling.config import SPECIAL_ENTITIES
from spacy_mluke.modeling.formats import ENTITY_TABLE, WORD_TABLE
from tests.modeling.folders import FULL, LITE, fitting_encoder, head_tensors, write_folder
from tests.modeling.random_batches import difference, flat_slots, flat_words, random_windows


def same_states(a, b, config):
    windows = random_windows(0, n_windows=3, config=config)
    with torch.no_grad():
        one, two = (e(flat_words(windows), flat_slots(windows)) for e in (a, b))
    return torch.equal(one.words, two.words) and torch.equal(one.slots, two.slots)


@pytest.mark.parametrize("prefix", ["", "luke."])
@pytest.mark.parametrize("pickled", [False, True])
@pytest.mark.parametrize("shards", [1, 3])
@pytest.mark.parametrize("rows", [4, 12])
def test_hugging_face_folders(tmp_path, piece_model, prefix, pickled, shards, rows):
    encoder = fitting_encoder(piece_model, entity_vocab_size=rows)
    tensors = {prefix + name: tensor for name, tensor in encoder.state_dict().items()}
    tensors[prefix + "pooler.dense.weight"] = torch.ones(32, 32)
    tensors[prefix + "embeddings.position_ids"] = torch.arange(66)[None]
    heads = head_tensors(encoder.config)
    tensors.update(heads)
    tensors["lm_head.decoder.weight"] = encoder.state_dict()[WORD_TABLE]
    folder = write_folder(
        tmp_path / "model",
        encoder.config.to_hf(),
        tensors,
        piece_model,
        LITE if rows == 4 else FULL,
        pickled=pickled,
        shards=shards,
    )
    checkpoint = load_checkpoint(folder, local_files_only=True)
    assert checkpoint.config == encoder.config
    assert checkpoint.piece_model.read_bytes() == piece_model
    special = {name: (LITE if rows == 4 else FULL)[name] for name in SPECIAL_ENTITIES}
    assert checkpoint.special_entities == special
    assert checkpoint.heads.keys() == {*heads, "pooler.dense.weight"}
    assert all(torch.equal(checkpoint.heads[name], heads[name]) for name in heads)
    assert same_states(build_encoder(checkpoint), encoder, encoder.config)


def test_an_old_pickle_that_cannot_be_mapped(tmp_path, piece_model):
    encoder = fitting_encoder(piece_model)
    folder = write_folder(
        tmp_path / "model", encoder.config.to_hf(), encoder.state_dict(), piece_model, LITE
    )
    (folder / "model.safetensors").unlink()
    torch.save(
        encoder.state_dict(),
        folder / "pytorch_model.bin",
        _use_new_zipfile_serialization=False,
    )
    assert same_states(build_encoder(load_checkpoint(folder)), encoder, encoder.config)


@pytest.mark.parametrize("pickled", [False, True])
def test_parameters_are_the_mapped_file_and_training_leaves_it_alone(
    tmp_path, piece_model, pickled
):
    encoder = fitting_encoder(piece_model)
    folder = write_folder(
        tmp_path / "m",
        encoder.config.to_hf(),
        encoder.state_dict(),
        piece_model,
        LITE,
        pickled=pickled,
    )
    checkpoint = load_checkpoint(folder)
    built = build_encoder(checkpoint)
    for name, parameter in built.named_parameters():
        assert parameter.data_ptr() == checkpoint.state_dict[name].data_ptr()
        assert parameter.requires_grad
    windows = random_windows(0, n_windows=2, config=encoder.config)
    optimizer = torch.optim.SGD(built.parameters(), lr=0.1)
    built(flat_words(windows), flat_slots(windows)).words.square().sum().backward()
    optimizer.step()
    assert not same_states(built, encoder, encoder.config)
    assert same_states(build_encoder(load_checkpoint(folder)), encoder, encoder.config)


def test_loading_a_large_table_takes_no_memory_and_no_time(tmp_path, piece_model):
    encoder = fitting_encoder(piece_model, entity_vocab_size=400_000, entity_emb_size=64)
    size = 400_000 * 64 * 4
    folder = write_folder(
        tmp_path / "m", encoder.config.to_hf(), encoder.state_dict(), piece_model, FULL
    )

    def resident():
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * 4096

    before, start = resident(), time.perf_counter()
    built = build_encoder(load_checkpoint(folder))
    assert time.perf_counter() - start < 1
    assert resident() - before < size / 5
    assert built.entity_embeddings.entity_embeddings.weight.shape == (400_000, 64)


def test_half_precision_weights_become_float32_unless_kept(tmp_path, piece_model):
    encoder = fitting_encoder(piece_model).to(torch.float16)
    folder = write_folder(
        tmp_path / "m", encoder.config.to_hf(), encoder.state_dict(), piece_model, LITE
    )
    checkpoint = load_checkpoint(folder)
    assert {p.dtype for p in build_encoder(checkpoint).parameters()} == {torch.float32}
    kept = build_encoder(checkpoint, dtype=None)
    assert {p.dtype for p in kept.parameters()} == {torch.float16}


@pytest.mark.parametrize("chosen", ["special", [7, 4, 7, 2]])
def test_chosen_entity_rows(tmp_path, piece_model, chosen):
    encoder = fitting_encoder(piece_model, entity_vocab_size=12)
    heads = head_tensors(encoder.config)
    folder = write_folder(
        tmp_path / "m",
        encoder.config.to_hf(),
        {**encoder.state_dict(), **heads},
        piece_model,
        FULL,
    )
    checkpoint = load_checkpoint(folder, entity_rows=chosen)
    rows = [2, 1, 0, 11] + ([] if chosen == "special" else [7, 4])
    table = encoder.state_dict()[ENTITY_TABLE]
    assert checkpoint.entity_rows.tolist() == rows
    assert checkpoint.config.entity_vocab_size == len(rows)
    assert checkpoint.special_entities == LITE
    assert torch.equal(checkpoint.state_dict[ENTITY_TABLE], table[rows])
    bias = checkpoint.heads["entity_predictions.bias"]
    assert torch.equal(bias, heads["entity_predictions.bias"][rows])
    further = {} if chosen == "special" else {"en:Tokyo": 4, "de:Tokio": 4, "en:A": 5}
    assert checkpoint.read_entities() == {**LITE, **further}
    assert load_checkpoint(folder).read_entities() == FULL
    head = EntityHead(checkpoint.config)
    prefix = "entity_predictions."
    head.load_state_dict(
        {k.removeprefix(prefix): v for k, v in checkpoint.heads.items() if k.startswith(prefix)}
    )
    build_encoder(checkpoint)


def test_missing_entity_aware_queries_are_copies(tmp_path, piece_model):
    plain = fitting_encoder(piece_model)
    values = {**plain.config.to_hf(), "use_entity_aware_attention": True}
    folder = write_folder(tmp_path / "m", values, plain.state_dict(), piece_model, LITE)
    aware = build_encoder(load_checkpoint(folder))
    windows = random_windows(0, n_windows=3, config=plain.config)
    with torch.no_grad():
        one, two = (e(flat_words(windows), flat_slots(windows)) for e in (plain, aware))
    assert difference(one.slots, two.slots) <= 1e-5
    attention = aware.encoder.layer[0].attention.self
    assert torch.equal(attention.query.weight, attention.e2e_query.weight)
    assert attention.query.weight.data_ptr() != attention.e2e_query.weight.data_ptr()


def test_unused_entity_aware_queries_are_left_out(tmp_path, piece_model):
    aware = fitting_encoder(piece_model, use_entity_aware_attention=True)
    values = {**aware.config.to_hf(), "use_entity_aware_attention": False}
    folder = write_folder(tmp_path / "m", values, aware.state_dict(), piece_model, LITE)
    assert not any("w2e" in name for name in load_checkpoint(folder).state_dict)


def test_fine_tuned_pair_classifier_keeps_its_bias(tmp_path, piece_model):
    encoder = fitting_encoder(piece_model)
    tensors = {f"luke.{name}": tensor for name, tensor in encoder.state_dict().items()}
    tensors["classifier.weight"] = torch.randn(37, 64)
    values = {**encoder.config.to_hf(), "classifier_bias": True, "id2label": {"0": "x"}}
    folder = write_folder(tmp_path / "a", values, tensors, piece_model, LITE)
    with pytest.raises(ValueError, match="M234.*classifier.bias"):
        load_checkpoint(folder)
    tensors["classifier.bias"] = torch.randn(37)
    checkpoint = load_checkpoint(write_folder(tmp_path / "b", values, tensors, piece_model, LITE))
    assert torch.equal(checkpoint.heads["classifier.bias"], tensors["classifier.bias"])
    assert checkpoint.values["id2label"] == {"0": "x"}


ORIGINAL_ROWS = [
    {"id": 0, "entities": [["[UNK]", "en"], ["[UNK]", "de"]], "count": 0},
    {"id": 1, "entities": [["[MASK]", "en"], ["[MASK]", "de"]], "count": 0},
    {"id": 2, "entities": [["[PAD]", "en"]], "count": 0},
    {"id": 3, "entities": [["Tokyo", "en"], ["Tokio", "de"]], "count": 5},
    {"id": 4, "entities": [["Berlin", "de"]], "count": 3},
]


def write_original(folder, piece_model, encoder, *, tsv=False):
    """The encoder without its last two words and last entity, as DeepSpeed saves it."""
    values = encoder.config.to_hf()
    values.update(vocab_size=values["vocab_size"] - 2, entity_vocab_size=5)
    tensors = {**encoder.state_dict(), **head_tensors(encoder.config)}
    for name in (WORD_TABLE, "lm_head.bias"):
        tensors[name] = tensors[name][:-2].clone()
    for name in (ENTITY_TABLE, "entity_predictions.bias"):
        tensors[name] = tensors[name][:-1].clone()
    folder.mkdir()
    state = {"module": tensors, "global_steps": 3, "lr_scheduler": {"last": 0.5}}
    torch.save(state, folder / ("pytorch_model.bin" if tsv else "mp_rank_00_model_states.pt"))
    (folder / "metadata.json").write_text(json.dumps({"model_config": values}))
    (folder / "sentencepiece.bpe.model").write_bytes(piece_model)
    if tsv:
        lines = [f"{row['entities'][0][0]}\t{row['count']}\n" for row in ORIGINAL_ROWS]
        (folder / "entity_vocab.tsv").write_text("".join(lines))
    else:
        lines = [json.dumps(row) + "\n" for row in ORIGINAL_ROWS]
        (folder / "entity_vocab.jsonl").write_text("".join(lines))
    return tensors


@pytest.mark.parametrize("tsv", [False, True])
def test_original_pretraining_result(tmp_path, piece_model, tsv):
    import sentencepiece

    encoder = fitting_encoder(piece_model, entity_vocab_size=6)
    tensors = write_original(tmp_path / "o", piece_model, encoder, tsv=tsv)
    checkpoint = load_checkpoint(tmp_path / "o")
    assert checkpoint.config == encoder.config
    assert checkpoint.special_entities == {"[UNK]": 0, "[MASK]": 1, "[PAD]": 2, "[MASK2]": 5}
    words, entities = checkpoint.state_dict[WORD_TABLE], checkpoint.state_dict[ENTITY_TABLE]
    assert torch.equal(words[:-2], tensors[WORD_TABLE])
    pieces = sentencepiece.SentencePieceProcessor(model_proto=piece_model)
    for marker, like in ((-2, "@"), (-1, "#")):
        row = pieces.piece_to_id(like)
        row = 3 if row == pieces.unk_id() else row + 1
        assert torch.equal(words[marker], words[row])
        assert checkpoint.heads["lm_head.bias"][marker] == tensors["lm_head.bias"][row]
    assert torch.equal(entities[:-1], tensors[ENTITY_TABLE])
    assert torch.equal(entities[-1], entities[1])
    bias = checkpoint.heads["entity_predictions.bias"]
    assert bias[-1] == bias[1]
    names = checkpoint.read_entities()
    assert names["Tokyo" if tsv else "de:Tokio"] == 3
    lite = load_checkpoint(tmp_path / "o", entity_rows="special")
    assert lite.special_entities == LITE
    assert torch.equal(lite.state_dict[ENTITY_TABLE], entities[[1, 0, 2, 5]])
    build_encoder(checkpoint)


def test_plain_xlm_r(tmp_path, piece_model):
    encoder = fitting_encoder(piece_model, entity_emb_size=256)
    tensors = {
        f"roberta.{name}": tensor
        for name, tensor in encoder.state_dict().items()
        if not name.startswith("entity_embeddings.")
    }
    name = f"roberta.{WORD_TABLE}"
    tensors[name] = tensors[name][:-2]
    values = {k: v for k, v in encoder.config.to_hf().items() if "entity" not in k}
    values.update(model_type="xlm-roberta", vocab_size=values["vocab_size"] - 2)
    folder = write_folder(tmp_path / "m", values, tensors, piece_model, {})
    (folder / "entity_vocab.json").unlink()
    first, second = load_checkpoint(folder), load_checkpoint(folder)
    assert first.config == encoder.config
    assert (first.special_entities, first.entity_vocab) == (LITE, None)
    table = first.state_dict[ENTITY_TABLE]
    assert table.shape == (4, 256)
    assert 0.15 < float(table.std()) < 0.25  # initializer_range of the configuration is 0.2
    assert torch.equal(table, second.state_dict[ENTITY_TABLE])
    built = build_encoder(first)
    assert built.entity_embeddings.LayerNorm.weight.eq(1).all()
    no_markers = replace(encoder.config, vocab_size=encoder.config.vocab_size - 2)
    windows = random_windows(0, n_windows=2, config=no_markers)
    with torch.no_grad():
        one, two = (e(flat_words(windows)).words for e in (built, encoder))
    assert torch.equal(one, two)


def test_offline_hub_cache(tmp_path, piece_model):
    encoder = fitting_encoder(piece_model)
    repository = tmp_path / "models--someone--mluke-tiny"
    write_folder(
        repository / "snapshots" / ("a" * 40),
        encoder.config.to_hf(),
        encoder.state_dict(),
        piece_model,
        LITE,
    )
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("a" * 40)
    checkpoint = load_checkpoint("someone/mluke-tiny", local_files_only=True, cache_dir=tmp_path)
    assert same_states(build_encoder(checkpoint), encoder, encoder.config)
