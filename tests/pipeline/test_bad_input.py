"""Bad input gets a numbered message, or is encoded without loss."""

import numpy as np
import pytest
import spacy
import torch
from thinc.api import fix_random_seed

from tests.pipeline.pipelines import NO_SPANS, TEXTS, encoder, examples_of, initialize, make
from tests.samples import NASTY


@pytest.fixture(scope="module")
def nlp(piece_file):
    return make(piece_file, ner={})


@pytest.mark.parametrize("text", NASTY)
def test_texts_that_break_things(nlp, text):
    doc = nlp(text)
    assert doc.text == text
    assert np.isfinite(doc._.mluke.vectors).all()
    before = nlp.get_pipe("mluke").predict([nlp.make_doc(text)])
    assert len(before.words) == len(before.pieces[0].ids)


def test_lone_surrogates_are_refused_by_spacy_or_encoded(nlp):
    try:
        doc = nlp.make_doc("a \ud800 b")
    except UnicodeEncodeError:
        return
    assert len(nlp(doc)) == len(doc)


@pytest.mark.parametrize("span", [(2, 2), (3, 1), (0, 99), (-1, 2)])
def test_span_getter_gives_nonsense(piece_file, span):
    nlp = make(piece_file)
    nlp.get_pipe("mluke").model.attrs["get_spans"] = lambda docs, pieces: [
        np.asarray([span], dtype="int32") for _ in docs
    ]
    with pytest.raises(ValueError, match=r"M307.*8 tokens 'Angela Merkel"):
        nlp(TEXTS[0])


@pytest.mark.parametrize(
    "model, code",
    [
        ({"attention": "half"}, "M306.*attention.*half.*full, independent"),
        ({"precision": "fp16"}, "M306.*precision"),
        ({"piece_mode": "bert"}, "M306.*piece_mode"),
        ({"slot_entities": "all"}, "M306.*slot_entities"),
        ({"window": 16, "stride": 0}, "M302"),
        ({"window": 16, "stride": 17}, "M302"),
        ({"context": "page"}, "M303.*page"),
        ({"proposer": {"max_words": 0}}, "M305"),
        ({"proposer": {"threshold": 1.0}}, "M305"),
        ({"proposer": {"max_per_piece": 0.0}}, "M305"),
        ({"proposer": {"max_wrods": 3}}, "M323.*max_wrods"),
    ],
)
def test_impossible_settings(model, code):
    nlp = spacy.blank("xx")
    with pytest.raises(ValueError, match=code):
        nlp.add_pipe("mluke", config=encoder(**model))


@pytest.mark.parametrize(
    "settings, code",
    [
        ({"retain": "some"}, "M403.*some.*none, entities, all"),
        ({"max_batch_items": 0}, "M404"),
    ],
)
def test_impossible_settings_of_the_component(settings, code):
    with pytest.raises(ValueError, match=code):
        spacy.blank("xx").add_pipe("mluke", config=settings)


@pytest.mark.parametrize(
    "settings, code",
    [
        ({"output": "both"}, "M406.*both"),
        ({"threshold": 1.5}, "M407.*1.5"),
        ({"keep_vectors": "none"}, "M411.*none"),
    ],
)
def test_impossible_settings_of_ner(settings, code):
    with pytest.raises(ValueError, match=code):
        spacy.blank("xx").add_pipe("mluke_ner", config=settings)


@pytest.mark.parametrize("features", [[], ["middle"], ["start", "entities"]])
def test_unknown_features(features):
    tok2vec = {"@architectures": "spacy-mluke.SpanListener.v1", "features": features}
    model = {
        "@architectures": "spacy-mluke.SpanClassifier.v1",
        "tok2vec": {**tok2vec, "grad_factor": 1.0, "upstream": "*"},
        "scorer": {"@layers": "Linear.v1"},
    }
    with pytest.raises(ValueError, match="M313"):
        spacy.blank("xx").add_pipe("mluke_ner", config={"model": model})


def test_impossible_sizes(piece_file):
    nlp = spacy.blank("xx")
    nlp.add_pipe("mluke", config=encoder(hidden_size=30, num_attention_heads=4))
    with pytest.raises(ValueError, match="M202.*30.*4"):
        initialize(nlp, piece_file, examples_of(nlp))


def test_not_initialised():
    nlp = spacy.blank("xx")
    nlp.add_pipe("mluke", config=encoder())
    with pytest.raises(ValueError, match="M308.*nlp.initialize"):
        nlp(TEXTS[0])


def test_unknown_checkpoint(tmp_path):
    nlp = spacy.blank("xx")
    nlp.add_pipe("mluke", config=encoder(name=str(tmp_path / "nowhere" / "deep" / "x")))
    with pytest.raises(ValueError, match=r"M2\d\d.*nowhere"):
        nlp.initialize()
    (tmp_path / "empty").mkdir()
    nlp = spacy.blank("xx")
    nlp.add_pipe("mluke", config=encoder(name=str(tmp_path / "empty")))
    with pytest.raises(ValueError, match=r"M2\d\d.*empty"):
        nlp.initialize()


def test_piece_model_that_is_not_there_or_not_one(tmp_path):
    for content, code in ((None, "M319.*pieces"), (b"nonsense", "M102")):
        path = tmp_path / "pieces"
        if content is not None:
            path.write_bytes(content)
        nlp = spacy.blank("xx")
        nlp.add_pipe("mluke", config=encoder())
        nlp.config["initialize"]["components"]["mluke"] = {"piece_model": str(path)}
        with pytest.raises(ValueError, match=code):
            nlp.initialize()


def test_checkpoint_and_pieces(piece_file, tmp_path):
    nlp = make(piece_file)
    nlp.to_disk(tmp_path)
    folder = tmp_path / "mluke" / "encoder"
    other = spacy.blank("xx")
    other.add_pipe("mluke", config=encoder(name=str(folder)))
    with pytest.raises(ValueError, match="M318"):
        initialize(other, piece_file, examples_of(other))
    (folder / "sentencepiece.bpe.model").unlink()
    third = spacy.blank("xx")
    third.add_pipe("mluke", config=encoder(name=str(folder)))
    with pytest.raises(ValueError, match="M316.*encoder"):
        third.initialize()


def test_window_longer_than_the_checkpoint_allows(piece_file, tmp_path):
    make(piece_file, window=64, stride=32).to_disk(tmp_path)
    nlp = spacy.blank("xx")
    folder = str(tmp_path / "mluke" / "encoder")
    nlp.add_pipe("mluke", config=encoder(name=folder, window=65))
    with pytest.raises(ValueError, match="M320.*65.*64"):
        nlp.initialize()
    for sizes in ({"window": 0}, {"window": 8, "stride": 9}, {"stride": 0}):
        with pytest.raises(ValueError, match="M302"):
            make(piece_file, **sizes)


def test_truncated_weights(piece_file, tmp_path):
    nlp = make(piece_file, proposer={"max_words": 3}, span_getter=NO_SPANS)
    nlp.to_disk(tmp_path)
    proposer = tmp_path / "mluke" / "encoder" / "proposer.safetensors"
    whole = proposer.read_bytes()
    proposer.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"M\d\d\d.*proposer"):
        spacy.load(tmp_path)
    proposer.unlink()
    with pytest.raises(ValueError, match="M317.*proposer.safetensors"):
        spacy.load(tmp_path)
    proposer.write_bytes(whole)
    weights = tmp_path / "mluke" / "encoder" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:5000])
    with pytest.raises(ValueError, match=r"M2\d\d.*model.safetensors"):
        spacy.load(tmp_path)


def test_encoder_folder_that_is_gone(piece_file, tmp_path):
    make(piece_file).to_disk(tmp_path)
    (tmp_path / "mluke" / "encoder").rename(tmp_path / "elsewhere")
    with pytest.raises(ValueError, match="M308|M22"):
        spacy.load(tmp_path)(TEXTS[0])


def test_sentences_without_boundaries(piece_file):
    nlp = make(piece_file)
    fix_random_seed(0)
    other = spacy.blank("xx")
    other.add_pipe("mluke", config=encoder(context="sentence"))
    initialize(other, piece_file, examples_of(nlp))
    with pytest.raises(ValueError, match="M304.*Angela.*sentencizer"):
        other(TEXTS[0])
    assert not len(other("")._.mluke.spans)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_no_gpu(nlp):
    with pytest.raises(ValueError, match="M310.*CUDA.*gpu_id -1"):
        nlp.get_pipe("mluke").encoder_shims[0].to_device("gpu", 0)


def test_errors_in_one_doc_can_be_handled(piece_file):
    """With an error handler of its own, `nlp.pipe` goes on with the other Docs."""
    nlp = make(piece_file, context="sentence")
    seen = []
    nlp.set_error_handler(lambda name, pipe, docs, error: seen.extend(docs))
    good = nlp.make_doc(TEXTS[1])
    for token in good:
        token.is_sent_start = token.i == 0
    docs = [nlp.make_doc(TEXTS[0]), good]
    results = list(nlp.pipe(docs, batch_size=1))
    assert [d.text for d in results] == [TEXTS[1]] and [d.text for d in seen] == [TEXTS[0]]


def test_empty_initialisation_texts():
    nlp = spacy.blank("xx")
    nlp.add_pipe("mluke", config=encoder())
    with pytest.raises(ValueError, match="M110"):
        nlp.initialize(lambda: examples_of(nlp, [("", [])]))
