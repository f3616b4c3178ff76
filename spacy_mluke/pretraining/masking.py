"""What is hidden from the model and asked of it (reference: LUKE, section 3.3; mLUKE keeps it)."""

from dataclasses import dataclass
from typing import Tuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class MaskingSettings:
    """Rates of masking. The defaults are mLUKE's.

    words (float): Share of the pieces to predict. Of these, `mask_words` become ``<mask>``,
        `random_words` another piece, and the rest stays.
    entities (float): Share of the entities to predict; these become [MASK].
    mentions (float): Share of these whose words are all hidden, too, behind ``<mask>``: then the
        context alone tells the entity. mLUKE hides no more words than `words` says.
    """

    words: float = 0.15
    mask_words: float = 0.8
    random_words: float = 0.1
    entities: float = 0.15
    mentions: float = 0.0


def mask_words(
    ids: Ints,
    maskable: Ints,
    settings: MaskingSettings,
    *,
    mask_id: int,
    first_id: int,
    end_id: int,
    random: Generator,
) -> Tuple[Ints, Ints]:
    """Choose ``max(1, round(rate * n))`` pieces and hide them.

    ids (Ints): (T,) pieces. maskable (Ints): (n,) places that may be chosen.
    mask_id (int): ``<mask>``. first_id, end_id (int): A random piece is in [first_id, end_id).
    random (Generator): Where chance comes from.
    RETURNS (Tuple[Ints, Ints]): The pieces with some hidden, and the chosen places, sorted.
    """
    chosen = _choose(maskable, settings.words, random)
    fate = random.random(len(chosen))
    hidden = ids.copy()
    hidden[chosen[fate < settings.mask_words]] = mask_id
    replaced = chosen[
        (fate >= settings.mask_words) & (fate < settings.mask_words + settings.random_words)
    ]
    hidden[replaced] = random.integers(first_id, end_id, len(replaced))
    return hidden, chosen


def mask_entities(
    ids: Ints, settings: MaskingSettings, *, mask_id: int, random: Generator
) -> Tuple[Ints, Ints]:
    """Choose ``max(1, round(rate * n))`` entities and hide them.

    ids (Ints): (S,) rows of the entity table. mask_id (int): The row of [MASK].
    random (Generator): Where chance comes from.
    RETURNS (Tuple[Ints, Ints]): The rows with some hidden, and the chosen places, sorted.
    """
    chosen = _choose(np.arange(len(ids)), settings.entities, random)
    hidden = ids.copy()
    hidden[chosen] = mask_id
    return hidden, chosen


def number_to_mask(number: int, rate: float) -> int:
    """RETURNS (int): ``max(1, round(rate * number))``, and none of nothing."""
    return max(1, round(rate * number)) if number and rate else 0


def _choose(places: Ints, rate: float, random: Generator) -> Ints:
    number = number_to_mask(len(places), rate)
    return np.sort(random.choice(places, size=number, replace=False)) if number else places[:0]
