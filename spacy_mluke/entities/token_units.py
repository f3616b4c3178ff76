"""The units of docs, taken together by token.

To cut the text of a doc takes longer than to match it, and its words are nearly all known from
docs before. So each token is cut once and kept by its ORTH, which stands for the same string in
every vocabulary; a doc is then a row of look-ups. As names begin and end where tokens do, all
units of a token are one step of the matching. Where two tokens share a unit ("do" and "n't" in
"don't"), they are taken together as one; whitespace is left out.
"""

from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Callable, List, Optional, Sequence, Tuple

import numpy as np
from numpy.typing import NDArray
from spacy.attrs import ORTH, SPACY
from spacy.strings import get_string_id
from spacy.tokens import Doc

from ..text.arrays import offsets_of
from .characters import BARRIER, BETWEEN, HANGUL, KATAKANA, MARK, SPACE, WORD
from .matching import run_hashes, unit_ranges
from .units import STEP, Flags, Hashes, Steps, cut

# Tokens that are kept, about 15 megabytes. Beyond, all are forgotten and kept anew.
MAX_TOKENS = 1 << 18

Ints = NDArray[np.int64]
Shorts = NDArray[np.uint16]

# What is known of a token: eight flags, the class of its first character, that of its last one.
_FULL, _SINGLE, _START, _END, _CAPITAL, _LAST_CAPITAL, _LAST_WORD, _BEHIND_WORD = (
    np.uint16(1 << n) for n in range(8)
)
_FIRST, _LAST = np.uint16(8), np.uint16(12)
_CLASS = np.uint16(15)

# Some keys are small numbers, whose upper bits are all the same before they are multiplied by this.
_MIX = np.uint64(0x9E3779B97F4A7C15)
# A token in the table: the upper bits of its key, and its number. The lower bits show in its place.
_NUMBERS = np.uint64((1 << 24) - 1)

_ATTRIBUTES = [ORTH, SPACY]
_BARRIER_KEY = get_string_id(BARRIER)


@dataclass(frozen=True)
class TokenSteps(Steps):
    """The tokens of a batch of docs that have units. Names begin and end with them.

    docs (Ints): Shape (number of docs + 1,), where the tokens of each doc begin if all are counted,
        with one more behind each doc.
    first (Ints): Shape (n,), number of the first token of each, so counted.
    last (Ints): Shape (n,), number of its last token; it is another one if tokens share a unit.
    numbers (Ints): Shape (n,), where the same token has the same number.
    written (Hashes), folded (Hashes): Hash of the units of a token as a run, by number.
    factors (Hashes): What these units multiply the hash of a run by, by number.
    store (object): What the numbers hold for.
    """

    docs: Ints
    first: Ints
    last: Ints
    numbers: Ints
    written: Hashes
    folded: Hashes
    factors: Hashes
    store: object

    def extend(self, runs: Optional[Hashes], steps: Ints, written: bool = False) -> Hashes:
        """See `Steps.extend`."""
        numbers = self.numbers.take(steps)
        own = (self.written if written else self.folded).take(numbers)
        return own if runs is None else runs * self.factors.take(numbers) + own


class TokenUnits:
    """Units by token.

    max_tokens (int): So many tokens are kept, and those of one batch beyond.
    """

    def __init__(self, max_tokens: int = MAX_TOKENS) -> None:
        self.max_tokens = max_tokens
        self._lock = Lock()
        self._forget()

    def _forget(self) -> None:
        self._store = object()
        # The first stands for the empty token and for those that are not there.
        self._n_tokens = 1
        self._keys = np.zeros(1, dtype=np.uint64)
        self._about: Shorts = np.full(1, SPACE << _FIRST | SPACE << _LAST, dtype=np.uint16)
        self._written = np.zeros(1, dtype=np.uint64)
        self._folded = np.zeros(1, dtype=np.uint64)
        self._factors = np.ones(1, dtype=np.uint64)
        self._table = np.zeros(1, dtype=np.uint64)
        self._tokens(np.asarray([_BARRIER_KEY], dtype=np.uint64), lambda row: BARRIER)

    def of(self, docs: Sequence[Doc]) -> TokenSteps:
        """Cut docs into units.

        docs (Sequence[Doc]): The docs, at least one.
        RETURNS (TokenSteps): Their units by token.
        """
        end = np.asarray([[_BARRIER_KEY, 0]], dtype=np.uint64)
        arrays = [array for doc in docs for array in (doc.to_array(_ATTRIBUTES), end)]
        keys, spaces = np.concatenate(arrays).T
        with self._lock:
            if self._n_tokens > self.max_tokens:
                self._forget()
            return self._of(docs, np.ascontiguousarray(keys), spaces.astype(bool))

    def _of(self, docs: Sequence[Doc], keys: Hashes, spaces: Flags) -> TokenSteps:
        bounds = offsets_of([len(doc) + 1 for doc in docs])

        def text(first: int, last: int) -> str:
            doc = int(np.searchsorted(bounds, first, side="right")) - 1
            low = first - int(bounds[doc])
            return docs[doc][low : low + last - first + 1].text

        tokens = self._tokens(keys, lambda row: text(row, row))
        about = self._about.take(tokens)
        start, end = about >> _FIRST & _CLASS, about >> _LAST
        spaced = np.zeros(len(about), dtype=bool)
        spaced[:-1] = spaces[:-1] & (end[:-1] > BETWEEN) & (start[1:] > BETWEEN)
        hangul, katakana = _inside(start, end, spaces)
        glued = _glued(about, start, end, spaces)
        parts = glued.nonzero()[0]
        heads = parts[~glued[parts - 1]] - 1
        tails = parts[~np.append(glued, False)[parts + 1]]
        if len(heads):
            texts = [text(*span) for span in zip(heads.tolist(), tails.tolist())]
            together = np.fromiter(map(get_string_id, texts), np.uint64, len(texts))
            tokens[heads] = self._tokens(together, texts.__getitem__)
            about[heads] = self._about.take(tokens.take(heads))
        first = ((about & _FULL != 0) & ~glued).nonzero()[0]
        last = first.copy()
        last[np.searchsorted(first, heads)] = tails
        about = about.take(first)
        may_start, may_end = about & _START != 0, about & _END != 0
        if hangul.any() or katakana.any():
            may_start &= ~(hangul | katakana).take(first)
            may_end &= ~np.append(katakana, False).take(last + 1)
        return TokenSteps(
            may_start=may_start,
            may_end=may_end,
            capital=about & _CAPITAL != 0,
            last_capital=about & _LAST_CAPITAL != 0,
            behind_word=_behind_word(about),
            spaced=spaced.take(last),
            docs=bounds,
            first=first,
            last=last,
            numbers=tokens.take(first),
            written=self._written,
            folded=self._folded,
            factors=self._factors,
            store=self._store,
        )

    def _tokens(self, keys: Hashes, text: Callable[[int], str]) -> Ints:
        """The numbers of tokens by key; new ones are cut. `text` gives the text of a row."""
        keys = keys * _MIX
        tokens = self._find(keys)
        missing = (tokens == 0).nonzero()[0]
        missing = missing[keys[missing] != 0]
        if len(missing):
            new, rows = np.unique(keys[missing], return_index=True)
            self._add(new, [text(row) for row in missing[rows].tolist()])
            tokens[missing] = self._find(keys[missing])
        return tokens

    def _find(self, keys: Hashes) -> Ints:
        """The numbers of tokens by key, 0 for those not there and for the empty token."""
        mask = np.uint64(len(self._table) - 1)
        found = self._table.take((keys & mask).view(np.int64))
        rows = ((found ^ keys) > _NUMBERS).nonzero()[0]
        n = np.uint64(0)
        while len(rows):
            n += np.uint64(1)
            rows = rows.take(found.take(rows).nonzero()[0])
            wanted = keys.take(rows)
            entries = self._table.take((wanted + n & mask).view(np.int64))
            found[rows] = entries
            rows = rows.take(((entries ^ wanted) > _NUMBERS).nonzero()[0])
        return (found & _NUMBERS).view(np.int64)

    def _add(self, keys: Hashes, texts: List[str]) -> None:
        units = cut(texts)
        first, lengths = unit_ranges(units)
        full = np.flatnonzero(lengths)
        sizes = np.diff(units.texts) - 1
        # An empty text has no first character, and a space is as good.
        kinds = np.append(units.kinds, np.uint8(SPACE))
        start = np.where(sizes > 0, kinds[units.texts[:-1]], SPACE).astype(np.uint16)
        end = np.where(sizes > 0, kinds[units.texts[1:] - 2], SPACE).astype(np.uint16)
        heads, several = first[full], lengths[full] > 1
        tails = heads + lengths[full] - 1
        about = start << _FIRST | end << _LAST | (lengths == 1) * _SINGLE
        about[full] |= _FULL
        about[full] |= (units.may_start[heads] & (start[full] != SPACE)) * _START
        about[full] |= (units.may_end[tails] & (end[full] != SPACE)) * _END
        about[full] |= units.capital[heads] * _CAPITAL
        about[full] |= units.capital[tails] * _LAST_CAPITAL
        about[full] |= units.words[tails] * _LAST_WORD
        about[full] |= (units.behind_word[tails] & several) * _BEHIND_WORD

        low, high = self._n_tokens, self._n_tokens + len(keys)
        self._keys = _put(self._keys, low, keys)
        self._about = _put(self._about, low, about)
        self._written = _put(self._written, low, run_hashes(units, first, lengths, written=True))
        self._folded = _put(self._folded, low, run_hashes(units, first, lengths, written=False))
        self._factors = _put(self._factors, low, STEP ** lengths.astype(np.uint64))
        self._n_tokens = high
        if 4 * high > len(self._table):
            self._table = np.zeros(1 << (4 * high).bit_length(), dtype=np.uint64)
            low = 1
        self._insert(np.arange(low, high, dtype=np.uint64))

    def _insert(self, tokens: Hashes) -> None:
        mask = np.uint64(len(self._table) - 1)
        keys = self._keys[tokens.view(np.int64)]
        entries, slots = keys & ~_NUMBERS | tokens, (keys & mask).view(np.int64)
        while len(entries):
            free = self._table[slots] == 0
            self._table[slots[free]] = entries[free]
            # Of several for one place the last is there.
            rest = self._table[slots] != entries
            entries, slots = entries[rest], (slots[rest] + 1) & int(mask)


def _glued(about: Shorts, start: Shorts, end: Shorts, spaces: Flags) -> Flags:
    """Whether each token shares a unit with the one before, which `cut` decides in the same way:
    marks belong to what they stand behind, letters to the word they stand behind."""
    is_open = (about & _LAST_WORD != 0) & (end != SPACE)
    marks = (start == MARK) & (end == MARK) & (about & _SINGLE != 0)
    if marks.any():
        # A token of marks alone goes on with a word if that stands before it.
        base = np.maximum.accumulate(np.where(marks, 0, np.arange(len(about))))
        n_spaces = offsets_of(spaces)
        is_open = is_open[base] & (n_spaces[:-1] == n_spaces[base])
    glued = np.zeros(len(about), dtype=bool)
    glued[1:] = (start[1:] == WORD) & is_open[:-1]
    glued[1:] |= (start[1:] == MARK) & (end[:-1] > BETWEEN)
    glued[1:] &= ~spaces[:-1]
    return glued


def _inside(start: Shorts, end: Shorts, spaces: Flags) -> Tuple[Flags, Flags]:
    """Whether each token begins inside a run of Hangul, and inside one of katakana."""
    hangul, katakana = np.zeros((2, len(start)), dtype=bool)
    before, after = end[:-1], start[1:]
    hangul[1:] = (after == HANGUL) & ((before == HANGUL) | (before == WORD)) & ~spaces[:-1]
    katakana[1:] = (after == KATAKANA) & (before == KATAKANA) & ~spaces[:-1]
    return hangul, katakana


def _behind_word(about: Shorts) -> Flags:
    """Whether there is a word right before the last unit of each token, in it or before it."""
    result = about & _BEHIND_WORD != 0
    result[1:] |= (about[1:] & _SINGLE != 0) & (about[:-1] & _LAST_WORD != 0)
    return result


@lru_cache(maxsize=1)
def shared_units() -> TokenUnits:
    """RETURNS (TokenUnits): The units that all in this process share."""
    return TokenUnits()


def _put(array: NDArray, low: int, values: NDArray) -> NDArray:
    """Write values into an array from a place on; it is made twice as long where it is full."""
    high = low + len(values)
    if high > len(array):
        longer = np.zeros(max(high, 2 * len(array)), dtype=array.dtype)
        longer[:low] = array[:low]
        array = longer
    array[low:high] = values
    return array
