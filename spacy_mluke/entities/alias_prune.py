"""Of an alias dictionary, what the candidates of a linker need: see `AliasTable`."""

from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

import marisa_trie
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm  # type: ignore[import-untyped]

from ..report import Report
from ..text.arrays import offsets_of, ragged_arange
from .alias_part import AliasPart
from .alias_table import AliasTable, folded_form, form_hash
from .aliases import AliasDictionary
from .units import clean

# Candidates of an alias are counted in one byte.
MOST_CANDIDATES = 255


class _Kept(NamedTuple):
    """What is kept of a language: its trie, and arrays in the order of the trie."""

    trie: Any
    lengths: NDArray[np.uint8]
    numbers: NDArray[np.int32]
    counts: NDArray[np.float32]
    others: NDArray[np.float32]
    folded: NDArray[np.int32]
    hashes: NDArray[np.uint32]


def prune_aliases(
    dictionary: AliasDictionary,
    is_known: Callable[[str], bool],
    *,
    max_candidates: int = MOST_CANDIDATES,
    min_link_probability: float = 0.0,
    report: Optional[Report] = None,
    progress: bool = False,
) -> AliasTable:
    """Keep the aliases that stand for some entities.

    dictionary (AliasDictionary): The dictionary.
    is_known (Callable[[str], bool]): Whether an entity, "Q42" or "lang:Title", is kept.
    max_candidates (int): Most entities of an alias, those with the highest counts; at most 255.
    min_link_probability (float): Aliases that are less often a mention where they stand in a text
        are left out.
    report (Optional[Report]): Counts what is kept and lost.
    progress (bool): Whether to show progress.
    RETURNS (AliasTable): The table.
    """
    report = report if report is not None else Report()
    known: Dict[int, bool] = {}
    kept: Dict[str, _Kept] = {}
    for lang in tqdm(dictionary.languages, desc="aliases", unit=" languages", disable=not progress):
        part = dictionary.part(lang)
        numbers = np.unique(part.arrays["entities"]).tolist()
        for number in numbers:
            if number not in known:
                known[number] = is_known(dictionary.key(number))
        wanted = np.asarray([number for number in numbers if known[number]], dtype="int32")
        most = min(max_candidates, MOST_CANDIDATES)
        kept[lang] = _keep(part, wanted, most, min_link_probability, report)
    numbers = np.unique(np.concatenate([np.zeros(0, "int32"), *(k.numbers for k in kept.values())]))
    kind = np.min_scalar_type(max(len(numbers) - 1, 0))
    parts = list(kept.values())
    arrays: Dict[str, NDArray] = {
        "lengths": _join([part.lengths for part in parts], "uint8"),
        "entities": _join([np.searchsorted(numbers, part.numbers) for part in parts], kind),
        "counts": _join([part.counts for part in parts], "float32"),
        "others": _join([part.others for part in parts], "float32"),
        "folded": _join([part.folded for part in parts], "int32"),
        "hashes": _join([part.hashes for part in parts], "uint32"),
    }
    rows = {lang: (len(part.lengths), len(part.folded)) for lang, part in kept.items()}
    tries = {lang: part.trie for lang, part in kept.items()}
    return AliasTable([dictionary.key(int(n)) for n in numbers], rows, tries, arrays)


def _keep(
    part: AliasPart,
    wanted: NDArray[np.int32],
    max_candidates: int,
    min_link_probability: float,
    report: Report,
) -> _Kept:
    entities, counts = part.arrays["entities"], part.arrays["counts"]
    offsets = part.arrays["offsets"]
    row_of = np.repeat(np.arange(len(part)), np.diff(offsets))
    likely = part.arrays["probability"] >= min_link_probability
    known = np.isin(entities, wanted)
    # How many known ones there are before each candidate of its alias.
    before: NDArray[np.int64] = np.cumsum(known) - known
    rank: NDArray[np.int64] = before - before[np.minimum(offsets[row_of], max(len(before) - 1, 0))]
    places = np.flatnonzero(known & likely[row_of] & (rank < max_candidates))
    lengths = np.bincount(row_of[places], minlength=len(part))
    totals = np.bincount(row_of, counts, minlength=len(part))
    others = totals - np.bincount(row_of[places], counts[places], minlength=len(part))
    rows = np.flatnonzero(lengths)
    has_known = np.bincount(row_of[known], minlength=len(part)) > 0
    report.keep("aliases", len(rows))
    report.keep("candidates", len(places))
    report.lose("aliases of other entities alone", int((~has_known).sum()))
    report.lose("aliases below the link probability", int((has_known & ~likely).sum()))
    report.lose("candidates that are other entities", int((~known).sum()))
    beyond = known & likely[row_of] & (rank >= max_candidates)
    report.lose("candidates beyond the most of an alias", int(beyond.sum()))
    trie, order, folded, hashes = _trie([clean(part.alias(int(row))) for row in rows])
    report.lose("aliases composed of other characters alone", len(rows) - len(order))
    starts = offsets_of(lengths[rows])[:-1]
    rows = rows[order]
    places = places[ragged_arange(starts[order], lengths[rows])]
    return _Kept(
        trie,
        lengths[rows].astype("uint8"),
        entities[places],
        counts[places],
        np.maximum(others[rows], 0).astype("float32"),
        folded,
        hashes,
    )


def _trie(
    aliases: List[str],
) -> Tuple[Any, NDArray[np.int64], NDArray[np.int32], NDArray[np.uint32]]:
    """The trie, the place of each of its aliases in the list, and rows and hashes of aliases that
    are not written in their folded form.
    """
    trie = marisa_trie.Trie(aliases)
    numbers = np.fromiter((trie[alias] for alias in aliases), dtype="int64", count=len(aliases))
    # Of forms that are composed in different ways the first counts.
    _, order = np.unique(numbers, return_index=True)
    pairs = ((folded_form(alias), alias, row) for alias, row in zip(aliases, numbers.tolist()))
    folded = sorted({(form_hash(form), row) for form, alias, row in pairs if form != alias})
    rows = np.asarray([row for _, row in folded], dtype="int32")
    return trie, order, rows, np.asarray([number for number, _ in folded], dtype="uint32")


def _join(arrays: List[NDArray], kind: Any) -> NDArray:
    return np.concatenate([np.zeros(0, kind), *(array.astype(kind) for array in arrays)])
