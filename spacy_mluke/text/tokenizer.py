"""One tokenizer for all scripts: a token for each character where words are not set apart.

The tokenizer of spaCy's "xx" splits at spaces and punctuation. In Chinese, Japanese and Thai a
whole clause is then one token, and in Korean a name is one with the particle behind it, so that no
span can hold the entity alone. The patterns added here cut at each character of these scripts and
leave text in all other scripts as it is. They are patterns of spaCy's own tokenizer, which saves
them with the pipeline: a saved pipeline needs nothing of this module.

Only infix patterns are used. Prefixes and suffixes are stripped one by one from an ever shorter
rest, which takes quadratic time in a text without spaces.
"""

import re
from typing import Callable

from spacy import registry
from spacy.lang.tokenizer_exceptions import URL_PATTERN
from spacy.language import Language
from spacy.tokenizer import Tokenizer
from spacy.util import compile_infix_regex

from ..errors import Errors

# Signs that belong to the character before them: vowel signs, tones, voicing, variants.
MARKS = (
    "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"  # Thai
    "\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece"  # Lao
    "\u102b-\u103e\u1056-\u1059\u105e-\u1060\u1062-\u1064\u1067-\u106d\u1071-\u1074"  # Myanmar
    "\u1082-\u108d\u108f\u109a-\u109d"
    "\u17b4-\u17d3\u17dd"  # Khmer
    "\u1160-\u11ff"  # vowels and finals of decomposed Hangul
    "\u302a-\u302f\u3099\u309a\uff9e\uff9f"  # Han, kana
    "\ufe00-\ufe0f\U000e0100-\U000e01ef"
)

# The scripts, with their marks and punctuation.
CHARACTERS = (
    "\u0e01-\u0e7f\u0e80-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Myanmar, Khmer
    "\u1100-\u11ff\ua960-\ua97f\uac00-\ud7ff"  # Hangul
    "\u2e80-\u2fff\u3001-\u9fff\uf900-\ufaff\ufe30-\ufe4f"  # Han, kana, their punctuation
    "\uff01-\uffef\U0001b000-\U0001b16f\U00020000-\U0003fffd"
    "\ufe00-\ufe0f\U000e0100-\U000e01ef"
)

# Each matches the empty string between two tokens. Western punctuation beside such characters
# ("東京(Tokyo)の") is cut off too, as it is at the edges of a word between spaces.
_BOUNDARIES = (
    rf"(?<=[{CHARACTERS}])(?![{MARKS}])",
    rf"(?=[{CHARACTERS}])(?![{MARKS}])",
    rf"(?=[^\w\s]+[{CHARACTERS}])(?![{MARKS}])",
    *(rf"(?<=[{CHARACTERS}][^\w\s]{{{n}}})(?![{MARKS}])" for n in (1, 2, 3)),
)


def add_character_tokens(nlp: Language) -> None:
    """Let the tokenizer of a pipeline cut at each character of scripts that do not part words.

    These are Han, kana, Hangul, Thai, Lao, Khmer and Myanmar. A vowel sign or tone stays with its
    character. Calling this twice changes nothing more.

    nlp (Language): The pipeline; its tokenizer is changed.
    RAISES (ValueError): If it has another tokenizer than spaCy's own.
    """
    tokenizer = nlp.tokenizer
    if not isinstance(tokenizer, Tokenizer):
        raise ValueError(Errors.M113.format(kind=type(tokenizer).__name__, lang=nlp.lang))
    find_infixes = tokenizer.infix_finditer
    infixes = [] if find_infixes is None else [find_infixes.__self__.pattern]
    if infixes and infixes[0].startswith(_BOUNDARIES[0]):
        return
    tokenizer.infix_finditer = compile_infix_regex([*_BOUNDARIES, *infixes]).finditer
    if tokenizer.url_match is not None:
        # The pattern takes any letter for part of an address, so "これはspacy.ioです" would be one.
        tokenizer.url_match = re.compile(rf"(?u)(?!.*[{CHARACTERS}])" + URL_PATTERN).match


@registry.callbacks("spacy-mluke.character_tokens.v1")
def make_character_tokens() -> Callable[[Language], None]:
    """Make a callback for `[initialize.before_init]`, see `add_character_tokens`.

    RETURNS (Callable[[Language], None]): The callback.
    """
    return add_character_tokens
