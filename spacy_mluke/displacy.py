"""Relations as arcs, drawn by displaCy."""

import html
import warnings
from typing import Any, Dict, Iterable, List, Optional, Tuple, Union

from spacy import displacy
from spacy.tokens import Doc, Span

from .errors import Warnings
from .relations import get_relations

# displaCy puts words at equal distances: room for the longest, in pixels
_CHARACTER_WIDTH = 10
_MIN_DISTANCE = 90


def relations_to_arcs(
    doc: Doc, *, min_score: float = 0.0, show_scores: bool = True
) -> Dict[str, Any]:
    """Turn the relations of a doc into the data of displaCy's manual "dep" style.

    Entities and ends of relations are one word each, tagged with their label; of those that
    overlap the whole stretch is one word. All other tokens are words of their own. An arc points
    from head to tail.

    doc (Doc): The doc.
    min_score (float): Leave out relations with a lower score.
    show_scores (bool): Put the score behind the label, unless it is 1.
    RETURNS (Dict[str, Any]): "words", "arcs" and "settings".
    """
    relations = [rel for rel in get_relations(doc) if rel.score >= min_score]
    spans = [*doc.ents, *(end for rel in relations for end in (rel.head, rel.tail))]
    words, chunk_of = _words(doc, spans)
    arcs = []
    for relation in relations:
        head, tail = chunk_of[relation.head.start], chunk_of[relation.tail.start]
        if head == tail:
            warnings.warn(Warnings.W503.format(relation=relation), stacklevel=2)
            continue
        label = relation.label
        if show_scores and relation.score < 1:
            label = f"{label} {relation.score:.2f}"
        arcs.append(
            {
                "start": min(head, tail),
                "end": max(head, tail),
                # displaCy escapes the text of words, but neither labels nor tags
                "label": html.escape(label),
                "dir": "right" if head < tail else "left",
            }
        )
    direction = doc.vocab.writing_system.get("direction", "ltr")
    return {"words": words, "arcs": arcs, "settings": {"lang": doc.lang_, "direction": direction}}


def render_relations(
    docs: Union[Doc, Iterable[Doc]],
    *,
    page: bool = False,
    minify: bool = False,
    jupyter: Optional[bool] = None,
    min_score: float = 0.0,
    show_scores: bool = True,
    options: Optional[Dict[str, Any]] = None,
) -> str:
    """Draw the relations of docs.

    docs (Union[Doc, Iterable[Doc]]): The docs.
    page (bool): Give a whole HTML page.
    minify (bool): Give HTML without line breaks.
    jupyter (Optional[bool]): Show in a notebook; found out if `None`.
    min_score (float): Leave out relations with a lower score.
    show_scores (bool): Put the score behind the label, unless it is 1.
    options (Optional[Dict[str, Any]]): displaCy's options of the "dep" style.
    RETURNS (str): The HTML (SVG for each doc).
    """
    docs = [docs] if isinstance(docs, Doc) else list(docs)
    parsed = [relations_to_arcs(doc, min_score=min_score, show_scores=show_scores) for doc in docs]
    longest = max((len(word["text"]) for data in parsed for word in data["words"]), default=0)
    distance = max(_MIN_DISTANCE, longest * _CHARACTER_WIDTH)
    return displacy.render(
        parsed,
        style="dep",
        manual=True,
        page=page,
        minify=minify,
        jupyter=jupyter,
        options={"distance": distance, **(options or {})},
    )


def _words(doc: Doc, spans: Iterable[Span]) -> Tuple[List[Dict[str, str]], List[int]]:
    """The words, and for each token which word it is in."""
    # joined[i]: token i belongs to the same word as the one before it
    joined = [False] * len(doc)
    labels: Dict[int, str] = {}
    for span in spans:
        for i in range(span.start + 1, span.end):
            joined[i] = True
        if span.label_:
            labels.setdefault(span.start, span.label_)
    words: List[Dict[str, str]] = []
    chunk_of: List[int] = []
    start = 0
    for i in range(len(doc)):
        if not joined[i]:
            start = i
            words.append({"text": "", "tag": ""})
        words[-1]["text"] = doc[start : i + 1].text
        words[-1]["tag"] = words[-1]["tag"] or html.escape(labels.get(i, ""))
        chunk_of.append(len(words) - 1)
    return words, chunk_of
