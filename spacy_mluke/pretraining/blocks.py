"""A block of pages to lines of paragraphs: the work of one process, here or on another machine."""

import gzip
from pathlib import Path
from typing import Dict, List, Optional, Sequence, Tuple

import marisa_trie

from ..entities.paragraphs import Link, Paragraph
from ..report import Report
from .dump import parse_page
from .scan import Scan
from .siteinfo import SiteInfo
from .wikitext import parse_wikitext

# What stands in the trie for a title that is no article: where a redirect leads, or one of these.
_REDIRECT, _DISAMBIGUATION, _LOOP = b">", b"d", b"l"

TO_DISAMBIGUATION = "links to disambiguation pages"
TO_LOOP = "links to redirects that never end"
TO_ITSELF = "links of a page to itself"

# A member of a gzip file and the counts of its pages
Block = Tuple[bytes, Report]


def save_targets(scan: Scan, path: Path) -> None:
    """Write what each title that is no article stands for, to be memory-mapped.

    scan (Scan): Redirects and disambiguation pages.
    path (Path): The file.
    """
    values: Dict[str, bytes] = {
        title: _DISAMBIGUATION
        if target in scan.disambiguations
        else _REDIRECT + target.encode("utf8")
        for title, target in scan.redirects.items()
    }
    values.update(dict.fromkeys(scan.disambiguations, _DISAMBIGUATION))
    values.update(dict.fromkeys(scan.loops, _LOOP))
    # Its own `save` gives no OSError when the disk is full.
    path.write_bytes(marisa_trie.BytesTrie(sorted(values.items())).tobytes())


class BlockReader:
    """Reads blocks of pages.

    siteinfo (SiteInfo): The wiki.
    targets (Path): The file of `save_targets`.
    content (Optional[bytes]): Its content, where there is no such file.
    """

    def __init__(
        self, siteinfo: SiteInfo, targets: Path, content: Optional[bytes] = None
    ) -> None:
        self.siteinfo = siteinfo
        self.source = siteinfo.dbname or f"{siteinfo.lang}wiki"
        self._targets = marisa_trie.BytesTrie()
        if content is None:
            self._targets.mmap(str(targets))
        else:
            self._targets.frombytes(content)

    def read(self, pages: Sequence[bytes]) -> Block:
        """Read pages.

        pages (Sequence[bytes]): Articles, each from <page> to </page>.
        RETURNS (Block): Lines of paragraphs, packed, and counts.
        """
        report = Report()
        lines: List[str] = []
        for raw in pages:
            # What is wrong with its XML was counted in the first pass.
            page = parse_page(raw, self.siteinfo, Report())
            if page is None:
                continue
            report.keep("bytes of wikitext", len(page.text.encode("utf8")))
            title = self.siteinfo.normalize(page.title)
            paragraphs = parse_wikitext(page.text, self.siteinfo, report)
            if not paragraphs:
                report.lose("articles without paragraphs", where=title)
            for text, links in paragraphs:
                kept = self._follow(links, title, report)
                report.keep("paragraphs")
                report.keep("links", len(kept))
                lines.append(Paragraph(text, kept, title, self.source).to_json())
        content = "".join(f"{line}\n" for line in lines).encode("utf8")
        return gzip.compress(content, compresslevel=6, mtime=0), report

    def _follow(self, links: List[Link], page: str, report: Report) -> List[Link]:
        """RETURNS (List[Link]): Links to articles, redirects followed."""
        kept: List[Link] = []
        own = f"{self.siteinfo.lang}:"
        for start, end, key in links:
            if key.startswith(own):
                title = key[len(own) :]
                found = self._targets.get(title)
                if found:
                    if found[0] == _DISAMBIGUATION or found[0] == _LOOP:
                        lost = TO_LOOP if found[0] == _LOOP else TO_DISAMBIGUATION
                        report.lose(lost)
                        continue
                    title = found[0][1:].decode("utf8")
                    report.change("links over redirects")
                if title == page:
                    report.lose(TO_ITSELF)
                    continue
                key = own + title
            else:
                report.change("links to articles of another language, kept")
            kept.append((start, end, key))
        return kept
