"""How likely a name is a mention where it stands, also for names that no text links.

Counts alone would say 0 for a name that comes from a list only. So the estimate of each alias
starts from the names of its kind (how many units, how its case is, how frequent it is in text),
and moves to its own counts as these grow:

    p = (links + strength * p_kind) / (occurrences + strength)

where p_kind is links over occurrences of all names of that kind in the language, itself drawn in
the same way to that of all languages. A common word thus starts low and falls with each place where
it is no link; a name of several capitalised words starts high.
"""

from typing import Sequence, Tuple

import numpy as np
from numpy.typing import NDArray

from .matching import unit_counts
from .occurrences import Occurrences

STRENGTH = 2.0
# So many occurrences in a language weigh as much as those in all languages.
LANGUAGE_STRENGTH = 50.0
# Of names whose kind is not in any text with links: one link in twenty places.
UNKNOWN = (1.0, 20.0)

# Units (1, 2, 3, 4 or more), case (none, small, capital, capital but more often written otherwise),
# places in a million units (below 1, 10, 100, 1000, more), characters (up to 3, more).
KINDS = (4, 4, 5, 2)
N_KINDS = int(np.prod(KINDS))

Floats = NDArray[np.float64]


def kinds_of(aliases: Sequence[str], groups: NDArray[np.int32], seen: Occurrences) -> NDArray:
    """The kind of each alias.

    aliases (Sequence[str]): The aliases in order of rows.
    groups (NDArray[np.int32]): Shape (n,), the group of each.
    seen (Occurrences): How often they stand in texts.
    RETURNS (NDArray[np.int64]): Shape (n,), numbers below `N_KINDS`.
    """
    n_units = unit_counts(aliases)
    case = np.fromiter(map(_case, aliases), dtype=np.int64, count=len(aliases))
    minority = 2 * seen.places < seen.group_places[groups]
    case[(case == 2) & minority] = 3
    frequency = seen.places * (1e6 / max(seen.n_units, 1))
    long = np.fromiter((len(alias) > 3 for alias in aliases), dtype=np.int64, count=len(aliases))
    return np.ravel_multi_index(
        (np.clip(n_units, 1, 4) - 1, case, np.digitize(frequency, (1, 10, 100, 1000)), long), KINDS
    )


def _case(alias: str) -> int:
    letter = next((character for character in alias if character.isalpha()), "")
    return 2 if letter.isupper() else 1 if letter.islower() else 0


def totals(
    kinds: NDArray[np.int64], named: NDArray[np.bool_], seen: Occurrences
) -> Tuple[Floats, Floats]:
    """Links and occurrences of the aliases of each kind.

    kinds (NDArray[np.int64]): Shape (n,), the kind of each alias.
    named (NDArray[np.bool_]): Shape (n,), whether the alias is in a list of names. Only these tell
        how often names of a list are links: the others are known because they are links.
    seen (Occurrences): The counts.
    RETURNS (Tuple[Floats, Floats]): Shape (N_KINDS,) each.
    """
    chosen = named if named.any() else np.ones(len(kinds), dtype=bool)
    links = np.bincount(kinds[chosen], seen.links[chosen], minlength=N_KINDS)
    occurrences = np.bincount(kinds[chosen], seen.occurrences[chosen], minlength=N_KINDS)
    return links.astype(np.float64), occurrences.astype(np.float64)


def of_kinds(links: Floats, occurrences: Floats, all_links: Floats, all_seen: Floats) -> Floats:
    """The link probability of each kind in one language.

    links (Floats): Shape (N_KINDS,), links in the language.
    occurrences (Floats): Shape (N_KINDS,), occurrences in the language.
    all_links (Floats): Shape (N_KINDS,), links in all languages.
    all_seen (Floats): Shape (N_KINDS,), occurrences in all languages.
    RETURNS (Floats): Shape (N_KINDS,).
    """
    everywhere = (all_links + UNKNOWN[0]) / (all_seen + UNKNOWN[1])
    return (links + LANGUAGE_STRENGTH * everywhere) / (occurrences + LANGUAGE_STRENGTH)


def of_aliases(
    of_kind: Floats, kinds: NDArray[np.int64], groups: NDArray[np.int32], seen: Occurrences
) -> Tuple[Floats, Floats]:
    """The link probability of each alias, and of each group in a form that is no alias.

    of_kind (Floats): Shape (N_KINDS,), the probability of the kinds.
    kinds (NDArray[np.int64]): Shape (n,), the kind of each alias.
    groups (NDArray[np.int32]): Shape (n,), the group of each alias.
    seen (Occurrences): The counts.
    RETURNS (Tuple[Floats, Floats]): Shape (n,) and (number of groups,). A form that was never a
        link starts from the probability of its group and falls with the places it was seen in.
    """
    rows = (seen.links + STRENGTH * of_kind[kinds]) / (seen.occurrences + STRENGTH)
    n_groups = len(seen.group_occurrences)
    known = np.bincount(groups, seen.occurrences, minlength=n_groups)
    mass = np.bincount(groups, rows * (seen.occurrences + STRENGTH), minlength=n_groups)
    weight = np.bincount(groups, seen.occurrences + STRENGTH, minlength=n_groups)
    other = np.maximum(seen.group_occurrences - known, 0)
    return rows, STRENGTH * (mass / weight) / (STRENGTH + other)
