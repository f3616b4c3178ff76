"""Wikitext to paragraphs with the exact place of each link."""

import re
import unicodedata
from bisect import bisect_right
from typing import Callable, List, Match, Optional, Pattern, Tuple

from ..entities.paragraphs import Link
from ..report import Report
from .inline import Segment, read_line
from .markup import BARRIER, DROPPED, strip_elements, visible_lines
from .siteinfo import ARTICLE, OTHER_LANGUAGE, SiteInfo

# A longer line is no paragraph; parsing it could take very long.
MAX_LINE = 100_000

_HEADING = re.compile(r"\s*(=+)(?!=).*?[^=]\1\s*$|\s*={1,6}\s*$")
_LIST = re.compile(r"[\s*#:;]*(?:-{4,})?\s*")
_SPACE = re.compile(r"\s+")
# What is left of markup that was not closed, or that belonged to something left out.
_ELEMENTS = "|".join(
    """
    abbr b bdi big blockquote br caption center cite code dd del dfn div dl dt em font h[1-6] hr i
    ins kbd li mark nowiki ol onlyinclude p poem pre q rb rp rt ruby s samp small span strike strong
    sub sup tbody td th thead time tr tt u ul var wbr
    """.split()
    + sorted(DROPPED)
)
_LEFT_OVER = re.compile(
    rf"[\[\]{{}}]{{2,}}|\{{\||\|\}}|</?(?:{_ELEMENTS})\b[^<>]*>|''+|__[A-Z]{{2,}}__|\ufffd", re.I
)
_TIDY = re.compile(
    r"\s*[(（]\s*[,;:、，；：/–—-]*\s*[)）]"  # brackets whose content was a template
    r"|(?<=[(（])[\s,;:、，；：]+"
    r"|\s+(?=[,.)）](?:\s|$))"
    rf"|{BARRIER}"
    r"|(?P<spaces>\s{2,}|[^\S ])"
)

_MARKS = "".join(
    chr(c) for c in range(0x300, 0x3000) if unicodedata.category(chr(c)).startswith("M")
)
# Letters of scripts with spaces between words (with their vowel signs), which continue the word
# that a link ends. Scripts without spaces, and Hangul, whose particles are no part of the name:
# Thai and Lao, Tibetan and Burmese, Khmer, Kana, Han.
_LETTER = rf"(?:[^\W\d_]|[{_MARKS}\u200c\u200d])"
_UNSPACED = (
    r"[\u0e00-\u0eff\u0f00-\u109f\u1100-\u11ff\u1780-\u17ff\u2e80-\u2fdf\u3040-\u31ff\u3400-\u9fff"
    r"\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff66-\uffdc\U00020000-\U0003ffff]"
)
_TRAIL = re.compile(rf"(?:(?!{_UNSPACED}){_LETTER})+")
_LAST_LETTER = re.compile(rf"(?!{_UNSPACED})(?:{_LETTER}|\d)$")

ParsedParagraph = Tuple[str, List[Link]]


def parse_wikitext(
    text: str, siteinfo: SiteInfo, report: Optional[Report] = None
) -> List[ParsedParagraph]:
    """Read the running text of a page.

    Each line of the wikitext is a paragraph: also items of lists, without their mark. Headings,
    templates, tables, references, formulas, pictures with their captions are left out. The link
    of [[bus]]es is "buses", as on the page, in scripts with spaces between words.

    text (str): The wikitext.
    siteinfo (SiteInfo): The wiki.
    report (Optional[Report]): Counts what is left out.
    RETURNS (List[ParsedParagraph]): Text of each paragraph, and the start, end and target
        ("lang:Title", redirects not followed) of its links, in order and without overlaps.
    """
    report = report if report is not None else Report()
    paragraphs = []
    for line in visible_lines(strip_elements(text, report), siteinfo, report):
        if _HEADING.match(line):
            report.lose("headings")
            continue
        if line.lstrip().startswith(("|", "!|")) or line.startswith("!") and "||" in line:
            report.lose("rows of tables outside of a table")
            continue
        if len(line) > MAX_LINE:
            report.lose("lines over the limit of length")
            continue
        begin = _LIST.match(line)
        segments = read_line(line[begin.end() if begin else 0 :].rstrip(), siteinfo, report)
        paragraph = build_paragraph(segments, siteinfo, report)
        if paragraph[0]:
            paragraphs.append(paragraph)
    return paragraphs


def build_paragraph(segments: List[Segment], siteinfo: SiteInfo, report: Report) -> ParsedParagraph:
    """Join the text of a line and place its links.

    segments (List[Segment]): Text, and targets as in the wikitext.
    siteinfo (SiteInfo): The wiki.
    report (Report): Counts links that are left out.
    RETURNS (ParsedParagraph): Text and links.
    """
    parts: List[str] = []
    links: List[Link] = []
    length = 0
    for text, target in segments:
        # A link ends where the letters after it end.
        if target is None and links and links[-1][1] == length and parts:
            trail = _TRAIL.match(text)
            if trail and _LAST_LETTER.search(parts[-1]):
                start, end, key = links[-1]
                links[-1] = (start, end + trail.end(), key)
        if target is not None:
            kind, key = siteinfo.target(target)
            inside = text.strip()
            if kind not in (ARTICLE, OTHER_LANGUAGE):
                report.lose(kind)
            elif not inside:
                report.lose("links without a text")
            else:
                begin = length + text.index(inside)
                links.append((begin, begin + len(inside), key))
        parts.append(text)
        length += len(text)
    return _tidy("".join(parts), links, report)


def _tidy(text: str, links: List[Link], report: Report) -> ParsedParagraph:
    if _LEFT_OVER.search(text):
        report.change("paragraphs with rests of markup, taken out")
        text, links = _replace(_LEFT_OVER, _blank, text, links)
    text, links = _replace(_TIDY, _tidied, text, links)
    stripped = text.strip()
    offset = text.index(stripped)
    placed: List[Link] = []
    for start, end, key in links:
        start, end = max(start - offset, 0), min(end - offset, len(stripped))
        while start < end and stripped[start].isspace():
            start += 1
        while start < end and stripped[end - 1].isspace():
            end -= 1
        if start < end:
            placed.append((start, end, key))
        else:
            report.lose("links without a text")
    return stripped, placed


def _replace(
    pattern: Pattern[str], replacement: Callable[[Match[str]], str], text: str, links: List[Link]
) -> ParsedParagraph:
    """Replace parts of a text, and move its links along."""
    parts: List[str] = []
    # Begin and end of each change, in the old text and in the new one.
    begins, ends, new_begins, new_ends = [], [], [], []
    position = length = 0
    for found in pattern.finditer(text):
        new = replacement(found)
        if new == found.group():
            continue
        parts += (text[position : found.start()], new)
        length += found.start() - position
        begins.append(found.start())
        new_begins.append(length)
        length += len(new)
        position = found.end()
        ends.append(position)
        new_ends.append(length)
    if not begins:
        return text, links

    def moved(place: int, inner: bool) -> int:
        i = bisect_right(begins, place) - 1
        if i < 0:
            return place
        if place >= ends[i]:
            return new_ends[i] + place - ends[i]
        return new_ends[i] if inner and place > begins[i] else new_begins[i]

    moved_links = [(moved(start, False), moved(end, True), key) for start, end, key in links]
    return "".join(parts) + text[position:], moved_links


def _blank(found: Match[str]) -> str:
    return " "


def _tidied(found: Match[str]) -> str:
    return " " if found.group("spaces") else ""
