"""From scores of candidates to links: each mention by itself, or one after the other."""

from typing import Callable, Dict, List, Mapping, NamedTuple, Sequence, Tuple

import numpy as np
from spacy.tokens import Doc, Span, SpanGroup
from thinc.api import get_array_module
from thinc.types import Floats2d, Ints1d, Ints2d

from ..layers.linker_table import LinkerEncoder
from ..links import NIL, LinkCandidate
from ..text.arrays import as_spans, offsets_of
from .candidates import CandidateLists
from .softmax import softmax

Score = Callable[[Floats2d, CandidateLists, LinkerEncoder], np.ndarray]


class Mentions:
    """The mentions of a batch.

    docs (Sequence[Doc]): The Docs.
    spans (List[List[Span]]): The mentions of each.
    """

    def __init__(self, docs: Sequence[Doc], spans: List[List[Span]]) -> None:
        self.docs = list(docs)
        self.spans = spans
        self.flat = [span for some in spans for span in some]
        self.of_docs = np.repeat(np.arange(len(spans)), [len(some) for some in spans])

    @property
    def offsets(self) -> List[Ints2d]:
        """RETURNS (List[Ints2d]): Token offsets of the mentions of each Doc, (n_i, 2)."""
        return [as_spans([(s.start, s.end) for s in some]) for some in self.spans]

    def encode(
        self, wanted: Ints1d, named: Mapping[int, str], encoder: LinkerEncoder
    ) -> Floats2d:
        """Encode the mentions of some Docs anew.

        wanted (Ints1d): Numbers of the Docs.
        named (Mapping[int, str]): Entities to put into the slots of mentions, by their number in
            `flat`; the others get [MASK].
        encoder (LinkerEncoder): The encoder.
        RETURNS (Floats2d): States of the mentions of these Docs, flat.
        """
        return self.begin_encode(wanted, named, encoder, False)[0]

    def begin_encode(
        self, wanted: Ints1d, named: Mapping[int, str], encoder: LinkerEncoder, is_train: bool
    ) -> Tuple[Floats2d, Callable[[Floats2d], None]]:
        """The same as `encode`, with a way back.

        wanted (Ints1d), named (Mapping[int, str]), encoder (LinkerEncoder): See `encode`.
        is_train (bool): Whether the encoder learns.
        RETURNS (Tuple[Floats2d, Callable]): The states, and what takes their gradient.
        """
        place = {int(doc): i for i, doc in enumerate(wanted)}
        slots: Dict[Tuple[int, int, int], str] = {}
        for number, key in named.items():
            doc = int(self.of_docs[number])
            if doc in place:
                span = self.flat[number]
                slots[place[doc], span.start, span.end] = key
        offsets = self.offsets
        docs = [self.docs[i] for i in wanted.tolist()]
        spans = [offsets[i] for i in wanted.tolist()]
        return encoder.begin_vectors(docs, spans, slots, is_train)

    def hide_known(self, vectors: Floats2d, encoder: LinkerEncoder) -> Floats2d:
        """Encode Docs anew whose slots held entities: a linker that is told them learns nothing.

        vectors (Floats2d): States of the mentions.
        encoder (LinkerEncoder): The encoder.
        RETURNS (Floats2d): States of the mentions, each with [MASK] in its slot.
        """
        known = [any(encoder.row(e.kb_id_) >= 0 for e in d.ents if e.kb_id_) for d in self.docs]
        wanted = np.flatnonzero(known)
        if len(wanted):
            rows = np.flatnonzero(np.isin(self.of_docs, wanted))
            vectors[get_array_module(vectors).asarray(rows)] = self.encode(wanted, {}, encoder)
        return vectors


class Links(NamedTuple):
    """Mentions and what they stand for.

    mentions (List[List[Span]]): The mentions of each Doc.
    candidates (List[List[LinkCandidate]]): Candidates of each mention, flat over the Docs, the
        highest score first.
    kb_ids (List[str]): The chosen one, or "NIL".
    """

    mentions: List[List[Span]]
    candidates: List[List[LinkCandidate]]
    kb_ids: List[str]

    @classmethod
    def make(
        cls,
        mentions: List[List[Span]],
        found: CandidateLists,
        scores: np.ndarray,
        threshold: float,
    ) -> "Links":
        """Choose a candidate for each mention.

        mentions (List[List[Span]]): The mentions of each Doc.
        found (CandidateLists): Their candidates.
        scores (np.ndarray): (n_mentions, 1 + most) probabilities, NIL first.
        threshold (float): Least probability of a link.
        RETURNS (Links): The links.
        """
        best = choices(scores, threshold).tolist()
        kb_ids = [keys[i - 1] if i else NIL for keys, i in zip(found.keys, best)]
        candidates = []
        for keys, priors, row in zip(found.keys, found.priors, scores[:, 1:]):
            columns = zip(keys, row.tolist(), priors.tolist())
            candidates.append(sorted((LinkCandidate(*c) for c in columns), key=_by_score))
        return cls(mentions, candidates, kb_ids)


class GlobalPasses:
    """Links the most confident mentions first and lets the encoder read their entities (Yamada et
    al. 2022, global entity disambiguation). Mentions that are linked to nothing stay [MASK].

    mentions (Mentions): The mentions.
    found (CandidateLists): Their candidates.
    encoder (LinkerEncoder): The encoder.
    score (Score): Gives probabilities of vectors and candidates.
    threshold (float): Least probability of a link.
    """

    def __init__(
        self,
        mentions: Mentions,
        found: CandidateLists,
        encoder: LinkerEncoder,
        score: Score,
        threshold: float,
    ) -> None:
        self.mentions, self.found, self.encoder = mentions, found, encoder
        self.score, self.threshold = score, threshold

    def run(self, scores: np.ndarray, max_passes: int) -> None:
        """Score anew until all mentions are linked, or there are no more passes. Every pass links
        an equal share of a Doc's mentions, so what one Doc gets does not depend on the others.

        scores (np.ndarray): (n_mentions, 1 + most) probabilities of a first look, which are
            replaced but for those of mentions that were linked before.
        max_passes (int): Most passes.
        """
        is_open: np.ndarray = self.found.arrays.real.any(axis=1)  # type: ignore[assignment]
        named: Dict[int, str] = {}
        for left in range(max_passes, 0, -1):
            fixed = self._most_confident(scores, is_open, left + 1)
            for number, choice in fixed.items():
                named[number] = self.found.keys[number][choice - 1]
                is_open[number] = False
            where = self.mentions.of_docs[list(fixed)] if fixed else np.zeros(0, "int64")
            # Docs where nothing new is known keep their scores.
            wanted = np.intersect1d(where, self.mentions.of_docs[is_open])
            if not len(wanted):
                return
            vectors = self.mentions.encode(wanted, named, self.encoder)
            rows = np.flatnonzero(np.isin(self.mentions.of_docs, wanted))
            anew = self.score(vectors, self.found.take(rows), self.encoder)
            scores[rows[is_open[rows]]] = anew[is_open[rows]]

    def _most_confident(
        self, scores: np.ndarray, is_open: np.ndarray, shares: int
    ) -> Dict[int, int]:
        best = choices(scores, self.threshold)
        fixed: Dict[int, int] = {}
        bounds = offsets_of([len(some) for some in self.mentions.spans]).tolist()
        for low, high in zip(bounds[:-1], bounds[1:]):
            rows = low + np.flatnonzero(is_open[low:high])
            most = -(-len(rows) // shares)
            rows = rows[best[rows] > 0]
            order = np.argsort(-scores[rows, best[rows]], kind="stable")
            fixed.update((int(i), int(best[i])) for i in rows[order][:most])
        return fixed


def cross_entropy(logits: np.ndarray, targets: Ints1d) -> Tuple[float, np.ndarray]:
    """Loss of a choice among candidates, none of them being one more.

    logits (np.ndarray): (n_mentions, 1 + most).
    targets (Ints1d): (n_mentions,) the right columns.
    RETURNS (Tuple[float, np.ndarray]): The loss and the gradient of the logits, summed over the
        mentions, so that accumulated gradients equal those of one batch.
    """
    gradient: np.ndarray = softmax(logits)
    rows = np.arange(len(targets))
    loss = -float(np.log(np.maximum(gradient[rows, targets], 1e-30)).sum())
    gradient[rows, targets] -= 1.0
    return loss, gradient


def choices(scores: np.ndarray, threshold: float) -> Ints1d:
    """RETURNS (Ints1d): (n_mentions,) column of the highest probability, 0 below the threshold."""
    best = scores.argmax(axis=1)
    return np.where(scores[np.arange(len(best)), best] >= threshold, best, 0)


def with_links(group: SpanGroup, chosen: Mapping[Tuple[int, int], str]) -> SpanGroup:
    """Put links on the spans of a group.

    group (SpanGroup): The group.
    chosen (Mapping[Tuple[int, int], str]): The `kb_id_` by token offsets.
    RETURNS (SpanGroup): The same spans with links.
    """
    spans = [
        Span(
            span.doc,
            span.start,
            span.end,
            label=span.label,
            kb_id=chosen.get((span.start, span.end), span.kb_id_),
            span_id=span.id,
        )
        for span in group
    ]
    return SpanGroup(group.doc, name=group.name, attrs=dict(group.attrs), spans=spans)


def _by_score(candidate: LinkCandidate) -> float:
    return -candidate.score
