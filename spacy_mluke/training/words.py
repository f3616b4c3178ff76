"""Words and spaces of training text: from raw text, and from corpora that give only the words."""

import re
from typing import List, Optional, Sequence, Tuple

import spacy
from spacy.language import Language

from ..errors import Errors
from ..text.tokenizer import add_character_tokens

# Languages written without spaces between words.
UNSPACED = frozenset({"bo", "ja", "km", "lo", "my", "th", "wuu", "yue", "zh"})

_CLOSING = re.compile(r"^[.,;:!?…%)\]}»”’।॥、。，？！；：）」』]+$")
_OPENING = re.compile(r"^[(\[{«“‘„¿¡（「『]+$")
# French sets these off by a space on the inner side
_FRENCH_APART = re.compile(r"^[;:!?»«%]+$")


def blank_pipeline(lang: str = "xx") -> Language:
    """An empty pipeline that tokenises raw text.

    lang (str): Language code; "xx" for the tokenizer of multilingual pipelines, with a token for
        each character of scripts that do not part words.
    RETURNS (Language): The pipeline.
    RAISES (ValueError): If spaCy doesn't know the language, or lacks what its tokenizer needs.
    """
    try:
        nlp = spacy.blank(lang)
    except ImportError as error:
        raise ValueError(Errors.M537.format(lang=lang, error=error)) from error
    if lang == "xx":
        add_character_tokens(nlp)
    return nlp


def spaces_between(words: Sequence[str], lang: str) -> List[bool]:
    """Whether a space follows each word, by the rules of writing.

    words (Sequence[str]): The words of a sentence.
    lang (str): Language code.
    RETURNS (List[bool]): For each word whether a space follows; False for the last.
    """
    if lang in UNSPACED:
        return [False] * len(words)
    spaces = []
    quoted = False
    if "„" in words:
        # after „ the mark “ closes; in other texts it opens
        words = ["”" if word == "“" else word for word in words]
    for word, following in zip(words, [*words[1:], None]):
        space = following is not None
        if word == '"':
            quoted = not quoted
            space = space and not quoted
        if following == '"' and quoted:
            space = False
        elif following is not None and _CLOSING.match(following):
            space = lang == "fr" and bool(_FRENCH_APART.match(following))
        if _OPENING.match(word):
            space = lang == "fr" and bool(_FRENCH_APART.match(word))
        spaces.append(space)
    return spaces


def spaces_from_text(words: Sequence[str], text: str) -> Optional[List[bool]]:
    """Whether whitespace follows each word in the original text.

    words (Sequence[str]): The words of a sentence.
    text (str): The sentence.
    RETURNS (Optional[List[bool]]): For each word whether whitespace follows; `None` if the words
        are not those of the text.
    """
    spaces = []
    position = 0
    for word in words:
        if not text.startswith(word, position):
            return None
        position += len(word)
        after = position
        while after < len(text) and text[after].isspace():
            after += 1
        spaces.append(after > position)
        position = after
    return spaces if position == len(text) else None


def words_and_spaces(text: str, tokens: Sequence[Tuple[int, int]]) -> Tuple[List[str], List[bool]]:
    """Words of a text by their offsets; whitespace that is more than one space becomes a word.

    text (str): The text.
    tokens (Sequence[Tuple[int, int]]): Start and end character of each token.
    RETURNS (Tuple[List[str], List[bool]]): Words and spaces whose joined text is `text`.
    RAISES (ValueError): With start and end as its arguments, where tokens are not in order,
        overlap, or leave out text that is not whitespace.
    """
    words: List[str] = []
    spaces: List[bool] = []
    position = 0
    for start, end in [*tokens, (len(text), len(text))]:
        gap = text[position:start]
        if start < position or (gap and not gap.isspace()) or end > len(text) or end < start:
            raise ValueError(start, end)
        if gap.startswith(" ") and words:
            spaces[-1] = True
            gap = gap[1:]
        if gap:
            words.append(gap)
            spaces.append(False)
        if end > start:
            words.append(text[start:end])
            spaces.append(False)
        position = end
    return words, spaces
