"""The first pass over a dump: titles, redirects and disambiguation pages."""

import re
from array import array
from dataclasses import dataclass, field
from typing import Callable, Dict, List, Optional, Set, Tuple

import numpy as np

from ..entities.wiki_names import EVERYWHERE, LANGUAGES, Names
from ..errors import Errors
from ..report import Report
from .dump import DumpReader, Page, parse_page
from .siteinfo import ARTICLE, CATEGORY, MEDIAWIKI, TEMPLATE, SiteInfo

# Templates of longer pages are not looked at: none of these is a disambiguation page.
MAX_DISAMBIGUATION = 50_000

_SWITCH = re.compile(r"__(?:DISAMBIG|BEGRIFFSKLÄRUNG)__", re.I)
_TEMPLATE = re.compile(r"\{\{\s*([^|{}<>\[\]\n]{1,80}?)\s*(?=[|}\n<])")
_LINK = re.compile(r"\[\[([^\[\]|\n]+)")
_DISAMBIGUATIONS_PAGE = re.compile(r":\s*disambiguationspage$", re.I)


@dataclass
class Scan:
    """What a dump has.

    articles (List[Tuple[str, str]]): Title and page number of the articles, in order.
    redirects (Dict[str, str]): Title -> title of the article or missing page at the end of its
        chain.
    loops (Set[str]): Titles of redirects that never end.
    disambiguations (Set[str]): Titles of disambiguation pages.
    kept (np.ndarray): For each page of the dump whether its paragraphs are read.
    sizes (np.ndarray): Bytes of each page in the dump.
    """

    articles: List[Tuple[str, str]] = field(default_factory=list)
    redirects: Dict[str, str] = field(default_factory=dict)
    loops: Set[str] = field(default_factory=set)
    disambiguations: Set[str] = field(default_factory=set)
    kept: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=bool))
    sizes: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))


class Scanner:
    """Collects what a dump has.

    siteinfo (SiteInfo): The wiki.
    report (Report): Counts pages by kind, and what is wrong with them.
    """

    def __init__(self, siteinfo: SiteInfo, report: Report) -> None:
        self.siteinfo, self.report = siteinfo, report
        names = LANGUAGES.get(siteinfo.lang, Names())
        words = "|".join(map(re.escape, names.redirects + EVERYWHERE.redirects))
        self._redirect = re.compile(rf"\s*[#＃]\s*(?:{words})[^\[\n]*\[\[([^\]|]+)", re.I)
        stems = "|".join(map(re.escape, names.categories + EVERYWHERE.categories))
        self._categories = re.compile(rf"\[\[\s*([^\[\]|:]+:[^\[\]|]*(?:{stems})[^\[\]|]*)", re.I)
        self._titles: Set[str] = set()
        self._scan = Scan()
        self._kept, self._sizes = array("b"), array("q")
        self._places: List[int] = []  # number in the dump of each article
        self._marked: Set[int] = set()  # articles that are disambiguation pages
        self._templates: Set[str] = set(siteinfo.disambiguation_templates)
        self._template_redirects: List[Tuple[str, str]] = []
        self._users: Dict[str, array[int]] = {}  # template -> articles that have it
        self._names: Dict[str, str] = {}

    def add(self, page: Optional[Page], size: int) -> None:
        """Take the next page of the dump.

        page (Optional[Page]): The page; none if it could not be parsed.
        size (int): Its bytes in the dump.
        """
        self._kept.append(0)
        self._sizes.append(size)
        if page is None:
            return
        if page.namespace == TEMPLATE:
            self._add_template(page)
        elif page.namespace == MEDIAWIKI and _DISAMBIGUATIONS_PAGE.search(page.title):
            self._templates.update(map(self._template_name, _LINK.findall(page.text)))
        if page.namespace != 0:
            self.report.lose("pages of other namespaces")
        elif page.model != "wikitext":
            self.report.lose("pages that are no wikitext", where=page.title)
        else:
            self._add_main(page)

    def finish(self, limit: int = 0) -> Scan:
        """Follow redirects and tell disambiguation pages, when all pages are there.

        limit (int): Keep this many articles at most; 0 for all.
        RETURNS (Scan): What the dump has.
        """
        scan = self._scan
        changed = True
        while changed:
            before = len(self._templates)
            for pair in self._template_redirects:
                if self._templates.intersection(pair):
                    self._templates.update(pair)
            changed = len(self._templates) > before
        for name in self._templates:
            self._marked.update(self._users.get(name, ()))
        scan.disambiguations = {scan.articles[i][0] for i in self._marked}
        self._follow_redirects()
        for i in self._marked:
            self._kept[self._places[i]] = 0
        scan.kept = np.array(self._kept, dtype=bool)
        scan.sizes = np.array(self._sizes, dtype=np.int64)
        kept = int(scan.kept.sum())
        if limit and kept > limit:
            scan.kept[np.flatnonzero(scan.kept)[limit] :] = False
            self.report.lose("articles beyond the limit that was asked for", kept - limit)
        self.report.keep("articles", int(scan.kept.sum()))
        self.report.keep("redirects", len(scan.redirects))
        self.report.keep("disambiguation pages", len(scan.disambiguations))
        return scan

    def _add_main(self, page: Page) -> None:
        title = self.siteinfo.normalize(page.title)
        if title in self._titles:
            self.report.lose("pages with the title of another", where=title)
            return
        self._titles.add(title)
        target = page.redirect or self._redirect_target(page.text)
        if target:
            self._add_redirect(title, target)
            return
        i = len(self._scan.articles)
        self._scan.articles.append((title, page.id))
        self._places.append(len(self._kept) - 1)
        if not page.text.strip():
            self.report.lose("articles without text", where=title)
            return
        self._kept[-1] = 1
        if len(page.text) > MAX_DISAMBIGUATION:
            return
        if _SWITCH.search(page.text) or any(
            self.siteinfo.namespace(found) == CATEGORY
            for found in self._categories.findall(page.text)
        ):
            self._marked.add(i)
        for name in set(map(self._template_name, _TEMPLATE.findall(page.text))):
            self._users.setdefault(name, array("I")).append(i)

    def _add_redirect(self, title: str, target: str) -> None:
        kind, key = self.siteinfo.target(target)
        if kind != ARTICLE:
            self.report.lose("redirects that lead out of the articles", where=title)
        elif key.partition(":")[2] == title:
            self.report.lose("redirects to themselves", where=title)
            self._scan.loops.add(title)
        else:
            self._scan.redirects[title] = key.partition(":")[2]

    def _add_template(self, page: Page) -> None:
        name = self._template_name(page.title)
        target = page.redirect or self._redirect_target(page.text)
        if target:
            self._template_redirects.append((name, self._template_name(target)))
        elif "/" not in name and _SWITCH.search(page.text):
            self._templates.add(name)

    def _redirect_target(self, text: str) -> str:
        found = self._redirect.match(text)
        return found.group(1) if found else ""

    def _template_name(self, name: str) -> str:
        known = self._names.get(name)
        if known is None:
            short = name
            if ":" in name and self.siteinfo.namespace(name) == TEMPLATE:
                short = name.partition(":")[2]
            known = self._names[name] = self.siteinfo.normalize(short)
        return known

    def _follow_redirects(self) -> None:
        scan = self._scan
        direct = scan.redirects
        ends: Dict[str, str] = {}
        for title in direct:
            path = [title]
            on_path = {title}
            while path[-1] in direct and path[-1] not in ends:
                following = direct[path[-1]]
                if following in on_path or following in scan.loops:
                    scan.loops.update(path)
                    break
                path.append(following)
                on_path.add(following)
            else:
                end = ends.get(path[-1], path[-1])
                ends.update((step, end) for step in path if step in direct)
        looping = [title for title in direct if title in scan.loops]
        self.report.lose(
            "redirects in loops", len(looping), where=looping[0] if looping else ""
        )
        longer = sum(direct[title] != end for title, end in ends.items())
        self.report.change("redirects over other redirects", longer)
        missing = sum(end not in self._titles for end in ends.values())
        self.report.change("redirects to pages that the dump does not have", missing)
        # In the order of the dump, whatever order the chains were followed in.
        scan.redirects = {title: ends[title] for title in direct if title in ends}


def scan_dump(
    reader: DumpReader, *, limit: int = 0, progress: Optional[Callable[[int], None]] = None
) -> Scan:
    """Read a dump for the first time.

    reader (DumpReader): The dump. Its report gets the counts.
    limit (int): Keep this many articles at most; 0 for all.
    progress (Optional[Callable[[int], None]]): Gets the bytes that were read of the file.
    RETURNS (Scan): What the dump has.
    RAISES (ValueError): If it is a dump of Wikidata, or has no pages.
    """
    scanner = Scanner(reader.siteinfo, reader.report)
    pages = 0
    for raw in reader.raw_pages():
        page = parse_page(raw, reader.siteinfo, reader.report)
        if page is not None and page.model.startswith("wikibase"):
            raise ValueError(Errors.M704.format(path=reader.path))
        scanner.add(page, len(raw))
        if progress is not None:
            progress(reader.archive.read)
        pages += 1
    reader.report.keep("pages read", pages)
    return scanner.finish(limit)
