"""Which pairs of mentions may be related. Registered in ``spacy.registry.misc``."""

from dataclasses import dataclass
from typing import Callable, List, Optional, Sequence

import numpy as np
from spacy import registry
from spacy.tokens import Doc, Span

from ..errors import Errors
from .arrays import Ints2d, as_spans

# Takes a Doc and its mentions, sorted by (start, end); gives pairs of their indices, (n, 2), the
# one that comes first in the text first.
PairGetter = Callable[[Doc, Sequence[Span]], Ints2d]


@dataclass(frozen=True)
class EntityPairs:
    """All pairs of mentions within limits.

    max_distance (Optional[int]): Most tokens between the two; `None` for any number.
    same_sentence (bool): Only pairs within a sentence.
    types (Optional[List[List[str]]]): Pairs of entity labels that may be related, in either
        order; `None` for all.
    """

    max_distance: Optional[int] = None
    same_sentence: bool = False
    types: Optional[List[List[str]]] = None

    def __post_init__(self) -> None:
        if self.max_distance is not None and self.max_distance < 0:
            raise ValueError(Errors.M120.format(max_distance=self.max_distance))
        if any(len(pair) != 2 for pair in self.types or ()):
            raise ValueError(Errors.M121.format(types=self.types))

    def __call__(self, doc: Doc, mentions: Sequence[Span]) -> Ints2d:
        first, second = np.triu_indices(len(mentions), k=1)
        if not len(first):
            return as_spans([])
        spans = as_spans([(span.start, span.end) for span in mentions])
        keep = (spans[first] != spans[second]).any(axis=1)
        if self.max_distance is not None:
            keep &= spans[second, 0] - spans[first, 1] <= self.max_distance
        if self.same_sentence:
            if not doc.has_annotation("SENT_START"):
                raise ValueError(Errors.M122.format(text=doc.text[:50]))
            ends = np.asarray([sent.end for sent in doc.sents])
            sentence = np.searchsorted(ends, spans[:, 0], side="right")
            keep &= sentence[first] == sentence[second]
        if self.types is not None:
            allowed = {frozenset(pair) for pair in self.types}
            labels = [span.label_ for span in mentions]
            rows = zip(first.tolist(), second.tolist(), strict=True)
            keep &= np.asarray([frozenset((labels[i], labels[j])) in allowed for i, j in rows])
        return as_spans(np.stack([first[keep], second[keep]], axis=1))


@registry.misc("spacy-mluke.entity_pairs.v1")
def make_entity_pairs(
    max_distance: Optional[int] = None,
    same_sentence: bool = False,
    types: Optional[List[List[str]]] = None,
) -> PairGetter:
    """Make a generator of pairs, see `EntityPairs`.

    max_distance (Optional[int]): Most tokens between the two mentions.
    same_sentence (bool): Only pairs within a sentence.
    types (Optional[List[List[str]]]): Pairs of entity labels that may be related.
    RETURNS (PairGetter): The generator.
    """
    return EntityPairs(max_distance, same_sentence, types)
