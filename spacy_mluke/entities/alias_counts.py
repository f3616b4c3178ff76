"""How often which text stands for which entity, gathered from anchors and from lists of names."""

from collections import defaultdict
from typing import Dict, Iterable, List, Optional, Protocol, Sequence, Set

from ..report import Report
from .aliases import is_item
from .paragraphs import Paragraph
from .units import clean

# What one name of a source counts as much as: so many links. A link is a use in a text; a label
# says only that the name is possible, and the rarer kinds of names are the less usual ones.
SOURCE_WEIGHTS = {
    "anchor": 1.0,
    "title": 1.0,
    "title without its disambiguator": 0.2,
    "redirect": 0.2,
    "label": 1.0,
    "other name": 0.2,
}


class ItemsOf(Protocol):
    """What is needed of an interwiki table."""

    def items(self, keys: Sequence[str]) -> List[Optional[str]]:
        """The Wikidata item of each "lang:Title", `None` where there is none."""
        ...


class AliasCounts:
    """Counts of one language. A count is in links: those that were seen, and those that a name of
    a list is worth.

    lang (str): The language.
    weights (Optional[Dict[str, float]]): What a name of each source counts, by the names of
        `SOURCE_WEIGHTS`; sources left out count as there.
    max_pairs (int): So many pairs of alias and entity are kept in memory. Beyond, those with the
        lowest counts are dropped.
    report (Optional[Report]): Counts what is added and what is dropped.
    """

    def __init__(
        self,
        lang: str,
        *,
        weights: Optional[Dict[str, float]] = None,
        max_pairs: int = 50_000_000,
        report: Optional[Report] = None,
    ) -> None:
        self.lang = lang
        self.weights = {**SOURCE_WEIGHTS, **(weights or {})}
        self.max_pairs = max_pairs
        self.report = report or Report(lang)
        self.pairs: Dict[str, Dict[str, float]] = {}
        self.named: Set[str] = set()
        self._n_pairs = 0

    def add(self, alias: str, entity: str, source: str, times: float = 1.0) -> None:
        """Count an alias.

        alias (str): The text.
        entity (str): "Q42" or "lang:Title".
        source (str): What the name is from, one of `SOURCE_WEIGHTS`.
        times (float): How often, in names of this source.
        """
        alias = clean(alias)
        if not any(map(str.isalnum, alias)):
            self.report.lose(f"{self.lang}: names without a letter or digit")
            return
        self.report.keep(f"{self.lang}: names of kind {source}")
        counts = self.pairs.setdefault(alias, {})
        self._n_pairs += entity not in counts
        counts[entity] = counts.get(entity, 0.0) + times * self.weights[source]
        if source != "anchor":
            self.named.add(alias)
        if self._n_pairs > self.max_pairs:
            self._prune()

    def add_anchors(self, paragraphs: Iterable[Paragraph]) -> None:
        """Count the links of paragraphs.

        paragraphs (Iterable[Paragraph]): The paragraphs.
        """
        for paragraph in paragraphs:
            for start, end, entity in paragraph.links:
                self.add(paragraph.text[start:end], entity, "anchor")

    def map_entities(self, interwiki: ItemsOf) -> None:
        """Put Wikidata items in place of titles where they are known.

        interwiki (ItemsOf): Knows the item of a title.
        """
        keys = sorted({key for counts in self.pairs.values() for key in counts if not is_item(key)})
        items = {key: item for key, item in zip(keys, interwiki.items(keys)) if item}
        self.report.keep(f"{self.lang}: titles with an item", len(items))
        unknown = len(keys) - len(items)
        self.report.change(f"{self.lang}: titles without an item stay titles", unknown)
        for alias, counts in self.pairs.items():
            mapped: Dict[str, float] = defaultdict(float)
            for key, count in counts.items():
                mapped[items.get(key, key)] += count
            self.pairs[alias] = dict(mapped)

    def _prune(self) -> None:
        """Drop the rarest pairs until half of the allowed number is left at the most."""
        limit = 0.0
        while self._n_pairs > self.max_pairs // 2:
            limit = min(
                count
                for counts in self.pairs.values()
                for count in counts.values()
                if count > limit
            )
            before = self._n_pairs
            for alias in list(self.pairs):
                kept = {key: n for key, n in self.pairs[alias].items() if n > limit}
                self._n_pairs -= len(self.pairs[alias]) - len(kept)
                if kept:
                    self.pairs[alias] = kept
                else:
                    del self.pairs[alias]
                    self.named.discard(alias)
            self.report.lose(
                f"{self.lang}: pairs dropped because memory is limited", before - self._n_pairs
            )
