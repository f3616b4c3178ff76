"""Entities with their links, and relations as arcs, drawn by displaCy."""

import html
import unicodedata
import warnings
from typing import Any, Dict, Iterable, List, Optional, Tuple, Union
from urllib.parse import quote

from spacy import displacy
from spacy.tokens import Doc, Span

from .entities.keys import item_number, split_title
from .errors import Warnings
from .language import get_language
from .links import NIL
from .relations import Relation, get_relations

# displaCy puts words at equal distances: room for the longest, in pixels
_CHARACTER_WIDTH = 10
_MIN_DISTANCE = 90
# Tokens that are shown before and behind the relations of one drawing
_AROUND = 2

_PAGE = """<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font-family: system-ui, sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em }}
section {{ border-bottom: 1px solid #ccc; padding: 1em 0 }}
figure {{ overflow-x: auto; margin: 1em 0 }}
</style>
</head>
<body>
{body}
</body>
</html>
"""


def render_page(docs: Union[Doc, Iterable[Doc]], *, title: str = "spacy_mluke") -> str:
    """Show entities, links and relations of docs on one HTML page.

    docs (Union[Doc, Iterable[Doc]]): The docs.
    title (str): Title of the page.
    RETURNS (str): The page, which needs no other files.
    """
    docs = [docs] if isinstance(docs, Doc) else list(docs)
    sections = []
    for doc in docs:
        direction = _settings(doc)["direction"]
        drawings = draw_relations(doc)
        figures = [f'<figure dir="{direction}">{drawing}</figure>' for drawing in drawings]
        lang = html.escape(get_language(doc))
        shown = f"{render_entities(doc)}{''.join(figures)}"
        sections.append(f'<section lang="{lang}">{shown}</section>')
    return _PAGE.format(title=html.escape(title), body="\n".join(sections))


def render_entities(doc: Doc) -> str:
    """Highlight the entities of a doc, each with a link to what it stands for.

    doc (Doc): The doc.
    RETURNS (str): The HTML.
    """
    return displacy.render(entities_to_data(doc), style="ent", manual=True, jupyter=False)


def entities_to_data(doc: Doc) -> Dict[str, Any]:
    """Turn the entities of a doc into the data of displaCy's manual "ent" style.

    doc (Doc): The doc.
    RETURNS (Dict[str, Any]): "text", "ents" and "settings".
    """
    ents = [
        {
            "start": ent.start_char,
            "end": ent.end_char,
            # displaCy escapes the text, but neither labels nor links
            "label": html.escape(ent.label_),
            "kb_id": "" if ent.kb_id_ == NIL else html.escape(ent.kb_id_),
            "kb_url": html.escape(entity_url(ent.kb_id_) or "#"),
        }
        for ent in doc.ents
    ]
    return {"text": doc.text, "ents": ents, "title": None, "settings": _settings(doc)}


def entity_url(key: str) -> str:
    """Say where to read about an entity.

    key (str): "Q42" or "lang:Title".
    RETURNS (str): Address at Wikidata or Wikipedia; empty for any other key.
    """
    if item_number(key):
        return f"https://www.wikidata.org/wiki/{key}"
    lang, title = split_title(key) or ("", "")
    place = quote(title.replace(" ", "_"), errors="replace")
    return f"https://{lang}.wikipedia.org/wiki/{place}" if lang else ""


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
    return {"words": words, "arcs": arcs, "settings": _settings(doc)}


def draw_relations(doc: Doc) -> List[str]:
    """Draw the relations of a doc, those that are far from each other apart.

    Where the ranges of tokens that relations span do not overlap, a drawing ends, and what stands
    between two drawings is left out: a drawing of a long text is wider than can be read.

    doc (Doc): The doc.
    RETURNS (List[str]): SVG of each drawing.
    """
    return [
        render_relations(doc[start:end].as_doc(copy_user_data=True), jupyter=False)
        for start, end in _stretches(doc, get_relations(doc))
    ]


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
    parsed = [
        _mirrored(relations_to_arcs(doc, min_score=min_score, show_scores=show_scores))
        for doc in docs
    ]
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


def _mirrored(data: Dict[str, Any]) -> Dict[str, Any]:
    """Put the words of a text from right to left in the order in which they are seen. Left to
    displaCy, the labels of arcs are upside down in all browsers but one.
    """
    if data["settings"]["direction"] == "ltr":
        return data
    last = len(data["words"]) - 1
    flipped = {"left": "right", "right": "left"}
    arcs = [
        {
            **arc,
            "start": last - arc["end"],
            "end": last - arc["start"],
            "dir": flipped[arc["dir"]],
        }
        for arc in data["arcs"]
    ]
    settings = {**data["settings"], "direction": "ltr"}
    return {"words": data["words"][::-1], "arcs": arcs, "settings": settings}


def _stretches(doc: Doc, relations: List[Relation]) -> List[Tuple[int, int]]:
    """Token offsets of what relations that overlap span together, with some tokens around it."""
    # No entity is cut: its ends would be gone.
    whole = {i: (ent.start, ent.end) for ent in doc.ents for i in range(ent.start, ent.end)}
    found: List[Tuple[int, int]] = []
    spans = ((rel.head.start, rel.head.end, rel.tail.start, rel.tail.end) for rel in relations)
    for some in sorted((min(s), max(s)) for s in spans):
        start, end = max(some[0] - _AROUND, 0), min(some[1] + _AROUND, len(doc))
        start = whole.get(start, (start, start))[0]
        end = whole.get(end - 1, (end, end))[1]
        if found and start < found[-1][1]:
            earlier = found.pop()
            start, end = earlier[0], max(end, earlier[1])
        found.append((start, end))
    return found


def _settings(doc: Doc) -> Dict[str, str]:
    """displaCy's settings: the text's direction is that of the language, or of its first letter."""
    direction = doc.vocab.writing_system.get("direction", "ltr")
    for character in doc.text if direction == "ltr" else "":
        kind = unicodedata.bidirectional(character)
        if kind in ("L", "R", "AL"):
            direction = "ltr" if kind == "L" else "rtl"
            break
    return {"lang": get_language(doc), "direction": direction}


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
