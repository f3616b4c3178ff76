"""Split of a corpus that comes in one file into parts, by text, so that no text is in two."""

from typing import Dict, Iterable, List, Mapping

from spacy.tokens import Doc

from ..errors import Errors
from ..held_out import point_of

REST = "train"


def split_docs(
    docs: Iterable[Doc], parts: Mapping[str, float], *, seed: int = 0
) -> Dict[str, List[Doc]]:
    """Split docs into named parts.

    The part of a doc depends on its text and the seed only: not on the order of the docs, nor on
    which others there are. Docs with the same text get into the same part.

    docs (Iterable[Doc]): The docs.
    parts (Mapping[str, float]): Name of a part -> its share, like `{"dev": 0.1, "test": 0.1}`;
        what is left over is "train".
    seed (int): Another seed gives another split.
    RETURNS (Dict[str, List[Doc]]): The docs of each part, in their order.
    RAISES (ValueError): If shares are not between 0 and 1 or sum to more than 1.
    """
    shares = list(parts.values())
    if any(not 0 <= share <= 1 for share in shares) or sum(shares) > 1 + 1e-9:
        raise ValueError(Errors.M536.format(parts=dict(parts)))
    result: Dict[str, List[Doc]] = {REST: [], **{name: [] for name in parts}}
    for doc in docs:
        result[_part(doc.text, parts, seed)].append(doc)
    return result


def _part(text: str, parts: Mapping[str, float], seed: int) -> str:
    point = point_of(text, seed)
    for name, share in parts.items():
        if point < share:
            return name
        point -= share
    return REST
