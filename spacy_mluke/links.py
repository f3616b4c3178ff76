"""The entities that a mention may stand for: ``span._.mluke.candidates``.

One `doc_data` entry for each mention, with its text: where that text is no longer there, the
candidates are none of this doc's.
"""

from typing import List, NamedTuple, Optional, Sequence

import numpy as np
from spacy.tokens import Span

from .doc_data import read_entry, write_entry

ENTRY = "mluke_candidates"
# Span group of mentions in training data whose entity is known, whatever type of name they are.
LINKS_KEY = "links"
# What spaCy's `entity_linker` sets for a mention that stands for no known entity.
NIL = "NIL"


class LinkCandidate(NamedTuple):
    """An entity that a mention may stand for.

    kb_id (str): "Q42", or "lang:Title" where no item is known.
    score (float): Probability that the mention stands for it. What all candidates lack to 1 is
        the probability of none of them.
    prior (float): How likely the mention's text stands for it, whatever is around.
    """

    kb_id: str
    score: float
    prior: float


def set_candidates(span: Span, candidates: Sequence[LinkCandidate]) -> None:
    """Store the candidates of a mention, in place of those it has.

    span (Span): The mention.
    candidates (Sequence[LinkCandidate]): Its candidates.
    """
    value = {
        "text": span.text,
        "ids": [candidate.kb_id for candidate in candidates],
        "scores": np.asarray([candidate.score for candidate in candidates], dtype="float32"),
        "priors": np.asarray([candidate.prior for candidate in candidates], dtype="float32"),
    }
    write_entry(span.doc, ENTRY, span.start_char, span.end_char, value)


def get_candidates(span: Span) -> Optional[List[LinkCandidate]]:
    """The candidates of a mention.

    span (Span): The mention.
    RETURNS (Optional[List[LinkCandidate]]): Its candidates, the highest score first; `None` if no
        linker has looked at the mention.
    """
    value = read_entry(span.doc, ENTRY, span.start_char, span.end_char)
    if value is None or value["text"] != span.text:
        return None
    columns = (value["ids"], value["scores"].tolist(), value["priors"].tolist())
    return [LinkCandidate(*row) for row in zip(*columns)]
