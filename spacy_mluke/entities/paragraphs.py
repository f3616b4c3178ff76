"""Paragraphs of text with the entities that are mentioned in them, one JSON object a line.

This one form stands between all steps: the Wikipedia reader writes it; entity counts, aliases and
datasets are made from it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Optional, Tuple

import srsly

from ..errors import Errors
from ..files import PathLike, find_files, open_text
from ..report import Report

SUFFIXES = (".jsonl", ".jsonl.gz", ".jsonl.bz2", ".jsonl.xz")

# start and end character, "Q42" or "lang:Title"
Link = Tuple[int, int, str]


@dataclass(frozen=True)
class Paragraph:
    """A paragraph.

    text (str): Its text.
    links (List[Link]): Start, end and entity of each mention, in order, without overlaps. An
        entity is a Wikidata item ("Q42") or, where the item is not known, "lang:Title".
    page (str): Title of the page it stands on; neighbouring paragraphs of one page belong
        together. Empty if it stands alone.
    source (str): Where the text is from, if that is known.
    """

    text: str
    links: List[Link]
    page: str = ""
    source: str = ""

    def to_json(self) -> str:
        """RETURNS (str): The paragraph as a line, without line end."""
        record: Dict[str, Any] = {"text": self.text, "ents": self.links}
        if self.page:
            record["page"] = self.page
        if self.source:
            record["src"] = self.source
        return srsly.json_dumps(record)


def read_paragraphs(
    path: PathLike, *, sources: Iterable[str] = (), report: Optional[Report] = None
) -> Iterator[Paragraph]:
    """Read paragraphs in order.

    path (PathLike): A file of lines, plain or compressed, or a folder of such files.
    sources (Iterable[str]): Read paragraphs with these values of "src" alone; empty for all.
    report (Optional[Report]): Counts links that are left out: outside the text, empty, or
        overlapping one before them.
    YIELDS (Paragraph): The paragraphs.
    RAISES (ValueError): If a line is no paragraph, or a file cannot be read to its end.
    """
    report = report or Report()
    wanted = frozenset(sources)
    for file in find_files(path, SUFFIXES):
        with open_text(file) as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    paragraph = _parse(line, file, number, report)
                    if not wanted or paragraph.source in wanted:
                        yield paragraph


def _parse(line: str, path: Path, number: int, report: Report) -> Paragraph:
    try:
        record = srsly.json_loads(line)
        text, ents = record["text"], record.get("ents") or []
        links = sorted((int(start), int(end), str(entity)) for start, end, entity in ents)
        if not isinstance(text, str):
            raise TypeError("'text' is no string")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(Errors.M801.format(line=number, path=path, reason=error)) from error
    kept: List[Link] = []
    for link in links:
        start, end, _ = link
        where = f"{path.name}:{number}"
        if not 0 <= start < end <= len(text):
            report.lose("links outside their text", where=where)
        elif kept and start < kept[-1][1]:
            report.lose("links that overlap another", where=where)
        else:
            kept.append(link)
    return Paragraph(text, kept, str(record.get("page") or ""), str(record.get("src") or ""))
