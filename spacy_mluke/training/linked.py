"""Test sets of entity linking: mentions with Wikidata items.

ELEVANT (Bast et al. 2022) has lines of JSON: {"text", "evaluation_span": [start, end], "labels":
[{"span": [start, end], "entity_id": "Q64"}]}. What lies outside the evaluation span was not
annotated. HIPE 2022 (Ehrmann et al. 2022) has columns with a heading: words in TOKEN, tags in
NE-COARSE-LIT, items in NEL-LIT. In both a mention without an item is NIL.
"""

import json
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Tuple

from spacy.language import Language
from spacy.tokens import Doc

from ..errors import Errors
from ..files import PathLike, open_text
from ..language import set_language
from ..links import NIL
from ..report import Report
from .annotate import EntityOffsets, add_entities
from .iob import tags_to_spans
from .words import blank_pipeline

ENTITY = "ENTITY"

_WORD, _TAG, _ITEM, _MISC = "TOKEN", "NE-COARSE-LIT", "NEL-LIT", "MISC"
_NOTHING = ("", "_")


def read_linked(
    path: PathLike,
    lang: str,
    report: Report,
    *,
    nlp: Optional[Language] = None,
    snap: bool = True,
) -> Iterator[Doc]:
    """Read a file of ELEVANT's or of HIPE's form, whichever it is.

    path (PathLike): The file; may be compressed.
    lang (str): Its language.
    report (Report): Counts what is kept, changed and lost.
    nlp (Optional[Language]): Tokenises the text; a blank pipeline of "xx" if `None`.
    snap (bool): Widen mentions that cut tokens to whole tokens instead of losing them.
    YIELDS (Doc): A doc for each text or document: the mentions as entities whose `kb_id_` is the
        item, or "NIL". Time expressions and the like, which nobody looked for an item of, have
        none.
    RAISES (ValueError): If a line is not as it should be; it names file, line and problem.
    """
    nlp = nlp if nlp is not None else blank_pipeline()
    with open_text(path) as file:
        is_columns = file.readline().startswith(f"{_WORD}\t")
    texts = _read_columns(path, report) if is_columns else _read_json(path)
    for line, text, entities in texts:
        doc = nlp.make_doc(text)
        set_language(doc, lang)
        where = f"{Path(path).name}:{line}"
        add_entities(doc, entities, report, snap=snap, where=where)
        report.keep("docs")
        report.keep("tokens", len(doc))
        report.keep("mentions of no known item", sum(ent.kb_id_ == NIL for ent in doc.ents))
        yield doc


_Text = Tuple[int, str, List[EntityOffsets]]


def _read_json(path: PathLike) -> Iterator[_Text]:
    with open_text(path) as file:
        for number, line in enumerate(file, start=1):
            try:
                record = json.loads(line)
                begin, end = record.get("evaluation_span") or (0, len(record["text"]))
                entities = [_from_label(label, begin) for label in record["labels"]]
                text = record["text"][begin:end]
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                problem = f"{type(error).__name__}: {error}"
                message = Errors.M538.format(path=path, line=number, problem=problem)
                raise ValueError(message) from error
            yield number, text, entities


def _from_label(label: Dict[str, Any], begin: int) -> EntityOffsets:
    start, end = label["span"]
    item = label["entity_id"]
    return start - begin, end - begin, ENTITY, item if item.startswith("Q") else NIL


def _read_columns(path: PathLike, report: Report) -> Iterator[_Text]:
    columns: Optional[Dict[str, int]] = None
    rows: List[List[str]] = []
    first = 1
    with open_text(path) as file:
        for number, line in enumerate(file, start=1):
            cells = line.rstrip("\r\n").split("\t")
            if cells[0] == _WORD and _TAG in cells:
                columns = {name: index for index, name in enumerate(cells)}
            elif line.startswith("# ") or not line.strip():
                # A document begins with its id; other comments may stand anywhere.
                if "document_id" in line and rows:
                    yield first, *_from_rows(rows, report, f"{Path(path).name}:{first}")
                    rows = []
            elif columns is None or len(cells) != len(columns):
                problem = f"{len(cells)} columns, the heading has {len(columns or ())}"
                raise ValueError(Errors.M538.format(path=path, line=number, problem=problem))
            else:
                first = first if rows else number
                rows.append([cells[columns[name]] for name in (_WORD, _TAG, _ITEM, _MISC)])
    if rows:
        yield first, *_from_rows(rows, report, f"{Path(path).name}:{first}")


def _from_rows(
    rows: List[List[str]], report: Report, where: str
) -> Tuple[str, List[EntityOffsets]]:
    text, bounds = "", []
    for word, _, _, misc in rows:
        bounds.append((len(text), len(text) + len(word)))
        text += word if "NoSpaceAfter" in misc.split("|") else f"{word} "
    tags = ["O" if row[1] in _NOTHING else row[1] for row in rows]
    entities = []
    for first, end, label in tags_to_spans(tags, "IOB2", report, where=where):
        item = rows[first][2]
        kb_id = "" if item in _NOTHING else item
        entities.append((bounds[first][0], bounds[end - 1][1], label.upper(), kb_id))
    return text.rstrip(), entities
