"""A small pipeline with a linker: a random checkpoint with named entities, a real dictionary."""

from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import spacy
from spacy.language import Language
from spacy.tokens import Span
from spacy.training import Example
from thinc.api import Optimizer, fix_random_seed

from spacy_mluke.language import set_language
from spacy_mluke.modeling.saving import save_checkpoint
from tests.entities.alias_folders import make_dictionary
from tests.modeling.folders import fitting_encoder, head_tensors

ENTITIES = {
    "Q90": 4,
    "en:Paris": 4,
    "en:Paris (mythology)": 5,
    "Q60": 6,
    "Q142": 7,
    "Q365": 8,
    "Q1490": 9,
    "Q5880": 10,
    "Q42462": 11,
}
TROY = "en:Paris (mythology)"
# Text, language, links.
Gold = List[Tuple[str, str, List[Tuple[str, str]]]]
GOLD: Gold = [
    ("They flew to Paris in May.", "en", [("Paris", "Q90"), ("May", "Q5880")]),
    ("The hero Paris loved Helen.", "en", [("Paris", TROY)]),
    ("New York City is not York.", "en", [("New York City", "Q60"), ("York", "Q42462")]),
    ("My aunt Paris is from Köln.", "en", [("Paris", "NIL"), ("Köln", "Q365")]),
    ("Er kam nach Köln.", "de", [("Köln", "Q365")]),
    ("Nothing at all.", "en", []),
]
TEXTS = [text for text, _, _ in GOLD]


def dictionary(folder: Path) -> Path:
    return make_dictionary(folder).path


def checkpoint(
    folder: Path,
    piece_model: bytes,
    *,
    head: bool = True,
    entities: Optional[Dict[str, int]] = None,
) -> Path:
    entities = entities or ENTITIES
    sizes = {"entity_vocab_size": max(entities.values()) + 1, "max_position_embeddings": 130}
    rates = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    encoder = fitting_encoder(piece_model, **sizes, **rates)
    heads = head_tensors(encoder.config) if head else {}
    special = {"[MASK]": 0, "[UNK]": 1, "[PAD]": 2, "[MASK2]": 3}
    save_checkpoint(
        folder,
        encoder,
        encoder.config,
        piece_model=piece_model,
        special_entities=special,
        entities=entities,
        heads=heads,
    )
    return folder


def encoder_config(name: Path, **model: Any) -> Dict[str, Any]:
    values = {"name": str(name), "slot_entities": "kb_id", "window": 100, "stride": 80}
    return {"model": {**values, **model}}


def aliases_config(path: Any, **values: Any) -> Dict[str, Any]:
    source = {"@misc": "spacy-mluke.linker_aliases.v1", "path": None if not path else str(path)}
    return {"candidates": {**source, **values}}


def make(
    name: Path, linker: Dict[str, Any], gold: Optional[Gold] = None, **model: Any
) -> Language:
    """A pipeline of rules for entities, `mluke` and `mluke_linker`."""
    fix_random_seed(1)
    nlp = spacy.blank("xx")
    ruler = nlp.add_pipe("entity_ruler")
    nlp.add_pipe("mluke", config=encoder_config(name, **model))
    nlp.add_pipe("mluke_linker", config=linker)
    nlp.initialize(lambda: examples_of(nlp, gold))
    # Initialising clears the ruler's patterns; patterns of texts do not survive its `from_bytes`.
    names = sorted({mention for _, _, links in GOLD for mention, _ in links})
    patterns = [[{"ORTH": word} for word in name.split()] for name in names]
    ruler.add_patterns([{"label": "X", "pattern": pattern} for pattern in patterns])
    return nlp


def examples_of(nlp: Language, gold: Optional[Gold] = None) -> List[Example]:
    examples = []
    for text, lang, links in GOLD if gold is None else gold:
        reference, doc = nlp.make_doc(text), nlp.make_doc(text)
        set_language(reference, lang)
        set_language(doc, lang)
        spans, end = [], 0
        for mention, kb_id in links:
            start = text.index(mention, end)
            end = start + len(mention)
            span = reference.char_span(start, end, label="X")
            spans.append(Span(reference, span.start, span.end, label="X", kb_id=kb_id))
        reference.ents = spans
        examples.append(Example(doc, reference))
    return examples


def train(nlp: Language, steps: int, rate: float = 0.003) -> List[Dict[str, float]]:
    optimizer = Optimizer(rate)
    return [nlp.update(examples_of(nlp), sgd=optimizer, losses={}) for _ in range(steps)]


def links_of(doc: Any) -> List[Tuple[str, str]]:
    return [(ent.text, ent.kb_id_) for ent in doc.ents]
