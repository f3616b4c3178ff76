"""The blocks of code of a Markdown page.

A block says in its first line what it is for:

    python, bash    is run
    text            right after one that is run: what that one prints; ... stands for anything
    json, ini       is read
    file="name"     is written to a file, before anything else
    no-run="why"    is not run, but everything it names has to exist
    needs="ray"     is run where this package is installed

A comment `<!-- setup ... -->` is Python that runs, but is not shown.
"""

import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, Iterator, List

from markdown_it import MarkdownIt

RUN = ("python", "bash")
SETUP = "<!-- setup\n"


@dataclass
class Block:
    """A block of a page.

    page (Path): The page.
    line (int): Line of its first line of code, from 1.
    language (str): What it is written in.
    code (str): Its lines.
    options (Dict[str, str]): What stands behind the language.
    output (str): What it is said to print; "" if nothing is said.
    """

    page: Path
    line: int
    language: str
    code: str
    options: Dict[str, str] = field(default_factory=dict)
    output: str = ""

    @property
    def where(self) -> str:
        """RETURNS (str): File and line."""
        return f"{self.page.name}:{self.line}"


def read_blocks(page: Path) -> List[Block]:
    """Find the blocks of a page.

    page (Path): A Markdown file.
    RETURNS (List[Block]): Its blocks in order, outputs joined to what prints them.
    RAISES (ValueError): If an output belongs to nothing, or an option is unknown.
    """
    blocks: List[Block] = []
    for block in _blocks(page):
        if block.language != "text" or "file" in block.options:
            blocks.append(block)
            continue
        before = blocks[-1] if blocks else None
        if before is None or before.language not in RUN or before.output or block.options:
            raise ValueError(f"{block.where}: this is the output of nothing that is run")
        before.output = block.code
    return blocks


def _blocks(page: Path) -> Iterator[Block]:
    for token in MarkdownIt().parse(page.read_text(encoding="utf8")):
        first = token.map[0] + 1 if token.map else 0
        if token.type == "html_block" and token.content.startswith(SETUP):
            code = token.content[len(SETUP) :].rstrip().removesuffix("-->")
            yield Block(page, first + 1, "python", code)
        elif token.type == "fence" and not token.info.startswith("{"):
            language, *words = shlex.split(token.info) or [""]
            options = dict(word.split("=", 1) for word in words)
            unknown = set(options) - {"no-run", "needs", "file"}
            if unknown:
                raise ValueError(f"{page.name}:{first}: unknown {', '.join(sorted(unknown))}")
            yield Block(page, first + 1, language, token.content, options)
