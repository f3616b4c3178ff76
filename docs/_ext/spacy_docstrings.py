"""Docstrings in spaCy's form, for autodoc.

    name (type): What it is. other (type): Lines that go on are
        indented.
    RETURNS (type): What comes back. RAISES (Error): When.

becomes a list of parameters. All other text is taken for Markdown of the simplest kind:
paragraphs, lists, `code`, and indented blocks of code.
"""

import re
import sys
from inspect import cleandoc, isclass
from types import MappingProxyType
from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Tuple

_FIELDS = {"RETURNS": ("returns", "rtype"), "YIELDS": ("yields", "rtype")}
_KEYWORD = re.compile(r"(?:^|(?<=[.:!?)] ))(RETURNS|YIELDS|RAISES)(?: \(| (\w+):|:)")
_PARAMETER = re.compile(r"(?:^|(?<=[.:!?)] ))(\*{0,2}[A-Za-z_]\w*) \(")
_ITEM = re.compile(r"(- |\d+\. )")
_WORD = re.compile(r"[A-Za-z_]\w*")
_CODE = re.compile(r"(``.+?``|`[^`]+`)")


class Entry(NamedTuple):
    """An entry of a docstring.

    name (str): Name of a parameter, or RETURNS, YIELDS, RAISES.
    type (str): What stands in parentheses, or the name after RAISES.
    text (str): The description.
    """

    name: str
    type: str
    text: str


def split_entries(paragraph: str) -> Tuple[str, List[Entry]]:
    """Find the entries of a paragraph.

    paragraph (str): The paragraph on one line.
    RETURNS (Tuple[str, List[Entry]]): The prose before the first entry, and the entries.
    """
    heads = list(_heads(paragraph))
    ends = [head[0] for head in heads[1:]] + [len(paragraph)]
    entries = [
        Entry(name, kind, paragraph[begin:end].strip())
        for (_, begin, name, kind), end in zip(heads, ends)
    ]
    prose = paragraph[: heads[0][0]] if heads else paragraph
    return prose.strip(), entries


def to_rst(docstring: str, classes: Mapping[str, str] = MappingProxyType({})) -> str:
    """Write a docstring as reStructuredText.

    docstring (str): The docstring.
    classes (Mapping[str, str]): Names in types that become links, and where they lead.
    RETURNS (str): Paragraphs, lists and blocks of code, then one field list.
    """
    blocks: List[str] = []
    fields: List[str] = []
    for block in re.split(r"\n\s*\n", cleandoc(docstring)):
        if block.startswith("    "):
            blocks.append("::\n\n" + block)
            continue
        items: List[str] = []
        for paragraph in _paragraphs(block):
            prose, entries = split_entries(paragraph)
            fields.extend(field for entry in entries for field in _fields(entry, classes))
            if prose:
                items.append(escape(prose))
        if items:
            blocks.append("\n".join(items))
    if fields:
        blocks.append("\n".join(fields))
    return "\n\n".join(blocks)


def escape(text: str) -> str:
    """Write a line of prose so that reStructuredText shows it as it is.

    text (str): Prose with `code`.
    RETURNS (str): The same with ``code``.
    """
    parts = _CODE.split(text)
    for i, part in enumerate(parts):
        if i % 2:
            parts[i] = rf"\ ``{part.strip('`').strip()}``\ "
        else:
            parts[i] = re.sub(r"([\\*_|`])", r"\\\1", part)
    return "".join(parts)


def setup(app: Any) -> Dict[str, Any]:
    """Make Sphinx read docstrings so. app (Any): Sphinx. RETURNS (Dict[str, Any]): About this."""
    app.connect("autodoc-process-docstring", _process)
    app.connect("autodoc-skip-member", _skip)
    return {"version": "1", "parallel_read_safe": True}


def _process(app: Any, what: str, name: str, obj: Any, options: Any, lines: List[str]) -> None:
    # the function behind a property, a cached one, a class method
    for attribute in ("fget", "func", "__func__"):
        obj = getattr(obj, attribute, obj)
    module = sys.modules.get(getattr(obj, "__module__", ""))
    lines[:] = to_rst("\n".join(lines), _classes_in(module)).splitlines()


def _skip(app: Any, what: str, name: str, obj: Any, skip: bool, options: Any) -> "bool | None":
    # what a NamedTuple says of its fields, which its own docstring describes
    return True if str(obj.__doc__).startswith("Alias for field number") else None


def _classes_in(module: Any) -> Dict[str, str]:
    """Name -> full name of the classes of our own that a module knows."""
    return {
        name: f"{value.__module__}.{value.__qualname__}"
        for name, value in vars(module).items()
        if isclass(value) and value.__module__.startswith("spacy_mluke.")
    } if module else {}


def _paragraphs(block: str) -> Iterator[str]:
    """Join the lines of a paragraph; items of a list are paragraphs of their own."""
    joined = ""
    for line in block.splitlines():
        if _ITEM.match(line) and joined:
            yield joined
            joined = line.strip()
        else:
            joined = f"{joined} {line.strip()}".strip()
    yield joined


def _heads(text: str) -> "Iterator[tuple[int, int, str, str]]":
    """Begin of each entry, begin of its description, its name and type."""
    at = 0
    # In prose, only a word in capitals begins an entry.
    parameters = bool(_head_at(text, _PARAMETER.match(text)))
    while at < len(text):
        matches = [_KEYWORD.search(text, at)]
        if parameters:
            matches.append(_PARAMETER.search(text, at))
        found = [match for match in matches if match]
        if not found:
            return
        match = min(found, key=lambda one: one.start())
        head = _head_at(text, match)
        if head is None:
            at = match.end()
            continue
        yield head
        at = head[1]


def _head_at(text: str, match: "re.Match[str] | None") -> "tuple[int, int, str, str] | None":
    if match is None:
        return None
    name = match[1]
    if not match[0].endswith("("):
        return match.start(), match.end(), name, (match[2] or "")
    depth = 0
    for end in range(match.end() - 1, len(text)):
        depth += {"(": 1, ")": -1}.get(text[end], 0)
        if not depth:
            break
    if depth or text[end + 1 : end + 2] != ":":
        return None
    return match.start(), end + 2, name, text[match.end() : end]


def _fields(entry: Entry, classes: Mapping[str, str]) -> List[str]:
    name, kind, text = escape(entry.name), _link(entry.type, classes), escape(entry.text)
    if entry.name == "RAISES":
        return [f":raises {escape(entry.type)}: {text}"]
    if entry.name in _FIELDS:
        field, kind_field = _FIELDS[entry.name]
        return [f":{field}: {text}"] + ([f":{kind_field}: {kind}"] if kind else [])
    return [f":param {name}: {text}", f":type {name}: {kind}"]


def _link(kind: str, classes: Mapping[str, str]) -> str:
    """A type as code; or, if it has classes of our own, as text in which these are links."""
    if not any(word in classes for word in _WORD.findall(kind)):
        return f"``{kind}``" if kind else ""
    full = _WORD.sub(lambda w: f"~{classes[w[0]]}" if w[0] in classes else w[0], kind)
    return escape(full)
