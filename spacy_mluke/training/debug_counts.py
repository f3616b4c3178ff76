"""What the examples of one language hold, and what of it a component can't reach."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional, Sequence

import numpy as np
from spacy.tokens import Doc, Span
from spacy.training import Example

from ..layers.plan import WindowSettings
from ..layers.settings import EncoderSettings
from ..links import LINKS_KEY
from ..pipeline.gold_relations import GoldPairs
from ..pipeline.gold_spans import count_misaligned
from ..pipeline.mluke_relations import MLukeRelations
from ..relations import Relation, get_relations, has_relations
from ..text.arrays import Ints2d, as_spans
from ..text.pieces import DocPieces, PieceEncoder
from ..text.span_getters import NGrams, SpanGetter
from ..text.spans import find_spans, has_unknown_entities, sort_spans
from ..text.windows import place_spans


@dataclass
class LanguageCounts:
    """Numbers of the examples of one language in one split.

    texts (Counter): docs, tokens, entities, relations, and what is wrong with them.
    entity_labels (Counter): Label -> entities.
    relation_labels (Counter): Label -> relations.
    components (Dict[str, Counter]): Component -> what it can and can't reach.
    """

    texts: "Counter[str]" = field(default_factory=Counter)
    entity_labels: "Counter[str]" = field(default_factory=Counter)
    relation_labels: "Counter[str]" = field(default_factory=Counter)
    components: Dict[str, "Counter[str]"] = field(default_factory=dict)

    def add(self, component: str, numbers: "Counter[str]") -> None:
        """Add what a component's check has counted; of names that begin with "longest" the
        greater number stays.
        """
        known = self.components.setdefault(component, Counter())
        for name, number in numbers.items():
            longest = name.startswith("longest")
            known[name] = max(known[name], number) if longest else known[name] + number

    def to_dict(self) -> Dict[str, Any]:
        """RETURNS (Dict[str, Any]): All numbers as JSON values."""
        return {
            **self.texts,
            "entity_labels": dict(self.entity_labels.most_common()),
            "relation_labels": dict(self.relation_labels.most_common()),
            "components": {name: dict(numbers) for name, numbers in self.components.items()},
        }


def count_texts(counts: LanguageCounts, examples: Sequence[Example], key: Optional[str]) -> None:
    """Count what examples hold.

    counts (LanguageCounts): Gets the numbers.
    examples (Sequence[Example]): Examples of one language.
    key (Optional[str]): Span group of the entities; `None` for `doc.ents`.
    """
    texts = counts.texts
    for eg in examples:
        doc = eg.reference
        entities = spans_of(doc, key)
        relations = get_relations(doc)
        texts.update(docs=1, tokens=len(doc), entities=len(entities), relations=len(relations))
        texts.update(
            entities_not_aligned=count_misaligned(eg, entities),
            docs_without_entities=int(not entities),
            docs_with_unknown_entities=int(has_unknown_entities(doc)),
            docs_with_unknown_relations=int(not has_relations(doc)),
            links=sum(bool(s.kb_id) for s in [*entities, *doc.spans.get(LINKS_KEY, [])]),
        )
        counts.entity_labels.update(span.label_ for span in entities)
        counts.relation_labels.update(relation.label for relation in relations)


def spans_of(doc: Doc, key: Optional[str]) -> List[Span]:
    """RETURNS (List[Span]): The gold entities, in `doc.ents` or a span group."""
    return list(doc.ents if key is None else doc.spans.get(key, []))


class EncoderCheck:
    """What an encoder makes of texts and of the mentions in them, found out without weights.

    settings (EncoderSettings): Those of the layer.
    get_spans (SpanGetter): Its span getter.
    encoder (PieceEncoder): Its vocabulary.
    windows (WindowSettings): Its windows.
    """

    def __init__(
        self,
        settings: EncoderSettings,
        get_spans: SpanGetter,
        encoder: PieceEncoder,
        windows: WindowSettings,
    ) -> None:
        self.settings = settings
        self.windows = windows
        self.get_spans = get_spans
        self.encoder = encoder

    def texts(self, docs: Sequence[Doc]) -> "Counter[str]":
        """RETURNS (Counter[str]): Words and pieces; docs that need more than one window."""
        numbers: "Counter[str]" = Counter()
        for doc, pieces in zip(docs, self.encoder.encode(docs), strict=True):
            space = np.asarray([token.is_space for token in doc], dtype=bool)
            numbers.update(
                words=int((~space).sum()),
                pieces=len(pieces.ids),
                unknown_pieces=int((pieces.ids == self.encoder.unk_id).sum()),
                words_without_pieces=int(((pieces.starts == pieces.ends) & ~space).sum()),
                docs_of_several_windows=int(len(self.windows.cut(doc, pieces)) > 1),
            )
        return numbers

    def mentions(
        self, docs: Sequence[Doc], gold: Sequence[Ints2d], *, propose: bool
    ) -> "Counter[str]":
        """Count the mentions that get no vector, or are not proposed.

        docs (Sequence[Doc]): The docs, without entities.
        gold (Sequence[Ints2d]): Token offsets of the mentions of each, (n, 2).
        propose (bool): Whether the encoder has to propose them itself.
        RETURNS (Counter[str]): Why mentions are out of reach; each counts once. Length of the
            longest in tokens (`longest_words`) and in pieces. With `propose` also
            `candidates`, how many spans there are to choose from; a learned proposer, whose limits
            alone are known here, takes a part of them.
        """
        numbers: "Counter[str]" = Counter()
        encoded = self.encoder.encode(docs)
        candidates: Sequence[Optional[Ints2d]] = [None] * len(docs)
        cuts = list(gold)
        if propose:
            candidates = self._candidates(docs, encoded)
            cuts = [np.concatenate(both) for both in zip(gold, candidates, strict=True)]
        if self.settings.piece_mode == "hf":
            encoded = self.encoder.encode(docs, cuts)
        for doc, pieces, spans, proposed in zip(docs, encoded, gold, candidates, strict=True):
            ranges = pieces.span_pieces(spans)
            empty = ranges[:, 0] == ranges[:, 1]
            windows = self.windows.cut(doc, pieces)
            outside = ~empty & (place_spans(windows, ranges) < 0)
            numbers["longest_words"] = _longest(numbers["longest_words"], spans)
            numbers["longest_pieces"] = _longest(numbers["longest_pieces"], ranges)
            numbers.update(
                mentions=len(spans),
                without_pieces=int(empty.sum()),
                longer_than_a_window=int(outside.sum()),
            )
            if proposed is not None:
                missed = ~empty & ~outside & (find_spans(proposed, spans) < 0)
                numbers.update(not_proposed=int(missed.sum()), candidates=len(proposed))
        return numbers

    def _candidates(
        self, docs: Sequence[Doc], pieces: List[DocPieces]
    ) -> List[Ints2d]:
        found = [self.get_spans(docs, pieces)]
        limits = self.settings.proposer
        if limits is not None:
            found.append(NGrams(1, limits.max_words, limits.max_pieces)(docs, pieces))
        return [sort_spans(np.concatenate(spans)) for spans in zip(*found, strict=True)]


def _longest(so_far: int, ranges: Ints2d) -> int:
    return max(so_far, int((ranges[:, 1] - ranges[:, 0]).max(initial=0)))


def bare(doc: Doc) -> Doc:
    """RETURNS (Doc): A copy without entities, as the pipeline gets it in use."""
    copy = doc.copy()
    copy.set_ents([])
    return copy


def aligned_spans(eg: Example, spans: Sequence[Span]) -> Ints2d:
    """RETURNS (Ints2d): Token offsets of gold spans in the predicted doc, as far as they align."""
    aligned = eg.get_aligned_spans_y2x(list(spans), allow_overlap=True)
    return sort_spans(as_spans([(span.start, span.end) for span in aligned]))


def count_relations(pipe: MLukeRelations, examples: Sequence[Example]) -> "Counter[str]":
    """Count gold relations that a component can't learn or find.

    pipe (MLukeRelations): The component.
    examples (Sequence[Example]): Examples of one language.
    RETURNS (Counter[str]): Why relations are out of reach. `pairs_not_proposed` are what its
        pair getter leaves out, `not_aligned` have an end that is no span of tokens,
        `of_other_types` are not allowed by `types`; `ends_not_entities` may be learned, but are
        not found in use.
    """
    numbers: "Counter[str]" = Counter()
    for eg in examples:
        gold = GoldPairs([eg], pipe.pair_getter)
        relations = get_relations(eg.reference)
        entities = {(ent.start, ent.end) for ent in eg.reference.ents}
        misaligned = sum(count_misaligned(eg, [rel.head, rel.tail]) > 0 for rel in relations)
        numbers.update(
            relations=gold.n_relations,
            not_aligned=misaligned,
            pairs_not_proposed=gold.n_lost - misaligned,
            of_other_types=sum(not _allowed(rel, pipe.cfg["types"]) for rel in relations),
            ends_not_entities=sum(
                not {(rel.head.start, rel.head.end), (rel.tail.start, rel.tail.end)} <= entities
                for rel in relations
            ),
        )
    return numbers


def _allowed(relation: Relation, types: Optional[Dict[str, List[List[str]]]]) -> bool:
    if not types or relation.label not in types:
        return True
    return [relation.head.label_, relation.tail.label_] in types[relation.label]
