"""Pages of a MediaWiki XML dump (pages-articles.xml), one after another.

A dump is written by machine in one form: `<page>` and `</page>` do not occur inside of a page, as
its text is escaped. So pages are cut out as bytes, and each is parsed by itself: a broken page, or
a file that ends in the middle of one, does no harm to the others.
"""

import re
import warnings
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, List, Optional

from ..errors import Errors, Warnings
from ..files import PathLike
from ..report import Report
from .archive import Archive
from .siteinfo import SiteInfo, parse_siteinfo

BEGIN, END = b"<page>", b"</page>"
HEAD_END = b"</siteinfo>"
MAX_HEAD = 1 << 20
# MediaWiki stores at most 2 MB of text a page, old dumps somewhat more.
MAX_PAGE = 64 << 20

# Characters that may not stand in XML, even escaped.
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


@dataclass(frozen=True)
class Page:
    """A page.

    title (str): Its title as in the dump, with the name of its namespace.
    namespace (int): 0 for articles.
    id (str): Its number.
    redirect (str): Title of the page that it redirects to, or empty.
    text (str): Its wikitext.
    model (str): Kind of its content, "wikitext" for articles.
    """

    title: str
    namespace: int
    id: str
    redirect: str
    text: str
    model: str = "wikitext"


class DumpReader:
    """A dump, read from its beginning each time it is iterated.

    path (PathLike): The file: .xml, plain or packed by bzip2 (also multistream), gzip or xz.
    lang (str): Language of the wiki, if not the one in the dump.
    report (Optional[Report]): Counts what cannot be read.
    """

    def __init__(
        self, path: PathLike, *, lang: str = "", report: Optional[Report] = None
    ) -> None:
        self.path = Path(path)
        if not self.path.is_file():
            raise ValueError(Errors.M701.format(path=path))
        self.report = report if report is not None else Report(str(path))
        self.archive = Archive(self.path)
        self._lang = lang
        self.siteinfo = self._read_siteinfo()

    def __iter__(self) -> Iterator[Page]:
        """YIELDS (Page): All pages that can be read."""
        for raw in self.raw_pages():
            page = parse_page(raw, self.siteinfo, self.report)
            if page is not None:
                yield page

    def raw_pages(self) -> Iterator[bytes]:
        """Cut the dump into pages.

        `archive` is that of the running iteration: how far it is, what broke it off.

        YIELDS (bytes): From <page> to </page>.
        """
        self.archive = Archive(self.path)
        buffer = bytearray()
        searched = 0
        for data in self.archive:
            buffer += data
            position = 0
            while True:
                end = buffer.find(END, max(position, searched))
                if end < 0:
                    break
                # A page that was cut has no end; the next one begins before it ends.
                begin = buffer.rfind(BEGIN, position, end)
                if begin >= 0:
                    cut = buffer.count(BEGIN, position, begin)
                    self.report.lose("pages that are cut", cut)
                    yield bytes(buffer[begin : end + len(END)])
                position = end + len(END)
                searched = position
            del buffer[:position]
            if len(buffer) > MAX_PAGE:
                self.report.lose("pages over the limit of size", buffer.count(BEGIN))
                del buffer[: -len(END)]
            searched = max(0, len(buffer) - len(END))
        self._end(bytes(buffer))

    def _end(self, rest: bytes) -> None:
        cut = rest.count(BEGIN)
        self.report.lose("pages that are cut", cut, where="end of the dump")
        if self.archive.error or cut or b"</mediawiki>" not in rest:
            reason = self.archive.error or "the text ends too early"
            self.report.lose("the end of the dump", where=reason)
            warnings.warn(
                Warnings.W701.format(path=self.path, reason=reason, cut=cut), stacklevel=3
            )

    def _read_siteinfo(self) -> SiteInfo:
        head = b""
        archive = Archive(self.path)
        for data in archive:
            head += data
            if HEAD_END in head or BEGIN in head or len(head) > MAX_HEAD:
                break
        if b"<mediawiki" not in head and BEGIN not in head:
            found = archive.error or ("other text" if head else "nothing")
            raise ValueError(Errors.M702.format(path=self.path, found=found))
        text = head.partition(BEGIN)[0].decode("utf8", errors="replace")
        siteinfo = parse_siteinfo(text, self._lang)
        if not siteinfo.lang:
            raise ValueError(Errors.M703.format(path=self.path))
        if siteinfo.dbname.startswith("wikidata"):
            raise ValueError(Errors.M704.format(path=self.path))
        return siteinfo


def parse_page(raw: bytes, siteinfo: SiteInfo, report: Report) -> Optional[Page]:
    """Parse a page of `DumpReader.raw_pages`.

    raw (bytes): From <page> to </page>.
    siteinfo (SiteInfo): The wiki.
    report (Report): Counts what is wrong with it.
    RETURNS (Optional[Page]): The page; none if it is no XML or has no title.
    """
    try:
        xml = raw.decode("utf8")
    except UnicodeDecodeError:
        xml = raw.decode("utf8", errors="replace")
        report.change("pages with invalid UTF-8", where=_excerpt(xml))
    try:
        root = ElementTree.fromstring(xml)
    except (ElementTree.ParseError, ValueError):
        try:
            root = ElementTree.fromstring(_NO_XML.sub("\ufffd", xml))
        except (ElementTree.ParseError, ValueError):
            report.lose("pages that are no XML", where=_excerpt(xml))
            return None
        report.change("pages with characters that no XML has", where=_excerpt(xml))
    title = (root.findtext("title") or "").strip()
    if not title:
        report.lose("pages without a title", where=root.findtext("id") or "")
        return None
    redirect = root.find("redirect")
    namespace = root.findtext("ns")
    revisions: List[ElementTree.Element] = root.findall("revision")
    last = revisions[-1] if revisions else ElementTree.Element("revision")
    return Page(
        title=title,
        # Dumps before 2012 have no <ns>.
        namespace=int(namespace) if namespace else siteinfo.namespace(title),
        id=root.findtext("id") or "",
        redirect=(redirect.get("title") or "").strip() if redirect is not None else "",
        text=last.findtext("text") or "",
        model=last.findtext("model") or "wikitext",
    )


def _excerpt(xml: str) -> str:
    found = re.search(r"<title>([^<]{0,60})", xml)
    return found.group(1) if found else ""
