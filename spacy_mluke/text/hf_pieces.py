"""Pieces exactly as Hugging Face's ``MLukeTokenizer`` makes them (transformers 4.53).

It cuts the text at every boundary of an entity span and tokenises the parts one by one, so
each part begins with a "▁" of its own. A checkpoint fine-tuned that way wants to see it.
"""

import re
from dataclasses import dataclass
from typing import Dict, Iterator, List, Tuple

import numpy as np
import sentencepiece
from numpy.typing import NDArray

from .arrays import Ints1d, Ints2d, as_spans, ints, offsets_of


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
    """Callable that tokenises a text as ``MLukeTokenizer`` does, given entity spans.

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

    def __call__(self, text: str, spans: Ints2d) -> CutText:
        """Tokenise a text.

        text (str): The text.
        spans (Ints2d): Shape (n, 2), character offsets.
        RETURNS (CutText): Pieces and the piece ranges of the spans.
        """
        cuts = as_spans(spans).astype(np.int64)
        # The space before a boundary goes with what follows it. Only U+0020 counts.
        is_blank = np.array([c > 0 and text[c - 1] == " " for c in cuts.ravel().tolist()])
        cuts = cuts - is_blank.reshape(cuts.shape).astype(np.int64)
        edges = np.unique(np.concatenate([[0], cuts.ravel(), [len(text)]]))
        strings: List[str] = []
        origins: List[int] = []
        for start, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
            for origin, string in self._split_specials(text[start:end], start):
                origins.append(origin)
                strings.append(string)
        ids, offsets, lengths = self._encode_parts(strings, origins)
        part_bounds = offsets_of(lengths)
        ranges = part_bounds[np.searchsorted(origins, cuts)]
        return CutText(ids, offsets, ints(ranges))

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
    ) -> Tuple[Ints1d, Ints2d, List[int]]:
        """Encode strings, each on its own, and put them together again."""
        ids: List[int] = []
        offsets: List[Tuple[int, int]] = []
        lengths: List[int] = []
        encoded = self._processor.encode(strings, return_type="offset_mapping", num_threads=1)
        for string, origin, mapping in zip(strings, origins, encoded, strict=True):
            special = self._specials.get(string)
            if special is not None:
                ids.append(special)
                offsets.append((origin, origin + len(string)))
                lengths.append(1)
                continue
            unk = self._specials["<unk>"]
            ids.extend(i + 1 if i else unk for i in mapping["ids"])
            offsets.extend((origin + start, origin + end) for start, end in mapping["offsets"])
            lengths.append(len(mapping["ids"]))
        return ints(ids), as_spans(offsets), lengths


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
