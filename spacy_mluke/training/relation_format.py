"""The JSONL format of annotated text: entities and relations, one JSON object a line.

    {"text": "Ana Lima works for Galp.",
     "ents": [[0, 8, "PER"], [19, 23, "ORG", "Q1492"]],
     "relations": [[0, 1, "employee_of"]],
     "tokens": [[0, 3], [4, 8], [9, 14], [15, 18], [19, 23], [23, 24]],
     "lang": "en"}

`ents` are start and end character, label and, optionally, an id in a knowledge base; they may
overlap. `relations` are the index of the head in `ents`, the index of the tail, and a label; a
pair may have several. `tokens` and `lang` may be left out: the text is then tokenised by the
pipeline, and its language is the pipeline's. A text without `relations` has none.

What nobody has annotated is said so, and nothing is learned from it: with `"partial": true` there
may be more entities than `ents` has, though not within the characters of `outside`
(`[[9, 18]]`), and with `"relations": null` any relations. `links` are mentions of known entities,
of any type: `[[19, 23, "Q1492"]]`.
"""

import json
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Optional, Tuple

from spacy.language import Language
from spacy.tokens import Doc

from ..errors import Errors
from ..files import PathLike, atomic_path, open_text
from ..language import get_language, set_language
from ..links import LINKS_KEY
from ..relations import get_relations, has_relations
from ..report import Report
from ..text.spans import has_unknown_entities
from .annotate import add_entities, add_links, add_relations, all_entities, runs_outside
from .words import words_and_spaces

_KEYS = frozenset({"text", "ents", "relations", "tokens", "lang", "partial", "outside", "links"})

# What the items of a list may be made of
_FORMS: Dict[str, Tuple[Tuple[type, ...], ...]] = {
    "ents": ((int, int, str), (int, int, str, str), (int, int, str, type(None))),
    "relations": ((int, int, str),),
    "links": ((int, int, str),),
    "outside": ((int, int),),
}


def read_jsonl(
    path: PathLike,
    nlp: Language,
    report: Report,
    *,
    snap: bool = False,
    lang: Optional[str] = None,
) -> Iterator[Doc]:
    """Read a JSONL file in the format above.

    path (PathLike): The file; may be compressed.
    nlp (Language): Its tokenizer is used where a line has no tokens, its vocab for all docs.
    report (Report): Counts what is kept, changed and lost.
    snap (bool): Widen entities that cut tokens to whole tokens instead of losing them.
    lang (Optional[str]): Language of lines that do not name one; the pipeline's if `None`.
    YIELDS (Doc): A doc for each line, with `doc.ents`, `doc._.relations` and its language.
    RAISES (ValueError): If a line is not in the format; it names file, line and problem.
    """
    with open_text(path) as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            where = f"{Path(path).name}:{number}"
            try:
                record = json.loads(line)
                _check(record)
            except ValueError as error:
                raise ValueError(
                    Errors.M531.format(path=path, line=number, problem=error)
                ) from error
            if lang is not None:
                record.setdefault("lang", lang)
            yield record_to_doc(record, nlp, report, snap=snap, where=where)


def write_jsonl(path: PathLike, docs: Iterable[Doc]) -> int:
    """Write docs to a JSONL file in the format above; the file appears only when complete.

    path (PathLike): The file.
    docs (Iterable[Doc]): The docs.
    RETURNS (int): How many docs were written.
    """
    n_docs = 0
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf8") as file:
        for doc in docs:
            file.write(json.dumps(doc_to_record(doc), ensure_ascii=False) + "\n")
            n_docs += 1
    return n_docs


def record_to_doc(
    record: Dict[str, Any],
    nlp: Language,
    report: Report,
    *,
    snap: bool = False,
    where: str = "",
) -> Doc:
    """Make a Doc of one record of the format above.

    record (Dict[str, Any]): The record.
    nlp (Language): Its tokenizer is used if the record has no tokens.
    report (Report): Counts what is kept, changed and lost.
    snap (bool): Widen entities that cut tokens to whole tokens instead of losing them.
    where (str): What to call the place in the report.
    RETURNS (Doc): The doc.
    RAISES (ValueError): If the record's tokens are not those of its text.
    """
    doc = _make_doc(nlp, record["text"], record.get("tokens"))
    set_language(doc, record.get("lang") or doc.lang_)
    entities = [
        (entity[0], entity[1], entity[2], entity[3] if len(entity) > 3 and entity[3] else "")
        for entity in record.get("ents", ())
    ]
    partial = bool(record.get("partial"))
    outside = [(start, end) for start, end in record.get("outside") or ()]
    spans = add_entities(
        doc, entities, report, snap=snap, partial=partial, outside=outside, where=where
    )
    relations = record.get("relations", ())
    if relations is not None:
        add_relations(doc, spans, [tuple(one) for one in relations], report, where=where)
    if "links" in record:
        add_links(doc, [tuple(link) for link in record["links"]], report, snap=snap, where=where)
    report.keep("docs")
    report.keep("tokens", len(doc))
    return doc


def doc_to_record(doc: Doc) -> Dict[str, Any]:
    """Make a record of the format above of a Doc.

    doc (Doc): The doc.
    RETURNS (Dict[str, Any]): A record that `record_to_doc` makes an equal doc of.
    """
    entities = all_entities(doc)
    index: Dict[Tuple[int, int], int] = {}
    for i, span in enumerate(entities):
        index.setdefault((span.start, span.end), i)
    relations: List[List[Any]] = []
    for relation in get_relations(doc):
        ends = []
        for span in (relation.head, relation.tail):
            key = (span.start, span.end)
            if key not in index:
                # an end need not be an entity; in the format it has to be one
                index[key] = len(entities)
                entities.append(span)
            ends.append(index[key])
        relations.append([*ends, relation.label])
    ents = []
    for span in entities:
        entity: List[Any] = [span.start_char, span.end_char, span.label_]
        ents.append([*entity, span.kb_id_] if span.kb_id_ else entity)
    record: Dict[str, Any] = {
        "text": doc.text,
        "tokens": [[token.idx, token.idx + len(token)] for token in doc],
        "ents": ents,
        "relations": relations if has_relations(doc) else None,
        "lang": get_language(doc),
    }
    if has_unknown_entities(doc):
        record["partial"] = True
        runs = [[span.start_char, span.end_char] for span in runs_outside(doc)]
        if runs:
            record["outside"] = runs
    if LINKS_KEY in doc.spans:
        links = doc.spans[LINKS_KEY]
        record["links"] = [[span.start_char, span.end_char, span.kb_id_] for span in links]
    return record


def _make_doc(nlp: Language, text: str, tokens: Optional[List[Tuple[int, int]]]) -> Doc:
    if tokens is None:
        return nlp.make_doc(text)
    try:
        words, spaces = words_and_spaces(text, tokens)
    except ValueError as error:
        start, end = error.args
        raise ValueError(Errors.M532.format(text=text[:60], start=start, end=end)) from error
    return Doc(nlp.vocab, words=words, spaces=spaces)


def _check(record: Any) -> None:
    if not isinstance(record, dict) or not isinstance(record.get("text"), str):
        raise ValueError('no "text"')
    unknown = sorted(set(record) - _KEYS)
    if unknown:
        # most likely a misspelt key, whose content would be lost
        raise ValueError(f"unknown keys {', '.join(unknown)}")
    for name, forms in _FORMS.items():
        for value in record.get(name) or ():
            if not any(_is_of(value, form) for form in forms):
                raise ValueError(f"{name}: {value!r}")


def _is_of(value: Any, form: Tuple[type, ...]) -> bool:
    return (
        isinstance(value, list)
        and len(value) == len(form)
        and all(isinstance(part, kind) for part, kind in zip(value, form))
    )
