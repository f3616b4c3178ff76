"""From paragraphs, label tables and titles to an alias dictionary, in one call."""

from itertools import chain
from pathlib import Path
from typing import Callable, Dict, Iterable, Iterator, Mapping, Optional, Sequence

from tqdm import tqdm  # type: ignore[import-untyped]

from ..files import PathLike
from ..report import Report
from .alias_build import AliasBuilder, Limits
from .alias_counts import AliasCounts, ItemsOf
from .alias_sources import add_labels, add_titles, popularity_of
from .aliases import AliasDictionary
from .occurrences import CountMode
from .paragraphs import SUFFIXES, Paragraph, read_paragraphs
from .plain_text import read_plain_text

Keep = Callable[[Paragraph], bool]


def build_aliases(
    output: PathLike,
    paragraphs: Mapping[str, Sequence[PathLike]],
    *,
    sources: Iterable[str] = (),
    keep: Optional[Keep] = None,
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
    keep (Optional[Callable]): Says of a paragraph whether its links may be used.
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
    wanted = frozenset(sources)

    def read(lang: str, linked: bool, what: str) -> Iterator[Paragraph]:
        for path in paragraphs[lang]:
            lines = read_paragraphs(path, report=report if what == "links" else None)
            for paragraph in tqdm(lines, desc=f"{lang}: {what}", unit=" paragraphs", disable=None):
                if linked == _is_linked(paragraph, wanted, keep):
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
            *(_read_any(path, lang) for path in (texts or {}).get(lang, ())),
        )
        builder.add(counts.pop(lang), read(lang, True, "occurrences"), unlinked)
    return builder.write(output, sources=sorted(wanted), labels=str(labels or ""))


def _is_linked(paragraph: Paragraph, sources: frozenset, keep: Optional[Keep]) -> bool:
    if sources and paragraph.source not in sources:
        return False
    return keep is None or keep(paragraph)


def _read_any(path: PathLike, lang: str) -> Iterator[Paragraph]:
    name = Path(path).name
    lines = read_paragraphs(path) if name.endswith(SUFFIXES) else read_plain_text(path)
    yield from tqdm(lines, desc=f"{lang}: {name}", unit=" paragraphs", disable=None)
