"""Files of word and tag columns (CoNLL, IOB): layout, tagging scheme, sentences, spans."""

import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Iterable, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from ..errors import Errors
from ..files import PathLike, open_text
from ..report import Report

_TAG = re.compile(r"^(?:O|[BIESLU]-\S+)$")
# "# text = ..." or "# newdoc", but not the row of a word "#"
_COMMENT = re.compile(r"^#\s*(?:(newdoc|newpar)\b|(\w+)[^=]*=\s*(?P<value>.*)$)")
_SENTENCE_END = frozenset({".", "!", "?", "।", "॥", "。", "！", "？"})
_SAMPLE = 5000
# A sentence longer than this means that the file does not mark its sentences.
_LONGEST = 1000


class Layout(NamedTuple):
    """Where the words and tags of a file are.

    delimiter (Optional[str]): What separates columns; `None` for any whitespace.
    word (int): Column of the words, counted from 0.
    tag (int): Column of the tags.
    """

    delimiter: Optional[str]
    word: int
    tag: int


@dataclass
class Sentence:
    """One sentence of a file.

    words (List[str]): Its words.
    tags (List[str]): Their tags, as in the file.
    text (Optional[str]): Its text, where the file has it.
    starts_document (bool): Whether a new document begins with it.
    line (int): Number of its first line.
    """

    words: List[str] = field(default_factory=list)
    tags: List[str] = field(default_factory=list)
    text: Optional[str] = None
    starts_document: bool = False
    line: int = 0


def detect_layout(path: PathLike) -> Layout:
    """Find the word and the tag column by what is in the first lines.

    The tag column is the last one that holds hardly anything but tags. The word column is the
    first, or the second if the first counts the words.

    path (PathLike): The file.
    RETURNS (Layout): The layout.
    RAISES (ValueError): If no column holds tags.
    """
    with open_text(path) as file:
        content = (line.rstrip("\r\n") for line in file)
        lines = list(islice((line for line in content if _is_row(line)), _SAMPLE))
    delimiter = "\t" if sum("\t" in line for line in lines) * 2 > len(lines) else None
    rows = [line.split(delimiter) for line in lines]
    width = Counter(len(row) for row in rows).most_common(1)[0][0] if rows else 0
    rows = [row for row in rows if len(row) == width]
    for tag in reversed(range(1, width)):
        values = [row[tag] for row in rows]
        tags = sum(bool(_TAG.match(value)) for value in values)
        if tags >= 0.9 * len(values) and any(value[:2] in ("B-", "I-", "S-") for value in values):
            counted = tag > 1 and all(row[0].isdigit() or "-" in row[0] for row in rows)
            return Layout(delimiter, 1 if counted else 0, tag)
    raise ValueError(Errors.M533.format(path=path))


def read_sentences(
    path: PathLike, report: Report, *, layout: Optional[Layout] = None
) -> Iterator[Sentence]:
    """Read the sentences of a file.

    Documents are known from `-DOCSTART-` lines and `# newdoc` comments. If a file does not mark
    its sentences, they are split after full stops.

    path (PathLike): The file; may be compressed.
    report (Report): Counts lines that can't be read as they stand.
    layout (Optional[Layout]): Where words and tags are; found out if `None`.
    YIELDS (Sentence): The sentences.
    """
    layout = layout or detect_layout(path)
    name = Path(path).name
    sentence = Sentence()
    new_document = False
    with open_text(path) as file:
        for number, line in enumerate(file, start=1):
            line = line.rstrip("\r\n")
            if not _is_row(line):
                comment = _COMMENT.match(line)
                if comment is not None:
                    new_document = new_document or comment.group(1) == "newdoc"
                    if comment.group(2) == "text":
                        sentence.text = comment.group("value")
                if line.startswith("-DOCSTART-"):
                    new_document = True
                if sentence.words and comment is None:
                    yield from _split(sentence, report, name)
                    sentence = Sentence()
                continue
            if not sentence.words:
                sentence.line = number
                sentence.starts_document, new_document = new_document, False
            word, tag = _read_row(line, layout, report, f"{name}:{number}")
            sentence.words.append(word)
            sentence.tags.append(tag)
    if sentence.words:
        yield from _split(sentence, report, name)


def detect_scheme(tags: Iterable[Sequence[str]]) -> str:
    """Find the tagging scheme.

    tags (Iterable[Sequence[str]]): The tags of each sentence.
    RETURNS (str): "IOB1" (B- only between neighbours), "IOB2" (B- always), or "IOBES".
    """
    opened_by: Counter[str] = Counter()
    for sentence in tags:
        previous = "O"
        for tag in sentence:
            if tag[:2] in ("E-", "S-", "L-", "U-"):
                return "IOBES"
            if tag != "O" and previous == "O":
                opened_by[tag[:1]] += 1
            previous = tag
    return "IOB1" if opened_by["I"] > opened_by["B"] else "IOB2"


def tags_to_spans(
    tags: Sequence[str], scheme: str, report: Report, *, where: str = ""
) -> List[Tuple[int, int, str]]:
    """The spans of the tags of a sentence.

    tags (Sequence[str]): The tags.
    scheme (str): "IOB1", "IOB2" or "IOBES".
    report (Report): Counts tags that the scheme does not allow; they open a span.
    where (str): What to call the place in the report.
    RETURNS (List[Tuple[int, int, str]]): Start word, end word (exclusive), label.
    """
    spans: List[Tuple[int, int, str]] = []
    start, label = -1, ""
    for i, tag in enumerate([*tags, "O"]):
        prefix, _, kind = tag.partition("-")
        inside = start >= 0 and kind == label and prefix in ("I", "E", "L")
        if start >= 0 and not inside:
            spans.append((start, i, label))
            start = -1
        if tag == "O":
            continue
        if not inside:
            start, label = i, kind
            if scheme != "IOB1" and prefix in ("I", "E", "L"):
                report.change("tag I- with no span to continue (opens one)", where=where)
        if prefix in ("E", "L", "S", "U"):
            spans.append((start, i + 1, label))
            start = -1
    return spans


def _is_row(line: str) -> bool:
    return bool(line) and not line.startswith("-DOCSTART-") and not _COMMENT.match(line)


def _read_row(line: str, layout: Layout, report: Report, where: str) -> Tuple[str, str]:
    row = line.split(layout.delimiter)
    word = row[layout.word] if layout.word < len(row) else ""
    tag = row[layout.tag].strip() if layout.tag < len(row) else ""
    if _TAG.match(tag):
        return word, tag
    if tag.isascii() and tag.isalpha():
        # a label with its prefix forgotten
        report.change("tag without B- or I- (read as I-)", where=where)
        return word, f"I-{tag}"
    report.lose("tag that can't be read (taken as O)", where=f"{where} {line!r}")
    return word, "O"


def _split(sentence: Sentence, report: Report, name: str) -> Iterator[Sentence]:
    if len(sentence.words) <= _LONGEST:
        yield sentence
        return
    start = 0
    n_parts = 0
    for i, word in enumerate(sentence.words, start=1):
        ends = word in _SENTENCE_END and (i == len(sentence.tags) or sentence.tags[i][:2] != "I-")
        if ends or i == len(sentence.words):
            yield Sentence(
                sentence.words[start:i],
                sentence.tags[start:i],
                starts_document=sentence.starts_document and start == 0,
                line=sentence.line + start,
            )
            start = i
            n_parts += 1
    report.change("sentence made by splitting after full stops", n_parts, where=name)
