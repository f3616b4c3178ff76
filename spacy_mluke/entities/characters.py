"""What each character is to the cut of texts into units, and what it is folded to."""

import re
import unicodedata
from functools import lru_cache
from typing import Tuple

import numpy as np
from numpy.typing import NDArray

from ..text.tokenizer import CHARACTERS, MARKS

# Classes of characters. What belongs to no unit, or to one that no alias has, comes first.
SPACE, BETWEEN, SIGN, WORD, SINGLE, HANGUL, KATAKANA, THAI, MARK = range(9)
# Beyond the planes that have letters of many scripts there are Han characters and little else.
KNOWN = 0x20000

# Between two texts of a batch: a unit that no alias has.
BARRIER = "\0"

_HANGUL_RANGES = "\u1100-\u11ff\ua960-\ua97f\uac00-\ud7ff\u3131-\u318e"
_KATAKANA_RANGES = "\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f"
# Thai and Lao vowels that are written before the consonant they follow in speech.
_LEADING_VOWELS = "\u0e40-\u0e44\u0ec0-\u0ec4"
# Latin letters and digits as wide as a Han character make words all the same.
_WIDE_LETTERS = [chr(code + 0xFEE0) for code in range(0x30, 0x7B) if chr(code).isalnum()]
_JOINERS = "\u200c\u200d\u00ad"
_SPACES = "\t\n\v\f\r\x85\ufeff\u200b"
# What NFKC keeps apart: kinds of quotes and of dashes
SAME = {"\u2019": "'", "\u2018": "'", "\u02bc": "'", "\u201c": '"', "\u201d": '"', "\u00a0": " "}
SAME.update(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"))


@lru_cache(maxsize=1)
def character_tables() -> Tuple[NDArray[np.uint8], NDArray[np.uint32]]:
    """Class and folded form of each character; the last row stands for all further ones."""
    folds = np.arange(KNOWN + 1, dtype=np.uint32)
    characters = folds[:-1].tobytes().decode("utf-32-le", "surrogatepass")
    # The first letter of the category of each: "Lu" is L.
    letters = "".join(map(unicodedata.category, characters)).encode()[::2]
    of_letter = np.full(128, SIGN, dtype=np.uint8)
    of_letter[[ord("L"), ord("N")]] = WORD
    of_letter[[ord("M"), ord("Z")]] = MARK, SPACE
    kinds = np.append(of_letter[np.frombuffer(letters, dtype=np.uint8)], np.uint8(SINGLE))
    # Joiners shape letters in Indic and Arabic scripts, in the middle of words.
    for special, kind in (("_", WORD), (_JOINERS, MARK), (_SPACES, SPACE), (BARRIER, BETWEEN)):
        kinds[list(map(ord, special))] = kind
    scripts = characters[:0xD800] + characters[0xE000:]
    for pattern, kind in (
        (CHARACTERS, SINGLE),
        (_KATAKANA_RANGES, KATAKANA),
        (_HANGUL_RANGES, HANGUL),
        (_LEADING_VOWELS, THAI),
        (MARKS, MARK),
    ):
        found = np.frombuffer(
            "".join(re.findall(f"[{pattern}]", scripts)).encode("utf-32-le"), dtype=np.uint32
        )
        kinds[found] = np.where(kinds[found] == SPACE, SPACE, kind)
    kinds[[ord(letter) for letter in _WIDE_LETTERS]] = WORD
    # Most blocks have nothing to fold, which is seen faster of all their characters together.
    for low in range(0, KNOWN, 256):
        block = characters[low : low + 256]
        same = block == block.lower() == block.casefold()
        if not same or not unicodedata.is_normalized("NFKC", block) or SAME.keys() & set(block):
            folds[low : low + 256] = list(map(_fold, block))
    return kinds, folds


def _fold(character: str) -> int:
    """The folded form of a character where that is one character: offsets stay as they are."""
    character = SAME.get(character, character)
    for form in (unicodedata.normalize("NFKC", character).casefold(), character.lower()):
        if len(form) == 1:
            return ord(form)
    return ord(character)
