"""Ids and entity positions must be those of transformers' ``MLukeTokenizer``."""

import gzip
import json
import random
import warnings

import numpy as np
import pytest
import spacy
from numpy.testing import assert_array_equal
from sentencepiece import SentencePieceProcessor

from spacy_mluke.text.markers import mark_spans
from spacy_mluke.text.pieces import PieceEncoder
from tests.samples import NASTY, SENTENCES

XX = spacy.blank("xx")
SAMPLES = [text for texts in SENTENCES.values() for text in texts] + NASTY[1:]


@pytest.fixture(scope="module")
def hf_encoder(piece_model):
    return PieceEncoder(piece_model, mode="hf")


@pytest.fixture(scope="module")
def make_tokenizer(piece_model, tmp_path_factory):
    transformers = pytest.importorskip("transformers")
    if transformers.__version__ >= "5":
        pytest.skip("its tokenizer gives other ids since version 5")
    folder = tmp_path_factory.mktemp("tokenizer")
    (folder / "sentencepiece.bpe.model").write_bytes(piece_model)
    vocab = {"[MASK]": 0, "[UNK]": 1, "[PAD]": 2, "[MASK2]": 3}
    (folder / "entity_vocab.json").write_text(json.dumps(vocab))

    def make(task=None, **kwargs):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return transformers.MLukeTokenizer(
                str(folder / "sentencepiece.bpe.model"),
                str(folder / "entity_vocab.json"),
                task=task,
                max_mention_length=1000,
                **kwargs,
            )

    return make


def hf_encode(tokenizer, text, spans):
    """Ids without <s> and </s>, and the ranges of the spans in them."""
    encoded = tokenizer(text, entity_spans=[tuple(span) for span in spans])
    positions = encoded.get("entity_position_ids", [])
    ranges = []
    for row in positions:
        row = [position - 1 for position in row if position >= 0]
        ranges.append((row[0], row[-1] + 1) if row else None)
    return encoded["input_ids"][1:-1], ranges


def check_ranges(found, expected):
    for (start, end), wanted in zip(found.tolist(), expected, strict=True):
        if wanted is None:
            assert start >= end
        else:
            assert (start, end) == wanted


def random_spans(rng, length, n):
    return [sorted(rng.sample(range(length + 1), 2)) for _ in range(n)] if length else []


def check_text(tokenizer, encoder, text, rng):
    """Compare arbitrary character spans, then token spans through a Doc."""
    chars = random_spans(rng, len(text), rng.randint(1, 5))
    ids, ranges = hf_encode(tokenizer, text, chars)
    (cut,) = encoder._cutter([text], [np.array(chars, dtype="i").reshape(-1, 2)])
    assert cut.ids.tolist() == ids
    check_ranges(cut.ranges, ranges)
    doc = XX(text)
    tokens = random_spans(rng, len(doc), rng.randint(1, 5))
    chars = [(doc[a].idx, doc[b - 1].idx + len(doc[b - 1])) for a, b in tokens]
    ids, ranges = hf_encode(tokenizer, text, chars)
    (pieces,) = encoder.encode([doc], [tokens])
    assert pieces.ids.tolist() == ids
    check_ranges(pieces.span_pieces(tokens), ranges)
    check_cover(pieces, doc)


def check_cover(pieces, doc):
    """Every piece belongs to a token, tokens are in order, whitespace has none."""
    covered = np.zeros(len(pieces.ids), dtype=bool)
    for token, start, end in zip(doc, pieces.starts, pieces.ends, strict=True):
        assert 0 <= start <= end <= len(pieces.ids)
        assert start == end or not token.text.isspace()
        covered[start:end] = True
    assert covered.all() or not any(not token.text.isspace() for token in doc)
    words = pieces.ends > pieces.starts
    assert (np.diff(pieces.starts[words]) >= 0).all()
    assert (np.diff(pieces.ends[words]) >= 0).all()


def test_samples(make_tokenizer, hf_encoder):
    rng = random.Random(0)
    tokenizer = make_tokenizer()
    for text in SAMPLES:
        for _ in range(3):
            check_text(tokenizer, hf_encoder, text, rng)


def test_without_spans(make_tokenizer, hf_encoder):
    tokenizer = make_tokenizer()
    docs = [XX(text) for text in SAMPLES]
    for doc, pieces in zip(docs, hf_encoder.encode(docs), strict=True):
        assert pieces.ids.tolist() == tokenizer(doc.text)["input_ids"][1:-1]
        check_cover(pieces, doc)


def test_news_in_24_languages(make_tokenizer, hf_encoder, shared_data):
    files = sorted((shared_data / "parallel" / "ntrex").glob("*.txt.gz"))
    if not files:
        pytest.skip("no parallel sentences")
    rng = random.Random(1)
    tokenizer = make_tokenizer()
    n = 0
    for path in files:
        with gzip.open(path, "rt", encoding="utf8") as file:
            lines = [line.rstrip("\n") for line in file]
        for text in rng.sample([line for line in lines if line], 90):
            assert XX(text).text == text
            check_text(tokenizer, hf_encoder, text, rng)
            n += 1
    assert n >= 2000


def test_false_prefix_at_boundaries(hf_encoder):
    doc = XX("(Tokyo)")
    (pieces,) = hf_encoder.encode([doc], [[[1, 2]]])
    processor = SentencePieceProcessor(model_proto=hf_encoder.model)
    parts = [processor.encode(part) for part in ("(", "Tokyo", ")")]
    assert len(pieces.ids) == sum(map(len, parts))
    assert pieces.span_pieces([[1, 2]]).tolist() == [[len(parts[0]), len(parts[0] + parts[1])]]


def test_pair_markers(make_tokenizer, hf_encoder):
    """Disjoint mentions: the input of the released relation checkpoints."""
    rng = random.Random(2)
    tokenizer = make_tokenizer("entity_pair_classification")
    markers = [hf_encoder.ent_id, hf_encoder.ent2_id]
    n = 0
    for text in SAMPLES * 2:
        doc = XX(text)
        words = [token.i for token in doc if not token.is_space]
        if len(words) < 4:
            continue
        a, b, c, d = sorted(rng.sample(words, 4))
        pair = [[a, b], [c, d]]
        if rng.random() < 0.5:
            pair.reverse()
        chars = [(doc[i].idx, doc[j - 1].idx + len(doc[j - 1])) for i, j in pair]
        (pieces,) = hf_encoder.encode([doc], [pair])
        marked = mark_spans(pieces, [pair], markers=markers, window=100_000)
        ids, ranges = hf_encode(tokenizer, text, chars)
        if not marked.held[0]:
            continue
        assert marked.ids.tolist() == ids
        assert_array_equal(marked.ranges[0], ranges)
        n += 1
    assert n > 150


def test_typing_markers(make_tokenizer, hf_encoder):
    rng = random.Random(3)
    tokenizer = make_tokenizer("entity_classification")
    for text in SAMPLES[:100]:
        doc = XX(text)
        a, b = sorted(rng.sample(range(len(doc) + 1), 2))
        chars = [(doc[a].idx, doc[b - 1].idx + len(doc[b - 1]))]
        (pieces,) = hf_encoder.encode([doc], [[[a, b]]])
        markers = [hf_encoder.ent_id]
        marked = mark_spans(pieces, [[[a, b]]], markers=markers, window=100_000)
        ids, ranges = hf_encode(tokenizer, text, chars)
        assert marked.ids.tolist() == ids
        assert_array_equal(marked.ranges[0], ranges)
