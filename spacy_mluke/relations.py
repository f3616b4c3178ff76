"""Directed relations between spans of a Doc, and ``doc._.relations``.

Relations are stored at their head: one `doc_data` entry for each head span, with the tails at
offsets relative to it. So they survive whatever the entries survive. Each end is stored with its
text: a head or tail whose text is no longer there (the doc is a part that was cut out, or parts
of different docs were joined) means that the relation is no relation of this doc.
"""

import warnings
from dataclasses import dataclass
from typing import Any, Dict, Iterable, List, Optional, Tuple

from spacy.tokens import Doc, Span

from .doc_data import read_entries, remove_entries, text_length, write_entry
from .errors import Errors, Warnings

ENTRY = "mluke_relations"
# A whole-doc entry that says the doc has been looked at: no relations is then an answer, not a gap.
KNOWN_ENTRY = "mluke_relations_known"
EXTENSION = "relations"

Offsets = Tuple[int, int]


@dataclass(frozen=True)
class Relation:
    """A directed, labelled relation between two spans of one doc.

    head (Span): Where the relation starts: "Ana Lima" in "Ana Lima works for Galp".
    tail (Span): Where it ends: "Galp".
    label (str): Its type. Several relations of one pair have different labels.
    score (float): Probability between 0 and 1; 1 for gold annotation.
    """

    head: Span
    tail: Span
    label: str
    score: float = 1.0

    def __repr__(self) -> str:
        return f"Relation({self.head.text!r} -{self.label}-> {self.tail.text!r}, {self.score:.3g})"


def set_relations(doc: Doc, relations: Iterable[Relation]) -> None:
    """Store relations on a doc, in place of those it has.

    Of relations with the same head, tail and label the one with the highest score is kept. A doc
    given none counts as a doc known to have none, see `has_relations`.

    doc (Doc): The doc.
    relations (Iterable[Relation]): Relations between spans of this doc.
    RAISES (ValueError): If an end belongs to another doc, is empty, or is outside the doc.
    """
    heads: Dict[Offsets, Tuple[Span, Dict[Tuple[Offsets, str], Relation]]] = {}
    for relation in relations:
        _check(doc, relation)
        _, tails = heads.setdefault(_offsets(relation.head), (relation.head, {}))
        key = (_offsets(relation.tail), relation.label)
        if key not in tails or tails[key].score < relation.score:
            tails[key] = relation
    remove_entries(doc, ENTRY)
    write_entry(doc, KNOWN_ENTRY, 0, text_length(doc), True)
    for (start, end), (head, tails) in heads.items():
        items = [
            [
                relation.tail.start_char - start,
                relation.tail.end_char - start,
                relation.tail.text,
                relation.label,
                float(relation.score),
            ]
            for relation in tails.values()
        ]
        write_entry(doc, ENTRY, start, end, {"text": head.text, "items": items})


def get_relations(doc: Doc) -> List[Relation]:
    """The relations of a doc, sorted by the position of head and tail.

    A head or tail is the entity (or else the span of a span group) at its characters, with its
    label, if there is one. In a doc made by `as_doc`, relations that leave the part are gone.

    doc (Doc): The doc.
    RETURNS (List[Relation]): Its relations.
    """
    entries = read_entries(doc, ENTRY)
    if not entries:
        return []
    text = doc.text
    known = _known_spans(doc)
    relations = []
    for start, end, value in entries:
        head = _find(doc, text, known, start, end, value["text"])
        if head is None:
            continue
        for tail_start, tail_end, tail_text, label, score in value["items"]:
            tail = _find(doc, text, known, start + tail_start, start + tail_end, tail_text)
            if tail is not None:
                relations.append(Relation(head, tail, label, score))
    return sorted(relations, key=_order)


def has_relations(doc: Doc) -> bool:
    """Tell a doc without relations from one that nobody has looked at.

    doc (Doc): The doc.
    RETURNS (bool): Whether relations were set on it, be it none.
    """
    return bool(read_entries(doc, KNOWN_ENTRY))


def register_extensions() -> None:
    """Register `doc._.relations`. An extension of this name that others registered is left."""
    if not Doc.has_extension(EXTENSION):
        Doc.set_extension(EXTENSION, getter=get_relations, setter=set_relations)
    elif Doc.get_extension(EXTENSION)[2] is not get_relations:
        warnings.warn(Warnings.W501.format(name=EXTENSION), stacklevel=2)


def _check(doc: Doc, relation: Relation) -> None:
    for name, span in (("head", relation.head), ("tail", relation.tail)):
        if span.doc is not doc:
            raise ValueError(Errors.M511.format(end=name, label=relation.label))
        if span.start >= span.end:
            raise ValueError(
                Errors.M512.format(end=name, label=relation.label, start=span.start, stop=span.end)
            )
        if span.end > len(doc):
            raise ValueError(
                Errors.M513.format(
                    end=name,
                    label=relation.label,
                    start=span.start,
                    stop=span.end,
                    length=len(doc),
                )
            )


def _find(
    doc: Doc, text: str, known: Dict[Offsets, Span], start: int, end: int, expected: str
) -> Optional[Span]:
    if start < 0 or text[start:end] != expected:
        return None
    # "expand", because tokens may have been merged since
    return known.get((start, end)) or doc.char_span(start, end, alignment_mode="expand")


def _known_spans(doc: Doc) -> Dict[Offsets, Span]:
    known: Dict[Offsets, Span] = {}
    for spans in (doc.ents, *doc.spans.values()):
        for span in spans:
            known.setdefault(_offsets(span), span)
    return known


def _offsets(span: Span) -> Offsets:
    return span.start_char, span.end_char


def _order(relation: Relation) -> Tuple[Any, ...]:
    return (*_offsets(relation.head), *_offsets(relation.tail), -relation.score, relation.label)
