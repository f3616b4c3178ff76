"""Lists of names as text: entities that no page links are then known by their names at least, in
all languages that have one.
"""

from typing import Iterator, List

import numpy as np

from ..entities.paragraphs import Link, Paragraph
from ..entities.vocabulary import EntityVocabulary
from ..modeling.config import SPECIAL_ENTITIES

SOURCE = "names"
_SEPARATOR = ", "


def name_paragraphs(
    vocabulary: EntityVocabulary, lang: str, *, names: int = 8, seed: int = 0
) -> Iterator[Paragraph]:
    """Paragraphs of titles in random order, each linked to its entity.

    vocabulary (EntityVocabulary): The entities. lang (str): The language of the titles.
    names (int): Titles in a paragraph.
    seed (int): Another seed gives another order.
    YIELDS (Paragraph): "Lima, Blues, Marie Curie", with links.
    """
    rows = np.arange(len(SPECIAL_ENTITIES), len(vocabulary))
    titles: List[Link] = []
    text = ""
    for row in np.random.default_rng(seed).permutation(rows).tolist():
        title = vocabulary.titles(row).get(lang, "").strip()
        if not title:
            continue
        text += _SEPARATOR if text else ""
        titles.append((len(text), len(text) + len(title), vocabulary.key(row)))
        text += title
        if len(titles) == names:
            yield Paragraph(text, titles, source=SOURCE)
            titles, text = [], ""
    if titles:
        yield Paragraph(text, titles, source=SOURCE)
