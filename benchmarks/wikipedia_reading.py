"""Reading of wikitext: MB/s on one core, and what comes out, to mwparserfromhell alone.

    python benchmarks/wikipedia_reading.py ../shared/data/wikipedia/elwiki-truncated.xml.xz

The other side is what most scripts do: `mwparserfromhell.parse(text)`, its `strip_code()` for the
text and `filter_wikilinks()` for the links. Pages are taken from all over the dump, and compared
one by one: how much of the words and of the links to articles of one side the other has as well.
"""

import re
import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Dict, Iterable, List, Tuple

import mwparserfromhell
from common import interleave, options, report

from spacy_mluke.pretraining.dump import DumpReader, Page
from spacy_mluke.pretraining.markup import strip_elements
from spacy_mluke.pretraining.siteinfo import ARTICLE, SiteInfo
from spacy_mluke.pretraining.wikitext import parse_wikitext
from spacy_mluke.report import Report

OURS, PARSER = "spacy_mluke", "mwparserfromhell alone"
WORD = re.compile(r"[^\W_]+")


def some_articles(path: Path, n: int, lang: str) -> Tuple[SiteInfo, List[Page]]:
    """RETURNS (Tuple[SiteInfo, List[Page]]): The wiki and articles from all over the dump."""
    reader = DumpReader(path, lang=lang)
    articles = [p for p in reader if p.namespace == 0 and not p.redirect and p.text]
    return reader.siteinfo, articles[:: max(1, len(articles) // n)][:n]


def read_ours(siteinfo: SiteInfo, page: Page) -> Tuple[str, List[str]]:
    """RETURNS (Tuple[str, List[str]]): Text, and targets of links."""
    paragraphs = parse_wikitext(page.text, siteinfo)
    return "\n".join(text for text, _ in paragraphs), [
        key for _, links in paragraphs for _, _, key in links
    ]


def read_parser(siteinfo: SiteInfo, page: Page) -> Tuple[str, List[str]]:
    """RETURNS (Tuple[str, List[str]]): The same with the parser alone."""
    code = mwparserfromhell.parse(page.text)
    targets = (siteinfo.target(str(link.title)) for link in code.filter_wikilinks())
    return code.strip_code(), [key for kind, key in targets if kind == ARTICLE]


def read_all(read: "partial[Tuple[str, List[str]]]", pages: List[Page]) -> None:
    """Read all pages."""
    for page in pages:
        read(page)


def shared(one: Iterable[str], other: Iterable[str]) -> Tuple[int, int, int]:
    """RETURNS (Tuple[int, int, int]): How many both have, and how many each has."""
    a, b = Counter(one), Counter(other)
    return sum((a & b).values()), sum(a.values()), sum(b.values())


def compare(siteinfo: SiteInfo, pages: List[Page]) -> None:
    """Print how the two sides agree, page by page, and where the links went that differ."""
    totals: Dict[str, List[int]] = {"words": [0, 0, 0], "links": [0, 0, 0]}
    where: "Counter[str]" = Counter()
    rows = []
    for page in pages:
        our_text, our_links = read_ours(siteinfo, page)
        text, links = read_parser(siteinfo, page)
        words = shared(WORD.findall(our_text), WORD.findall(text))
        targets = shared(our_links, links)
        for name, found in (("words", words), ("links", targets)):
            totals[name] = [a + b for a, b in zip(totals[name], found)]
        rows.append((2 * words[0] / max(1, words[1] + words[2]), page.title, words, targets))
        where.update(places(siteinfo, page, Counter(links) - Counter(our_links)))
    for name, (both, ours, theirs) in totals.items():
        print(f"  {name}: {both} in both, {ours} {OURS}, {theirs} {PARSER}")
    print("  least alike (common words, ours, theirs; links the same):")
    for score, title, words, targets in sorted(rows)[:5]:
        print(f"    {score:.3f} {title}: {words}; {targets}")
    print("  links that are not in ours, by where they stand: " + str(dict(where.most_common())))


def places(siteinfo: SiteInfo, page: Page, missing: "Counter[str]") -> "Counter[str]":
    """RETURNS (Counter[str]): Kinds of markup that hold links which are missing in ours."""
    found: "Counter[str]" = Counter()
    code = mwparserfromhell.parse(strip_elements(page.text, Report()))
    left = Counter(missing)
    pictures = [k for k in code.filter_wikilinks(recursive=False) if k.text and "[[" in k.text]
    for kind, holders in (
        ("template", code.filter_templates(recursive=False)),
        ("table", code.filter_tags(recursive=False, matches=lambda tag: tag.tag == "table")),
        ("heading", code.filter_headings(recursive=False)),
        ("caption", pictures),
    ):
        for holder in holders:
            for link in mwparserfromhell.parse(str(holder)).filter_wikilinks():
                _, key = siteinfo.target(str(link.title))
                if left[key] > 0:
                    left[key] -= 1
                    found[kind] += 1
    found["reference, gallery, formula, comment"] = sum((+left).values())
    return found


def main() -> None:
    parser = options(__doc__, rounds=3, sentences=0)
    parser.add_argument("dump", type=Path, nargs="+", help="pages-articles.xml")
    parser.add_argument("--pages", type=int, default=60, help="articles a dump; default: 60")
    parser.add_argument("--lang", default="", help="language of the dumps, if they are wrong")
    args = parser.parse_args()
    for path in args.dump:
        begin = time.process_time()
        siteinfo, pages = some_articles(path, args.pages, args.lang)
        seconds = time.process_time() - begin
        size = sum(len(page.text.encode("utf8")) for page in pages) / 1e6
        cases = {
            PARSER: partial(read_all, partial(read_parser, siteinfo), pages),
            OURS: partial(read_all, partial(read_ours, siteinfo), pages),
        }
        measured = interleave(cases, args.rounds, "cpu")
        report(
            f"{path.name}: {len(pages)} articles",
            measured,
            base=PARSER,
            unit="s",
            goals={OURS: 1.0},
            notes={
                "MB": round(size, 2),
                "MB/s": {name: round(size / min(times), 2) for name, times in measured.items()},
                "whole dump cut into pages": f"{seconds:.1f} s",
            },
            path=args.json,
        )
        compare(siteinfo, pages)


if __name__ == "__main__":
    main()
