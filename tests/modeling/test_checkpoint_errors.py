"""What can be wrong with a checkpoint is said with its file and its remedy."""

import json
import pathlib

import pytest
import torch

from spacy_mluke.modeling import load_checkpoint
from spacy_mluke.modeling.formats import ENTITY_TABLE, WORD_TABLE
from tests.modeling.folders import FULL, LITE, fitting_encoder, write_folder


@pytest.fixture
def folder(tmp_path, piece_model):
    encoder = fitting_encoder(piece_model)
    return write_folder(
        tmp_path / "model", encoder.config.to_hf(), encoder.state_dict(), piece_model, LITE
    )


def edit(path, **changes):
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_unknown_name(tmp_path):
    for name in ("someone/nothing", "no such/na/me", "/not/here"):
        with pytest.raises(ValueError, match=f"M228.*'{name}'"):
            load_checkpoint(name, local_files_only=True, cache_dir=tmp_path)


def test_a_file_instead_of_a_folder(folder):
    with pytest.raises(ValueError, match="M227.*config.json"):
        load_checkpoint(folder / "config.json")


def test_no_weights(folder):
    (folder / "model.safetensors").unlink()
    with pytest.raises(ValueError, match="M220.*model.safetensors.*pytorch_model.bin"):
        load_checkpoint(folder)


@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin"])
@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", b"half"])
def test_damaged_weights(folder, name, content):
    weights = folder / "model.safetensors"
    data = weights.read_bytes()
    if name.endswith(".bin"):
        torch.save({"a": torch.zeros(99)}, folder / name)
        data = (folder / name).read_bytes()
        weights.unlink()
    (folder / name).write_bytes(data[: len(data) // 2] if content == b"half" else content)
    with pytest.raises(ValueError, match=f"M222.*{name}"):
        load_checkpoint(folder)


@pytest.mark.parametrize("content", [{"a": pathlib.Path("x")}, {"a": "text"}, [1, 2]])
@pytest.mark.parametrize("zipped", [True, False])
def test_pickle_of_more_than_tensors(folder, content, zipped):
    (folder / "model.safetensors").unlink()
    torch.save(content, folder / "pytorch_model.bin", _use_new_zipfile_serialization=zipped)
    with pytest.raises(ValueError, match="M223.*pytorch_model.bin"):
        load_checkpoint(folder)


def test_missing_shard(folder):
    (folder / "model.safetensors").unlink()
    index = {"weight_map": {"a": "model-1.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(ValueError, match="M221.*model-1.safetensors"):
        load_checkpoint(folder)


def test_missing_and_unexpected_names(tmp_path, piece_model):
    encoder = fitting_encoder(piece_model)
    tensors = dict(encoder.state_dict())
    del tensors["encoder.layer.0.output.dense.bias"]
    tensors["encoder.layer.9.output.dense.bias"] = torch.zeros(32)
    folder = write_folder(tmp_path / "m", encoder.config.to_hf(), tensors, piece_model, LITE)
    with pytest.raises(ValueError, match="M224.*Missing: encoder.layer.0.*Unexpected: .*layer.9"):
        load_checkpoint(folder)


def test_other_shape(folder):
    edit(folder / "config.json", intermediate_size=50)
    with pytest.raises(ValueError, match=r"M225.*layer.0.*\(48, 32\).*\(50, 32\)"):
        load_checkpoint(folder)


@pytest.mark.parametrize("text", [None, "{", "[]", '{"model_type": "bert"}'])
def test_configuration(folder, text):
    path = folder / "config.json"
    path.unlink() if text is None else path.write_text(text)
    with pytest.raises(ValueError, match="M236" if text is None else "M231.*config.json"):
        load_checkpoint(folder)


def test_vocabularies_that_do_not_fit(folder, tmp_path, piece_model):
    (folder / "entity_vocab.json").write_text(json.dumps(FULL))
    with pytest.raises(ValueError, match="M238.*row 11.*4 rows"):
        load_checkpoint(folder)
    for text in ("", "{}", '{"en:[MASK]": 1}'):
        (folder / "entity_vocab.json").write_text(text)
        with pytest.raises(ValueError, match="M229"):
            load_checkpoint(folder)
    (folder / "entity_vocab.json").unlink()
    with pytest.raises(ValueError, match="M233.*MASK"):
        load_checkpoint(folder)
    encoder = fitting_encoder(piece_model)
    tensors = dict(encoder.state_dict())
    tensors[WORD_TABLE] = tensors[WORD_TABLE][:-2]
    values = {**encoder.config.to_hf(), "vocab_size": len(tensors[WORD_TABLE])}
    other = write_folder(tmp_path / "b", values, tensors, piece_model, LITE)
    with pytest.raises(ValueError, match="M237.*sentencepiece.bpe.model"):
        load_checkpoint(other)
    (other / "sentencepiece.bpe.model").write_bytes(b"not a model")
    with pytest.raises(ValueError, match="M237"):
        load_checkpoint(other)


def test_xlm_r_without_piece_model(folder):
    edit(folder / "config.json", model_type="xlm-roberta")
    (folder / "sentencepiece.bpe.model").unlink()
    with pytest.raises(ValueError, match="M232.*sentencepiece.bpe.model"):
        load_checkpoint(folder)


def test_entity_rows(folder):
    with pytest.raises(ValueError, match="M230.*row 4.*4 rows"):
        load_checkpoint(folder, entity_rows=[1, 4])
    with pytest.raises(ValueError, match="M235.*'most'"):
        load_checkpoint(folder, entity_rows="most")
    assert load_checkpoint(folder, entity_rows=[]).state_dict[ENTITY_TABLE].shape[0] == 4
