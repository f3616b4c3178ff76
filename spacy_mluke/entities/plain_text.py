"""Plain text without links as paragraphs: WikiExtractor's form, or a paragraph a line. And text in
whatever form it comes.
"""

import re
from pathlib import Path
from typing import Iterator, Optional

from ..files import PathLike, find_files, open_text
from ..report import Report
from .paragraphs import SUFFIXES as PARAGRAPH_SUFFIXES
from .paragraphs import Paragraph, read_paragraphs

SUFFIXES = tuple(
    f"{suffix}{packed}" for suffix in (".txt", "") for packed in (".gz", ".bz2", ".xz")
) + (".txt",)

_DOC = re.compile(r'<doc\b[^>]*\btitle="(?P<title>[^"]*)"[^>]*>\s*$')


def read_plain_text(path: PathLike, *, source: str = "") -> Iterator[Paragraph]:
    """Read text without links.

    path (PathLike): A file, or a folder of files. In WikiExtractor's form lines are between
        `<doc ... title="...">` and `</doc>`, the first of them repeating the title, which is left
        out. In any other file each line is a paragraph that stands alone.
    source (str): Where the text is from.
    YIELDS (Paragraph): The lines that are not empty.
    """
    for file in find_files(path, SUFFIXES):
        page, first = "", False
        with open_text(file) as lines:
            for line in lines:
                text = line.strip()
                opened = _DOC.match(text) if text.startswith("<doc ") else None
                if opened:
                    page, first = opened["title"], True
                elif text == "</doc>":
                    page = ""
                elif text:
                    if not (first and text == page):
                        yield Paragraph(text, [], page, source)
                    first = False


def read_any_text(
    path: PathLike, *, source: str = "", report: Optional[Report] = None
) -> Iterator[Paragraph]:
    """Read paragraphs or plain text, whichever the names of the files say.

    path (PathLike): A file, or a folder of files; one that has paragraphs is read for these.
    source (str): Where plain text is from; paragraphs say it themselves.
    report (Optional[Report]): Counts links that are left out.
    RETURNS (Iterator[Paragraph]): The paragraphs.
    """
    path = Path(path)
    files = path.rglob("*") if path.is_dir() else [path]
    if any(file.name.endswith(PARAGRAPH_SUFFIXES) for file in files):
        return read_paragraphs(path, report=report)
    return read_plain_text(path, source=source)
