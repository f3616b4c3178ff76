"""Word pieces of Docs, aligned with their tokens by construction.

mLUKE reads the SentencePiece pieces of XLM-R. In the mode ``pretraining`` each token of the
Doc is encoded on its own, so that no alignment has to be found afterwards; in the mode ``hf``
the text is cut where Hugging Face's ``MLukeTokenizer`` cuts it and gives the very ids that a
checkpoint fine-tuned there has seen.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple, Union

import numpy as np
import sentencepiece
from numpy.typing import NDArray
from spacy.tokens import Doc

from ..errors import Errors
from .arrays import Ints1d, Ints2d, as_spans, ints, offsets_of
from .hf_pieces import HFCutter, cover_tokens
from .spans import check_spans, find_spans, unique_spans

MODES = ("pretraining", "hf")

# Appended to a serialised model this turns off `add_dummy_prefix` and `remove_extra_whitespaces` of
# its normaliser, so that one processor encodes tokens with and without a space before them: a
# protobuf reader merges a repeated message into the one it has already read. (Field 3 of the model
# is the normaliser, its fields 3 and 4 are the flags.)
_SPACES_AS_GIVEN = b"\x1a\x04\x18\x00\x20\x00"
_SPACE = "\u2581"

# Distinct (token, prefix) pairs that an encoder remembers: about 20 MB when full.
_CACHE_SIZE = 100_000


@dataclass(frozen=True)
class DocPieces:
    """The pieces of one Doc and where its tokens are among them.

    ids (Ints1d): Shape (n_pieces,), model ids without ``<s>`` and ``</s>``.
    starts (Ints1d): Shape (n_tokens,), the first piece of each token.
    ends (Ints1d): Shape (n_tokens,), one past its last piece. Equal to the start where the
        token has no piece: whitespace, and in the mode ``hf`` tokens that the normaliser drops.
    exact_spans (Optional[Ints2d]): Shape (n_exact, 2), sorted and unique token spans the text
        was cut at (mode ``hf`` only).
    exact_ranges (Optional[Ints2d]): Shape (n_exact, 2), their piece ranges, which can differ
        from the pieces that cover their tokens.
    """

    ids: Ints1d
    starts: Ints1d
    ends: Ints1d
    exact_spans: Optional[Ints2d] = None
    exact_ranges: Optional[Ints2d] = None

    def span_pieces(self, spans: Ints2d) -> Ints2d:
        """Find the pieces of token spans.

        spans (Ints2d): Shape (n, 2), token offsets, end exclusive.
        RETURNS (Ints2d): Shape (n, 2), piece offsets, end exclusive; start and end are equal
            where a span has no piece (it is empty or holds whitespace only).
        RAISES ValueError: A span reaches out of the Doc.
        """
        spans = as_spans(spans)
        n_tokens = len(self.starts)
        check_spans(spans, n_tokens)
        if not len(spans) or not n_tokens:
            return np.zeros((len(spans), 2), dtype=np.int32)
        first = self.starts[np.minimum(spans[:, 0], n_tokens - 1)]
        last = np.where(spans[:, 1] > spans[:, 0], self.ends[spans[:, 1] - 1], first)
        ranges = np.stack([first, np.maximum(first, last)], axis=1)
        if self.exact_spans is not None and self.exact_ranges is not None:
            rows = find_spans(self.exact_spans, spans)
            ranges[rows >= 0] = self.exact_ranges[rows[rows >= 0]]
        return ints(ranges)

    def boundaries(self) -> Ints1d:
        """Piece offsets at which no token is cut.

        RETURNS (Ints1d): Sorted and unique, from 0 to n_pieces.
        """
        inside = np.zeros(len(self.ids) + 2, dtype=np.int64)
        long = self.ends > self.starts
        # A token is cut at every offset after its start and before its end.
        np.add.at(inside, self.starts[long] + 1, 1)
        np.add.at(inside, self.ends[long], -1)
        return ints(np.flatnonzero(np.cumsum(inside)[: len(self.ids) + 1] == 0))


class PieceEncoder:
    """SentencePiece pieces of Docs with XLM-R's ids.

    The ids follow the fairseq layout (``<s>`` 0, ``<pad>`` 1, ``</s>`` 2, ``<unk>`` 3, every
    other piece one above its SentencePiece id, ``<mask>`` after the last piece), followed by
    mLUKE's ``<ent>`` and ``<ent2>``. Encoding is thread-safe.

    model (bytes): A serialised SentencePiece model.
    mode (str): ``"pretraining"`` or ``"hf"``.
    RAISES ValueError: The model or the mode cannot be used.
    """

    bos_id = 0
    pad_id = 1
    eos_id = 2
    unk_id = 3

    def __init__(self, model: bytes, *, mode: str = "pretraining") -> None:
        if mode not in MODES:
            raise ValueError(Errors.M101.format(mode=mode, modes=", ".join(MODES)))
        self.model = bytes(model)
        self.mode = mode
        as_given = b"" if mode == "hf" else _SPACES_AS_GIVEN
        self._processor = _load_processor(self.model + as_given)
        n_pieces = len(self._processor)
        self.mask_id = n_pieces + 1
        self.ent_id = n_pieces + 2
        self.ent2_id = n_pieces + 3
        self.vocab_size = n_pieces + 4
        self._cache: Dict[Tuple[str, bool], bytes] = {}
        self._cutter = HFCutter(
            self._processor,
            {
                "<s>": self.bos_id,
                "<pad>": self.pad_id,
                "</s>": self.eos_id,
                "<unk>": self.unk_id,
                "<mask>": self.mask_id,
                "<ent>": self.ent_id,
                "<ent2>": self.ent2_id,
            },
        )

    @classmethod
    def from_file(cls, path: Union[str, Path], *, mode: str = "pretraining") -> "PieceEncoder":
        """Read a ``sentencepiece.bpe.model`` file.

        path (Union[str, Path]): The file.
        mode (str): ``"pretraining"`` or ``"hf"``.
        RETURNS (PieceEncoder): The encoder.
        """
        return cls(Path(path).read_bytes(), mode=mode)

    def __getstate__(self) -> Dict[str, Any]:
        return {"model": self.model, "mode": self.mode}

    def __setstate__(self, state: Dict[str, Any]) -> None:
        self.__init__(state["model"], mode=state["mode"])  # type: ignore[misc]

    def encode(
        self, docs: Sequence[Doc], spans: Optional[Sequence[Ints2d]] = None
    ) -> List[DocPieces]:
        """Encode Docs.

        docs (Sequence[Doc]): The Docs.
        spans (Optional[Sequence[Ints2d]]): Token spans of each Doc, shape (n, 2). The mode
            ``hf`` cuts the text at their boundaries; the mode ``pretraining`` cuts at every
            token anyway, so that its pieces do not depend on the spans.
        RETURNS (List[DocPieces]): One entry a Doc.
        """
        if spans is not None and len(spans) != len(docs):
            raise ValueError(Errors.M105.format(n_spans=len(spans), n_docs=len(docs)))
        if self.mode == "pretraining":
            return self._encode_tokens(docs)
        none = as_spans([])
        return self._encode_texts(docs, [none] * len(docs) if spans is None else spans)

    def _encode_tokens(self, docs: Sequence[Doc]) -> List[DocPieces]:
        """Encode every token on its own, each distinct one once for all Docs."""
        tables = [doc.to_array(["ORTH", "SPACY"]).reshape(-1, 2) for doc in docs]
        bounds = offsets_of([len(table) for table in tables])
        if not bounds[-1]:
            empty = ints([])
            return [DocPieces(empty, empty, empty) for _ in docs]
        table = np.concatenate(tables)
        orths, first_seen, type_of = np.unique(table[:, 0], return_index=True, return_inverse=True)
        seen_in = np.searchsorted(bounds, first_seen, side="right") - 1
        texts = [
            docs[i].vocab.strings[orth]
            for i, orth in zip(seen_in.tolist(), orths.tolist(), strict=True)
        ]
        is_space = np.array([text.isspace() for text in texts], dtype=bool)[type_of]
        # "▁" stands for the whitespace before a word: a token has it only after whitespace
        # and at the start of the text.
        prefix = np.ones(len(table), dtype=bool)
        prefix[1:] = is_space[:-1] | table[:-1, 1].astype(bool)
        prefix[bounds[:-1][bounds[:-1] < len(table)]] = True
        keys, key_of = np.unique(type_of * 2 + prefix, return_inverse=True)
        encoded = self._lookup([(texts[key >> 1], bool(key & 1)) for key in keys.tolist()])
        # Gather the pieces of all tokens from the pieces of the distinct ones.
        type_lengths = np.array([len(piece) for piece in encoded], dtype=np.int64) // 4
        flat = np.frombuffer(b"".join(encoded), dtype=np.int32)
        lengths = type_lengths[key_of]
        token_bounds = offsets_of(lengths)
        shift = offsets_of(type_lengths)[:-1][key_of] - token_bounds[:-1]
        ids = flat[np.repeat(shift, lengths) + np.arange(token_bounds[-1])]
        result = []
        for low, high in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
            base, top = token_bounds[low], token_bounds[high]
            starts = ints(token_bounds[low:high] - base)
            ends = ints(token_bounds[low + 1 : high + 1] - base)
            result.append(DocPieces(ids[base:top], starts, ends))
        return result

    def _lookup(self, keys: List[Tuple[str, bool]]) -> List[bytes]:
        """Piece ids (as int32 bytes) of tokens, without or with a prefix."""
        cache = self._cache
        found: List[Optional[bytes]] = [cache.get(key) for key in keys]
        missing = [i for i, piece in enumerate(found) if piece is None]
        if missing:
            if len(cache) + len(missing) > _CACHE_SIZE:
                # Other threads keep reading the old one, which is only dropped, not changed.
                cache = self._cache = {}
            texts = [self._spaced(*keys[i]) for i in missing]
            encoded = self._processor.encode(texts, num_threads=1)
            for row, ids in zip(missing, encoded, strict=True):
                found[row] = b"" if keys[row][0].isspace() else self._shift(ids).tobytes()
            new = [(keys[i], found[i]) for i in missing[:_CACHE_SIZE]]
            cache.update(new)  # type: ignore[arg-type]
        return found  # type: ignore[return-value]

    def _spaced(self, token: str, prefix: bool) -> str:
        """A token as the processor reads it, which takes spaces as they are given."""
        normal = self._processor.normalize(token)
        if _SPACE in normal:  # from characters that are spaces to the normaliser, or hold some
            token = re.sub(f"{_SPACE}+", " ", normal).strip(" ")
        return " " + token if prefix and normal.strip(_SPACE) else token

    def _shift(self, ids: List[int]) -> NDArray[np.int32]:
        """Model ids of SentencePiece ids; ``<unk>`` for what the normaliser leaves nothing of."""
        shifted = ints(ids) + np.int32(1)
        shifted[shifted == 1] = self.unk_id
        return shifted if len(shifted) else ints([self.unk_id])

    def _encode_texts(self, docs: Sequence[Doc], spans: Sequence[Ints2d]) -> List[DocPieces]:
        """Encode the texts of Docs as ``MLukeTokenizer`` does, cut at the spans."""
        tokens = [_token_offsets(doc) for doc in docs]
        exact = [unique_spans(rows, len(doc)) for rows, doc in zip(spans, docs, strict=True)]
        chars = [
            ints(np.stack([starts[rows[:, 0]], ends[rows[:, 1] - 1]], axis=1))
            for rows, (starts, ends, _) in zip(exact, tokens, strict=True)
        ]
        cut_texts = self._cutter([doc.text for doc in docs], chars)
        return [
            DocPieces(cut.ids, *cover_tokens(cut.offsets, *offsets), rows, cut.ranges)
            for cut, offsets, rows in zip(cut_texts, tokens, exact, strict=True)
        ]


def _token_offsets(
    doc: Doc,
) -> Tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Character offsets of the tokens, and which of them are whitespace."""
    table = doc.to_array(["IDX", "LENGTH", "ORTH"]).reshape(-1, 3)
    orths, type_of = np.unique(table[:, 2], return_inverse=True)
    strings = doc.vocab.strings
    space = np.array([strings[orth].isspace() for orth in orths.tolist()], dtype=bool)
    starts = table[:, 0].astype(np.int64)
    return starts, starts + table[:, 1].astype(np.int64), space[type_of]


def _load_processor(model: bytes) -> sentencepiece.SentencePieceProcessor:
    """Load a model and make sure that its specials are where the id layout expects them."""
    try:
        processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    except (RuntimeError, ValueError, OSError) as error:
        raise ValueError(Errors.M102.format(error=error)) from error
    specials = (processor.unk_id(), processor.bos_id(), processor.eos_id())
    if specials != (0, 1, 2):
        raise ValueError(Errors.M103.format(specials=specials))
    return processor
