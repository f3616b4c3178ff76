"""Gold relations of examples, on the tokens of the predicted Docs."""

from typing import Dict, Iterator, List, NamedTuple, Sequence, Set, Tuple

from spacy.tokens import Span
from spacy.training import Example

from ..relations import Relation, get_relations, has_relations
from ..text.arrays import Ints2d, as_spans, offsets_of
from ..text.pairs import PairGetter

Offsets = Tuple[int, int]


class PairRelation(NamedTuple):
    """A gold relation of a pair.

    pair (int): Number of the pair in the batch.
    label (str): The label.
    forward (bool): Whether it goes from the pair's first mention to its second.
    head (str): Text of the head. tail (str): Text of the tail.
    """

    pair: int
    label: str
    forward: bool
    head: str
    tail: str


class GoldPairs:
    """Pairs of gold mentions of a batch, and their relations.

    A Doc's mentions are its gold entities and the ends of its gold relations. A Doc whose
    relations nobody annotated has no pairs.

    examples (Sequence[Example]): The batch.
    pair_getter (PairGetter): Proposes pairs.
    """

    def __init__(self, examples: Sequence[Example], pair_getter: PairGetter) -> None:
        self.mentions: List[List[Span]] = []
        self.pairs: List[Ints2d] = []
        self._relations: List[List[Tuple[Relation, Offsets, Offsets]]] = []
        self.n_relations = 0
        self.n_lost = 0
        self.labels: Set[str] = set()
        for eg in examples:
            known = has_relations(eg.reference)
            relations = get_relations(eg.reference) if known else []
            spans = list(eg.reference.ents) if known else []
            spans += [end for rel in relations for end in (rel.head, rel.tail)]
            aligned = _align(eg, spans)
            mentions = sorted(set(aligned.values()), key=_position)
            pairs = pair_getter(eg.predicted, mentions) if mentions else as_spans([])
            self.mentions.append(mentions)
            self.pairs.append(pairs)
            self.n_relations += len(relations)
            self.labels.update(rel.label for rel in relations)
            self._relations.append(self._proposed(relations, aligned, mentions, pairs))
            self.n_lost += len(relations) - len(self._relations[-1])

    @property
    def n_pairs(self) -> int:
        """RETURNS (int): Number of pairs in the batch."""
        return sum(len(pairs) for pairs in self.pairs)

    def relations(self) -> Iterator[PairRelation]:
        """YIELDS (PairRelation): The relations of proposed pairs."""
        base = offsets_of([len(pairs) for pairs in self.pairs])
        for i, (mentions, pairs) in enumerate(zip(self.mentions, self.pairs)):
            number = _pair_numbers(mentions, pairs)
            for rel, head, tail in self._relations[i]:
                forward = (head, tail) in number
                pair = number[(head, tail) if forward else (tail, head)]
                texts = rel.head.text, rel.tail.text
                yield PairRelation(int(base[i]) + pair, rel.label, forward, *texts)

    def _proposed(
        self,
        relations: Sequence[Relation],
        aligned: Dict[Offsets, Span],
        mentions: Sequence[Span],
        pairs: Ints2d,
    ) -> List[Tuple[Relation, Offsets, Offsets]]:
        number = _pair_numbers(mentions, pairs)
        found = []
        for rel in relations:
            head, tail = aligned.get(_position(rel.head)), aligned.get(_position(rel.tail))
            if head is None or tail is None:
                continue
            ends = _position(head), _position(tail)
            if ends in number or ends[::-1] in number:
                found.append((rel, *ends))
        return found


def _align(eg: Example, spans: Sequence[Span]) -> Dict[Offsets, Span]:
    # Token offsets of a reference span to the span of the predicted Doc.
    found: Dict[Offsets, Span] = {}
    for span in spans:
        if _position(span) not in found:
            for aligned in eg.get_aligned_spans_y2x([span], allow_overlap=True):
                found[_position(span)] = aligned
    return found


def _pair_numbers(mentions: Sequence[Span], pairs: Ints2d) -> Dict[Tuple[Offsets, Offsets], int]:
    offsets = [_position(span) for span in mentions]
    return {(offsets[i], offsets[j]): n for n, (i, j) in enumerate(pairs.tolist())}


def _position(span: Span) -> Offsets:
    return span.start, span.end
