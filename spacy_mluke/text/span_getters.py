"""Which spans of a Doc get an entity slot. Registered in ``spacy.registry.misc``.

A getter takes Docs and their pieces and returns token spans, unique and sorted by start and
end. Empty spans are left out.
"""

from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Sequence, Tuple

import numpy as np
from numpy.typing import NDArray
from spacy import registry
from spacy.tokens import Doc
from thinc.api import NumpyOps

from ..errors import Errors
from .arrays import Ints2d, as_spans, ints, offsets_of
from .pieces import DocPieces
from .spans import unique_spans

SpanGetter = Callable[[Sequence[Doc], Sequence[DocPieces]], List[Ints2d]]


@dataclass(frozen=True)
class NoSpans:
    """No spans: the encoder reads words only."""

    def __call__(self, docs: Sequence[Doc], pieces: Sequence[DocPieces]) -> List[Ints2d]:
        return [as_spans([]) for _ in docs]


@dataclass(frozen=True)
class DocEnts:
    """The spans of ``doc.ents``."""

    def __call__(self, docs: Sequence[Doc], pieces: Sequence[DocPieces]) -> List[Ints2d]:
        return [unique_spans([(e.start, e.end) for e in doc.ents], len(doc)) for doc in docs]


@dataclass(frozen=True)
class SpanGroupSpans:
    """The spans of ``doc.spans[key]``; none where the Doc has no such group.

    key (str): Name of the group.
    """

    key: str

    def __call__(self, docs: Sequence[Doc], pieces: Sequence[DocPieces]) -> List[Ints2d]:
        return [
            unique_spans([(s.start, s.end) for s in doc.spans.get(self.key, [])], len(doc))
            for doc in docs
        ]


@dataclass(frozen=True)
class NounChunks:
    """The spans of ``doc.noun_chunks``."""

    def __call__(self, docs: Sequence[Doc], pieces: Sequence[DocPieces]) -> List[Ints2d]:
        return [unique_spans(self._chunks(doc), len(doc)) for doc in docs]

    def _chunks(self, doc: Doc) -> List[Tuple[int, int]]:
        if not len(doc):
            return []
        _require(doc, "DEP", "spacy-mluke.noun_chunks.v1", "a dependency parse", "parser")
        try:
            return [(chunk.start, chunk.end) for chunk in doc.noun_chunks]
        except NotImplementedError as error:
            raise ValueError(Errors.M108.format(lang=doc.lang_)) from error


@dataclass(frozen=True)
class NGrams:
    """All runs of words within limits. Whitespace tokens do not count as words, and no span
    begins or ends with one.

    min_words (int): Fewest words.
    max_words (int): Most words.
    max_pieces (int): Most pieces (16 in LUKE's NER).
    in_sentences (bool): Leave out spans that reach over the end of a sentence.
    """

    min_words: int
    max_words: int
    max_pieces: int
    in_sentences: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.min_words <= self.max_words:
            low, high = self.min_words, self.max_words
            raise ValueError(Errors.M109.format(low=low, high=high, unit="words"))
        if self.max_pieces < 1:
            raise ValueError(Errors.M109.format(low=1, high=self.max_pieces, unit="pieces"))

    def __call__(self, docs: Sequence[Doc], pieces: Sequence[DocPieces]) -> List[Ints2d]:
        return [self._ngrams(doc, doc_pieces) for doc, doc_pieces in zip(docs, pieces, strict=True)]

    def _ngrams(self, doc: Doc, pieces: DocPieces) -> Ints2d:
        words = np.flatnonzero(pieces.ends > pieces.starts)
        if not len(words):
            return as_spans([])
        # A row for each first word, a column for each number of words.
        first = np.arange(len(words))[:, None]
        last = first + np.arange(self.min_words - 1, min(self.max_words, len(words)))[None, :]
        valid = last < len(words)
        last = np.minimum(last, len(words) - 1)
        n_pieces = pieces.ends[words][last] - pieces.starts[words][first]
        valid &= n_pieces <= self.max_pieces
        if self.in_sentences:
            sentence = _sentence_numbers(doc)[words]
            valid &= sentence[last] == sentence[first]
        rows = np.broadcast_to(first, valid.shape)[valid]
        return ints(np.stack([words[rows], words[last[valid]] + 1], axis=1))


@dataclass(frozen=True)
class SuggesterSpans:
    """The spans of a spancat suggester.

    suggester (Callable): As registered in spaCy's ``misc`` registry: takes Docs and ``ops``,
        returns a Ragged of token offsets.
    """

    suggester: Callable[..., Any]

    def __call__(self, docs: Sequence[Doc], pieces: Sequence[DocPieces]) -> List[Ints2d]:
        ragged = self.suggester(docs, ops=NumpyOps())
        spans = as_spans(ragged.dataXd)
        bounds = offsets_of(ragged.lengths).tolist()
        return [
            unique_spans(spans[low:high], len(doc))
            for doc, low, high in zip(docs, bounds[:-1], bounds[1:], strict=True)
        ]


@dataclass(frozen=True)
class UnionOfGetters:
    """Everything that any of several getters gives.

    getters (Sequence[SpanGetter]): The getters.
    """

    getters: Sequence[SpanGetter]

    def __call__(self, docs: Sequence[Doc], pieces: Sequence[DocPieces]) -> List[Ints2d]:
        found = [getter(docs, pieces) for getter in self.getters]
        none = as_spans([])
        return [
            unique_spans(np.concatenate([none, *spans]), len(doc))
            for doc, *spans in zip(docs, *found, strict=True)
        ]


def _require(doc: Doc, annotation: str, getter: str, needs: str, component: str) -> None:
    if not doc.has_annotation(annotation):
        raise ValueError(
            Errors.M107.format(getter=getter, needs=needs, component=component, start=doc[:10].text)
        )


def _sentence_numbers(doc: Doc) -> NDArray[np.int64]:
    """The number of the sentence of each token."""
    getter, needs = "spacy-mluke.sentence_ngrams.v1", "sentence boundaries"
    _require(doc, "SENT_START", getter, needs, "sentencizer")
    return np.cumsum(doc.to_array("SENT_START") == 1)


@registry.misc("spacy-mluke.no_spans.v1")
def make_no_spans() -> SpanGetter:
    """Make a getter of no spans."""
    return NoSpans()


@registry.misc("spacy-mluke.doc_ents.v1")
def make_doc_ents() -> SpanGetter:
    """Make a getter of the spans of ``doc.ents``."""
    return DocEnts()


@registry.misc("spacy-mluke.span_group.v1")
def make_span_group(key: str) -> SpanGetter:
    """Make a getter of the spans of ``doc.spans[key]``."""
    return SpanGroupSpans(key)


@registry.misc("spacy-mluke.noun_chunks.v1")
def make_noun_chunks() -> SpanGetter:
    """Make a getter of noun chunks."""
    return NounChunks()


@registry.misc("spacy-mluke.ngrams.v1")
def make_ngrams(min_words: int = 1, max_words: int = 16, max_pieces: int = 16) -> SpanGetter:
    """Make a getter of all n-grams."""
    return NGrams(min_words, max_words, max_pieces)


@registry.misc("spacy-mluke.sentence_ngrams.v1")
def make_sentence_ngrams(
    min_words: int = 1, max_words: int = 16, max_pieces: int = 16
) -> SpanGetter:
    """Make a getter of the n-grams inside sentences."""
    return NGrams(min_words, max_words, max_pieces, in_sentences=True)


@registry.misc("spacy-mluke.from_suggester.v1")
def make_from_suggester(suggester: Callable[..., Any]) -> SpanGetter:
    """Make a getter of a spancat suggester."""
    return SuggesterSpans(suggester)


@registry.misc("spacy-mluke.union.v1")
def make_union(getters: Dict[str, Any]) -> SpanGetter:
    """Make a getter of what any of several getters gives.

    getters (Dict[str, Optional[SpanGetter]]): The getters by names of your choice, so that a
        config can give each a block; ``null`` switches one off. (Not in the signature, as a
        config is checked against it before the blocks are resolved.)
    """
    return UnionOfGetters([getter for getter in getters.values() if getter is not None])
