"""Write an encoder as a Hugging Face folder, which transformers and this package both load."""

import json
from pathlib import Path
from typing import Any, Dict, Mapping, Optional

from safetensors.torch import save_file
from torch import Tensor

from ..files import written_whole
from .config import SPECIAL_ENTITIES, EncoderConfig
from .encoder import MLukeEncoder
from .precision import stored_state
from .vocabulary import PIECE_FILE

_CLASSIFIERS = {
    1: "LukeForEntityClassification",
    2: "LukeForEntityPairClassification",
    3: "LukeForEntitySpanClassification",
}


def save_checkpoint(
    folder: Path,
    encoder: MLukeEncoder,
    config: EncoderConfig,
    *,
    piece_model: Optional[bytes] = None,
    special_entities: Optional[Mapping[str, int]] = None,
    entities: Optional[Mapping[str, int]] = None,
    heads: Optional[Mapping[str, Tensor]] = None,
    values: Optional[Mapping[str, Any]] = None,
) -> None:
    """Write a checkpoint folder, completely or not at all.

    folder (Path): Where to. An existing folder is replaced.
    encoder (MLukeEncoder): The weights. config (EncoderConfig): Its sizes.
    piece_model (Optional[bytes]): The SentencePiece model.
    special_entities (Optional[Mapping[str, int]]): Rows of [MASK], [UNK], [PAD] and [MASK2]; by
        default those of a lite table.
    entities (Optional[Mapping[str, int]]): Rows of further entities, by "language:Title".
    heads (Optional[Mapping[str, Tensor]]): Tensors of heads, as ``Checkpoint.heads``.
    values (Optional[Mapping[str, Any]]): More for config.json, e.g. "id2label".
    """
    heads = heads or {}
    special = special_entities or {name: row for row, name in enumerate(SPECIAL_ENTITIES)}
    tensors = {f"luke.{name}": tensor for name, tensor in stored_state(encoder).items()}
    for name, tensor in heads.items():
        tensors[f"luke.{name}" if name.startswith("pooler.") else name] = tensor
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    dtype = str(next(encoder.parameters()).dtype).removeprefix("torch.")
    configuration = {
        **config.to_hf(),
        **(values or {}),
        **config.__dict__,
        "model_type": "luke",
        "architectures": [_architecture(heads, config)],
        "torch_dtype": dtype,
    }
    with written_whole(Path(folder)) as new:
        save_file(tensors, new / "model.safetensors", metadata={"format": "pt"})
        _write_json(new / "config.json", configuration)
        _write_json(new / "entity_vocab.json", {**(entities or {}), **special})
        _write_json(new / "tokenizer_config.json", _TOKENIZER)
        markers = {"<ent>": config.vocab_size - 2, "<ent2>": config.vocab_size - 1}
        _write_json(new / "added_tokens.json", markers)
        if piece_model is not None:
            (new / PIECE_FILE).write_bytes(piece_model)


def _architecture(heads: Mapping[str, Tensor], config: EncoderConfig) -> str:
    if "entity_predictions.bias" in heads:
        return "LukeForMaskedLM"
    if "classifier.weight" in heads:
        width = heads["classifier.weight"].shape[1] // config.hidden_size
        return _CLASSIFIERS.get(width, "LukeModel")
    return "LukeModel"


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True)
    path.write_text(text + "\n", encoding="utf8")


def _added(content: str, lstrip: bool = False) -> Dict[str, Any]:
    return {
        "__type": "AddedToken",
        "content": content,
        "lstrip": lstrip,
        "rstrip": False,
        "normalized": True,
        "single_word": False,
        "special": True,
    }


_TOKENIZER = {
    "tokenizer_class": "MLukeTokenizer",
    "bos_token": "<s>",
    "eos_token": "</s>",
    "sep_token": "</s>",
    "cls_token": "<s>",
    "unk_token": "<unk>",
    "pad_token": "<pad>",
    "mask_token": _added("<mask>", lstrip=True),
    "entity_token_1": _added("<ent>"),
    "entity_token_2": _added("<ent2>"),
    "entity_unk_token": "[UNK]",
    "entity_pad_token": "[PAD]",
    "entity_mask_token": "[MASK]",
    "entity_mask2_token": "[MASK2]",
    "max_entity_length": 32,
    "max_mention_length": 30,
    "model_max_length": 512,
    "sp_model_kwargs": {},
    "task": None,
}
