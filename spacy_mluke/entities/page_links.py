"""Mentions that a known Wikipedia page gives: the paper's way for question answering.

What the page behind a text links, and by which texts, tells which entities its words stand for.
Candidates are the links of the page (`page_candidates`), brought to another language through the
interwiki (`translate_candidates`), and found in a row of tokens from left to right, the longest
first (`link_tokens`).

The released code differs from what it set out to do; a mode says which to follow:

* "fixed": a text is dropped as ambiguous if it is linked to different entities; case is ignored, as
  at the time of the paper; mentions begin and end at the boundaries of words.
* "faithful": every text that is linked twice is dropped, even to one entity, and so are, in another
  language, all names of an entity that two texts link; case matters; a mention may begin or end
  inside a word; of a question and a context in two languages, a mention that the context begins
  with is lost.
"""

from typing import Callable, Dict, Iterable, List, Literal, Optional, Protocol, Sequence, Tuple

from ..text.arrays import Ints2d
from .aliases import AliasDictionary, is_item
from .paragraphs import Link
from .units import clean, cut

Mode = Literal["faithful", "fixed"]

# Text -> entity.
Candidates = Dict[str, str]


class TitleTable(Protocol):
    """What is needed of an interwiki table."""

    def item(self, lang: str, title: str) -> Optional[str]:
        """The item of a title."""
        ...

    def titles(self, item: str) -> Dict[str, str]:
        """The titles of an item by language."""
        ...


def page_candidates(
    links: Iterable[Tuple[str, str]],
    aliases: AliasDictionary,
    lang: str,
    *,
    mode: Mode = "fixed",
    min_link_probability: float = 0.01,
) -> Candidates:
    """What the links of a page say of its words.

    links (Iterable[Tuple[str, str]]): Text and entity of each link of the page.
    aliases (AliasDictionary): Knows how often the texts are links.
    lang (str): Language of the page.
    mode (Mode): "fixed" or "faithful".
    min_link_probability (float): Texts below it are left out (the paper: 0.01).
    RETURNS (Candidates): Entity by text.
    """
    named = (
        (text.strip(), entity)
        for text, entity in links
        if aliases.link_probability(text, lang) >= min_link_probability
    )
    return _unambiguous(named, mode)


def translate_candidates(
    candidates: Candidates,
    interwiki: TitleTable,
    aliases: AliasDictionary,
    lang: str,
    *,
    mode: Mode = "fixed",
    max_names: int = 100,
) -> Candidates:
    """The same entities by their names in another language.

    candidates (Candidates): Entity by text; entities are "lang:Title" or items.
    interwiki (TitleTable): Titles and items.
    aliases (AliasDictionary): Gives the names, the texts of links in that language. How likely they
        are links is not asked, as in the paper.
    lang (str): The other language.
    mode (Mode): "fixed" or "faithful".
    max_names (int): Most names of an entity, those used most often.
    RETURNS (Candidates): Entity by text. An entity that has no page in that language is left out.
    """
    sources = list(candidates.values())
    if mode == "fixed":
        sources = list(dict.fromkeys(sources))
    targets = {source: _in_language(source, interwiki, lang) for source in sources}
    keys = {key for keys in targets.values() for key in keys}
    names = aliases.names(keys, lang, max_names)
    named = (
        (name.strip(), targets[source][0])
        for source in sources
        for name in dict.fromkeys(name for key in targets[source] for name in names.get(key, ()))
    )
    return _unambiguous(named, mode)


def _in_language(entity: str, interwiki: TitleTable, lang: str) -> List[str]:
    """The keys an entity may have in another language, its item first; none without a page."""
    item = entity if is_item(entity) else interwiki.item(*entity.split(":", maxsplit=1))
    title = interwiki.titles(item).get(lang) if item else None
    return [item, f"{lang}:{title}"] if item and title else []


def _unambiguous(named: Iterable[Tuple[str, str]], mode: Mode) -> Candidates:
    result: Candidates = {}
    ambiguous = set()
    for text, entity in named:
        text = text if mode == "faithful" else normal(text)
        if text in result and (mode == "faithful" or result[text] != entity):
            ambiguous.add(text)
        result[text] = entity
    return {text: entity for text, entity in result.items() if text and text not in ambiguous}


def normal(text: str) -> str:
    """RETURNS (str): The form by which candidates of the mode "fixed" are compared."""
    return clean(text).lower()


def link_tokens(
    text: str,
    tokens: Ints2d,
    candidates: Candidates,
    *,
    mode: Mode = "fixed",
    known: Optional[Callable[[str], bool]] = None,
    max_tokens: int = 10,
    max_mentions: int = 128,
) -> List[Link]:
    """Find candidates in a row of tokens: at each token the longest, then on behind it.

    text (str): The text.
    tokens (Ints2d): Shape (n, 2), start and end character of each token or piece.
    candidates (Candidates): Entity by text, of the same mode.
    mode (Mode): "fixed" or "faithful".
    known (Optional[Callable]): Says whether an entity is in the vocabulary. A mention of one
        that is not is passed over, and nothing else found in it.
    max_tokens (int): Longest mention (the paper: 10).
    max_mentions (int): Most mentions (the paper: 128).
    RETURNS (List[Link]): The mentions in tokens: first, one past the last, entity.
    """
    units = cut([text])
    # Any character may begin a mention in the faithful mode.
    begins = set(units.starts[units.may_start].tolist()) if mode == "fixed" else None
    stops = set(units.ends[units.may_end].tolist()) if mode == "fixed" else None
    bounds = tokens.tolist()
    result: List[Link] = []
    start = 0
    while start < len(bounds) and len(result) < max_mentions:
        for end in range(min(start + max_tokens, len(bounds)), start, -1):
            low, high = _stripped(text, bounds[start][0], bounds[end - 1][1])
            if begins is not None and stops is not None:
                if low not in begins or high not in stops:
                    continue
            part = text[low:high]
            entity = candidates.get(part if mode == "faithful" else normal(part))
            if entity is not None:
                if known is None or known(entity):
                    result.append((start, end, entity))
                start = end
                break
        else:
            start += 1
    return result


def _stripped(text: str, low: int, high: int) -> Tuple[int, int]:
    part = text[low:high]
    return low + len(part) - len(part.lstrip()), high - len(part) + len(part.rstrip())


def join_languages(
    question: Sequence[Link], context: Sequence[Link], context_start: int, *, mode: Mode = "fixed"
) -> List[Link]:
    """Mentions of a question and a context in two languages, each found with the candidates of one
    in the whole row of tokens.

    question (Sequence[Link]): Mentions by the candidates of the question's language.
    context (Sequence[Link]): Mentions by those of the context's language.
    context_start (int): First token of the context.
    mode (Mode): "fixed" or "faithful", which loses a mention that begins with that token.
    RETURNS (List[Link]): Those of the first in the question and of the second in the context.
    """
    first = context_start if mode == "fixed" else context_start + 1
    return [
        *(link for link in question if link[1] < context_start),
        *(link for link in context if link[0] >= first),
    ]
