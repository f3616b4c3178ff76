"""Docs longer than a window: seams, size, time and memory."""

import gc
import resource
import time

import numpy as np
import pytest
import spacy
from spacy.tokens import Doc

from tests.pipeline.pipelines import NO_SPANS, TEXTS, difference, make
from tests.samples import SENTENCES

WORDS = " ".join(text for texts in SENTENCES.values() for text in texts).split()
GRAMS = {"@misc": "spacy-mluke.ngrams.v1", "max_words": 2}


def rss_mib():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 2**20


def sizes(nlp):
    windows = nlp.get_pipe("mluke").encoder_shims[0].windows
    return windows.size, windows.stride


def test_windows_are_as_long_as_the_checkpoint_reads(piece_file, tmp_path):
    assert sizes(make(piece_file)) == (510, 384)
    small = make(piece_file, span_getter=GRAMS, window=126)
    assert sizes(small) == (126, 96)
    small.to_disk(tmp_path / "small")
    nlp = spacy.blank("xx")
    model = {"name": str(tmp_path / "small" / "mluke" / "encoder"), "span_getter": GRAMS}
    nlp.add_pipe("mluke", config={"model": model})
    nlp.initialize()
    nlp.to_disk(tmp_path / "model")
    loaded = spacy.load(tmp_path / "model")
    assert loaded.config["components"]["mluke"]["model"]["window"] is None
    read = spacy.blank("xx").from_config(nlp.config).from_bytes(nlp.to_bytes())
    text = " ".join(WORDS)
    want = small(text)._.mluke.vectors
    for one in (nlp, loaded, read):
        assert sizes(one) == (126, 96)
        assert difference(one(text)._.mluke.vectors, want) == 0


@pytest.mark.parametrize("attention", ["full", "independent"])
def test_windows_give_what_their_parts_give_alone(piece_file, attention):
    # In the full pattern words see the slots of their window, and each span is in one window only.
    getter = NO_SPANS if attention == "full" else GRAMS
    nlp = make(piece_file, span_getter=getter, window=40, stride=20, attention=attention)
    nlp.get_pipe("mluke").cfg["retain"] = "all"
    # Tokens of one piece each: windows begin at 0, 20, 40, ... and so can be cut out.
    pieces = nlp.get_pipe("mluke").encoder_shims[0].pieces
    (found,) = pieces.encode([Doc(nlp.vocab, WORDS)])
    common = [w for w, n in zip(WORDS, found.ends - found.starts) if n == 1][:8]
    doc = nlp(Doc(nlp.vocab, [common[i * i % len(common)] for i in range(200)]))
    features = doc._.mluke
    assert len(features.piece_ids) == len(doc), "one piece a token"
    checked = 0
    for start in range(0, 180, 20):
        part = nlp(doc[start : start + 40].as_doc())
        # In its middle a window owns the pieces, and the spans, that its neighbours do not.
        low = 11 if start else 0
        high = 29 if start + 40 < 200 else 40
        words = part._.mluke.words[low:high]
        assert difference(words, features.words[start + low : start + high]) < 1e-5
        if attention == "independent":
            for first, last in part._.mluke.spans.tolist():
                if low < first and last < high:
                    one = part[first:last]._.mluke.vector
                    other = doc[start + first : start + last]._.mluke.vector
                    assert difference(one, other) < 1e-5
                    checked += 1
    assert checked > 100 or attention == "full"


def test_every_token_and_span_of_a_long_doc_is_encoded(piece_file):
    nlp = make(piece_file, span_getter=GRAMS, window=32, stride=16)
    nlp.get_pipe("mluke").cfg["retain"] = "all"
    doc = nlp(" ".join(WORDS))
    features = doc._.mluke
    assert len(features.words) == len(features.piece_ids) > 1000
    assert (np.abs(features.words).sum(axis=1) > 0).all()
    assert (np.abs(features.vectors).sum(axis=1) > 0).all()
    report = features.report
    assert len(features.spans) == report["spans"] - report["spans_too_long"]


@pytest.mark.slow
def test_200000_tokens(piece_file, record_property):
    small = {"hidden_size": 16, "num_hidden_layers": 1, "intermediate_size": 32}
    nlp = make(piece_file, ner={}, span_getter=NO_SPANS, proposer={"max_words": 3}, **small)
    nlp.get_pipe("mluke").encoder_shims[0].module.proposer.length.weight.data[:] = -4.5  # few
    repeat = 200_000 // len(WORDS) + 1
    doc = Doc(nlp.vocab, (WORDS * repeat)[:200_000])
    gc.collect()
    before, begin = rss_mib(), time.process_time()
    doc = nlp.get_pipe("mluke_ner")(nlp.get_pipe("mluke")(doc))
    seconds, memory = time.process_time() - begin, rss_mib() - before
    record_property("seconds", seconds)
    record_property("mib", memory)
    assert seconds < 30, seconds
    assert memory < 1000, memory
    assert len(doc._.mluke.piece_ids) >= 200_000
    assert doc._.mluke.report["spans"] > 0


def test_a_token_of_10000_characters(piece_file):
    nlp = make(piece_file, window=64, stride=32)
    doc = nlp(f"Tokyo {'x1' * 5000} Paris")
    features = doc._.mluke
    assert doc[0:1]._.mluke.is_encoded and doc[2:3]._.mluke.is_encoded
    assert not doc[1:2]._.mluke.is_encoded
    assert len(features.piece_ids) > 1000
    wide = {"@misc": "spacy-mluke.ngrams.v1", "max_words": 2, "max_pieces": 10**6}
    nlp = make(piece_file, window=64, stride=32, span_getter=wide)
    report = nlp(f"Tokyo {'x1' * 5000} Paris")._.mluke.report
    assert report["spans"] == 5 and report["spans_too_long"] == 3


def test_memory_is_flat_over_many_docs(piece_file):
    nlp = make(piece_file, ner={})
    texts = [f"{TEXTS[i % 6]} {TEXTS[(i + 1) % 6]}" for i in range(500)]
    for _doc in nlp.pipe(texts):
        pass
    gc.collect()
    before = rss_mib()
    for _ in range(2):
        for _doc in nlp.pipe(texts):
            pass
    gc.collect()
    assert rss_mib() - before < 20
