"""KBP37 and RELX: one marked pair of entities a sentence, one of 37 classes.

    17647<tab>"The <e1> Sacramento Heatwave </e1> is ... in <e2> California </e2>."
    org:stateorprovince_of_headquarters(e1,e2)
    <blank lines>

The 37 classes are 18 relations in two directions and "no_relation". A class `name(e1,e2)` becomes
a relation `name` from e1 to e2, `name(e2,e1)` one from e2 to e1, and "no_relation" two entities
without a relation between them.
"""

import re
from pathlib import Path
from typing import Iterator, NamedTuple, Optional, Tuple

from spacy.language import Language
from spacy.tokens import Doc

from ..errors import Errors
from ..files import PathLike, open_text
from ..language import set_language
from ..report import Report
from .annotate import RelationIndices, add_entities, add_relations
from .words import blank_pipeline

ENTITY = "ENTITY"
NO_RELATION = "no_relation"

_LINE = re.compile(r"^(\d+)\t\s*(.*?)\s*$")
_CLASS = re.compile(r"^(?P<name>\S+)\((?P<head>e[12]),(?P<tail>e[12])\)$")
_MARKED = re.compile(
    r"^(?P<left>.*?)<e1>\s*(?P<e1>.*?)\s*</e1>(?P<middle>.*?)<e2>\s*(?P<e2>.*?)\s*</e2>(?P<right>.*)$"
)


class Instance(NamedTuple):
    """One sentence of a file.

    number (str): Its number, the same in all languages of RELX.
    text (str): The sentence without markers and quotes.
    e1 (Tuple[int, int]): Start and end character of the first entity.
    e2 (Tuple[int, int]): Start and end character of the second entity.
    relation (Optional[RelationIndices]): Head (0 for e1), tail and name; `None` if there is none.
    """

    number: str
    text: str
    e1: Tuple[int, int]
    e2: Tuple[int, int]
    relation: Optional[RelationIndices]


def read_kbp37(
    path: PathLike,
    lang: str,
    report: Report,
    *,
    nlp: Optional[Language] = None,
    snap: bool = True,
) -> Iterator[Doc]:
    """Read a file of KBP37 or RELX.

    path (PathLike): The file; may be compressed.
    lang (str): Its language.
    report (Report): Counts what is kept, changed and lost.
    nlp (Optional[Language]): Tokenises the text; a blank pipeline of "xx" if `None`.
    snap (bool): Widen entities that cut tokens to whole tokens instead of losing the pair.
    YIELDS (Doc): A doc for each sentence: two entities, and a relation unless it is a negative.
    """
    nlp = nlp if nlp is not None else blank_pipeline()
    for instance in read_instances(path, report):
        where = f"{Path(path).name}#{instance.number}"
        doc = nlp.make_doc(instance.text)
        set_language(doc, lang)
        entities = [(*instance.e1, ENTITY, ""), (*instance.e2, ENTITY, "")]
        spans = add_entities(doc, entities, report, snap=snap, where=where)
        relations = [] if instance.relation is None else [instance.relation]
        add_relations(doc, spans, relations, report, where=where)
        if instance.relation is None:
            report.keep("pairs without a relation")
        report.keep("docs")
        report.keep("tokens", len(doc))
        yield doc


def read_instances(path: PathLike, report: Report) -> Iterator[Instance]:
    """Read the sentences of a file, without tokenising them.

    An entity without text (KBP37 has some: "<e1> </e1>") becomes the word that follows its
    marker, or else the one before, so that the pair is not lost.

    path (PathLike): The file; may be compressed.
    report (Report): Counts entities without text.
    YIELDS (Instance): The sentences.
    RAISES (ValueError): If a line is not as it should be; it names file, line and problem.
    """
    pending: Optional[Tuple[int, str, str]] = None
    with open_text(path) as file:
        for line_number, line in enumerate(file, start=1):
            line = line.rstrip("\r\n")
            if not line.strip():
                continue
            sentence = _LINE.match(line)
            if sentence is not None:
                if pending is not None:
                    raise _error(path, pending[0], "a sentence without a label")
                pending = (line_number, sentence.group(1), sentence.group(2))
            elif pending is None:
                raise _error(path, line_number, "a label without a sentence")
            else:
                yield _instance(path, pending, line.strip(), line_number, report)
                pending = None
    if pending is not None:
        raise _error(path, pending[0], "a sentence without a label")


def _instance(
    path: PathLike,
    pending: Tuple[int, str, str],
    label: str,
    label_line: int,
    report: Report,
) -> Instance:
    line, number, sentence = pending
    if len(sentence) > 1 and sentence.startswith('"') and sentence.endswith('"'):
        sentence = sentence[1:-1].strip()
    sentence = re.sub(r" \.$", ".", sentence)
    found = _MARKED.match(sentence)
    if found is None or sentence.count("<e1>") != 1 or sentence.count("<e2>") != 1:
        raise _error(path, line, "not one pair of marked entities, e1 before e2")
    left, middle, right = found.group("left").lstrip(), found.group("middle"), found.group("right")
    first, second = found.group("e1"), found.group("e2")
    if not first:
        middle = _join(left, middle)
    if not second:
        right = _join(middle, right)
    start = len(left) + len(first) + len(middle)
    text = f"{left}{first}{middle}{second}{right}".rstrip()
    e1 = (len(left), len(left) + len(first))
    e2 = (start, start + len(second))
    where = f"{Path(path).name}#{number}"
    if not first:
        report.change("entity without text (made the next word)", where=where)
        e1 = _neighbour(text, e1[0], before=e2[0] if second else len(text))
    if not second:
        report.change("entity without text (made the next word)", where=where)
        e2 = _neighbour(text, e2[0], before=len(text))
    return Instance(number, text, e1, e2, _relation(path, label, label_line))


def _relation(path: PathLike, label: str, line: int) -> Optional[RelationIndices]:
    if label == NO_RELATION:
        return None
    found = _CLASS.match(label)
    if found is None or found.group("head") == found.group("tail"):
        raise _error(path, line, f"'{label}' is not a label")
    head = 0 if found.group("head") == "e1" else 1
    return head, 1 - head, found.group("name")


def _join(left: str, right: str) -> str:
    """The right text as it follows the left one, without a doubled space."""
    return right[1:] if right.startswith(" ") and (not left or left.endswith(" ")) else right


def _neighbour(text: str, position: int, *, before: int) -> Tuple[int, int]:
    following = re.compile(r"\w+").search(text, position, before)
    if following is None:
        words = list(re.finditer(r"\w+", text[:position]))
        following = words[-1] if words else None
    return following.span() if following is not None else (position, position)


def _error(path: PathLike, line: int, problem: str) -> ValueError:
    return ValueError(Errors.M534.format(path=path, line=line, problem=problem))
