"""A pipeline around a published fine-tune."""

from pathlib import Path
from typing import Any, Dict, Optional, Union

import spacy
from spacy.language import Language

from ..layers.start import start_weights
from ..modeling.config import EncoderConfig
from ..text.tokenizer import add_character_tokens
from .fine_tuned import NER, FineTuned, read_fine_tuned

# Longest span that LUKE's NER looks at, in pieces.
_MAX_PIECES = 16


def import_pipeline(
    name: Union[str, Path],
    *,
    lang: str = "xx",
    revision: Optional[str] = None,
    none: Optional[str] = None,
    attention: str = "full",
    max_words: int = 16,
) -> Language:
    """Make a pipeline of a checkpoint that was fine-tuned in transformers.

    It reads texts as `MLukeTokenizer` does and gives the logits of transformers' class. NER
    classifies all n-grams of a window in one pass.

    name (Union[str, Path]): A folder in Hugging Face form, or a name on the hub.
    lang (str): Language of the pipeline. With "xx", each character of scripts that do not part
        words is a token.
    revision (Optional[str]): Branch, tag or commit on the hub.
    none (Optional[str]): The label of what is no entity or no relation; by default what is usual.
    attention (str): For NER: "full" as in transformers, or "independent", which is faster and
        does not depend on the number of spans, but is not what the checkpoint was trained with.
    max_words (int): For NER: longest span in tokens.
    RETURNS (Language): The pipeline: `mluke` and `mluke_ner`; or `mluke_relations`, which relates
        entities that other components set.
    RAISES (ValueError): If the checkpoint is of another kind or cannot be read.
    """
    tuned = read_fine_tuned(name, revision=revision, none=none)
    nlp = spacy.blank(lang)
    if lang == "xx":
        add_character_tokens(nlp)
    if tuned.architecture == NER:
        _add_ner(nlp, tuned, attention, max_words)
    else:
        _add_relations(nlp, tuned)
    source = tuned.folder.name if Path(name).is_dir() else str(name)
    nlp.meta["sources"] = [{"name": source}]
    nlp.meta["description"] = f"{source} as a spaCy pipeline"
    return nlp


def _add_ner(nlp: Language, tuned: FineTuned, attention: str, max_words: int) -> None:
    getter = {"@misc": "spacy-mluke.ngrams.v1", "max_words": max_words, "max_pieces": _MAX_PIECES}
    model = {**_sizes(tuned.config), "span_getter": getter, "attention": attention}
    upstream: Any = nlp.add_pipe("mluke", config={"model": model})
    ner = nlp.add_pipe("mluke_ner")
    upstream.initialize(list, nlp=nlp, checkpoint=str(tuned.folder))
    _set_classifier(ner, tuned)


def _add_relations(nlp: Language, tuned: FineTuned) -> None:
    encoder = {
        "@architectures": "spacy-mluke.MLuke.v1",
        **_sizes(tuned.config),
        "span_getter": {"@misc": "spacy-mluke.no_spans.v1"},
    }
    model = {
        "@architectures": "spacy-mluke.MarkerPairClassifier.v1",
        "encoder": encoder,
        "scorer": {"@layers": "Linear.v1"},
        "features": tuned.features,
    }
    relations: Any = nlp.add_pipe("mluke_relations", config={"model": model})
    start_weights(relations.encoder_shims[0], tuple, checkpoint=str(tuned.folder))
    _set_classifier(relations, tuned)


def _sizes(config: EncoderConfig) -> Dict[str, Any]:
    return {
        "hidden_size": config.hidden_size,
        "num_hidden_layers": config.num_hidden_layers,
        "num_attention_heads": config.num_attention_heads,
        "intermediate_size": config.intermediate_size,
        "entity_emb_size": config.entity_emb_size,
        "dropout": config.hidden_dropout_prob,
        "attention_dropout": config.attention_probs_dropout_prob,
        "piece_mode": "hf",
    }


def _set_classifier(component: Any, tuned: FineTuned) -> None:
    for label in tuned.labels:
        component.add_label(label)
    layer = component.model.get_ref("output_layer")
    n_columns, width = tuned.weight.shape
    layer.set_dim("nO", n_columns)
    layer.set_dim("nI", width)
    layer.set_param("W", layer.ops.asarray2f(tuned.weight))
    layer.set_param("b", layer.ops.asarray1f(tuned.bias))
