"""Entities and relations given by offsets, put on a Doc with everything lost counted."""

from typing import Dict, List, Optional, Sequence, Tuple

import numpy as np
from numpy.typing import NDArray
from spacy.attrs import ENT_IOB
from spacy.tokens import Doc, Span
from spacy.util import filter_spans

from ..links import LINKS_KEY
from ..relations import Relation, set_relations
from ..report import Report

SPANS_KEY = "entities"
# spaCy's number of it
_OUTSIDE = 2

# start and end character, label, id in a knowledge base
EntityOffsets = Tuple[int, int, str, str]
# index of the head entity, index of the tail entity, label
RelationIndices = Tuple[int, int, str]


def add_entities(
    doc: Doc,
    entities: Sequence[EntityOffsets],
    report: Report,
    *,
    snap: bool = False,
    partial: bool = False,
    outside: Sequence[Tuple[int, int]] = (),
    where: str = "",
) -> List[Optional[Span]]:
    """Put entities on a doc: all in a span group, those that do not overlap in `doc.ents`.

    Of overlapping entities the longest is in `doc.ents`. The span group `doc.spans["entities"]`
    is only made where `doc.ents` can't hold all.

    doc (Doc): The doc.
    entities (Sequence[EntityOffsets]): Start and end character, label, knowledge base id.
    report (Report): Counts what is changed and lost.
    snap (bool): Widen entities that cut tokens to whole tokens instead of losing them.
    partial (bool): There may be more entities than these: all other tokens count as not annotated.
    outside (Sequence[Tuple[int, int]]): Start and end characters in which there is none, though.
    where (str): What to call the place in the report.
    RETURNS (List[Optional[Span]]): A span for each entity, `None` for one that was lost.
    """
    spans = [_span(doc, entity, report, snap, where) for entity in entities]
    distinct: List[Span] = []
    for span in spans:
        if span is None:
            continue
        if any(_same(span, other) for other in distinct):
            report.change("entity given twice (kept once)", where=where)
        else:
            distinct.append(span)
    flat = filter_spans(distinct)
    if partial:
        free = _free_runs(doc, outside, flat, report, where)
        doc.set_ents(flat, outside=free, default="missing")
    else:
        doc.set_ents(flat, default="outside")
    report.keep("entities", len(distinct))
    if len(flat) < len(distinct):
        doc.spans[SPANS_KEY] = distinct
        report.change(
            f"overlapping entity (only in doc.spans['{SPANS_KEY}'])",
            len(distinct) - len(flat),
            where=where,
        )
    return spans


def runs_outside(doc: Doc) -> List[Span]:
    """RETURNS (List[Span]): The longest stretches of tokens that are annotated as no entity's."""
    return _runs(doc, doc.to_array(ENT_IOB) == _OUTSIDE)


def add_links(
    doc: Doc,
    links: Sequence[Tuple[int, int, str]],
    report: Report,
    *,
    snap: bool = False,
    where: str = "",
) -> None:
    """Put mentions whose entity is known on a doc, whatever type of name they are, if any: in
    `doc.spans["links"]`.

    doc (Doc): The doc.
    links (Sequence[Tuple[int, int, str]]): Start and end character, id in a knowledge base.
    report (Report): Counts what is kept, changed and lost.
    snap (bool): Widen mentions that cut tokens to whole tokens instead of losing them.
    where (str): What to call the place in the report.
    """
    spans = [_span(doc, (start, end, "", key), report, snap, where) for start, end, key in links]
    doc.spans[LINKS_KEY] = [span for span in spans if span is not None]
    report.keep("links", len(doc.spans[LINKS_KEY]))


def add_relations(
    doc: Doc,
    entities: Sequence[Optional[Span]],
    relations: Sequence[RelationIndices],
    report: Report,
    *,
    where: str = "",
) -> None:
    """Put relations between entities on a doc.

    doc (Doc): The doc.
    entities (Sequence[Optional[Span]]): What `add_entities` returned.
    relations (Sequence[RelationIndices]): Index of head and tail entity, label.
    report (Report): Counts what is lost.
    where (str): What to call the place in the report.
    """
    found: Dict[Tuple[int, int, int, int, str], Relation] = {}
    for head_index, tail_index, label in relations:
        if not (0 <= head_index < len(entities) and 0 <= tail_index < len(entities)):
            report.lose("relation without an end (no entity of this index)", where=where)
            continue
        head, tail = entities[head_index], entities[tail_index]
        if head is None or tail is None:
            report.lose("relation without an end (its entity was lost)", where=where)
            continue
        key = (head.start, head.end, tail.start, tail.end, label)
        if key in found:
            report.change("relation given twice (kept once)", where=where)
        found[key] = Relation(head, tail, label)
    set_relations(doc, found.values())
    report.keep("relations", len(found))


def all_entities(doc: Doc) -> List[Span]:
    """The entities of a doc, those that overlap too, sorted by position.

    doc (Doc): A doc that `add_entities` has worked on, or any other.
    RETURNS (List[Span]): The entities.
    """
    found = list(doc.ents)
    for span in doc.spans.get(SPANS_KEY, ()):
        if not any(_same(span, other) for other in found):
            found.append(span)
    return sorted(found, key=_position)


def _span(
    doc: Doc, entity: EntityOffsets, report: Report, snap: bool, where: str
) -> Optional[Span]:
    start, end, label, kb_id = entity
    length = len(doc.text)
    if not 0 <= start < end <= length:
        report.lose("entity outside its text, or empty", where=f"{where} {start}-{end}")
        return None
    span = doc.char_span(start, end, label=label, kb_id=kb_id)
    if span is not None:
        return span
    place = f"{where} {doc.text[start:end]!r}"
    if not snap:
        report.lose("entity that cuts a token", where=place)
        return None
    span = doc.char_span(start, end, label=label, kb_id=kb_id, alignment_mode="expand")
    if span is None or not len(span):
        report.lose("entity without a token", where=place)
        return None
    report.change("entity widened to whole tokens", where=place)
    return span


def _same(one: Span, other: Span) -> bool:
    return (one.start, one.end, one.label) == (other.start, other.end, other.label)


def _position(span: Span) -> Tuple[int, int]:
    return span.start, span.end


def _free_runs(
    doc: Doc,
    ranges: Sequence[Tuple[int, int]],
    entities: Sequence[Span],
    report: Report,
    where: str,
) -> List[Span]:
    """The tokens that lie in ranges of characters and in no entity."""
    inside = np.zeros(len(doc), dtype=bool)
    for start, end in ranges:
        if not 0 <= start < end <= len(doc.text):
            report.lose("range outside its text, or empty", where=f"{where} {start}-{end}")
            continue
        span = doc.char_span(start, end, alignment_mode="contract")
        if span is not None:
            inside[span.start : span.end] = True
    for entity in entities:
        inside[entity.start : entity.end] = False
    return _runs(doc, inside)


def _runs(doc: Doc, inside: NDArray[np.bool_]) -> List[Span]:
    edges = np.flatnonzero(np.diff(inside, prepend=False, append=False))
    return [Span(doc, start, end) for start, end in edges.reshape(-1, 2).tolist()]
