"""Links that go to articles, and so to entities: those to other pages are no mentions.

A prefix of a title that names another project ("b:" for Wikibooks, "wikt:") leads out of a
Wikipedia, and one that names a namespace ("File:") to what is no article, so that no article can
have such a title.
"""

from dataclasses import replace
from functools import lru_cache
from typing import FrozenSet, Iterable, Iterator, Optional

from ..report import Report
from .alias_counts import ItemsOf
from .occurrences import in_batches
from .paragraphs import Paragraph
from .wiki_names import EVERYWHERE, LANGUAGES, PROJECTS, Names

# MediaWiki takes these in every language, beside those of files and categories.
_NAMESPACES = frozenset(
    "help media mediawiki module portal project special talk template user wikipedia".split()
)


def article_links(
    paragraphs: Iterable[Paragraph], report: Optional[Report] = None
) -> Iterator[Paragraph]:
    """Take out links that go to no article.

    paragraphs (Iterable[Paragraph]): The paragraphs.
    report (Optional[Report]): Counts these links.
    YIELDS (Paragraph): The paragraphs with the other links.
    """
    report = report or Report()
    for paragraph in paragraphs:
        kept = [link for link in paragraph.links if is_article(link[2])]
        n_lost = len(paragraph.links) - len(kept)
        if n_lost:
            first = next(entity for _, _, entity in paragraph.links if not is_article(entity))
            report.lose("links to other projects and namespaces", n_lost, where=first)
            paragraph = replace(paragraph, links=kept)
        yield paragraph


def is_article(entity: str) -> bool:
    """Whether an entity can be an article.

    entity (str): "Q42" or "lang:Title".
    RETURNS (bool): False if its title has the prefix of a project or a namespace.
    """
    lang, _, title = entity.partition(":")
    prefix, colon, _ = title.partition(":")
    return not (colon and prefix.strip().casefold() in _prefixes(lang))


@lru_cache(maxsize=512)
def _prefixes(lang: str) -> FrozenSet[str]:
    named = (EVERYWHERE, LANGUAGES.get(lang, Names()))
    files = {name.casefold() for names in named for name in (*names.files, *names.category)}
    return PROJECTS | _NAMESPACES | files


def with_items(paragraphs: Iterable[Paragraph], interwiki: ItemsOf) -> Iterator[Paragraph]:
    """Put Wikidata items in place of the titles of links where they are known.

    paragraphs (Iterable[Paragraph]): The paragraphs.
    interwiki (ItemsOf): Knows the item of a title.
    YIELDS (Paragraph): The paragraphs with these links.
    """
    for batch in in_batches(paragraphs):
        keys = [entity for paragraph in batch for _, _, entity in paragraph.links]
        items = iter([item or key for item, key in zip(interwiki.items(keys), keys)])
        for paragraph in batch:
            links = [(start, end, next(items)) for start, end, _ in paragraph.links]
            yield replace(paragraph, links=links)
