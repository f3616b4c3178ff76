"""The units of docs, put together from the units of their tokens.

To cut the text of a doc takes longer than to match it, and its words are nearly all known from
docs before. So each token is cut once and kept by its ORTH, which stands for the same string in
every vocabulary; a doc is then a row of look-ups. Where two tokens share a unit ("do" and "n't" in
"don't"), they are taken together as one.
"""

from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Callable, List, Sequence

import numpy as np
from numpy.typing import NDArray
from spacy.attrs import ORTH, SPACY
from spacy.strings import get_string_id
from spacy.tokens import Doc

from ..text.arrays import offsets_of, ragged_arange
from .matching import unit_ranges
from .units import BARRIER, BETWEEN, HANGUL, KATAKANA, MARK, SPACE, WORD, Flags, Hashes, Units, cut

# Tokens that are kept, about 20 megabytes. Beyond, all are forgotten and kept anew.
MAX_TOKENS = 1 << 18

Ints = NDArray[np.int64]
Kinds = NDArray[np.uint8]

_START, _END, _WORD, _CAPITAL, _SPACED = 1, 2, 4, 8, 16
_ATTRIBUTES = [ORTH, SPACY]
_BARRIER_KEY = get_string_id(BARRIER)


@dataclass(frozen=True)
class DocUnits(Units):
    """The units of a batch of docs. Names may begin and end with them only where a token does.

    first (Ints): Shape (n,), number of the first token of each, counted over the docs with one
        more behind each doc.
    last (Ints): Shape (n,), number of its last token; it is another one if tokens share a unit.
    numbers (Ints): Shape (n,), where the same unit has the same number.
    store (object): What the numbers hold for.
    """

    first: Ints
    last: Ints
    numbers: Ints
    store: object


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
        self._n_tokens, self._n_units = 1, 0
        self._keys = np.zeros(1, dtype=np.uint64)
        self._lengths = np.zeros(1, dtype=np.int64)
        self._offsets = np.zeros(1, dtype=np.int64)
        self._first_kinds: Kinds = np.full(1, SPACE, dtype=np.uint8)
        self._last_kinds: Kinds = np.full(1, SPACE, dtype=np.uint8)
        self._open = np.zeros(1, dtype=bool)
        self._written = np.zeros(0, dtype=np.uint64)
        self._folded = np.zeros(0, dtype=np.uint64)
        self._flags: Kinds = np.zeros(0, dtype=np.uint8)
        self._table = np.zeros(1, dtype=np.int32)
        self._add(np.asarray([_BARRIER_KEY], dtype=np.uint64), [BARRIER])

    def of(self, docs: Sequence[Doc]) -> DocUnits:
        """Cut docs into units.

        docs (Sequence[Doc]): The docs, at least one.
        RETURNS (DocUnits): Their units.
        """
        end = np.asarray([[_BARRIER_KEY, 0]], dtype=np.uint64)
        arrays = [array for doc in docs for array in (doc.to_array(_ATTRIBUTES), end)]
        keys, spaces = np.concatenate(arrays).T
        with self._lock:
            if self._n_tokens > self.max_tokens or self._n_units > 4 * self.max_tokens:
                self._forget()
            return self._of(docs, np.ascontiguousarray(keys), spaces.astype(bool))

    def _of(self, docs: Sequence[Doc], keys: Hashes, spaces: Flags) -> DocUnits:
        bounds = offsets_of([len(doc) + 1 for doc in docs])

        def text(first: int, last: int) -> str:
            doc = int(np.searchsorted(bounds, first, side="right")) - 1
            low = first - int(bounds[doc])
            return docs[doc][low : low + last - first + 1].text

        tokens = self._tokens(keys, lambda row: text(row, row))
        first = last = np.arange(len(keys))
        glued = self._are_glued(tokens, spaces)
        if glued.any():
            first = np.flatnonzero(np.append(True, ~glued))
            last = np.append(first[1:], len(keys)) - 1
            several = np.flatnonzero(last > first)
            texts = [text(*span) for span in zip(first[several].tolist(), last[several].tolist())]
            together = np.fromiter(map(get_string_id, texts), np.uint64, len(texts))
            tokens, spaces = tokens[first], spaces[last]
            tokens[several] = self._tokens(together, texts.__getitem__)
        return self._units(tokens, spaces, first, last)

    def _units(self, tokens: Ints, spaces: Flags, first: Ints, last: Ints) -> DocUnits:
        """Units of tokens, those that share a unit taken together."""
        lengths = self._lengths[tokens]
        numbers = ragged_arange(self._offsets[tokens], lengths)
        flags = self._flags[numbers]
        start, end = self._first_kinds[tokens], self._last_kinds[tokens]
        touching, before, after = ~spaces[:-1], end[:-1], start[1:]
        inside = touching & (after >= HANGUL) & (after <= KATAKANA)
        at = offsets_of(lengths)
        if inside.any():
            hangul = inside & (after == HANGUL) & ((before == HANGUL) | (before == WORD))
            katakana = inside & (after == KATAKANA) & (before == KATAKANA)
            flags[at[1:-1][hangul | katakana]] &= ~np.uint8(_START)
            flags[at[1:-1][katakana] - 1] &= ~np.uint8(_END)
        spaced = ~touching & (before > BETWEEN) & (after > BETWEEN)
        flags[at[1:-1][spaced] - 1] |= np.uint8(_SPACED)
        one_each = len(numbers) == len(tokens) and bool((lengths == 1).all())
        return DocUnits(
            written=self._written[numbers],
            folded=self._folded[numbers],
            may_start=(flags & _START) != 0,
            may_end=(flags & _END) != 0,
            words=(flags & _WORD) != 0,
            capital=(flags & _CAPITAL) != 0,
            spaced=(flags & _SPACED) != 0,
            first=first if one_each else np.repeat(first, lengths),
            last=last if one_each else np.repeat(last, lengths),
            numbers=numbers,
            store=self._store,
        )

    def _are_glued(self, tokens: Ints, spaces: Flags) -> Flags:
        """Whether each token shares a unit with the next one, which `cut` decides in the same way:
        marks belong to what they stand behind, letters to the word they stand behind."""
        start, end = self._first_kinds[tokens], self._last_kinds[tokens]
        is_open = self._open[tokens]
        marks = (start == MARK) & (end == MARK) & (self._lengths[tokens] == 1)
        if marks.any():
            # A token of marks alone goes on with a word if that stands before it.
            base = np.maximum.accumulate(np.where(marks, 0, np.arange(len(tokens))))
            n_spaces = offsets_of(spaces)
            is_open = is_open[base] & (n_spaces[:-1] == n_spaces[base])
        glued = (start[1:] == WORD) & is_open[:-1]
        glued |= (start[1:] == MARK) & (end[:-1] > BETWEEN)
        return glued & ~spaces[:-1]

    def _tokens(self, keys: Hashes, text: Callable[[int], str]) -> Ints:
        """The numbers of tokens by key; new ones are cut. `text` gives the text of a row."""
        tokens = self._find(keys)
        missing = np.flatnonzero((tokens == 0) & (keys != 0))
        if len(missing):
            new, rows = np.unique(keys[missing], return_index=True)
            self._add(new, [text(row) for row in missing[rows].tolist()])
            tokens[missing] = self._find(keys[missing])
        return tokens

    def _find(self, keys: Hashes) -> Ints:
        """The numbers of tokens by key, 0 for those not there and for the empty token."""
        mask = len(self._table) - 1
        slots = keys.view(np.int64) & mask
        tokens = self._table[slots].astype(np.int64)
        rows = np.flatnonzero(self._keys[tokens] != keys)
        while len(rows):
            rows = rows[tokens[rows] != 0]
            slots[rows] = (slots[rows] + 1) & mask
            tokens[rows] = self._table[slots[rows]]
            rows = rows[self._keys[tokens[rows]] != keys[rows]]
        return tokens

    def _add(self, keys: Hashes, texts: List[str]) -> None:
        units = cut(texts)
        first, lengths = unit_ranges(units)
        own = ragged_arange(first, lengths)
        flags = units.words[own] * np.uint8(_WORD) | units.capital[own] * np.uint8(_CAPITAL)
        flags |= units.spaced[own] * np.uint8(_SPACED)
        full = np.flatnonzero(lengths)
        sizes = np.diff(units.texts) - 1
        # An empty text has no first character, and a space is as good.
        kinds = np.append(units.kinds, np.uint8(SPACE))
        start = np.where(sizes > 0, kinds[units.texts[:-1]], SPACE).astype(np.uint8)
        end = np.where(sizes > 0, kinds[units.texts[1:] - 2], SPACE).astype(np.uint8)
        at = offsets_of(lengths)
        heads, tails = at[:-1][full], at[1:][full] - 1
        may_start = units.may_start[own[heads]] & (start[full] != SPACE)
        may_end = units.may_end[own[tails]] & (end[full] != SPACE)
        flags[tails] &= ~np.uint8(_SPACED)
        flags[heads] |= may_start * np.uint8(_START)
        flags[tails] |= may_end * np.uint8(_END)
        is_open = np.zeros(len(keys), dtype=bool)
        is_open[full] = units.words[own[tails]] & (end[full] != SPACE)

        low, high = self._n_tokens, self._n_tokens + len(keys)
        self._keys = _put(self._keys, low, keys)
        self._lengths = _put(self._lengths, low, lengths)
        self._offsets = _put(self._offsets, low, self._n_units + at[:-1])
        self._first_kinds = _put(self._first_kinds, low, start)
        self._last_kinds = _put(self._last_kinds, low, end)
        self._open = _put(self._open, low, is_open)
        self._written = _put(self._written, self._n_units, units.written[own])
        self._folded = _put(self._folded, self._n_units, units.folded[own])
        self._flags = _put(self._flags, self._n_units, flags)
        self._n_tokens, self._n_units = high, self._n_units + len(own)
        if 4 * high > len(self._table):
            self._table = np.zeros(1 << (8 * high).bit_length(), dtype=np.int32)
            low = 1
        self._insert(np.arange(low, high, dtype=np.int32))

    def _insert(self, tokens: NDArray[np.int32]) -> None:
        mask = len(self._table) - 1
        slots = self._keys[tokens].view(np.int64) & mask
        while len(tokens):
            free = self._table[slots] == 0
            self._table[slots[free]] = tokens[free]
            # Of several for one place the last is there.
            rest = self._table[slots] != tokens
            tokens, slots = tokens[rest], (slots[rest] + 1) & mask


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
