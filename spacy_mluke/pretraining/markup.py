"""Taking out the parts of wikitext that show no running text, before it is cut into lines.

What is left out here is bounded by its own brackets: comments, references, formulas, galleries,
templates, tables, and the links that show no text (files, categories, other languages). All of it
runs in time linear in the length of the page, whatever is left open in it.
"""

import html
import re
from typing import Iterator, List, Set, Tuple

from ..report import Report
from .siteinfo import HIDDEN, SiteInfo

# Elements that show no running text.
DROPPED = frozenset(
    """
    ref references gallery math chem ce timeline score hiero imagemap templatestyles mapframe
    maplink graph inputbox source syntaxhighlight categorytree section indicator charinsert
    includeonly noinclude table templatedata rss listing dynamicpagelist style script
    """.split()
)
_ELEMENT = re.compile(rf"<({'|'.join(sorted(DROPPED | {'nowiki'}))})\b([^<>]*)>|<!--", re.I)
_QUOTES = re.compile("''+")
_SWITCH = re.compile(r"__[^\W_](?:\w{0,40}[^\W_])?__")
_VARIANT = re.compile(r"-\{([^{}]*)\}-")
_BRACKETS = re.compile(
    r"\{\{+|\}\}+|\[\[|\]\]|^[ \t:*#]*(?P<open>\{\|)|^[ \t]*(?P<close>\|\})(?!\})|\n", re.M
)
# So many unclosed templates or tables at the outside of a page are taken for text one by one.
MAX_UNCLOSED = 20

# In place of <nowiki/>, which keeps letters after a link apart from it
BARRIER = "\x7f"

TEMPLATE, TABLE, LINK = "{{", "{|", "[["


def strip_elements(text: str, report: Report) -> str:
    """Take out comments, dropped elements, quotes of bold and italic, and behaviour switches.

    text (str): Wikitext.
    report (Report): Counts what is left out.
    RETURNS (str): Wikitext. What was in <nowiki> is there as HTML entities.
    """
    if "<" in text:
        text = "".join(_outside_elements(text, report))
    if "-{" in text:
        text = _VARIANT.sub(lambda found: _variant(found.group(1)), text)
    if "''" in text:
        # Four are an apostrophe and the three of bold.
        text = _QUOTES.sub(lambda found: "'" if len(found.group()) == 4 else "", text)
    return _SWITCH.sub("", text) if "__" in text else text


def visible_lines(text: str, siteinfo: SiteInfo, report: Report) -> Iterator[str]:
    """Take out templates, tables and links that show no text, and cut the rest into lines.

    text (str): Wikitext after `strip_elements`.
    siteinfo (SiteInfo): The wiki.
    report (Report): Counts what is left out.
    YIELDS (str): Lines that are not empty.
    """
    parts: List[str] = []
    kept = 0
    for start, end, kind in _regions(text, report):
        parts.append(text[kept:start])
        kept = end
        if kind == "\n":
            line = "".join(parts)
            parts.clear()
            if line and not line.isspace():
                yield line
        elif kind == LINK and not _is_hidden(text[start:end], siteinfo):
            parts.append(text[start:end])
        else:
            report.lose(_NAMES[kind])
    line = "".join(parts) + text[kept:]
    if line and not line.isspace():
        yield line


_NAMES = {TEMPLATE: "templates", TABLE: "tables", LINK: HIDDEN}


def _regions(text: str, report: Report) -> Iterator[Tuple[int, int, str]]:
    """YIELDS (Tuple[int, int, str]): The outermost templates, tables and links, and the line
    ends outside of them.
    """
    tokens = list(_BRACKETS.finditer(text))
    # kind, start, how many braces are open, index of the token
    stack: List[Tuple[str, int, int, int]] = []
    unclosed: Set[int] = set()
    i = 0
    while i < len(tokens) or stack:
        if i == len(tokens):
            # The outermost bracket has no end: it is text, and what is inside is looked at again.
            unclosed.add(stack[0][3])
            i = stack[0][3] + 1
            stack.clear()
            if len(unclosed) == MAX_UNCLOSED:
                report.change("pages with many unclosed brackets")
                yield from ((t.start(), t.end(), "\n") for t in tokens[i:] if t.group() == "\n")
                return
            continue
        token, index = tokens[i], i
        i += 1
        mark = token.group()
        if mark == "\n":
            if not stack:
                yield token.start(), token.end(), mark
            elif stack[0][0] == LINK and text.startswith("\n", token.end()):
                # No link goes over an empty line.
                i = stack[0][3] + 1
                unclosed.add(stack[0][3])
                stack.clear()
        elif mark.startswith("{{"):
            if index not in unclosed:
                stack.append((TEMPLATE, token.start(), len(mark), index))
        elif mark.startswith("[["):
            if index not in unclosed:
                stack.append((LINK, token.start(), 2, index))
        elif token.group("open"):
            if index not in unclosed:
                stack.append((TABLE, token.start("open"), 1, index))
        elif mark.startswith("}}"):
            left = len(mark)
            while left >= 2 and _pop_to(stack, TEMPLATE):
                _, start, open_braces, opener = stack.pop()
                used = min(left, open_braces)
                left -= used
                if open_braces - used >= 2:
                    stack.append((TEMPLATE, start, open_braces - used, opener))
                elif not stack:
                    yield start + open_braces - used, token.end() - left, TEMPLATE
        else:
            kind = LINK if mark == "]]" else TABLE
            if kind == LINK and (not stack or stack[-1][0] != LINK):
                continue
            if _pop_to(stack, kind):
                _, start, _, _ = stack.pop()
                if not stack:
                    yield start, token.end(), kind


def _pop_to(stack: List[Tuple[str, int, int, int]], kind: str) -> bool:
    """RETURNS (bool): Whether a bracket of this kind is open; those opened later are forgotten."""
    for depth in range(len(stack) - 1, -1, -1):
        if stack[depth][0] == kind:
            del stack[depth + 1 :]
            return True
    return False


def _is_hidden(link: str, siteinfo: SiteInfo) -> bool:
    target = link[2:-2].partition("|")[0]
    return ":" in target and siteinfo.target(target)[0] == HIDDEN


def _outside_elements(text: str, report: Report) -> Iterator[str]:
    lowered = text.lower()
    if len(lowered) != len(text):  # a few capitals have two small characters
        lowered = text
    position = 0
    endless: Set[str] = set()
    while True:
        found = _ELEMENT.search(text, position)
        if found is None:
            yield text[position:]
            return
        yield text[position : found.start()]
        position = found.end()
        name = (found.group(1) or "").lower()
        if name and found.group(2).endswith("/"):
            if name == "nowiki":
                yield BARRIER
            else:
                report.lose(f"<{name}>")
            continue
        closing = f"</{name}" if name else "-->"
        end = -1 if name in endless else lowered.find(closing, position)
        if end < 0:
            endless.add(name)
            if not name:  # a comment without end reaches to the end of the page
                return
            continue
        if name == "nowiki":
            yield _as_entities(text[position:end])
        elif name:
            report.lose(f"<{name}>")
        position = end + len(closing)
        if name:
            position = text.find(">", position) + 1 or len(text)


def _as_entities(text: str) -> str:
    return re.sub(r"[\[\]{}|'<>&*#:;=_~\-!\n]", lambda found: f"&#{ord(found.group())};", text)


def _variant(content: str) -> str:
    """Choose from `-{zh-hans:...; zh-hant:...}-`, the variants of a language in several scripts.

    content (str): What stands between -{ and }-.
    RETURNS (str): The text of the first variant; empty for rules that show nothing.
    """
    flags, bar, rules = content.partition("|")
    if bar:
        if set(flags.upper()) & set("HT-D"):
            return ""
        content = rules
    first = html.unescape(content).partition(";")[0]
    code, colon, text = first.partition(":")
    return text.strip() if colon and re.fullmatch(r"\s*[a-z-]{2,12}\s*", code) else content
