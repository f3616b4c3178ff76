"""Fixtures that several test modules share."""

from pathlib import Path

import pytest

from spacy_mluke.text.pieces import PieceEncoder
from spacy_mluke.text.vocabulary import train_pieces
from tests.samples import SENTENCES


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data beside the repository."""
    path = Path(__file__).parents[2] / "shared" / "data"
    if not path.is_dir():
        pytest.skip(f"no data at {path}")
    return path


@pytest.fixture(scope="session")
def piece_model() -> bytes:
    """A SentencePiece model of 1,500 pieces, trained on the sample sentences."""
    sentences = [sentence for sentences in SENTENCES.values() for sentence in sentences]
    # Only what is repeated becomes a piece of several characters: repeat the heads of words.
    heads = [word[:n] for text in sentences for word in text.split() for n in range(3, 9)]
    texts = sentences * 3 + heads
    return train_pieces(texts, vocab_size=1500, character_coverage=1.0)


@pytest.fixture(scope="session")
def piece_encoder(piece_model: bytes) -> PieceEncoder:
    """An encoder in the mode ``pretraining``."""
    return PieceEncoder(piece_model)


@pytest.fixture(scope="session")
def piece_file(piece_model: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The piece model as a file, for `initialize`."""
    path = tmp_path_factory.mktemp("pieces") / "sentencepiece.bpe.model"
    path.write_bytes(piece_model)
    return path
