"""Texts cut into units, the steps that the names of entities are matched in, as arrays.

A unit is a word (letters, digits and their marks), one other sign, or, in scripts that do not part
words by spaces, one character with its marks. Whitespace parts units and is no unit. The cut looks
at nothing but the characters, so that it is the same for an alias and for a text of any language,
and finer than that of any tokenizer: where a tokenizer matters, its boundaries are a condition on
top.

Each unit gets two hashes, as written and folded (case, width, kinds of quotes and dashes). A run of
units has a polynomial of its unit hashes, so that all runs of all texts are compared with all
aliases by array operations.
"""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import List, Optional, Sequence, Tuple

import numpy as np
from numpy.typing import NDArray

from ..text.arrays import offsets_of
from .characters import (
    BARRIER,
    BETWEEN,
    HANGUL,
    KATAKANA,
    KNOWN,
    MARK,
    SPACE,
    THAI,
    WORD,
    character_tables,
)

Hashes = NDArray[np.uint64]
Flags = NDArray[np.bool_]
Offsets = NDArray[np.int64]

# What the hash of a run is multiplied by for each unit.
STEP = np.uint64(0xD1342543DE82EF95)

_BASE = np.uint64(0x9E3779B97F4A7C15)
_INVERSE = np.uint64(pow(int(_BASE), -1, 2**64))
_CACHED_POWERS = 1 << 20


@dataclass(frozen=True)
class Steps:
    """The steps that names are matched in: the units of texts one by one, or all units of a token
    at once.

    may_start (Flags): Shape (n,), whether a name may begin with the step: not inside a run of
        Hangul or katakana, not with a mark.
    may_end (Flags): Shape (n,), whether a name may end with it: not inside a run of katakana, not
        with a vowel written before its consonant. Within a run of Hangul it may, for particles are
        written behind names.
    capital (Flags): Shape (n,), whether its first unit is a word with a capital letter first.
    last_capital (Flags): Shape (n,), the same of its last unit.
    behind_word (Flags): Shape (n,), whether there is a word right before its last unit.
    spaced (Flags): Shape (n,), whether there is one space, and nothing else, behind it before the
        next unit.
    """

    may_start: Flags
    may_end: Flags
    capital: Flags
    last_capital: Flags
    behind_word: Flags
    spaced: Flags

    def __len__(self) -> int:
        return len(self.may_start)

    def extend(self, runs: Optional[Hashes], steps: Offsets, written: bool = False) -> Hashes:
        """Hashes of runs of units that are one step longer.

        runs (Optional[Hashes]): Shape (m,), hashes of runs, 0 for one without units; `None` if none
            of them has any.
        steps (Offsets): Shape (m,), number of the step to append to each.
        written (bool): Whether the units count as they are written, or folded.
        RETURNS (Hashes): Shape (m,).
        """
        raise NotImplementedError


@dataclass(frozen=True)
class TextUnits(Steps):
    """The units of a batch of texts, and where they stand.

    written (Hashes): Shape (n,), hash of the unit as it is written.
    folded (Hashes): Shape (n,), hash of its folded form.
    words (Flags): Shape (n,), whether the unit is a word.
    starts (Offsets): Shape (n,), the first character of each, counted over the whole batch.
    ends (Offsets): Shape (n,), one past its last character.
    texts (Offsets): Shape (number of texts + 1,), first character of each text in the batch, and
        one past the end. A text ends one character before the next.
    kinds (NDArray[np.uint8]): The class of each character of the batch.
    """

    written: Hashes
    folded: Hashes
    words: Flags
    starts: Offsets
    ends: Offsets
    texts: Offsets
    kinds: NDArray[np.uint8]

    def extend(self, runs: Optional[Hashes], steps: Offsets, written: bool = False) -> Hashes:
        """See `Steps.extend`."""
        own = (self.written if written else self.folded).take(steps)
        return (own if runs is None else runs + own) * STEP

    def text_of(self, chars: NDArray[np.int64]) -> NDArray[np.int64]:
        """The number of the text that each of some characters of the batch belongs to."""
        return np.searchsorted(self.texts, chars, side="right") - 1


def cut(texts: Sequence[str]) -> TextUnits:
    """Cut texts into units.

    texts (Sequence[str]): The texts. A NUL character in one is a sign like any other that no alias
        has.
    RETURNS (TextUnits): Their units.
    """
    joined = BARRIER.join(texts)
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    bounds = np.zeros(len(texts) + 1, dtype=np.int64)
    np.cumsum(lengths + 1, out=bounds[1:])
    kinds, folds = character_tables()
    low = np.minimum(codes, KNOWN)
    kind = kinds[low]
    starts, ends = _boundaries(kind)
    first, last = kind[starts], kind[np.maximum(ends - 1, 0)]
    before = np.where(starts > 0, kind[np.maximum(starts - 1, 0)], SPACE)
    after = np.where(ends < len(kind), kind[np.minimum(ends, max(len(kind) - 1, 0))], SPACE)
    inside_hangul = (first == HANGUL) & ((before == HANGUL) | (before == WORD))
    inside_katakana = (first == KATAKANA) & (before == KATAKANA)
    folded = np.where(codes < KNOWN, folds[low], codes)
    written_hashes, folded_hashes = _hashes(codes, starts, ends), _hashes(folded, starts, ends)
    # Asking takes as long as all else here, so only where there is something to compose.
    if (kind == MARK).any() and not unicodedata.is_normalized("NFC", joined):
        rows = np.flatnonzero(np.add.reduceat(kind == MARK, starts))
        words = [joined[start:end] for start, end in zip(starts[rows], ends[rows])]
        written_hashes[rows], folded_hashes[rows] = _composed_hashes(words)
    spaced = np.zeros(len(starts), dtype=bool)
    spaced[:-1] = (starts[1:] - ends[:-1] == 1) & (codes[ends[:-1]] == ord(" "))
    words = first == WORD
    behind_word = np.zeros(len(starts), dtype=bool)
    behind_word[1:] = words[:-1]
    capital = words & (folded[starts] != codes[starts])
    return TextUnits(
        written=written_hashes,
        folded=folded_hashes,
        may_start=~(inside_hangul | inside_katakana | (first == MARK)),
        may_end=~(((last == KATAKANA) & (after == KATAKANA)) | (last == THAI)),
        words=words,
        capital=capital,
        last_capital=capital,
        behind_word=behind_word,
        spaced=spaced,
        starts=starts,
        ends=ends,
        texts=bounds,
        kinds=kind,
    )


def _boundaries(kind: NDArray[np.uint8]) -> Tuple[Offsets, Offsets]:
    """Starts and ends of units: words and their marks stay together, all else stands alone."""
    n = len(kind)
    if not n:
        none = np.zeros(0, dtype=np.int64)
        return none, none
    begins = kind != SPACE
    joins = (kind[1:] == MARK) & (kind[:-1] > BETWEEN)
    joins |= (kind[1:] == WORD) & _in_word(kind)[:-1]
    begins[1:] &= ~joins
    starts = np.flatnonzero(begins)
    # A unit ends before the next one, or before the whitespace behind it.
    stops = np.flatnonzero(begins | (kind == SPACE))
    ends = np.append(stops, n)[np.flatnonzero(begins[stops]) + 1]
    return starts, ends


def _in_word(kind: NDArray[np.uint8]) -> Flags:
    """Whether each character belongs to a word, itself or as a mark of a word's letter."""
    word = kind == WORD
    marks = np.flatnonzero(kind == MARK)
    if len(marks):
        first = np.append(True, np.diff(marks) != 1)
        base = marks[first][np.cumsum(first) - 1] - 1
        word[marks] = (base >= 0) & word[base]
    return word


def _hashes(codes: NDArray[np.uint32], starts: Offsets, ends: Offsets) -> Hashes:
    """A hash of each stretch of characters: a polynomial over its codes, well mixed."""
    powers, inverses = _powers(len(codes) + 1)
    sums = np.zeros(len(codes) + 1, dtype=np.uint64)
    np.cumsum((codes.astype(np.uint64) + np.uint64(1)) * powers[: len(codes)], out=sums[1:])
    x = (sums[ends] - sums[starts]) * inverses[starts]
    x ^= x >> np.uint64(30)
    x *= np.uint64(0xBF58476D1CE4E5B9)
    x ^= x >> np.uint64(27)
    x *= np.uint64(0x94D049BB133111EB)
    x ^= x >> np.uint64(31)
    return x


def _composed_hashes(words: List[str]) -> Tuple[Hashes, Hashes]:
    """The hashes of words whose letters and marks are one character where there is one for both."""
    composed = [unicodedata.normalize("NFC", word) for word in words]
    codes = np.frombuffer("".join(composed).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    bounds = offsets_of([len(word) for word in composed])
    folded = np.where(codes < KNOWN, character_tables()[1][np.minimum(codes, KNOWN)], codes)
    return _hashes(codes, bounds[:-1], bounds[1:]), _hashes(folded, bounds[:-1], bounds[1:])


def _powers(n: int) -> Tuple[Hashes, Hashes]:
    """Powers of the base and of its inverse modulo 2^64, shape (n or more,) each."""
    if n > _CACHED_POWERS:
        return _make_powers(n)
    return _cached_powers(max(n - 1, 1 << 10).bit_length())


@lru_cache(maxsize=None)
def _cached_powers(bits: int) -> Tuple[Hashes, Hashes]:
    return _make_powers(1 << bits)


def _make_powers(n: int) -> Tuple[Hashes, Hashes]:
    result = []
    for base in (_BASE, _INVERSE):
        factors = np.full(n, base, dtype=np.uint64)
        factors[0] = 1
        result.append(np.cumprod(factors))
    return result[0], result[1]


def clean(alias: str) -> str:
    """An alias with composed characters and single spaces.

    alias (str): As it stands in a text.
    RETURNS (str): The alias; empty if there is nothing in it.
    """
    return " ".join(unicodedata.normalize("NFC", alias).split())
