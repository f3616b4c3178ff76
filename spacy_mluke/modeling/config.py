"""The sizes of an encoder, in the words of its ``config.json``."""

from dataclasses import asdict, dataclass
from typing import Any, Dict

from ..errors import Errors

SPECIAL_ENTITIES = ("[MASK]", "[UNK]", "[PAD]", "[MASK2]")  # in the row order of a lite table

# What transformers' LukeConfig assumes where a config.json says nothing. Differs from mLUKE.
_UNSAID = {
    "max_position_embeddings": 512,
    "type_vocab_size": 2,
    "layer_norm_eps": 1e-12,
    "use_entity_aware_attention": True,
}
_NEEDED = (
    "vocab_size",
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "intermediate_size",
)


@dataclass
class EncoderConfig:
    """Sizes and rates of an mLUKE encoder. Names are those of a Hugging Face ``config.json``.

    vocab_size (int): Rows of the word table: pieces, specials, ``<ent>`` and ``<ent2>``.
    max_position_embeddings (int): Rows of both position tables; a window may have
        ``max_position_embeddings - pad_token_id - 1`` pieces, ``<s>`` and ``</s>`` included.
    entity_vocab_size (int): Rows of the entity table, the special entities included.
    entity_emb_size (int): Width of the entity table, projected to ``hidden_size`` if different.
    use_entity_aware_attention (bool): Own queries for word-entity, entity-word and
        entity-entity attention (LUKE, section 3.2). Off in mLUKE.
    """

    vocab_size: int
    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    intermediate_size: int
    max_position_embeddings: int = 514
    type_vocab_size: int = 1
    layer_norm_eps: float = 1e-5
    entity_vocab_size: int = len(SPECIAL_ENTITIES)
    entity_emb_size: int = 256
    hidden_dropout_prob: float = 0.1
    attention_probs_dropout_prob: float = 0.1
    use_entity_aware_attention: bool = False
    pad_token_id: int = 1
    initializer_range: float = 0.02

    def __post_init__(self) -> None:
        for name in (
            *_NEEDED,
            "max_position_embeddings",
            "type_vocab_size",
            "entity_vocab_size",
            "entity_emb_size",
        ):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ValueError(Errors.M201.format(name=name, value=value))
        if self.hidden_size % self.num_attention_heads:
            raise ValueError(
                Errors.M202.format(hidden=self.hidden_size, heads=self.num_attention_heads)
            )
        if self.entity_vocab_size < len(SPECIAL_ENTITIES):
            raise ValueError(
                Errors.M203.format(
                    rows=self.entity_vocab_size,
                    needed=len(SPECIAL_ENTITIES),
                    names=", ".join(SPECIAL_ENTITIES),
                )
            )
        if not 0 <= self.pad_token_id < self.vocab_size:
            raise ValueError(Errors.M204.format(pad=self.pad_token_id, rows=self.vocab_size))
        if self.max_window < 1:
            raise ValueError(
                Errors.M205.format(rows=self.max_position_embeddings, pad=self.pad_token_id)
            )
        for name in ("hidden_dropout_prob", "attention_probs_dropout_prob"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(Errors.M206.format(name=name, value=getattr(self, name)))
        for name in ("layer_norm_eps", "initializer_range"):
            if not getattr(self, name) > 0:
                raise ValueError(Errors.M207.format(name=name, value=getattr(self, name)))

    @property
    def max_window(self) -> int:
        """RETURNS (int): The most pieces a window may have, ``<s>`` and ``</s>`` included."""
        return self.max_position_embeddings - self.pad_token_id - 1

    @property
    def max_pieces(self) -> int:
        """RETURNS (int): The same without ``<s>`` and ``</s>``: pieces of a text."""
        return self.max_window - 2

    @classmethod
    def from_hf(cls, values: Dict[str, Any]) -> "EncoderConfig":
        """Read a Hugging Face ``config.json`` of LUKE or mLUKE.

        values (Dict[str, Any]): The parsed file. Keys about other things are ignored.
        RETURNS (EncoderConfig): The sizes.
        RAISES (ValueError): If a size is missing or the model is of another kind.
        """
        missing = [name for name in (*_NEEDED, "entity_vocab_size") if name not in values]
        if missing:
            raise ValueError(Errors.M208.format(names=", ".join(missing)))
        for name, only in (("hidden_act", "gelu"), ("position_embedding_type", "absolute")):
            if values.get(name, only) != only:
                raise ValueError(Errors.M209.format(name=name, value=values[name], only=only))
        known = {name: values[name] for name in cls.__dataclass_fields__ if name in values}
        return cls(**{**_UNSAID, **known})

    def to_hf(self) -> Dict[str, Any]:
        """RETURNS (Dict[str, Any]): A complete ``config.json`` that transformers reads as LUKE."""
        return {
            "model_type": "luke",
            "architectures": ["LukeModel"],
            "bert_model_name": None,
            "bos_token_id": 0,
            "eos_token_id": 2,
            "cls_entity_prediction": False,
            "gradient_checkpointing": False,
            "hidden_act": "gelu",
            "output_past": True,
            "position_embedding_type": "absolute",
            "torch_dtype": "float32",
            "use_cache": True,
            **asdict(self),
        }
