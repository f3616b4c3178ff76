"""Mentions that may be a part of a longer name that no dictionary has.

"Glasgow" in "Glasgow Rangers" is no mention of the city. In scripts with capital letters a longer
name shows in its other words: a mention that begins or ends with a capitalised word next to another
one is taken for such a part.
"""

import numpy as np

from .matching import Matches
from .units import Flags, Units


def are_fragments(units: Units, matches: Matches) -> Flags:
    """Whether each match stands beside a capitalised word, with nothing but a space between.

    The first word of a sentence does not count, for its capital letter says nothing.

    units (Units): The units of the texts.
    matches (Matches): The matches.
    RETURNS (Flags): Shape (number of matches,).
    """
    n = len(units)
    if n < 2:
        return np.zeros(len(matches), dtype=bool)
    joined = units.spaced[:-1] & units.capital[1:] & units.capital[:-1]
    first_of_sentence = np.append(True, ~units.words[:-1])
    before = np.append(False, joined & ~first_of_sentence[:-1])
    after = np.append(joined, False)
    return before[matches.starts] | after[matches.stops - 1]
