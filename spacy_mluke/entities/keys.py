"""Keys of entities: Wikidata items ("Q42"), titles ("en:Douglas Adams"), special entities."""

import re
from typing import Iterator, Optional, Tuple

# In the order of lite checkpoints, which makes the place of each its row.
SPECIAL_ENTITIES = ("[MASK]", "[UNK]", "[PAD]", "[MASK2]")

_ITEM = re.compile(r"Q[1-9][0-9]{0,17}")
_LANGUAGE = re.compile(r"[a-z][a-z0-9-]*")
_TITLE = re.compile(r"([a-z][a-z0-9-]*):([^\0]+)")
# What MediaWiki reads as a space in a title (MediaWikiTitleCodec::splitTitleString), and control
# characters, which it does not allow.
_SPACES = re.compile(r"[\s_\x00-\x1f\x7f\u180e]+")


def item_number(key: str) -> int:
    """RETURNS (int): The number of a Wikidata item, 42 of "Q42"; 0 if the key is no item."""
    return int(key[1:]) if _ITEM.fullmatch(key) else 0


def split_title(key: str) -> Optional[Tuple[str, str]]:
    """RETURNS (Optional[Tuple[str, str]]): Language and title of "lang:Title", None of others."""
    match = _TITLE.fullmatch(key)
    return (match[1], match[2]) if match else None


def is_language(code: str) -> bool:
    """RETURNS (bool): Whether this can stand before a title as its language."""
    return _LANGUAGE.fullmatch(code) is not None


def clean_title(title: str) -> str:
    """Bring spaces into the one form that titles have.

    title (str): A title, perhaps with underscores.
    RETURNS (str): The title with single spaces and none around it.
    """
    return _SPACES.sub(" ", title).strip()


def title_variants(key: str) -> Iterator[str]:
    """Other ways in which the title of a key may be written down.

    A page title begins with a capital letter in most wikis, so links may begin with a small one;
    labels of Wikidata are not capitalised.

    key (str): "lang:Title".
    YIELDS (str): Keys other than the one given, the closest first.
    """
    parts = split_title(key)
    if parts is None:
        return
    lang, title = parts[0], clean_title(parts[1])
    if title:
        for variant in (title, title[0].upper() + title[1:], title[0].lower() + title[1:]):
            if variant != parts[1]:
                yield f"{lang}:{variant}"
