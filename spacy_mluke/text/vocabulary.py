"""Train a SentencePiece vocabulary in the layout of XLM-R's."""

import io
import warnings
from typing import Iterable, Iterator

import sentencepiece

from ..errors import Errors, Warnings

# SentencePiece drops longer texts without a word; bytes.
_MAX_TEXT = 1_000_000


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
    writer = io.BytesIO()
    sentencepiece.set_random_generator_seed(seed)
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=_lines(texts),
            model_writer=writer,
            model_type="unigram",
            vocab_size=vocab_size,
            hard_vocab_limit=False,
            normalization_rule_name="nmt_nfkc",
            character_coverage=character_coverage,
            unk_id=0,
            bos_id=1,
            eos_id=2,
            pad_id=-1,
            input_sentence_size=sample,
            shuffle_input_sentence=bool(sample),
            max_sentence_length=_MAX_TEXT,
            num_threads=num_threads,
            minloglevel=2,
        )
    except (RuntimeError, ValueError, OSError) as error:
        raise ValueError(Errors.M110.format(reason=error, vocab_size=vocab_size)) from error
    model = writer.getvalue()
    got = len(sentencepiece.SentencePieceProcessor(model_proto=model))
    if got < vocab_size:
        warnings.warn(Warnings.W101.format(got=got, asked=vocab_size), stacklevel=2)
    return model


def _lines(texts: Iterable[str]) -> Iterator[str]:
    """The lines of the texts; the trainer reads one sentence at a time."""
    for text in texts:
        for line in text.splitlines():
            if line.strip():
                yield line
