"""Entity vocabularies of transformers and of the original, to and from memory-mapped ones."""

import json
from collections import Counter
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Tuple

import numpy as np

from ..errors import Errors
from ..files import PathLike, atomic_path, open_text, written_whole
from ..report import Report
from .interwiki import Interwiki
from .keys import SPECIAL_ENTITIES, item_number, split_title
from .vocabulary import N_SPECIAL, EntityVocabulary, write_vocabulary


def import_vocabulary(
    path: PathLike,
    folder: PathLike,
    interwiki: Optional[Interwiki] = None,
    *,
    report: Optional[Report] = None,
) -> EntityVocabulary:
    """Make a memory-mapped vocabulary of a file.

    The special entities, whose rows are anywhere in full tables, come first; all others keep their
    order. ``source_rows`` has the rows of the file.

    path (PathLike): transformers' ``entity_vocab.json`` (names are "lang:Title" or "Q42"; also that
        of a lite checkpoint), or the original's ``.jsonl``.
    folder (PathLike): Where to.
    interwiki (Optional[Interwiki]): Gives the items of rows that have only titles.
    report (Optional[Report]): Counts what is kept and left out.
    RETURNS (EntityVocabulary): The vocabulary.
    RAISES (ValueError): If the file cannot be read.
    """
    report = report if report is not None else Report()
    path = Path(path)
    names, counts_of = _read(path)
    special = [names.pop(name, -1) for name in SPECIAL_ENTITIES]
    old_rows = np.fromiter(names.values(), dtype=np.int64, count=len(names))
    source_rows, places = np.unique(old_rows, return_inverse=True)
    rows = places + N_SPECIAL
    items = np.zeros(len(source_rows) + N_SPECIAL, dtype=np.int64)
    titles: List[str] = []
    title_rows: List[int] = []
    for name, row in zip(names, rows.tolist()):
        number = item_number(name)
        if number and items[row]:
            report.lose("further items of a row", where=name)
        elif number:
            items[row] = number
        elif split_title(name):
            titles.append(name)
            title_rows.append(row)
        else:
            raise ValueError(Errors.M824.format(name=name, path=path))
    if interwiki is not None:
        for row, number in _find_items(titles, title_rows, interwiki, report).items():
            items[row] = items[row] or number
    counts = [0] * N_SPECIAL + [counts_of.get(row, 0) for row in source_rows.tolist()]
    with written_whole(Path(folder)) as new:
        grouped = write_vocabulary(
            new,
            items,
            np.asarray(counts, dtype=np.int64),
            titles,
            np.asarray(title_rows, dtype=np.int64),
            {"source": path.name},
            np.concatenate([np.asarray(special, dtype=np.int64), source_rows]),
        )
    report.keep("entities", len(source_rows))
    report.keep("entities with an item", int((items > 0).sum()))
    report.keep("titles", grouped.titles)
    return EntityVocabulary.open(folder)


def export_vocabulary(
    vocabulary: EntityVocabulary, path: PathLike, *, names: str = "titles"
) -> int:
    """Write ``entity_vocab.json`` as transformers reads it, {name: row}.

    vocabulary (EntityVocabulary): The vocabulary.
    path (PathLike): The file.
    names (str): "titles", "items" or "both". Rows that lack the one get the other.
    RETURNS (int): Number of names.
    """
    table = dict(zip(SPECIAL_ENTITIES, range(N_SPECIAL)))
    table.update(vocabulary_names(vocabulary, names))
    with atomic_path(path) as part, part.open("w", encoding="utf8") as file:
        json.dump(table, file, ensure_ascii=False, separators=(",", ":"))
    return len(table)


def vocabulary_names(vocabulary: EntityVocabulary, names: str) -> Iterator[Tuple[str, int]]:
    """YIELDS (Tuple[str, int]): Names and rows but those of special entities; see above."""
    if names not in ("titles", "items", "both"):
        raise ValueError(Errors.M825.format(names=names))
    titled = np.zeros(len(vocabulary), dtype=bool)
    for title, row in vocabulary.names.owners():
        titled[row] = True
        if names != "items" or not vocabulary.items[row]:
            yield title, row
    with_item = vocabulary.items > 0
    for row in np.flatnonzero(with_item & ~titled if names == "titles" else with_item).tolist():
        yield f"Q{vocabulary.items[row]}", row


def _read(path: Path) -> Tuple[Dict[str, int], Dict[int, int]]:
    """RETURNS (Tuple): Rows of names; counts of rows, where the file has them."""
    names: Dict[str, int] = {}
    counts: Dict[int, int] = {}
    try:
        with open_text(path) as file:
            if ".jsonl" in path.suffixes:
                for record in map(json.loads, file):
                    row = int(record["id"])
                    counts[row] = int(record.get("count") or 0)
                    for title, lang in record["entities"]:
                        names[title if title in SPECIAL_ENTITIES else f"{lang}:{title}"] = row
            else:
                names = {name: int(row) for name, row in json.load(file).items()}
        if min(names.values(), default=-1) < 0:
            raise ValueError("there is no row, or a negative one")
        if "[MASK]" not in names:
            raise ValueError("there is no [MASK]")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(Errors.M823.format(path=path, error=error)) from error
    return names, counts


def _find_items(
    titles: List[str], rows: List[int], interwiki: Interwiki, report: Report
) -> Dict[int, int]:
    """RETURNS (Dict[int, int]): Row to the item that most of its titles stand for, of those that
    no row before it has.
    """
    votes: Dict[int, "Counter[int]"] = {}
    for row, item in zip(rows, interwiki.items(titles)):
        if item is not None:
            votes.setdefault(row, Counter())[item_number(item)] += 1
    found: Dict[int, int] = {}
    taken = set()
    for row in sorted(votes):
        number = votes[row].most_common(1)[0][0]
        if number in taken:
            report.lose("items of a second row", where=f"Q{number}")
        else:
            taken.add(number)
            found[row] = number
    return found
