"""Build an entity vocabulary from the links of several languages."""

from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np
from numpy.typing import NDArray

from ..errors import Errors
from ..files import PathLike, written_whole
from ..report import Report
from .interwiki import Interwiki
from .link_counts import LinkCounts
from .vocabulary import N_SPECIAL, EntityVocabulary, write_vocabulary

# The paper's; wikipedia2vec's and LUKE's defaults are the same.
MAX_ENTITIES = 1_200_000
MIN_LANGUAGES = 3


def build_vocabulary(
    counts: Sequence[LinkCounts],
    folder: PathLike,
    interwiki: Optional[Interwiki] = None,
    *,
    size: int = MAX_ENTITIES,
    min_languages: int = MIN_LANGUAGES,
    min_count: int = 1,
    min_count_local: Optional[int] = None,
    languages_from: str = "counts",
    report: Optional[Report] = None,
) -> EntityVocabulary:
    """Merge the links of all languages by item and keep the most frequent entities.

    Entities of one count are ordered by number of languages, most first, then by number of the
    item, then come titles whose item is not known, in the order of the alphabet.

    counts (Sequence[LinkCounts]): The links of each language.
    folder (PathLike): Where to. An existing folder is replaced when the new one is complete.
    interwiki (Optional[Interwiki]): Gives the titles of items.
    size (int): Keep this many entities at most, beside the special ones.
    min_languages (int): Keep entities in this many languages at least. A title whose item is not
        known is in one.
    min_count (int): Keep entities that are linked this often at least. With 0, all items of the
        interwiki are candidates, linked or not.
    min_count_local (Optional[int]): Keep those in fewer languages, too, if they are linked this
        often; `None` for none of them.
    languages_from (str): An entity is in those languages in which it is linked ("counts"), or in
        which the interwiki has a title of it too ("interwiki"): right for small corpora. Only
        languages that are counted count.
    report (Optional[Report]): Counts what is kept and left out.
    RETURNS (EntityVocabulary): The vocabulary.
    RAISES (ValueError): If no entity can be kept.
    """
    report = report if report is not None else Report()
    if languages_from not in ("counts", "interwiki"):
        raise ValueError(Errors.M830.format(value=languages_from))
    if interwiki is None and (languages_from == "interwiki" or min_count < 1):
        raise ValueError(Errors.M822)
    languages = [part.lang for part in counts]
    numbers = _candidates(counts, interwiki if min_count < 1 else None)
    by_title = interwiki if languages_from == "interwiki" else None
    totals, n_languages = _merge_items(counts, numbers, by_title)
    titles, title_counts = _merge_titles(counts)
    items = np.concatenate([numbers, np.zeros(len(titles), dtype=np.int64)])
    totals = np.concatenate([totals, title_counts])
    n_languages = np.concatenate([n_languages, np.ones(len(titles), dtype=np.int64)])
    spread = n_languages >= min_languages
    frequent = totals >= min_count
    local = np.zeros(len(totals), dtype=bool)
    if min_count_local is not None:
        local = ~spread & (totals >= min_count_local)
    chosen = np.flatnonzero((spread & frequent) | local)
    if not len(chosen):
        raise ValueError(
            Errors.M820.format(min_languages=min_languages, min_count=min_count, n=len(languages))
        )
    # candidates are in order of item, then title, already
    order = chosen[np.lexsort((chosen, -n_languages[chosen], -totals[chosen]))]
    kept = order[:size]
    missing = ~spread & ~local
    report.lose("items in too few languages", int((missing & (items > 0)).sum()))
    report.lose("titles without item in too few languages", int((missing & (items == 0)).sum()))
    report.lose("entities linked too seldom", int((spread & ~frequent).sum()))
    report.lose("entities beyond the size", len(order) - len(kept))

    n_items = len(numbers)
    special = np.zeros(N_SPECIAL, dtype=np.int64)
    keys, key_rows = _titles_of(interwiki, languages, items[kept])
    bare = np.flatnonzero(kept >= n_items)
    keys += [titles[i - n_items] for i in kept[bare].tolist()]
    key_rows = np.concatenate([key_rows, bare]) + N_SPECIAL
    values: Dict[str, Any] = {
        "min_languages": min_languages,
        "min_count": min_count,
        "min_count_local": min_count_local,
        "languages_from": languages_from,
        "statistics": {part.lang: _statistics(part, items, titles, kept) for part in counts},
    }
    with written_whole(Path(folder)) as new:
        grouped = write_vocabulary(
            new,
            np.concatenate([special, items[kept]]),
            np.concatenate([special, totals[kept]]),
            keys,
            key_rows,
            values,
        )
    report.keep("entities", len(kept))
    report.keep("entities with an item", int((items[kept] > 0).sum()))
    report.keep("titles", grouped.titles)
    report.keep("links", sum(int(part["kept_links"]) for part in values["statistics"].values()))
    return EntityVocabulary.open(folder)


def _candidates(counts: Sequence[LinkCounts], all_of: Optional[Interwiki]) -> NDArray[np.int64]:
    """RETURNS (NDArray[np.int64]): Numbers of all items, each once, in order."""
    parts = [part.items for part in counts]
    if all_of is not None:
        parts.append(all_of.item_numbers)
    return np.unique(np.concatenate(parts)) if parts else np.zeros(0, dtype=np.int64)


def _merge_items(
    counts: Sequence[LinkCounts], numbers: NDArray[np.int64], by_title: Optional[Interwiki]
) -> Tuple[NDArray[np.int64], NDArray[np.int64]]:
    """RETURNS (Tuple): (items,) how often each item is linked, and in how many languages it is
    linked or, by this interwiki, has a title.
    """
    totals = np.zeros(len(numbers), dtype=np.int64)
    n_languages = np.zeros(len(numbers), dtype=np.int64)
    if by_title is not None:
        groups, known = _groups_of(by_title, numbers)
    for part in counts:  # its items are different ones: no index comes twice
        where = np.searchsorted(numbers, part.items)
        totals[where] += part.item_counts
        there = np.zeros(len(numbers), dtype=bool)
        there[where] = True
        if by_title is not None:
            there |= known & by_title.titles_by_item.in_language(part.lang)[groups]
        n_languages += there
    return totals, n_languages


def _merge_titles(counts: Sequence[LinkCounts]) -> Tuple[List[str], NDArray[np.int64]]:
    totals: Dict[str, int] = {}
    for part in counts:
        for title, count in zip(part.titles, part.title_counts.tolist()):
            totals[title] = totals.get(title, 0) + count
    titles = sorted(totals)
    return titles, np.asarray([totals[title] for title in titles], dtype=np.int64)


def _groups_of(
    interwiki: Interwiki, numbers: NDArray[np.int64]
) -> Tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """RETURNS (Tuple): (n,) indices into the interwiki's items, and whether they are right."""
    at = np.searchsorted(interwiki.item_numbers, numbers)
    at[at == len(interwiki)] = 0
    return at, interwiki.item_numbers[at] == numbers


def _titles_of(
    interwiki: Optional[Interwiki], languages: Sequence[str], numbers: NDArray[np.int64]
) -> Tuple[List[str], NDArray[np.int64]]:
    """RETURNS (Tuple): Titles by which the items are found, and place of the item of each."""
    if interwiki is None:
        return [], np.zeros(0, dtype=np.int64)
    names = interwiki.titles_by_item
    groups, known = _groups_of(interwiki, numbers)
    places, titles = names.owned(groups[known])
    wanted = names.languages_in(languages)[names.language_of[titles]]
    return names.restore(titles[wanted]), np.flatnonzero(known)[places[wanted]]


def _statistics(
    part: LinkCounts, items: NDArray[np.int64], titles: Sequence[str], kept: NDArray[np.int64]
) -> Dict[str, int]:
    n_items = len(items) - len(titles)
    kept_items = np.isin(part.items, items[kept[kept < n_items]])
    kept_titles = {titles[i - n_items] for i in kept[kept >= n_items].tolist()}
    title_kept = np.asarray([title in kept_titles for title in part.titles], dtype=bool)
    return {
        "links": part.links,
        "item_links": int(part.item_counts.sum()),
        "kept_links": int(part.item_counts[kept_items].sum() + part.title_counts[title_kept].sum()),
        "entities": len(part.items) + len(part.titles),
        "kept_entities": int(kept_items.sum() + title_kept.sum()),
    }
