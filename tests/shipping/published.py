"""Fine-tuned checkpoints with the layout of those on the hub, with random weights."""

import warnings
from pathlib import Path
from typing import Any, Dict, List, Sequence, Tuple

import pytest
import torch

from spacy_mluke.modeling.vocabulary import N_ADDED, count_pieces

transformers = pytest.importorskip("transformers")

CONLL = ["O", "LOC", "PER", "ORG", "MISC"]
KBP37 = [
    "no_relation",
    "per:origin(e2,e1)",
    "org:founded_by(e1,e2)",
    "org:founded_by(e2,e1)",
    "per:origin(e1,e2)",
    "per:title(e2,e1)",
]
TACRED = ["per:origin", "no_relation", "org:founded_by"]


def publish(
    folder: Path,
    kind: str,
    labels: Sequence[str],
    piece_model: bytes,
    *,
    entity_aware: bool = False,
    pickled: bool = False,
) -> Tuple[Any, Any]:
    """Save a model and its tokenizer as transformers does.

    RETURNS: The two.
    """
    folder.mkdir(parents=True)
    (folder / "sentencepiece.bpe.model").write_bytes(piece_model)
    (folder / "entity_vocab.json").write_text(
        '{"[MASK]": 0, "[UNK]": 1, "[PAD]": 2, "[MASK2]": 3}'
    )
    config = transformers.LukeConfig(
        vocab_size=count_pieces(piece_model) + N_ADDED,
        entity_vocab_size=4,
        hidden_size=32,
        entity_emb_size=16,
        num_hidden_layers=3,
        num_attention_heads=4,
        intermediate_size=48,
        max_position_embeddings=514,
        type_vocab_size=1,
        layer_norm_eps=1e-5,
        use_entity_aware_attention=entity_aware,
        initializer_range=0.2,
        id2label=dict(enumerate(labels)),
        label2id={label: i for i, label in enumerate(labels)},
    )
    torch.manual_seed(3)
    model = getattr(transformers, kind)(config).eval()
    for name, parameter in model.named_parameters():
        if name.endswith("bias") or name.startswith("classifier"):
            torch.nn.init.normal_(parameter, std=0.3)
    model.save_pretrained(folder, safe_serialization=not pickled)
    task = "entity_span_classification" if "Span" in kind else "entity_pair_classification"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tokenizer = transformers.MLukeTokenizer(
            str(folder / "sentencepiece.bpe.model"), str(folder / "entity_vocab.json"), task=task
        )
    tokenizer.save_pretrained(folder)
    return model, tokenizer


def theirs(model: Any, tokenizer: Any, text: str, spans: List[Tuple[int, int]]) -> torch.Tensor:
    """RETURNS (Tensor): Logits of transformers for spans or a pair, as characters of a text."""
    inputs: Dict[str, Any] = tokenizer(text, entity_spans=spans, return_tensors="pt")
    with torch.no_grad():
        return model(**inputs).logits[0]
