"""Docs of paragraphs, cut so that every link is a span of whole tokens."""

from typing import List, Sequence, Set, Tuple

import numpy as np
import spacy
from spacy.tokenizer import Tokenizer
from spacy.tokens import Doc

from ..entities.paragraphs import Paragraph
from ..errors import Errors
from ..text.arrays import Ints2d, as_spans
from ..text.tokenizer import add_character_tokens
from .sentences import SentenceSplitter

CUTS = ("tokens", "links")


class LinkedDocs:
    """Makes Docs of paragraphs. A piece never reaches over the end of a token, and mLUKE's pieces
    have no false prefix, so the tokens decide what the model sees.

    lang (str): Language of the sentence rules.
    cut (str): "tokens": the tokens of spaCy's "xx" with a token for each character of scripts
        that do not part words, as multilingual pipelines read text. "links": the stretches between
        the ends of sentences and links, which is how mLUKE was pretrained.
    """

    def __init__(self, lang: str, *, cut: str = "tokens") -> None:
        if cut not in CUTS:
            raise ValueError(Errors.M731.format(cut=cut, cuts=", ".join(CUTS)))
        self.cut = cut
        self._split = SentenceSplitter(lang)
        self._tokenizer = multilingual_tokenizer()

    def __call__(self, paragraph: Paragraph) -> Tuple[Doc, Ints2d, List[int]]:
        """paragraph (Paragraph): The paragraph.
        RETURNS (Tuple[Doc, Ints2d, List[int]]): The Doc, the token spans of the links, shape
            (n_links, 2), and where its sentences end in tokens. A sentence that would end inside
            a link goes on.
        """
        text = paragraph.text
        links = [_without_spaces(text, start, end) for start, end, _ in paragraph.links]
        ends = [end for end in self._split.ends(text) if not any(s < end < e for s, e in links)]
        bounds = {offset for link in links for offset in link}
        if self.cut == "tokens":
            doc = self._tokenizer(text)
            starts, stops = _token_bounds(doc)
            missing = bounds.difference(starts.tolist(), stops.tolist())
            if missing:
                cuts = {0, len(text), *missing, *starts.tolist(), *stops.tolist()}
                doc = _doc_of(self._tokenizer.vocab, text, sorted(cuts))
        else:
            doc = _doc_of(self._tokenizer.vocab, text, _with_space_edges(text, {*bounds, *ends}))
        starts, stops = _token_bounds(doc)
        spans = as_spans(links)
        spans[:, 0] = np.searchsorted(starts, spans[:, 0])
        filled = spans[:, 1] > as_spans(links)[:, 0]  # a link of spaces alone has no token
        spans[:, 1] = np.where(filled, np.searchsorted(stops, spans[:, 1]) + 1, spans[:, 0])
        return doc, spans, np.searchsorted(starts, ends).tolist()


def _without_spaces(text: str, start: int, end: int) -> Tuple[int, int]:
    """RETURNS (Tuple[int, int]): The link without the spaces at its ends."""
    link = text[start:end]
    start += len(link) - len(link.lstrip())
    return start, start + len(link.strip())


def multilingual_tokenizer() -> Tokenizer:
    """RETURNS (Tokenizer): That of "xx" with a token for each character where words are not set
    apart, as multilingual pipelines have it.
    """
    nlp = spacy.blank("xx")
    add_character_tokens(nlp)
    return nlp.tokenizer


def _token_bounds(doc: Doc) -> Tuple[np.ndarray, np.ndarray]:
    table = doc.to_array(["IDX", "LENGTH"]).reshape(-1, 2).astype(np.int64)
    return table[:, 0], table.sum(axis=1)


def _with_space_edges(text: str, cuts: Set[int]) -> List[int]:
    """Add cuts where the spaces at both ends of each stretch begin and end."""
    edges = sorted({0, len(text), *cuts})
    for start, end in zip(edges[:-1], edges[1:]):
        stretch = text[start:end]
        cuts.add(start + len(stretch) - len(stretch.lstrip()))
        cuts.add(start + len(stretch.rstrip()))
    return sorted({0, len(text), *cuts})


def _doc_of(vocab: spacy.Vocab, text: str, cuts: Sequence[int]) -> Doc:
    words: List[str] = []
    spaces: List[bool] = []
    for start, end in zip(cuts[:-1], cuts[1:]):
        stretch = text[start:end]
        if stretch == " " and words and not spaces[-1] and not words[-1].isspace():
            spaces[-1] = True
        else:
            words.append(stretch)
            spaces.append(False)
    return Doc(vocab, words=words, spaces=spaces)
