"""CrossRE: sentences with entities and several relations each, as JSON lines.

Entities are `[first word, last word, label]` (the last word included), relations
`[head first, head last, tail first, tail last, label, explanation, uncertain, syntax]`. The
translated files have the text and the words' offsets too.
"""

import json
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Tuple

from spacy.tokens import Doc
from spacy.vocab import Vocab

from ..errors import Errors
from ..files import PathLike, open_text
from ..language import set_language
from ..report import Report
from .annotate import EntityOffsets, RelationIndices, add_entities, add_relations
from .words import spaces_between, words_and_spaces


def read_crossre(
    path: PathLike, lang: str, report: Report, *, vocab: Optional[Vocab] = None
) -> Iterator[Doc]:
    """Read a file of CrossRE, the English original or a translation.

    path (PathLike): The file; may be compressed.
    lang (str): Its language.
    report (Report): Counts what is kept, changed and lost.
    vocab (Optional[Vocab]): The vocab of the docs.
    YIELDS (Doc): A doc for each sentence, with entities (those that overlap in
        `doc.spans["entities"]`) and relations.
    RAISES (ValueError): If a record is not as it should be; it names file, line and problem.
    """
    vocab = vocab if vocab is not None else Vocab()
    name = Path(path).name
    with open_text(path) as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                doc = _doc(json.loads(line), lang, vocab, report, f"{name}:{number}")
            except (KeyError, IndexError, TypeError, ValueError) as error:
                problem = f"{type(error).__name__} {error}"
                raise ValueError(
                    Errors.M535.format(path=path, record=number, problem=problem)
                ) from error
            yield doc


def _doc(record: Dict[str, Any], lang: str, vocab: Vocab, report: Report, where: str) -> Doc:
    words: List[str] = record["sentence"]
    if "token2charspan" in record:
        offsets = [(start, end) for start, end in record["token2charspan"]]
        words, spaces = words_and_spaces(record["sentence-detokenized"], offsets)
    else:
        spaces = spaces_between(words, lang)
        offsets = []
        position = 0
        for word, space in zip(words, spaces, strict=True):
            offsets.append((position, position + len(word)))
            position += len(word) + space
    doc = Doc(vocab, words=words, spaces=spaces)
    set_language(doc, lang)
    index: Dict[Tuple[int, int], int] = {}
    entities: List[EntityOffsets] = []
    for first, last, label in record["ner"]:
        # of two entities on the same words the first is the end of their relations
        index.setdefault((first, last), len(entities))
        entities.append((offsets[first][0], offsets[last][1], label, ""))
    spans = add_entities(doc, entities, report, where=where)
    relations: List[RelationIndices] = [
        (index.get((h_first, h_last), -1), index.get((t_first, t_last), -1), label)
        for h_first, h_last, t_first, t_last, label, *_ in record["relations"]
    ]
    add_relations(doc, spans, relations, report, where=where)
    report.keep("docs")
    report.keep("tokens", len(doc))
    return doc
