"""Long docs cut into parts that keep entities and relations."""

from typing import Iterator, List, Tuple

from spacy.tokens import Doc, Span

from ..links import LINKS_KEY
from ..relations import get_relations
from ..report import Report
from .annotate import SPANS_KEY, all_entities


def cut_doc(doc: Doc, max_length: int, report: Report) -> Iterator[Doc]:
    """Cut a doc into parts of whole sentences, as long as possible.

    A sentence longer than `max_length` is cut within, between entities if at all possible.

    doc (Doc): The doc.
    max_length (int): Most tokens of a part.
    report (Report): Counts the entities, relations and links that a cut divides.
    YIELDS (Doc): The parts.
    """
    bounds = list(_bounds(doc, max_length))
    n_relations = len(get_relations(doc))
    n_entities = len(all_entities(doc))
    n_links = len(doc.spans.get(LINKS_KEY, ()))
    for start, end in bounds:
        part = doc[start:end].as_doc(copy_user_data=True)
        # as_doc drops span groups; the tokens of an entity that it cuts become "missing"
        _copy_spans(doc, part, start, end)
        n_relations -= len(get_relations(part))
        n_entities -= len(all_entities(part))
        n_links -= len(part.spans.get(LINKS_KEY, ()))
        yield part
    where = doc.text[:30]
    report.lose("relation across a cut", n_relations, where=where)
    report.lose("entity across a cut", n_entities, where=where)
    report.lose("link across a cut", n_links, where=where)


def _bounds(doc: Doc, max_length: int) -> Iterator[Tuple[int, int]]:
    start = end = 0
    for piece_start, piece_end in _pieces(doc, max_length):
        if end > start and piece_end - start > max_length:
            yield start, end
            start = piece_start
        end = piece_end
    if end > start:
        yield start, end


def _pieces(doc: Doc, max_length: int) -> Iterator[Tuple[int, int]]:
    """Sentences, or parts of sentences that are too long."""
    sentences = [(0, len(doc))]
    if doc.has_annotation("SENT_START"):
        sentences = [(sentence.start, sentence.end) for sentence in doc.sents]
    entities = [(span.start, span.end) for span in all_entities(doc)]
    for start, end in sentences:
        while end - start > max_length:
            cut = _free_cut(entities, start, start + max_length)
            yield start, cut
            start = cut
        yield start, end


def _free_cut(entities: List[Tuple[int, int]], start: int, cut: int) -> int:
    """The last position up to `cut` that is within no entity; `cut` itself if there is none."""
    wanted = cut
    while wanted > start:
        inside = [first for first, last in entities if first < wanted < last]
        if not inside:
            return wanted
        wanted = min(inside)
    return cut


def _copy_spans(doc: Doc, part: Doc, start: int, end: int) -> None:
    for key in (SPANS_KEY, LINKS_KEY):
        if key in doc.spans:
            part.spans[key] = [
                Span(part, span.start - start, span.end - start, span.label, kb_id=span.kb_id)
                for span in doc.spans[key]
                if start <= span.start and span.end <= end
            ]
