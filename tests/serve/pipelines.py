"""Small pipelines for the page: what they find is set by rules, so that tests can know it."""

from pathlib import Path

import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span

from spacy_mluke.links import LinkCandidate, set_candidates
from spacy_mluke.relations import Relation, set_relations
from tests.pipeline.linkers import checkpoint, encoder_config

LINKS = {"Paris": "Q90", "France": "Q142", "<b>Troy</b>": "en:Paris (mythology)", "باريس": "Q90"}
LABEL = "LOC<i>"


@Language.component("test_links")
def link(doc: Doc) -> Doc:
    """Link entities by their text, and relate each to the next one."""
    ents = [
        Span(doc, ent.start, ent.end, label=ent.label, kb_id=LINKS.get(ent.text, "NIL"))
        for ent in doc.ents
    ]
    doc.ents = ents
    for ent in doc.ents:
        if ent.kb_id_ == "Q90":
            candidates = [LinkCandidate("Q90", 0.75, 0.5), LinkCandidate("<u>x</u>", 0.25, 0.5)]
            set_candidates(ent, candidates)
    pairs = zip(doc.ents, doc.ents[1:])
    set_relations(doc, [Relation(a, b, "part<s>of", 0.5) for a, b in pairs])
    return doc


@Language.component("test_fails")
def fail(doc: Doc) -> Doc:
    """Fail on a word."""
    if any(token.text == "fail" for token in doc):
        raise ValueError("<em>no</em>")
    return doc


def make() -> Language:
    """Entities by rules, links, candidates and relations."""
    nlp = spacy.blank("xx")
    ruler = nlp.add_pipe("entity_ruler")
    # The tokenizer cuts "<b>Troy</b>" as it does, so it is found by its tokens.
    names = [name for name in (*LINKS, "Nowhere") if "<" not in name]
    ruler.add_patterns([{"label": LABEL, "pattern": name} for name in names])
    markup = [{"ORTH": token.text} for token in nlp.make_doc("<b>Troy</b>")]
    ruler.add_patterns([{"label": LABEL, "pattern": markup}])
    nlp.add_pipe("test_links")
    nlp.add_pipe("test_fails")
    return nlp


def make_with_table(folder: Path, piece_model: bytes) -> Language:
    """The same with an encoder that has an entity table."""
    nlp = make()
    name = checkpoint(folder, piece_model)
    nlp.add_pipe("mluke", config=encoder_config(name), first=True)
    nlp.get_pipe("mluke").initialize(lambda: [], nlp=nlp)
    return nlp
