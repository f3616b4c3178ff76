"""Train a SentencePiece vocabulary in the layout of XLM-R's."""

import io
import tempfile
import warnings
from pathlib import Path
from typing import Any, Iterable, Iterator, Mapping, Tuple

import sentencepiece

from ..errors import Errors, Warnings

# SentencePiece drops longer texts without a word; bytes.
_MAX_TEXT = 1_000_000

# Appended to a serialised model this turns on `add_dummy_prefix` and `remove_extra_whitespaces`, as
# XLM-R's model has them: a protobuf reader merges a repeated message into the one before it.
_SPACES_AS_IN_TEXT = b"\x1a\x04\x18\x01\x20\x01"


def train_pieces(
    texts: Iterable[str],
    *,
    vocab_size: int,
    character_coverage: float = 0.9995,
    seed: int = 0,
    sample: int = 0,
    num_threads: int = 1,
) -> bytes:
    """Train a unigram model with XLM-R's normalisation (nmt_nfkc) and specials.

    The same texts and settings give the same bytes. A corpus too small for the size asked for
    gives a smaller vocabulary and a warning.

    texts (Iterable[str]): The corpus. Read once.
    vocab_size (int): Pieces, with ``<unk>``, ``<s>`` and ``</s>`` as the first three.
    character_coverage (float): Share of the characters that get a piece.
    seed (int): Seed of the sample.
    sample (int): Train on that many lines, drawn at random; 0 for all.
    num_threads (int): Threads to train with.
    RETURNS (bytes): The serialised model.
    RAISES ValueError: The texts are empty, or have more characters than the vocabulary.
    """
    return _train(
        vocab_size,
        seed=seed,
        sentence_iterator=_lines(texts),
        character_coverage=character_coverage,
        input_sentence_size=sample,
        shuffle_input_sentence=bool(sample),
        num_threads=num_threads,
    )


def train_pieces_on_tokens(
    counts: Mapping[Tuple[str, bool], int],
    *,
    vocab_size: int,
    character_coverage: float = 0.9995,
    seed: int = 0,
    num_threads: int = 1,
) -> bytes:
    """Train a unigram model on tokens, none of whose pieces reaches over the end of a token.

    This is what the mode ``pretraining`` of ``PieceEncoder`` reads: a vocabulary trained on plain
    text would have pieces that never occur, such as words of several Chinese characters where each
    character is a token.

    counts (Mapping[Tuple[str, bool], int]): How often each token occurs; True where it stands
        after a space or at the start of a text.
    vocab_size, character_coverage, seed, num_threads: See ``train_pieces``.
    RETURNS (bytes): The serialised model.
    RAISES ValueError: There are no tokens, or they have more characters than the vocabulary.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tokens.tsv"
        with path.open("w", encoding="utf8", newline="\n") as file:
            for (token, spaced), count in sorted(counts.items()):
                if token.strip() and not any(char in "\t\n\r" for char in token):
                    file.write(f"{' ' * spaced}{token}\t{count}\n")
        model = _train(
            vocab_size,
            seed=seed,
            input=str(path),
            input_format="tsv",
            character_coverage=character_coverage,
            num_threads=num_threads,
            add_dummy_prefix=False,
            remove_extra_whitespaces=False,
        )
    return model + _SPACES_AS_IN_TEXT


def _train(vocab_size: int, *, seed: int, **settings: Any) -> bytes:
    writer = io.BytesIO()
    sentencepiece.set_random_generator_seed(seed)
    try:
        sentencepiece.SentencePieceTrainer.train(
            model_writer=writer,
            model_type="unigram",
            vocab_size=vocab_size,
            hard_vocab_limit=False,
            normalization_rule_name="nmt_nfkc",
            unk_id=0,
            bos_id=1,
            eos_id=2,
            pad_id=-1,
            max_sentence_length=_MAX_TEXT,
            minloglevel=2,
            **settings,
        )
    except (RuntimeError, ValueError, OSError) as error:
        raise ValueError(Errors.M110.format(reason=error, vocab_size=vocab_size)) from error
    model = writer.getvalue()
    got = len(sentencepiece.SentencePieceProcessor(model_proto=model))
    if got < vocab_size:
        warnings.warn(Warnings.W101.format(got=got, asked=vocab_size), stacklevel=3)
    return model


def _lines(texts: Iterable[str]) -> Iterator[str]:
    """The lines of the texts; the trainer reads one sentence at a time."""
    for text in texts:
        for line in text.splitlines():
            if line.strip():
                yield line
