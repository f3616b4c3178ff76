"""The thinc layer around the encoder, as an architecture for configs."""

from typing import Any, Callable, Dict, Optional, Sequence, Tuple, Union

from spacy import registry
from spacy.tokens import Doc
from thinc.api import Model
from thinc.types import Ints2d

from ..text.span_getters import SpanGetter
from .encode import encode
from .encoded import Encoded
from .own import replace_listener, replace_listener_cfg
from .propose import GoldMentions
from .settings import LONGEST_WINDOW, EncoderSettings, ProposerSettings
from .shim import EncoderShim

Inputs = Union[Sequence[Doc], Tuple[Sequence[Doc], Sequence[Ints2d]]]
GoldInputs = Tuple[Sequence[Doc], Optional[Sequence[Ints2d]], GoldMentions]


@registry.architectures("spacy-mluke.MLuke.v1")
def MLuke(
    span_getter: SpanGetter,
    name: Optional[str] = None,
    revision: Optional[str] = None,
    hidden_size: int = 192,
    num_hidden_layers: int = 4,
    num_attention_heads: int = 4,
    intermediate_size: int = 768,
    entity_emb_size: int = 64,
    dropout: float = 0.1,
    attention_dropout: float = 0.1,
    piece_mode: str = "pretraining",
    attention: str = "full",
    window: Optional[int] = None,
    stride: Optional[int] = None,
    context: str = "doc",
    slots: bool = True,
    slot_entities: str = "mask",
    precision: str = "fp32",
    gradient_checkpointing: bool = False,
    proposer: Optional[Dict[str, Any]] = None,
) -> Model[Inputs, Encoded]:
    """mLUKE: states of words and of entity slots on spans (paper, section 2).

    span_getter (SpanGetter): Which spans of a Doc get an entity slot.
    name (Optional[str]): Checkpoint that `initialize` starts from, a hub name or a folder. `None`
        makes an encoder of the sizes below with random weights.
    revision (Optional[str]): Revision of the checkpoint on the hub.
    hidden_size (int): Width of the states. This and the next three are read from the checkpoint
        if there is one.
    num_hidden_layers (int): Layers.
    num_attention_heads (int): Heads.
    intermediate_size (int): Width of the feed-forward layer.
    entity_emb_size (int): Width of the entity table.
    dropout (float): Dropout on the encoder's states.
    attention_dropout (float): Dropout on attention. On a CPU training is much faster without.
    piece_mode (str): "pretraining", or "hf" for checkpoints fine-tuned with transformers.
    attention (str): "full" as pretrained, or "independent": words do not see slots and slots do
        not see each other, so a span's vector does not depend on the other spans.
    window (Optional[int]): Most pieces read at once; longer Docs are read in overlapping windows.
        `None` for as many as the checkpoint has positions for, 510 without a checkpoint.
    stride (Optional[int]): Pieces from one window to the next. `None` for three quarters of a
        window, `<s>` and `</s>` included.
    context (str): "doc", or "sentence" to read each sentence by itself.
    slots (bool): `False` for word states only (mLUKE-W).
    slot_entities (str): "mask", or "kb_id" to put the entity that `doc.ents` names in the slot.
    precision (str): "fp32"; "bf16" for mixed precision; "int8" for 8 bits in prediction.
    gradient_checkpointing (bool): Recompute activations in training to save memory.
    proposer (Optional[Dict[str, Any]]): `ProposerSettings` of a learned span proposer, which adds
        likely mentions to the spans of the getter; `None` for none.
    RETURNS (Model[Inputs, Encoded]): The layer. Its input is Docs, or a tuple of Docs and more
        spans to encode.
    """
    settings = EncoderSettings(
        name=name,
        revision=revision,
        sizes={
            "hidden_size": hidden_size,
            "num_hidden_layers": num_hidden_layers,
            "num_attention_heads": num_attention_heads,
            "intermediate_size": intermediate_size,
            "entity_emb_size": entity_emb_size,
            "hidden_dropout_prob": dropout,
            "attention_probs_dropout_prob": attention_dropout,
            "max_position_embeddings": (window or LONGEST_WINDOW) + 4,
        },
        piece_mode=piece_mode,
        attention=attention,
        window=window,
        stride=stride,
        context=context,
        slots=slots,
        slot_entities=slot_entities,
        precision=precision,
        gradient_checkpointing=gradient_checkpointing,
        proposer=None if proposer is None else ProposerSettings.from_config(proposer),
    )
    return build_encoder_layer(settings, span_getter)


def build_encoder_layer(settings: EncoderSettings, get_spans: SpanGetter) -> Model[Inputs, Encoded]:
    """Make an encoder layer without weights.

    settings (EncoderSettings): Its settings.
    get_spans (SpanGetter): Its span getter.
    RETURNS (Model[Inputs, Encoded]): The layer.
    """
    return Model(
        "mluke",
        _forward,
        shims=[EncoderShim(settings)],
        dims={"nO": None},
        attrs={
            "settings": settings,
            "get_spans": get_spans,
            "max_batch_items": 4096,
            "keep_words": True,
            "replace_listener": replace_listener,
            "replace_listener_cfg": replace_listener_cfg,
        },
    )


def _forward(
    model: Model[Inputs, Encoded], inputs: Union[Inputs, GoldInputs], is_train: bool
) -> Tuple[Encoded, Callable]:
    extra: Optional[Sequence[Ints2d]] = None
    gold: Optional[GoldMentions] = None
    docs: Any = inputs
    if isinstance(inputs, tuple):
        docs, extra, gold = (*inputs, None)[:3]
    return encode(model, docs, extra, gold, is_train)
