"""Plain text without links as paragraphs: WikiExtractor's form, or a paragraph a line."""

import re
from typing import Iterator

from ..files import PathLike, find_files, open_text
from .paragraphs import Paragraph

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
