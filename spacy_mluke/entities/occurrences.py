"""How often aliases stand in texts, and how often as a link.

"pages" counts pages where an alias stands, and of these the ones that link it: as writers of
Wikipedia link an entity where it is first named, this says how likely a name is worth a link.
"tokens" counts places, each by itself. What lies inside a longer link is not counted: there it
cannot be a link.
"""

from itertools import groupby
from typing import Iterable, Iterator, List, Literal, Tuple

import numpy as np
from numpy.typing import NDArray

from ..errors import Errors
from .matching import AliasIndex, Matches
from .paragraphs import Paragraph
from .units import Flags, TextUnits, cut

CountMode = Literal["pages", "tokens"]

BATCH_CHARS = 500_000
# Paragraphs in a row of one source that do not say which page they are from are taken for pages of
# this length.
PAGE_LENGTH = 20


def count_mode(name: str) -> CountMode:
    """Check a name that a user gives.

    name (str): "pages" or "tokens".
    RETURNS (CountMode): The same.
    RAISES (ValueError): If it is anything else.
    """
    if name == "pages":
        return "pages"
    if name == "tokens":
        return "tokens"
    raise ValueError(Errors.M849.format(name=name))


class Occurrences:
    """Counts over texts.

    index (AliasIndex): Finds the aliases.
    n_rows (int): How many aliases there are.
    n_groups (int): How many groups of one folded form.
    mode (CountMode): What is counted.
    """

    def __init__(self, index: AliasIndex, n_rows: int, n_groups: int, mode: CountMode) -> None:
        self.index = index
        self.mode = mode
        self.links = np.zeros(n_rows, dtype=np.int32)
        self.occurrences = np.zeros(n_rows, dtype=np.int32)
        self.group_occurrences = np.zeros(n_groups, dtype=np.int32)
        # Places in all texts, with and without links.
        self.places = np.zeros(n_rows, dtype=np.int32)
        self.group_places = np.zeros(n_groups, dtype=np.int32)
        self.n_units = 0

    def add(self, paragraphs: Iterable[Paragraph], *, linked: bool = True) -> None:
        """Count in texts.

        paragraphs (Iterable[Paragraph]): Paragraphs, those of one page together.
        linked (bool): Whether the texts have their links. Texts without say how frequent a word is,
            and nothing on links.
        """
        for batch, pages in in_page_batches(paragraphs):
            units = cut([paragraph.text for paragraph in batch])
            matches = self.index.match(units)
            self.n_units += len(units)
            _count(self.places, matches.rows)
            _count(self.group_places, matches.groups)
            if linked:
                self._add_links(units, matches, batch, np.asarray(pages))

    def _add_links(
        self, units: TextUnits, matches: Matches, batch: List[Paragraph], pages: NDArray[np.int64]
    ) -> None:
        starts, ends = units.starts[matches.starts], units.ends[matches.stops - 1]
        is_link, inside = _links_at(starts, ends, units, batch)
        page = pages[units.text_of(starts)]
        links = is_link & (matches.rows >= 0)
        known = ~inside & (matches.rows >= 0)
        self._count_once(self.links, matches.rows[links], page[links])
        self._count_once(self.occurrences, matches.rows[known], page[known])
        self._count_once(self.group_occurrences, matches.groups[~inside], page[~inside])

    def _count_once(
        self, counts: NDArray[np.int32], numbers: NDArray[np.int64], page: NDArray[np.int64]
    ) -> None:
        if self.mode == "pages":
            numbers = np.unique(page * len(counts) + numbers) % max(len(counts), 1)
        _count(counts, numbers)


def _count(counts: NDArray[np.int32], numbers: NDArray[np.int64]) -> None:
    found, times = np.unique(numbers[numbers >= 0], return_counts=True)
    counts[found] += times.astype(np.int32)


def _links_at(
    starts: NDArray[np.int64], ends: NDArray[np.int64], units: TextUnits, batch: List[Paragraph]
) -> Tuple[Flags, Flags]:
    """Whether each match is a link, and whether it lies inside a longer one."""
    links = [
        (offset + start, offset + end)
        for offset, paragraph in zip(units.texts.tolist(), batch)
        for start, end, _ in paragraph.links
    ]
    # A first link of no length, so that every match has a link before it.
    first, last = np.asarray([(-1, -1), *links], dtype=np.int64).T
    nearest = np.searchsorted(first, starts, side="right") - 1
    covered = last[nearest] >= ends
    is_link = covered & (first[nearest] == starts) & (last[nearest] == ends)
    return is_link, covered & ~is_link


def in_batches(paragraphs: Iterable[Paragraph]) -> Iterator[List[Paragraph]]:
    """Paragraphs in lists of about `BATCH_CHARS` characters.

    paragraphs (Iterable[Paragraph]): The paragraphs.
    YIELDS (List[Paragraph]): The lists, none empty.
    """
    batch: List[Paragraph] = []
    size = 0
    for paragraph in paragraphs:
        batch.append(paragraph)
        size += len(paragraph.text)
        if size >= BATCH_CHARS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def in_page_batches(
    paragraphs: Iterable[Paragraph],
) -> Iterator[Tuple[List[Paragraph], List[int]]]:
    """Whole pages of about `BATCH_CHARS` characters.

    paragraphs (Iterable[Paragraph]): The paragraphs; neighbouring ones of a page belong together.
    YIELDS (Tuple[List[Paragraph], List[int]]): Paragraphs and the number of the page of each.
    """
    batch: List[Paragraph] = []
    pages: List[int] = []
    size = number = 0
    for _, page in groupby(enumerate(paragraphs), key=_page):
        number += 1
        for _, paragraph in page:
            batch.append(paragraph)
            pages.append(number)
            size += len(paragraph.text)
        if size >= BATCH_CHARS:
            yield batch, pages
            batch, pages, size, number = [], [], 0, 0
    if batch:
        yield batch, pages


def _page(numbered: Tuple[int, Paragraph]) -> Tuple[str, str, int]:
    number, paragraph = numbered
    unknown = 0 if paragraph.page else 1 + number // PAGE_LENGTH
    return paragraph.source, paragraph.page, unknown
