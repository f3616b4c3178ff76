"""Round trips of pipelines, and of what Docs carry."""

import copy
import pickle

import numpy as np
import pytest
import spacy
from spacy.tokens import Doc, DocBin
from spacy.training import Example
from thinc.api import Config, Optimizer

from tests.pipeline.pipelines import TEXTS, difference, examples_of, make, same_features, train


@pytest.fixture(scope="module")
def nlp(piece_file):
    pipeline = make(piece_file, ner={}, proposer={"max_words": 3})
    pipeline.get_pipe("mluke").cfg["retain"] = "all"
    train(pipeline, 3)
    pipeline.get_pipe("mluke_ner").cfg["keep_vectors"] = "all"
    return pipeline


def by_disk(nlp, folder):
    nlp.to_disk(folder)
    return spacy.load(folder)


def by_bytes(nlp, folder):
    return spacy.blank("xx").from_config(nlp.config).from_bytes(nlp.to_bytes())


def by_pickle(nlp, folder):
    return pickle.loads(pickle.dumps(nlp))


def by_deepcopy(nlp, folder):
    return copy.deepcopy(nlp)


def by_disk_into_itself(nlp, folder):
    other = by_disk(nlp, folder)
    other.to_disk(folder)  # over the files that its weights are mapped from
    other(TEXTS[0])
    return other.from_disk(folder)


@pytest.mark.parametrize("travel", [by_disk, by_bytes, by_pickle, by_deepcopy, by_disk_into_itself])
def test_pipelines(nlp, tmp_path, travel):
    other = travel(nlp, tmp_path / "model")
    assert other.get_pipe("mluke").cfg == nlp.get_pipe("mluke").cfg
    assert other.get_pipe("mluke_ner").labels == nlp.get_pipe("mluke_ner").labels
    for one, two in zip(nlp.pipe(TEXTS), other.pipe(TEXTS)):
        same_features(one, two)
        assert [(e.text, e.label_) for e in one.ents] == [(e.text, e.label_) for e in two.ents]
    # The copy is one: it trains, and the original does not move.
    before = nlp(TEXTS[0])
    history = train(other, 4)
    assert history[-1]["mluke_ner"] < history[0]["mluke_ner"]
    assert difference(other(TEXTS[0])._.mluke.words, before._.mluke.words) > 1e-4
    same_features(nlp(TEXTS[0]), before)


def test_pickle_in_the_middle_of_an_update(piece_file):
    nlp = make(piece_file, ner={})
    examples = [Example(nlp.make_doc(t), nlp.make_doc(t)) for t in TEXTS]
    nlp.get_pipe("mluke").update(examples)
    same_features(pickle.loads(pickle.dumps(nlp))(TEXTS[0]), nlp(TEXTS[0]))


def test_weights_are_files_and_no_pickle(nlp, tmp_path):
    nlp.to_disk(tmp_path)
    files = {p.name: p.stat().st_size for p in (tmp_path / "mluke").rglob("*") if p.is_file()}
    assert files["model"] < 20_000 < files["model.safetensors"]
    assert {"config.json", "sentencepiece.bpe.model", "proposer.safetensors"} <= files.keys()
    for pattern in ("*.bin", "*.pt", "*.part", ".*"):
        assert not list((tmp_path / "mluke").rglob(pattern))


def test_excluded_model(nlp, tmp_path):
    nlp.get_pipe("mluke").to_disk(tmp_path, exclude=["model"])
    assert not (tmp_path / "encoder").exists() and not (tmp_path / "model").exists()
    other = spacy.blank("xx").from_config(nlp.config)
    other.get_pipe("mluke").from_disk(tmp_path, exclude=["model"])
    with pytest.raises(ValueError, match="M308.*nlp.initialize"):
        other(TEXTS[0])


def test_config_round_trip(nlp):
    text = nlp.config.to_str()
    other = spacy.blank("xx").from_config(Config().from_str(text))
    assert other.config["components"] == nlp.config["components"]
    assert (
        other.get_pipe("mluke").model.attrs["settings"]
        == (nlp.get_pipe("mluke").model.attrs["settings"])
    )


def test_settings_survive(piece_file, tmp_path):
    nlp = make(piece_file, attention="independent", window=32, stride=16, precision="bf16")
    nlp.get_pipe("mluke").cfg["max_batch_items"] = 77
    other = by_disk(nlp, tmp_path)
    assert other.get_pipe("mluke").model.attrs["max_batch_items"] == 77
    settings = other.get_pipe("mluke").model.attrs["settings"]
    assert settings.window == 32 and settings.precision == "bf16"
    same_features(nlp(TEXTS[0]), other(TEXTS[0]))


def test_averaged_weights_are_used_and_put_back(piece_file):
    nlp = make(piece_file, ner={})
    optimizer = Optimizer(0.01, use_averages=True)
    for _ in range(3):
        nlp.update(examples_of(nlp), sgd=optimizer, losses={})
    before = nlp(TEXTS[0])._.mluke.piece_ids, nlp.get_pipe("mluke").predict([nlp(TEXTS[0])]).words
    with nlp.use_params(optimizer.averages):
        averaged = nlp.get_pipe("mluke").predict([nlp(TEXTS[0])]).words
    after = nlp.get_pipe("mluke").predict([nlp(TEXTS[0])]).words
    assert difference(before[1], averaged) > 1e-4
    assert difference(before[1], after) == 0


# Docs


def via_bytes(doc):
    return Doc(doc.vocab).from_bytes(doc.to_bytes())


def via_doc_bin(doc):
    data = DocBin(docs=[doc], store_user_data=True).to_bytes()
    return next(DocBin().from_bytes(data).get_docs(doc.vocab))


def via_copy(doc):
    return doc.copy()


def via_pickle(doc):
    return pickle.loads(pickle.dumps(doc))


def via_from_docs(doc):
    return Doc.from_docs([doc])


def via_as_doc(doc):
    return doc[:].as_doc(copy_user_data=True)


@pytest.mark.parametrize(
    "travel", [via_bytes, via_doc_bin, via_copy, via_pickle, via_from_docs, via_as_doc]
)
@pytest.mark.parametrize("text", [TEXTS[0], TEXTS[5], "", " \n"])
def test_docs(nlp, travel, text):
    if text == "" and travel in (via_from_docs, via_as_doc):
        pytest.skip("spaCy gives None or fails for an empty Doc")
    doc = nlp(text)
    other = travel(doc)
    same_features(doc, other)
    for one, two in zip(doc.ents, other.ents):
        assert one._.mluke.score == two._.mluke.score is not None
        np.testing.assert_array_equal(one._.mluke.vector, two._.mluke.vector)
        np.testing.assert_array_equal(one._.mluke.start_vector, two._.mluke.start_vector)


def test_parts_of_docs(nlp):
    doc = nlp(TEXTS[0])
    part = doc[2:6].as_doc(copy_user_data=True)
    want = [s for s in doc._.mluke.spans.tolist() if s[0] >= 2 and s[1] <= 6]
    assert (part._.mluke.spans + 2).tolist() == want and want
    for start, end in part._.mluke.spans.tolist():
        vector = doc[start + 2 : end + 2]._.mluke.vector
        np.testing.assert_array_equal(part[start:end]._.mluke.vector, vector)
    assert set(part._.mluke.piece_tokens.tolist()) == set(range(4))


def test_joined_docs(nlp):
    docs = [nlp(text) for text in TEXTS[:3]]
    joined = Doc.from_docs(docs)
    spans = [s for d in docs for s in d._.mluke.spans.tolist()]
    assert len(joined._.mluke.spans) == len(spans)
    np.testing.assert_array_equal(
        joined._.mluke.vectors, np.concatenate([d._.mluke.vectors for d in docs])
    )
    np.testing.assert_array_equal(
        joined._.mluke.words, np.concatenate([d._.mluke.words for d in docs])
    )
    assert joined._.mluke.report["spans"] == sum(d._.mluke.report["spans"] for d in docs)


@pytest.mark.parametrize("n_process", [2])
def test_more_processes(nlp, n_process):
    want = list(nlp.pipe(TEXTS))
    got = list(nlp.pipe(TEXTS, n_process=n_process, batch_size=2))
    for one, two in zip(want, got):
        same_features(one, two)
        assert [e._.mluke.score for e in one.ents] == pytest.approx(
            [e._.mluke.score for e in two.ents], abs=1e-5
        )


def test_docs_without_the_component_can_be_read(nlp):
    other = via_bytes(nlp(TEXTS[0]))
    assert len(other._.mluke.spans) == len(nlp(TEXTS[0])._.mluke.spans)
