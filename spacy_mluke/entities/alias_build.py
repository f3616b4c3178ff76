"""Building of an alias dictionary from counts and texts."""

from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterable, List, Optional, Tuple

import marisa_trie
import numpy as np
import srsly
from numpy.typing import NDArray

from ..files import PathLike, written_whole
from ..report import Report
from ..text.arrays import offsets_of
from .alias_counts import AliasCounts
from .alias_part import ALIASES
from .aliases import METADATA, TITLES, VERSION, AliasDictionary, is_item
from .link_probability import kinds_of, of_aliases, of_kinds, totals
from .matching import AliasIndex, unit_counts, written_hashes
from .occurrences import CountMode, Occurrences
from .paragraphs import Paragraph


@dataclass(frozen=True)
class Limits:
    """What is kept of the aliases.

    max_units (int): Longest alias in units: words, other signs, characters of scripts without
        spaces.
    max_candidates (int): Most entities an alias keeps, those with the highest counts.
    """

    max_units: int = 32
    max_candidates: int = 100


@dataclass
class _Language:
    """What is kept of a language until the probabilities of all can be estimated."""

    trie: Any
    groups: NDArray[np.int32]
    seen: Occurrences
    kinds: NDArray[np.int64]
    totals: Tuple[NDArray[np.float64], NDArray[np.float64]]
    offsets: NDArray[np.int64]
    counts: NDArray[np.float32]
    entities: NDArray[np.int32]
    titles: List[str]

    def numbers(self, titles: Any) -> NDArray[np.int32]:
        """The entities as the dictionary numbers them.

        titles (marisa_trie.Trie): All that are no items.
        RETURNS (NDArray[np.int32]): Of the shape of `entities`, which count those of `titles`.
        """
        numbers = np.asarray([titles[title] for title in self.titles], dtype=np.int32)
        result = self.entities.copy()
        others = np.flatnonzero(result < 0)
        result[others] = -1 - numbers[-1 - result[others]]
        return result


class AliasBuilder:
    """Writes an alias dictionary, one language after the other.

    count (CountMode): What link probabilities are counted in, "pages" or "tokens".
    limits (Limits): What is kept of the aliases.
    report (Optional[Report]): Counts what is kept and what is lost.
    """

    def __init__(
        self,
        *,
        count: CountMode = "pages",
        limits: Optional[Limits] = None,
        report: Optional[Report] = None,
    ) -> None:
        self.count: CountMode = count
        self.limits = limits or Limits()
        self.report = report or Report("aliases")
        self._languages: Dict[str, _Language] = {}

    def add(
        self,
        counts: AliasCounts,
        linked: Iterable[Paragraph] = (),
        unlinked: Iterable[Paragraph] = (),
    ) -> None:
        """Add a language.

        counts (AliasCounts): What its aliases stand for.
        linked (Iterable[Paragraph]): Texts that have their links, to count in.
        unlinked (Iterable[Paragraph]): Texts without, for the frequency of words.
        """
        trie = self._trie(counts)
        aliases = [trie.restore_key(row) for row in range(len(trie))]
        index, groups = AliasIndex.make(aliases)
        seen = Occurrences(index, len(aliases), int(groups.max(initial=-1)) + 1, self.count)
        seen.add(linked)
        seen.add(unlinked, linked=False)
        named = np.fromiter((alias in counts.named for alias in aliases), bool, len(aliases))
        kinds = kinds_of(aliases, groups, seen)
        entities, titles, numbers, lengths = self._candidates(counts, aliases)
        self._languages[counts.lang] = _Language(
            trie,
            groups,
            seen,
            kinds,
            totals(kinds, named, seen),
            offsets_of(lengths),
            numbers,
            entities,
            titles,
        )

    def _trie(self, counts: AliasCounts) -> Any:
        """The aliases, one for each written form."""
        lang, limit = counts.lang, self.limits.max_units
        pairs = counts.pairs
        ordered = sorted(pairs, key=lambda alias: (-sum(pairs[alias].values()), alias))
        n_units = unit_counts(ordered)
        fits = (n_units > 0) & (n_units <= limit)
        too_long = int((n_units > limit).sum())
        self.report.lose(f"{lang}: aliases of more than {limit} units", too_long)
        ordered = [alias for alias, ok in zip(ordered, fits.tolist()) if ok]
        hashes = written_hashes(ordered)
        _, first, inverse = np.unique(hashes, return_index=True, return_inverse=True)
        same = first[inverse.reshape(-1)]
        for number in np.flatnonzero(same != np.arange(len(ordered))).tolist():
            # The same units with other spaces between them.
            target = pairs[ordered[same[number]]]
            for entity, n in pairs[ordered[number]].items():
                target[entity] = target.get(entity, 0.0) + n
        kept = [ordered[number] for number in first.tolist()]
        self.report.change(f"{lang}: aliases that differ in spaces alone", len(ordered) - len(kept))
        self.report.keep(f"{lang}: aliases", len(kept))
        return marisa_trie.Trie(kept)

    def _candidates(
        self, counts: AliasCounts, aliases: List[str]
    ) -> Tuple[NDArray[np.int32], List[str], NDArray[np.float32], List[int]]:
        entities, numbers = array("i"), array("f")
        titles: Dict[str, int] = {}
        lengths: List[int] = []
        limit, lost = self.limits.max_candidates, 0
        for alias in aliases:
            ranked = sorted(counts.pairs[alias].items(), key=lambda item: (-item[1], item[0]))
            lost += max(0, len(ranked) - limit)
            for entity, n in ranked[:limit]:
                item = is_item(entity)
                entities.append(
                    int(entity[1:]) if item else -1 - titles.setdefault(entity, len(titles))
                )
                numbers.append(n)
            lengths.append(min(len(ranked), limit))
        self.report.keep(f"{counts.lang}: candidates", len(entities))
        self.report.lose(f"{counts.lang}: candidates beyond {limit} of an alias", lost)
        return (
            np.asarray(entities, dtype=np.int32),
            list(titles),
            np.asarray(numbers, dtype=np.float32),
            lengths,
        )

    def write(self, path: PathLike, **metadata: Any) -> AliasDictionary:
        """Write the dictionary.

        path (PathLike): The folder. What is there is replaced once the new one is complete.
        **metadata (Any): More to say in its metadata.
        RETURNS (AliasDictionary): The dictionary.
        """
        path = Path(path)
        languages = self._languages.values()
        titles = marisa_trie.Trie(sorted({title for one in languages for title in one.titles}))
        entities = {lang: one.numbers(titles) for lang, one in self._languages.items()}
        known = np.unique(np.concatenate([np.zeros(0, dtype=np.int32), *entities.values()]))
        sums = [language.totals for language in languages]
        everywhere = [np.sum([one[n] for one in sums], axis=0) for n in (0, 1)]
        described = {}
        with written_whole(path) as folder:
            titles.save(str(folder / TITLES))
            for lang, language in self._languages.items():
                (folder / lang).mkdir()
                language.trie.save(str(folder / lang / ALIASES))
                of_kind = of_kinds(*language.totals, everywhere[0], everywhere[1])
                arrays = _arrays(language, entities[lang], of_kind)
                for name, values in arrays.items():
                    np.save(folder / lang / f"{name}.npy", values, allow_pickle=False)
                described[lang] = {
                    "aliases": len(language.trie),
                    "candidates": len(language.entities),
                    "links": int(language.seen.links.sum()),
                    "occurrences": int(language.seen.occurrences.sum()),
                    "units": language.seen.n_units,
                }
            srsly.write_json(
                folder / METADATA,
                {
                    "version": VERSION,
                    "count": self.count,
                    "entities": len(known),
                    **metadata,
                    "languages": described,
                },
            )
        return AliasDictionary.open(path)


def _arrays(
    language: _Language, entities: NDArray[np.int32], of_kind: NDArray[np.float64]
) -> Dict[str, NDArray]:
    """The arrays of a part, see `AliasPart`."""
    seen, groups = language.seen, language.groups
    rows, group_probability = of_aliases(of_kind, language.kinds, groups, seen)
    n_groups = len(seen.group_occurrences)
    group_rows = np.argsort(groups, kind="stable").astype(np.int32)
    group_offsets = offsets_of(np.bincount(groups, minlength=n_groups))
    highest = group_probability.copy()
    np.maximum.at(highest, groups, rows)
    return {
        "offsets": language.offsets,
        "entities": entities,
        "counts": language.counts,
        "links": seen.links,
        "occurrences": seen.occurrences,
        "probability": rows.astype(np.float32),
        "groups": groups,
        "group_offsets": group_offsets,
        "group_rows": group_rows,
        "group_best": _best(language, entities, n_groups),
        "group_highest": highest.astype(np.float32),
        "group_probability": group_probability.astype(np.float32),
        **seen.index.arrays(),
    }


def _best(language: _Language, entities: NDArray[np.int32], n_groups: int) -> NDArray[np.int32]:
    """The entity with the highest count in the rows of each group together."""
    row = np.repeat(np.arange(len(language.trie)), np.diff(language.offsets))
    group = language.groups[row].astype(np.int64)
    order = np.lexsort((entities, group))
    group, entity = group[order], entities[order]
    new = np.ones(len(group), dtype=bool)
    new[1:] = (group[1:] != group[:-1]) | (entity[1:] != entity[:-1])
    first = np.flatnonzero(new)
    sums = np.bincount(np.cumsum(new) - 1, language.counts[order])
    group, entity = group[first], entity[first]
    best = np.lexsort((-sums, group))
    leading = np.unique(group[best], return_index=True)[1]
    return entity[best][leading].astype(np.int32)
