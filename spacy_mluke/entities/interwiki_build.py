"""Build an interwiki from one or several sources of titles."""

from array import array
from pathlib import Path
from typing import Iterable, Iterator, Optional, Sequence

import numpy as np

from ..errors import Errors
from ..files import PathLike, written_whole
from ..report import Report
from .interwiki import ITEMS, KIND, VERSION, Interwiki
from .interwiki_sources import read_titles
from .key_groups import write_key_groups
from .keys import clean_title, is_language
from .mapped_folder import write_metadata

_SPILLED = "titles.txt"


class _Lines:
    """Lines of a file, as often as they are asked for: all titles are too many for memory."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __iter__(self) -> Iterator[str]:
        with self.path.open(encoding="utf8", newline="\n") as file:
            for line in file:
                yield line[:-1]


def build_interwiki(
    sources: Sequence[PathLike],
    folder: PathLike,
    *,
    languages: Iterable[str] = (),
    report: Optional[Report] = None,
) -> Interwiki:
    """Build an interwiki.

    Labels, unlike page titles, may name several items. The title then finds the item of the
    earlier source, else that with more titles, else the older one (the lower number). The others
    keep it among their titles.

    sources (Sequence[PathLike]): Files as ``read_titles`` takes them, the most trusted first.
    folder (PathLike): Where to. An existing folder is replaced when the new one is complete.
    languages (Iterable[str]): Keep titles in these alone; all if empty.
    report (Optional[Report]): Counts what is kept and left out.
    RETURNS (Interwiki): The interwiki.
    RAISES (ValueError): If a source cannot be read, or there is no title in them.
    """
    report = report if report is not None else Report()
    wanted = frozenset(languages)
    items, ranks = array("q"), array("q")
    with written_whole(Path(folder)) as new:
        spilled = new / _SPILLED
        with spilled.open("w", encoding="utf8", newline="\n") as file:
            for rank, source in enumerate(sources):
                for item, lang, title in read_titles(source, report=report):
                    title = clean_title(title)
                    if wanted and lang not in wanted:
                        report.lose("titles in other languages")
                    elif not title or not is_language(lang):
                        report.lose("titles without text or language", where=f"Q{item} {lang}")
                    else:
                        try:
                            file.write(f"{lang}:{title}\n")
                        except UnicodeEncodeError:
                            report.lose("titles that are not UTF-8", where=f"Q{item} {lang}")
                            continue
                        items.append(item)
                        ranks.append(rank)
        if not items:
            raise ValueError(Errors.M815.format(sources=", ".join(map(str, sources))))
        numbers, groups = np.unique(np.frombuffer(items, dtype=np.int64), return_inverse=True)
        n_titles = np.bincount(groups)
        rank_step = int(n_titles.max()) + 1
        preference = np.frombuffer(ranks, dtype=np.int64) * rank_step - n_titles[groups]
        grouped = write_key_groups(new, _Lines(spilled), groups, len(numbers), preference)
        spilled.unlink()
        np.save(new / ITEMS, numbers)
        values = {
            "items": len(numbers),
            "titles": grouped.titles,
            "ambiguous_titles": grouped.ambiguous,
            "languages": grouped.languages,
            "sources": [Path(source).name for source in sources],
        }
        write_metadata(new, KIND, VERSION, values)
    report.keep("items", len(numbers))
    report.keep("titles", grouped.titles)
    report.keep("languages", len(grouped.languages))
    report.change("titles of several items, which find one of them", grouped.ambiguous)
    report.lose("titles that came again with the same item", grouped.repeated)
    return Interwiki.open(folder)
