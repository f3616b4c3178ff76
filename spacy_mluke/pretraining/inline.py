"""One line of wikitext as text and links.

mwparserfromhell reads the lines. A line that has nothing in it but links takes a shorter way, with
the same result.
"""

import html
import re
from typing import List, Optional, Tuple

import mwparserfromhell
from mwparserfromhell.definitions import URI_SCHEMES
from mwparserfromhell.nodes import ExternalLink, HTMLEntity, Tag, Text, Wikilink
from mwparserfromhell.parser import ParserError
from mwparserfromhell.wikicode import Wikicode

from ..report import Report
from .markup import BARRIER, DROPPED
from .siteinfo import HIDDEN, SiteInfo

# Text, and the target if it is the text of a link.
Segment = Tuple[str, Optional[str]]

_LINK = re.compile(r"\[\[([^\[\]{}<>|\n]+)(?:\|([^\[\]\n]*))?\]\]")
_BARE = "|".join(sorted(scheme for scheme, slashes in URI_SCHEMES.items() if not slashes))
_COMPLEX = re.compile(rf"[{{}}<>&]|//|\b(?:{_BARE}):", re.I)
# Elements that stand apart from the text around them.
_APART = frozenset("br hr p div li dd dt td th tr blockquote center poem ul ol dl h1 h2 h3".split())
_INVISIBLE = re.compile(r"display\s*:\s*none", re.I)


def read_line(line: str, siteinfo: SiteInfo, report: Report) -> List[Segment]:
    """Read a line.

    line (str): Wikitext without line ends, after `markup`.
    siteinfo (SiteInfo): The wiki.
    report (Report): Counts what is left out.
    RETURNS (List[Segment]): Its text in order, what shows no text left out.
    """
    segments = read_simple(line)
    return parse_line(line, siteinfo, report) if segments is None else segments


def read_simple(line: str) -> Optional[List[Segment]]:
    """RETURNS (Optional[List[Segment]]): A line of text and links alone; none if it has more."""
    if _COMPLEX.search(line):
        return None
    if "[" not in line and "]" not in line:
        return [(line, None)] if line else []
    segments: List[Segment] = []
    position = 0
    for found in _LINK.finditer(line):
        segments.append((line[position : found.start()], None))
        target, text = found.groups()
        segments.append((shown(target, text), target))
        position = found.end()
    segments.append((line[position:], None))
    if any("[" in text or "]" in text for text, target in segments if target is None):
        return None
    return [segment for segment in segments if segment != ("", None)]


def parse_line(line: str, siteinfo: SiteInfo, report: Report) -> List[Segment]:
    """RETURNS (List[Segment]): The line as mwparserfromhell reads it; see `read_line`."""
    try:
        # What has a meaning at the beginning of a line was read before.
        code = mwparserfromhell.parse(BARRIER + line, skip_style_tags=True)
    except ParserError:
        report.lose("lines that cannot be parsed")
        return []
    segments: List[Segment] = []
    _walk(code, siteinfo, report, segments)
    text, target = segments[0]
    return [(text[len(BARRIER) :], target), *segments[1:]] if text != BARRIER else segments[1:]


def shown(target: str, text: Optional[str]) -> str:
    """RETURNS (str): What a link shows."""
    return text if text is not None and text.strip() else html.unescape(target.strip().lstrip(":"))


def _walk(code: Wikicode, siteinfo: SiteInfo, report: Report, segments: List[Segment]) -> None:
    for node in code.nodes:
        if isinstance(node, Text):
            _add(segments, str(node.value))
        elif isinstance(node, Wikilink):
            target = str(node.title)
            if ":" in target and siteinfo.target(target)[0] == HIDDEN:
                report.lose(HIDDEN)
                continue
            inner: List[Segment] = []
            if node.text is not None:
                _walk(node.text, siteinfo, report, inner)
            text = "".join(text for text, _ in inner)
            segments.append((shown(target, text), target))
        elif isinstance(node, ExternalLink):
            if node.title is None:
                report.lose("addresses of web pages")
            else:
                _walk(node.title, siteinfo, report, segments)
        elif isinstance(node, HTMLEntity):
            _add(segments, _entity(node))
        elif isinstance(node, Tag):
            name = str(node.tag).strip().lower()
            if name in DROPPED or any(_INVISIBLE.search(str(a.value)) for a in node.attributes):
                report.lose(f"<{name}>")
                continue
            if name in _APART:
                _add(segments, " ")
            if node.contents is not None:
                _walk(node.contents, siteinfo, report, segments)
            if name in _APART:
                _add(segments, " ")
        else:
            report.lose(f"{type(node).__name__.lower()}s")


def _add(segments: List[Segment], text: str) -> None:
    if not text:
        return
    if segments and segments[-1][1] is None:
        segments[-1] = (segments[-1][0] + text, None)
    else:
        segments.append((text, None))


def _entity(node: HTMLEntity) -> str:
    try:
        return str(node.normalize())
    except (ValueError, OverflowError):
        return ""
