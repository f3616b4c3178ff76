"""How often each entity is linked in one language."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Iterable, List, Optional, Sequence

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm  # type: ignore[import-untyped]

from ..errors import Errors
from ..files import PathLike
from ..report import Report
from .interwiki import Interwiki
from .keys import is_language, item_number, split_title
from .paragraphs import SUFFIXES, read_paragraphs


@dataclass(frozen=True)
class LinkCounts:
    """Links of one language.

    lang (str): The language.
    items (NDArray[np.int64]): (n,) numbers of linked Wikidata items, each once.
    item_counts (NDArray[np.int64]): (n,) how often each is linked.
    titles (List[str]): Linked titles ("lang:Title") whose item is not known.
    title_counts (NDArray[np.int64]): How often each of these is linked.
    """

    lang: str
    items: NDArray[np.int64]
    item_counts: NDArray[np.int64]
    titles: List[str]
    title_counts: NDArray[np.int64]

    @property
    def links(self) -> int:
        """RETURNS (int): Number of all links."""
        return int(self.item_counts.sum() + self.title_counts.sum())


def count_links(
    paths: Sequence[PathLike],
    lang: str,
    interwiki: Optional[Interwiki] = None,
    *,
    sources: Iterable[str] = (),
    report: Optional[Report] = None,
) -> LinkCounts:
    """Count the links in paragraphs of one language.

    paths (Sequence[PathLike]): Files or folders of paragraphs.
    lang (str): Their language.
    interwiki (Optional[Interwiki]): Tells the items of titles.
    sources (Iterable[str]): Count in paragraphs of these sources alone; in all if empty.
    report (Optional[Report]): Counts links that are left out.
    RETURNS (LinkCounts): The counts.
    """
    report = report if report is not None else Report()
    counts: "Counter[str]" = Counter()
    for path in paths:
        paragraphs = read_paragraphs(path, sources=sources, report=report)
        for paragraph in tqdm(paragraphs, desc=f"{lang} links", unit=" paragraphs", disable=None):
            counts.update(key for _, _, key in paragraph.links)
    for key in [key for key in counts if not item_number(key) and not split_title(key)]:
        report.lose("links to no item and no title with a language", counts.pop(key), where=key)
    keys = list(counts)
    resolved = interwiki.items(keys) if interwiki is not None else keys
    numbers = np.fromiter((item_number(key or "") for key in resolved), np.int64, len(keys))
    totals = np.fromiter(counts.values(), np.int64, len(keys))
    known = numbers > 0
    items, where = np.unique(numbers[known], return_inverse=True)
    item_counts = np.zeros(len(items), dtype=np.int64)
    np.add.at(item_counts, where, totals[known])
    titles = [keys[i] for i in np.flatnonzero(~known).tolist()]
    return LinkCounts(lang, items, item_counts, titles, totals[~known])


def language_paths(inputs: Iterable[PathLike]) -> Dict[str, List[Path]]:
    """Find the paragraphs of each language by name.

    inputs (Iterable[PathLike]): Files ``de.jsonl.gz``, folders ``de`` of such files of any name, or
        folders in which there are several of these.
    RETURNS (Dict[str, List[Path]]): Language to paths, in order of language.
    RAISES (ValueError): If there are none, or a name does not begin with a language.
    """
    found: Dict[str, List[Path]] = {}
    for path in map(Path, inputs):
        if path.is_dir() and not any(path.glob("paragraphs-*")):
            parts = sorted(part for part in path.iterdir() if not part.name.startswith("."))
            parts = [part for part in parts if part.is_dir() or part.name.endswith(SUFFIXES)]
        else:
            parts = [path]
        for part in parts:
            lang = part.name.split(".")[0]
            if not is_language(lang) or not part.exists():
                raise ValueError(Errors.M821.format(path=part))
            found.setdefault(lang, []).append(part)
    if not found:
        raise ValueError(Errors.M821.format(path=", ".join(map(str, inputs))))
    return dict(sorted(found.items()))
