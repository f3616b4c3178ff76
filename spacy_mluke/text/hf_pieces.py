"""Pieces exactly as Hugging Face's ``MLukeTokenizer`` makes them (transformers 4.53).

It cuts the text at every boundary of an entity span and tokenises the parts one by one, so
each part begins with a "▁" of its own. A checkpoint fine-tuned that way wants to see it.
"""

import re
from dataclasses import dataclass
from itertools import chain
from typing import Dict, Iterator, List, Sequence, Tuple

import numpy as np
import sentencepiece
from numpy.typing import NDArray

from .arrays import Ints1d, Ints2d, ints, offsets_of


@dataclass(frozen=True)
class CutText:
    """A text tokenised in parts.

    ids (Ints1d): Shape (n_pieces,), model ids without ``<s>`` and ``</s>``.
    offsets (Ints2d): Shape (n_pieces, 2), characters of each piece. Both columns are sorted; a
        piece may be empty (a "▁" with no whitespace in the text, or the parts of a ligature).
    ranges (Ints2d): Shape (n_spans, 2), the pieces of the spans.
    """

    ids: Ints1d
    offsets: Ints2d
    ranges: Ints2d


class HFCutter:
    """Callable that tokenises texts as ``MLukeTokenizer`` does, given entity spans.

    processor (SentencePieceProcessor): The model, with its dummy prefix.
    specials (Dict[str, int]): Text and id of the special tokens. As in ``MLukeTokenizer`` they
        are recognised in the text too.
    """

    def __init__(
        self, processor: sentencepiece.SentencePieceProcessor, specials: Dict[str, int]
    ) -> None:
        self._processor = processor
        self._specials = specials
        self._special_pattern = re.compile("(" + "|".join(map(re.escape, specials)) + ")")

    def __call__(self, texts: Sequence[str], spans: Sequence[Ints2d]) -> List[CutText]:
        """Tokenise texts.

        texts (Sequence[str]): The texts.
        spans (Sequence[Ints2d]): Shape (n, 2) for each text, character offsets.
        RETURNS (List[CutText]): For each text its pieces and the piece ranges of its spans.
        """
        strings: List[str] = []
        origins: List[int] = []
        part_bounds = [0]
        cuts = [_move_cuts(text, rows) for text, rows in zip(texts, spans, strict=True)]
        for text, rows in zip(texts, cuts, strict=True):
            edges = np.unique([0, *rows.ravel().tolist(), len(text)]).tolist()
            for start, end in zip(edges[:-1], edges[1:], strict=True):
                for origin, string in self._split_specials(text[start:end], start):
                    origins.append(origin)
                    strings.append(string)
            part_bounds.append(len(strings))
        ids, offsets, piece_bounds = self._encode_parts(strings, origins)
        result = []
        for rows, first, last in zip(cuts, part_bounds[:-1], part_bounds[1:], strict=True):
            start, end = piece_bounds[first], piece_bounds[last]
            parts = first + np.searchsorted(origins[first:last], rows)
            ranges = ints(piece_bounds[parts] - start)
            result.append(CutText(ids[start:end], offsets[start:end], ranges))
        return result

    def _split_specials(self, part: str, start: int) -> Iterator[Tuple[int, str]]:
        """Cut a part at the special tokens in it; empty strings fall away."""
        strings = self._special_pattern.split(part)
        for i, string in enumerate(strings):
            # "<mask>" is the one special token that takes the whitespace before it.
            if i % 2 == 0 and i + 1 < len(strings) and strings[i + 1] == "<mask>":
                kept = string.rstrip()
            else:
                kept = string
            if kept:
                yield start, kept
            start += len(string)

    def _encode_parts(
        self, strings: List[str], origins: List[int]
    ) -> Tuple[Ints1d, Ints2d, NDArray[np.int64]]:
        """Encode strings, each on its own: ids, characters, and where each one's pieces begin."""
        encoded = self._processor.encode(strings, return_type="offset_mapping", num_threads=1)
        special_parts = [i for i, string in enumerate(strings) if string in self._specials]
        for i in special_parts:
            encoded[i] = {"ids": [0], "offsets": [(0, len(strings[i]))]}
        bounds = offsets_of([len(part["ids"]) for part in encoded])
        ids = np.fromiter(chain.from_iterable(part["ids"] for part in encoded), dtype=np.int32)
        ids = np.where(ids == 0, self._specials["<unk>"], ids + 1)
        ids[bounds[special_parts]] = [self._specials[strings[i]] for i in special_parts]
        pairs = chain.from_iterable(part["offsets"] for part in encoded)
        offsets = np.fromiter(chain.from_iterable(pairs), dtype=np.int32).reshape(-1, 2)
        offsets += ints(np.repeat(ints(origins), np.diff(bounds)))[:, None]
        return ints(ids), offsets, bounds


def _move_cuts(text: str, spans: Ints2d) -> NDArray[np.int64]:
    """Move boundaries so that a space goes with what follows it. Only U+0020 counts."""
    cuts = spans.astype(np.int64)
    is_blank = np.array([c > 0 and text[c - 1] == " " for c in cuts.ravel().tolist()], dtype=bool)
    return cuts - is_blank.reshape(cuts.shape)


def cover_tokens(
    offsets: Ints2d,
    char_starts: NDArray[np.int64],
    char_ends: NDArray[np.int64],
    is_space: NDArray[np.bool_],
) -> Tuple[Ints1d, Ints1d]:
    """Find the pieces that cover each token. Neighbouring tokens may share a piece.

    offsets (Ints2d): Shape (n_pieces, 2), characters of each piece, both columns sorted.
    char_starts (NDArray[np.int64]): Shape (n_tokens,).
    char_ends (NDArray[np.int64]): Shape (n_tokens,).
    is_space (NDArray[np.bool_]): Shape (n_tokens,).
    RETURNS (Tuple[Ints1d, Ints1d]): First piece and one past the last piece of each token.
    """
    n_pieces = len(offsets)
    words = np.flatnonzero(~is_space)
    starts = np.zeros(len(char_starts), dtype=np.int64)
    ends = np.zeros(len(char_starts), dtype=np.int64)
    if len(words):
        # An empty piece stands before the character it comes from.
        piece_ends = np.maximum(offsets[:, 1], offsets[:, 0] + 1)
        first = np.searchsorted(piece_ends, char_starts[words], side="right")
        last = np.maximum(np.searchsorted(offsets[:, 0], char_ends[words], side="left"), first)
        # A piece between two words is the "▁" of the second one; one after the last word can
        # only be its own.
        last[-1] = n_pieces
        before = np.concatenate([[0], last[:-1]])
        first = np.minimum(first, before)
        starts[words], ends[words] = first, np.maximum(first, last)
    # Whitespace gets an empty range where the words around it meet.
    word_ends = np.concatenate([[0], ends[words]])
    seen = np.cumsum(~is_space)
    starts[is_space] = ends[is_space] = word_ends[seen[is_space]]
    return ints(starts), ints(ends)
