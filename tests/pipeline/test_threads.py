"""A Doc's vectors do not depend on what else is encoded, or by whom."""

import multiprocessing
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import spacy

from tests.pipeline.pipelines import NGRAMS, NO_SPANS, TEXTS, make, same_features
from tests.samples import NASTY, SENTENCES

MANY = [text for texts in SENTENCES.values() for text in texts[:2]] + NASTY


@pytest.fixture(scope="module", params=["full", "independent", "proposer"])
def nlp(request, piece_file):
    proposer = {"max_words": 3} if request.param == "proposer" else None
    attention = "full" if proposer else request.param
    pipeline = make(
        piece_file,
        attention=attention,
        proposer=proposer,
        span_getter=NO_SPANS if proposer else NGRAMS,
    )
    pipeline.get_pipe("mluke").cfg["retain"] = "all"
    return pipeline


def test_any_batch_gives_the_same(nlp):
    want = [nlp(text) for text in MANY]
    for batch_size in (1, 7, 1000):
        for one, other in zip(want, nlp.pipe(MANY, batch_size=batch_size)):
            same_features(one, other)
    backwards = list(nlp.pipe(MANY[::-1]))
    for one, other in zip(want, backwards[::-1]):
        same_features(one, other)


def test_eight_threads_give_the_same(nlp):
    want = [nlp(text) for text in MANY]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(2):
            for one, other in zip(want, pool.map(nlp, MANY)):
                same_features(one, other)


def test_prediction_beside_training(piece_file):
    nlp = make(piece_file, ner={}, dropout=0.5)
    want = nlp(TEXTS[0])._.mluke.vectors
    pipe = nlp.get_pipe("mluke")
    docs = [nlp.make_doc(text) for text in TEXTS]
    with ThreadPoolExecutor(4) as pool:
        steps = [pool.submit(pipe.model.begin_update, docs) for _ in range(10)]
        found = [nlp(TEXTS[0])._.mluke.vectors for _ in range(10)]
        for step in steps:
            step.result()
    for vectors in found:
        np.testing.assert_allclose(vectors, want, atol=1e-5)


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="needs fork")
def test_forked_processes(nlp):
    want = [nlp(text) for text in MANY]
    for one, other in zip(want, nlp.pipe(MANY, n_process=2, batch_size=8)):
        same_features(one, other)


SPAWN = """
import multiprocessing, sys
import numpy as np
import spacy

if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    nlp = spacy.load(sys.argv[1])
    texts = ["Angela Merkel visited Tokyo.", "", "Marie Curie discovered radium."]
    for one, other in zip(nlp.pipe(texts), nlp.pipe(texts, n_process=2, batch_size=1)):
        assert one._.mluke.spans.tolist() == other._.mluke.spans.tolist()
        np.testing.assert_allclose(one._.mluke.vectors, other._.mluke.vectors, atol=1e-5)
    print("equal")
"""


def test_spawned_processes(piece_file, tmp_path):
    nlp = make(piece_file)
    nlp.to_disk(tmp_path / "model")
    script = tmp_path / "spawn.py"
    script.write_text(SPAWN)
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path / "model")],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=Path(__file__).parents[2],
    )
    assert done.stdout.strip() == "equal", done.stderr


def test_training_does_not_change_what_is_loaded_twice(piece_file, tmp_path):
    make(piece_file, ner={}).to_disk(tmp_path)
    one, other = spacy.load(tmp_path), spacy.load(tmp_path)
    for param in one.get_pipe("mluke").encoder_shims[0].module.parameters():
        param.data += 1.0  # mapped privately: neither the file nor the other pipeline changes
    same_features(other(TEXTS[0]), spacy.load(tmp_path)(TEXTS[0]))
