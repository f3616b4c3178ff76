"""Checkpoint folders in every form, with random weights."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, Dict, List

import torch
from safetensors.torch import save_file
from torch import Tensor

from spacy_mluke.modeling import EncoderConfig, EntityHead, MLukeEncoder, WordHead
from spacy_mluke.modeling.vocabulary import N_ADDED, count_pieces
from tests.modeling.random_batches import small_config, small_encoder

LITE = {"[MASK]": 0, "[UNK]": 1, "[PAD]": 2, "[MASK2]": 3}
FULL = {"[UNK]": 1, "[MASK]": 2, "[PAD]": 0, "[MASK2]": 11, "en:Tokyo": 7, "de:Tokio": 7, "en:A": 4}


def fitting_config(piece_model: bytes, **sizes: Any) -> EncoderConfig:
    return small_config(vocab_size=count_pieces(piece_model) + N_ADDED, **sizes)


def fitting_encoder(piece_model: bytes, **sizes: Any) -> MLukeEncoder:
    return small_encoder(**asdict(fitting_config(piece_model, **sizes)))


def head_tensors(config: EncoderConfig) -> Dict[str, Tensor]:
    torch.manual_seed(1)
    heads = {"lm_head": WordHead(config), "entity_predictions": EntityHead(config)}
    return {
        f"{name}.{key}": torch.randn_like(value)
        for name, head in heads.items()
        for key, value in head.state_dict().items()
    }


def write_folder(
    folder: Path,
    config: Dict[str, Any],
    tensors: Dict[str, Tensor],
    piece_model: bytes,
    entities: Dict[str, int],
    *,
    pickled: bool = False,
    shards: int = 1,
) -> Path:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "sentencepiece.bpe.model").write_bytes(piece_model)
    (folder / "entity_vocab.json").write_text(json.dumps(entities))
    write_weights(folder, tensors, pickled=pickled, shards=shards)
    return folder


def write_weights(folder: Path, tensors: Dict[str, Tensor], *, pickled: bool, shards: int) -> None:
    stem, suffix = ("pytorch_model", ".bin") if pickled else ("model", ".safetensors")
    names: List[str] = sorted(tensors)
    weight_map = {}
    for shard in range(shards):
        part = {name: tensors[name].clone() for name in names[shard::shards]}
        file = f"{stem}{suffix}" if shards == 1 else f"{stem}-{shard + 1:05}-of-{shards:05}{suffix}"
        torch.save(part, folder / file) if pickled else save_file(part, folder / file)
        weight_map.update(dict.fromkeys(part, file))
    if shards > 1:
        index = {"metadata": {}, "weight_map": weight_map}
        (folder / f"{stem}{suffix}.index.json").write_text(json.dumps(index))
