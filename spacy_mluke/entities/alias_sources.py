"""Names of entities from lists: label tables, titles and redirects of a Wikipedia."""

import re
from collections import Counter
from pathlib import Path
from typing import Dict, Iterable, Iterator, Mapping, Tuple

import srsly
from tqdm import tqdm  # type: ignore[import-untyped]

from ..errors import Errors
from ..files import PathLike, open_text
from .alias_counts import AliasCounts
from .aliases import is_item

REDIRECTS = "redirects.tsv.gz"
PAGES = "pages.tsv.gz"

# "Mercury (planet)", "水星（小惑星）"
_DISAMBIGUATOR = re.compile(r"\s*[(（][^()（）]*[)）]$")


def add_labels(
    counts: Mapping[str, AliasCounts], path: PathLike, *, popularity: Mapping[str, int]
) -> None:
    """Add the names of a label table: one JSON object a line with "qid", "labels" (language ->
    name) and "aliases" (language -> names).

    counts (Mapping[str, AliasCounts]): The counts by language; names in others are left out.
    path (PathLike): The table.
    popularity (Mapping[str, int]): Links to an item in texts of all languages. Of two items of one
        name the one that more languages have a name for, or that is linked more often, comes first.
    RAISES (ValueError): If a line is not of that form.
    """
    for qid, labels, others in _read_labels(path):
        weight = (1 + len(labels)) / 10 * (1 + popularity.get(qid, 0)) ** 0.5
        for lang, label in labels.items():
            if lang in counts and not _too_short(label):
                counts[lang].add(label, qid, "label", weight)
        for lang, names in others.items():
            if lang in counts:
                for name in set(names) - {labels.get(lang)}:
                    if not _too_short(name):
                        counts[lang].add(name, qid, "other name", weight)


def _read_labels(path: PathLike) -> Iterator[Tuple[str, Dict[str, str], Dict[str, list]]]:
    with open_text(path) as lines:
        for number, line in enumerate(tqdm(lines, desc=Path(path).name, disable=None), start=1):
            try:
                record = srsly.json_loads(line)
                qid = record["qid"]
                if not is_item(qid):
                    raise ValueError(f"'{qid}' is no item")
                yield qid, dict(record.get("labels") or {}), dict(record.get("aliases") or {})
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(
                    Errors.M844.format(line=number, path=path, reason=error)
                ) from error


def _too_short(name: str) -> bool:
    """Single letters are names of films and genes, and stand for them nearly nowhere. A single
    Han character or syllable may be a name."""
    return len(name) < 2 and (not name or ord(name) < 0x0E00)


def add_titles(counts: AliasCounts, folder: PathLike) -> None:
    """Add titles and redirects of a Wikipedia, as the reader of dumps writes them.

    counts (AliasCounts): The counts of its language.
    folder (PathLike): Has `pages.tsv.gz` and `redirects.tsv.gz`; either may be missing.
    """
    lang = counts.lang
    for title, *rest in _rows(Path(folder) / PAGES):
        if rest[-1:] != ["1"]:
            _add_title(counts, title, f"{lang}:{title}", "title")
    for title, target, *_ in _rows(Path(folder) / REDIRECTS):
        _add_title(counts, title, f"{lang}:{target.split('#')[0]}", "redirect")


def _add_title(counts: AliasCounts, title: str, entity: str, source: str) -> None:
    counts.add(title, entity, source)
    short = _DISAMBIGUATOR.sub("", title)
    if short != title and not _too_short(short):
        counts.add(short, entity, "title without its disambiguator")


def _rows(path: Path) -> Iterator[list]:
    if not path.exists():
        return
    with open_text(path) as lines:
        for number, line in enumerate(lines, start=1):
            fields = line.rstrip("\n").split("\t")
            if len(fields) < 2 or not fields[0]:
                raise ValueError(Errors.M845.format(line=number, path=path))
            yield fields


def popularity_of(counts: Iterable[AliasCounts]) -> "Counter[str]":
    """Links to each item in all languages.

    counts (Iterable[AliasCounts]): Counts of anchors, one for each language.
    RETURNS (Counter[str]): Links by item.
    """
    result: "Counter[str]" = Counter()
    for one in counts:
        for entities in one.pairs.values():
            for entity, count in entities.items():
                if is_item(entity):
                    result[entity] += int(count)
    return result
