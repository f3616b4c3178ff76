"""Mentions that may be a part of a longer name that no dictionary has.

"Glasgow" in "Glasgow Rangers" is no mention of the city. In scripts with capital letters a longer
name shows in its other words: a mention that begins or ends with a capitalised word next to another
one is taken for such a part.
"""

import numpy as np

from .matching import Matches
from .units import Flags, Steps


def are_fragments(steps: Steps, matches: Matches) -> Flags:
    """Whether each match stands beside a capitalised word, with nothing but a space between.

    The first word of a sentence does not count, for its capital letter says nothing.

    steps (Steps): The steps of the texts.
    matches (Matches): The matches.
    RETURNS (Flags): Shape (number of matches,).
    """
    joined = np.zeros(len(steps) + 1, dtype=bool)
    joined[1:-1] = steps.spaced[:-1] & steps.last_capital[:-1] & steps.capital[1:]
    before = joined[:-1].copy()
    before[1:] &= steps.behind_word[:-1]
    return before.take(matches.starts) | joined.take(matches.stops)
