"""From paragraphs, label tables and titles to an alias dictionary, in one call."""

from itertools import chain
from pathlib import Path
from typing import Dict, Iterable, Iterator, Mapping, Optional, Sequence

from tqdm import tqdm  # type: ignore[import-untyped]

from ..files import PathLike
from ..held_out import point_of
from ..report import Report
from .alias_build import AliasBuilder, Limits
from .alias_counts import AliasCounts, ItemsOf
from .alias_links import article_links
from .alias_sources import add_labels, add_titles, popularity_of
from .aliases import AliasDictionary
from .occurrences import CountMode
from .paragraphs import Paragraph, read_paragraphs
from .plain_text import read_any_text


def build_aliases(
    output: PathLike,
    paragraphs: Mapping[str, Sequence[PathLike]],
    *,
    sources: Iterable[str] = (),
    skipped_sources: Iterable[str] = (),
    held_out: float = 0.0,
    seed: int = 0,
    labels: Optional[PathLike] = None,
    titles: Optional[Mapping[str, PathLike]] = None,
    texts: Optional[Mapping[str, Sequence[PathLike]]] = None,
    interwiki: Optional[ItemsOf] = None,
    count: CountMode = "pages",
    limits: Optional[Limits] = None,
    weights: Optional[Dict[str, float]] = None,
    max_pairs: int = 50_000_000,
    report: Optional[Report] = None,
) -> AliasDictionary:
    """Build an alias dictionary.

    output (PathLike): The folder to write.
    paragraphs (Mapping[str, Sequence[PathLike]]): Paragraphs by language. The languages of the
        dictionary are these.
    sources (Iterable[str]): Values of "src" of paragraphs whose links are anchors, set by people;
        empty for all. Of the others only the text is used, for the frequency of words.
    skipped_sources (Iterable[str]): Values of "src" of paragraphs that are not read at all, like
        sentences made by a machine.
    held_out (float): Share of the pages that is left out, see `is_held_out`.
    seed (int): Another seed leaves out other pages.
    labels (Optional[PathLike]): A label table, see `add_labels`.
    titles (Optional[Mapping[str, PathLike]]): By language, folders with titles and redirects.
    texts (Optional[Mapping[str, Sequence[PathLike]]]): By language, plain text to count words in.
    interwiki (Optional[ItemsOf]): Knows the Wikidata items of titles.
    count (CountMode): What link probabilities are counted in, "pages" or "tokens".
    limits (Optional[Limits]): What is kept of the aliases.
    weights (Optional[Dict[str, float]]): What a name of each source counts, see `SOURCE_WEIGHTS`.
    max_pairs (int): Pairs of alias and entity kept in memory, for each language.
    report (Optional[Report]): Counts what is kept and lost.
    RETURNS (AliasDictionary): The dictionary.
    """
    report = report if report is not None else Report("aliases")
    wanted, skipped = frozenset(sources), frozenset(skipped_sources)

    def read(lang: str, linked: bool, what: str) -> Iterator[Paragraph]:
        # All paragraphs are read several times, and what is lost is counted once.
        counted = report if what == "links" else None
        for path in paragraphs[lang]:
            lines = article_links(read_paragraphs(path, report=counted), counted)
            for paragraph in tqdm(lines, desc=f"{lang}: {what}", unit=" paragraphs", disable=None):
                has_links = not wanted or paragraph.source in wanted
                if linked != has_links or paragraph.source in skipped:
                    continue
                if not is_held_out(paragraph, held_out, seed):
                    yield paragraph

    counts: Dict[str, AliasCounts] = {}
    for lang in paragraphs:
        counts[lang] = AliasCounts(lang, weights=weights, max_pairs=max_pairs, report=report)
        counts[lang].add_anchors(read(lang, True, "links"))
        if titles and lang in titles:
            add_titles(counts[lang], titles[lang])
        if interwiki is not None:
            counts[lang].map_entities(interwiki)
    if labels is not None:
        add_labels(counts, labels, popularity=popularity_of(counts.values()))
    builder = AliasBuilder(count=count, limits=limits, report=report)
    for lang in paragraphs:
        unlinked = chain(
            read(lang, False, "words"),
            *(_shown(path, lang) for path in (texts or {}).get(lang, ())),
        )
        builder.add(counts.pop(lang), read(lang, True, "occurrences"), unlinked)
    return builder.write(output, sources=sorted(wanted), labels=str(labels or ""))


def is_held_out(paragraph: Paragraph, share: float, seed: int = 0) -> bool:
    """Whether a paragraph belongs to the part to evaluate on, by a hash of its page, or of its text
    if it does not say which page it is from.

    paragraph (Paragraph): The paragraph.
    share (float): The share of pages to hold out. seed (int): Another seed holds out others.
    RETURNS (bool): Always the same for the same paragraph.
    """
    return bool(share) and point_of(paragraph.page or paragraph.text, seed) < share


def _shown(path: PathLike, lang: str) -> Iterator[Paragraph]:
    desc = f"{lang}: {Path(path).name}"
    yield from tqdm(read_any_text(path), desc=desc, unit=" paragraphs", disable=None)
