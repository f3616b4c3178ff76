"""Titles of Wikidata items from all forms in which Wikimedia and others give them."""

import bz2
import gzip
import json
import lzma
import re
import xml.etree.ElementTree as ElementTree
import zlib
from contextlib import nullcontext
from pathlib import Path
from typing import IO, Any, Callable, Dict, Iterator, Optional, Tuple

from tqdm import tqdm  # type: ignore[import-untyped]

from ..errors import Errors
from ..files import PathLike
from ..report import Report
from .keys import item_number

# number of the item, language, title
ItemTitle = Tuple[int, str, str]

_OPENERS: Dict[str, Callable[..., Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}

# Database names of Wikipedias are a language code of two or three letters, perhaps with
# suffixes, and "wiki"; those of commons, species, meta, wikidata, sources, incubator and the like
# are longer. Exceptions both ways:
_WIKIPEDIA = re.compile(r"((?:[a-z]{2,3}|simple)(?:_[a-z]+)*)wiki")
_OTHER_PROJECTS = frozenset(["ten", "wg_en"])
_RENAMED = {"be_x_old": "be-tarask"}

# One row of wb_items_per_site: row id, item, site, page. Escapes stay in for now.
_SQL_ROW = re.compile(rb"\(\d+,(\d+),'((?:[^'\\]|\\.)*)','((?:[^'\\]|\\.)*)'\)", re.DOTALL)
_SQL_INSERT = b"INSERT INTO `wb_items_per_site`"
_SQL_ESCAPE = re.compile(rb"\\(.)", re.DOTALL)
_SQL_CONTROL = {b"0": b"\0", b"b": b"\b", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"Z": b"\x1a"}


def wiki_language(site: str) -> Optional[str]:
    """Which language a Wikipedia is in.

    site (str): A global site id (database name), like "dewiki" or "zh_min_nanwiki".
    RETURNS (Optional[str]): "de", "zh-min-nan"; None if it is no Wikipedia.
    """
    match = _WIKIPEDIA.fullmatch(site)
    if match is None or match[1] in _OTHER_PROJECTS:
        return None
    return _RENAMED.get(match[1], match[1].replace("_", "-"))


def read_titles(path: PathLike, *, report: Optional[Report] = None) -> Iterator[ItemTitle]:
    """Read the titles of items. The form of the file is seen from its beginning.

    path (PathLike): The table ``wb_items_per_site.sql``; the Wikidata JSON dump; a Wikidata
        ``pages-articles.xml`` dump; or lines {"qid": "Q42", "labels": {lang: label}}. Plain, .gz,
        .bz2 or .xz.
    report (Optional[Report]): Counts what is left out.
    YIELDS (ItemTitle): Number of the item, language, title.
    RAISES (ValueError): If the file has none of these forms, or cannot be read to its end.
    """
    path = Path(path)
    report = report if report is not None else Report()
    if not path.is_file():
        raise ValueError(Errors.M813.format(path=path))
    bar = tqdm(total=path.stat().st_size, desc=path.name, unit="B", unit_scale=True, disable=None)
    try:
        with bar, path.open("rb") as raw, _decompressed(raw, path) as stream:
            read = _reader(stream.peek(1), path)
            for n, title in enumerate(read(stream, path, report)):
                if not n % 10_000:
                    bar.update(raw.tell() - bar.n)
                yield title
    except (EOFError, OSError, lzma.LZMAError, zlib.error, ElementTree.ParseError) as error:
        raise ValueError(Errors.M816.format(path=path, error=error)) from error


def _decompressed(raw: IO[bytes], path: Path) -> Any:
    opener = _OPENERS.get(path.suffix)
    return nullcontext(raw) if opener is None else opener(raw, "rb")


def _reader(begin: bytes, path: Path) -> Callable[[IO[bytes], Path, Report], Iterator[ItemTitle]]:
    begin = begin.lstrip(b"\xef\xbb\xbf \r\n")
    if begin.startswith(b"<"):
        return _read_xml
    if begin.startswith((b"--", b"/*", b"INSERT", b"DROP", b"CREATE")):
        return _read_sql
    if begin.startswith((b"[", b"{")):
        return _read_lines
    raise ValueError(Errors.M814.format(path=path))


def _read_sql(stream: IO[bytes], path: Path, report: Report) -> Iterator[ItemTitle]:
    """Rows of INSERT lines of about a megabyte each."""
    inserted = False
    for line in stream:
        if not line.startswith(_SQL_INSERT):
            continue
        inserted = True
        if not line.rstrip().endswith(b");"):
            raise EOFError("a line of rows is cut")
        for item, site, page in _SQL_ROW.findall(line):
            try:
                title = _SQL_ESCAPE.sub(_unescape, page).decode("utf8")
            except UnicodeDecodeError:
                report.lose("titles that are not UTF-8", where=f"Q{item.decode()}")
                continue
            yield from _sitelink(int(item), site.decode("ascii", "replace"), title, report)
    if not inserted:
        raise ValueError(Errors.M814.format(path=path))


def _unescape(match: "re.Match[bytes]") -> bytes:
    return _SQL_CONTROL.get(match[1], match[1])


def _read_lines(stream: IO[bytes], path: Path, report: Report) -> Iterator[ItemTitle]:
    """The JSON dump is one long list, but has an item a line."""
    for number, line in enumerate(stream, start=1):
        line = line.strip().rstrip(b",")
        if line in (b"", b"[", b"]"):
            continue
        where = f"{path.name}:{number}"
        try:
            record = json.loads(line)
            if "qid" in record:
                yield from _labels(record, report, where)
            else:
                yield from _sitelinks(record, report, where)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(Errors.M817.format(line=number, path=path, error=error)) from error


def _read_xml(stream: IO[bytes], path: Path, report: Report) -> Iterator[ItemTitle]:
    """Items are JSON in the text of their pages."""
    model, text, title = "", "", ""
    root: Optional[ElementTree.Element] = None
    for event, element in ElementTree.iterparse(stream, events=("start", "end")):
        root = element if root is None else root
        tag = element.tag.rpartition("}")[2]
        if event == "start":
            if tag == "page":
                model, text, title = "", "", ""
        elif tag == "title":
            title = element.text or ""
        elif tag == "model":
            model = element.text or ""
        elif tag == "text":
            text = element.text or ""
        elif tag == "page":
            root.clear()  # or the tree keeps all pages that were read
            if model == "wikibase-item":
                try:
                    yield from _sitelinks(json.loads(text), report, title)
                except (ValueError, KeyError, TypeError, AttributeError) as error:
                    raise ValueError(
                        Errors.M818.format(page=title, path=path, error=error)
                    ) from error
            else:
                report.lose("pages that are no items")


def _labels(record: Dict[str, Any], report: Report, where: str) -> Iterator[ItemTitle]:
    item = item_number(record["qid"])
    labels = record.get("labels") or {}
    if not item:
        report.lose("records of no item", where=where)
    elif not labels:
        report.lose("items without titles", where=where)
    else:
        for lang, label in labels.items():
            if not isinstance(label, str):
                raise TypeError(f"the label in '{lang}' is no string")
            yield item, lang, label


def _sitelinks(record: Dict[str, Any], report: Report, where: str) -> Iterator[ItemTitle]:
    if "redirect" in record:
        report.lose("items that redirect to another", where=where)
        return
    item = item_number(record["id"])
    if not item:
        report.lose("records of no item")  # properties and lexemes
        return
    links = record.get("sitelinks") or {}  # an empty object is written as an empty list
    if not links:
        report.lose("items without titles", where=where)
    for link in links.values():
        yield from _sitelink(item, link["site"], link["title"], report)


def _sitelink(item: int, site: str, title: str, report: Report) -> Iterator[ItemTitle]:
    lang = wiki_language(site)
    if lang is None:
        report.lose("titles of other projects than Wikipedias")
    else:
        yield item, lang, title
