"""Smaller pipelines load as any other, stand on their own feet, and say nearly the same."""

import json
import shutil

import numpy as np
import pytest
import spacy
from spacy.tokens import DocBin

from spacy_mluke.modeling import load_checkpoint, save_checkpoint
from spacy_mluke.report import Report
from spacy_mluke.shipping.folders import folder_size, pipeline_folder
from spacy_mluke.shipping.measure import compare, summary
from spacy_mluke.shipping.optimize import Reduction, optimize
from tests.modeling.folders import fitting_encoder
from tests.pipeline.pipelines import GOLD, SIZES, TEXTS, examples_of, make, train

ENTITIES = {"en:Tokyo": 4, "de:Tokio": 4, "fi:Berliini": 5, "de:Berlin": 5, "fi:Vaasa": 6}


@pytest.fixture(scope="module")
def trained(piece_file, tmp_path_factory):
    nlp = make(piece_file, ner={})
    train(nlp, 60)
    folder = tmp_path_factory.mktemp("trained") / "pipeline"
    nlp.to_disk(folder)
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "dev.spacy"
    docs = [eg.reference for eg in examples_of(spacy.blank("xx"))]
    DocBin(docs=docs, store_user_data=True).to_disk(path)
    return path


def entities(nlp):
    return [[(e.text, e.label_) for e in doc.ents] for doc in nlp.pipe(TEXTS)]


@pytest.mark.parametrize("precision, most", [("bf16", 0.6), ("int8", 0.6)])
def test_smaller_weights(precision, most, trained, data, tmp_path):
    optimize(trained, tmp_path / "small", Reduction(precision), Report())
    nlp = spacy.load(tmp_path / "small")
    assert nlp.config["components"]["mluke"]["model"]["precision"] == precision
    assert nlp.pipe_names == spacy.load(trained).pipe_names
    weights = "mluke/encoder/model.safetensors"
    sizes = [(folder / weights).stat().st_size for folder in (tmp_path / "small", trained)]
    assert sizes[0] < most * sizes[1]
    assert folder_size(tmp_path / "small") < folder_size(trained)
    assert entities(nlp) == [[(t[s:e], label) for s, e, label in ents] for t, ents in GOLD]
    results = compare({"a": trained, "b": tmp_path / "small"}, data)
    for result in results.values():
        assert result["scores"]["ents_f"] == 1.0 and result["words_per_second"] > 0
    rows = {row[0]: row[1:] for row in summary(results)}
    assert rows["ents_f"] == ("1.0000", "1.0000") and len(rows["words per second"]) == 2


def test_result_needs_nothing_of_the_original(trained, tmp_path):
    shutil.copytree(trained, tmp_path / "copy")
    optimize(tmp_path / "copy", tmp_path / "small", Reduction("int8"), Report())
    before = entities(spacy.load(tmp_path / "small"))
    shutil.rmtree(tmp_path / "copy")
    shutil.move(tmp_path / "small", tmp_path / "elsewhere")
    nlp = spacy.load(tmp_path / "elsewhere")
    assert entities(nlp) == before
    assert entities(spacy.load(tmp_path / "elsewhere")) == entities(nlp)
    assert [p.name for p in tmp_path.iterdir()] == ["elsewhere"]


@pytest.fixture
def with_table(tmp_path, piece_model):
    """A pipeline whose slots hold the entities that the Doc names."""
    encoder = fitting_encoder(piece_model, entity_vocab_size=7, max_position_embeddings=514)
    special = {"[MASK]": 0, "[UNK]": 1, "[PAD]": 2, "[MASK2]": 3}
    save_checkpoint(
        tmp_path / "checkpoint",
        encoder,
        encoder.config,
        piece_model=piece_model,
        special_entities=special,
        entities=ENTITIES,
    )
    nlp = spacy.blank("xx")
    getter = {"@misc": "spacy-mluke.doc_ents.v1"}
    model = {**SIZES, "span_getter": getter, "slot_entities": "kb_id"}
    model["name"] = str(tmp_path / "checkpoint")
    nlp.add_pipe("mluke", config={"model": model})
    nlp.initialize()
    nlp.to_disk(tmp_path / "pipeline")
    return tmp_path / "pipeline"


def vector(nlp, entity):
    doc = nlp.make_doc("Angela Merkel visited Tokyo in May 2007.")
    span = doc.char_span(22, 27, "LOC", kb_id=entity)
    doc.set_ents([span])
    return nlp.get_pipe("mluke")(doc)._.mluke.vectors[0]


def table(folder):
    checkpoint = load_checkpoint(folder / "mluke" / "encoder")
    return checkpoint.config.entity_vocab_size, checkpoint.read_entities()


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_pruned_table(precision, with_table, tmp_path):
    report = Report()
    reduction = Reduction(precision, "pruned", ["de"])
    optimize(with_table, tmp_path / "small", reduction, report)
    assert report.kept == {"entities": 2}
    rows, names = table(tmp_path / "small")
    assert rows == 6 and names["de:Tokio"] == 4 and names["de:Berlin"] == 5
    assert "en:Tokyo" not in names and "fi:Vaasa" not in names
    nlp, whole = spacy.load(tmp_path / "small"), spacy.load(with_table)
    tolerance = 1e-6 if precision == "fp32" else 0.2
    assert np.abs(vector(nlp, "de:Berlin") - vector(whole, "de:Berlin")).max() <= tolerance
    assert np.abs(vector(whole, "de:Berlin") - vector(whole, "de:Tokio")).max() > 0.2
    optimize(with_table, tmp_path / "one", Reduction("fp32", "pruned", None, 1), Report())
    assert table(tmp_path / "one")[0] == 5
    assert table(with_table)[0] == 7, "the original is as it was"


def test_lite_table(with_table, tmp_path):
    optimize(with_table, tmp_path / "small", Reduction("fp32", "lite"), Report())
    assert table(tmp_path / "small")[0] == 4
    nlp, whole = spacy.load(tmp_path / "small"), spacy.load(with_table)
    assert np.abs(vector(nlp, "de:Berlin") - vector(whole, "")).max() <= 1e-6


def test_what_cannot_be_done(trained, tmp_path):
    for arguments, message in (
        (("fp16",), "M655.*precision"),
        (("bf16", "tiny"), "M655.*table"),
        (("bf16", "full", ["de"]), "M656"),
        ((), "M657"),
    ):
        with pytest.raises(ValueError, match=message):
            Reduction(*arguments)
    with pytest.raises(ValueError, match="M653"):
        optimize(trained, tmp_path / "small", Reduction("fp32", "pruned", None, 3), Report())
    with pytest.raises(ValueError, match="M654"):
        optimize(trained, trained, Reduction("int8"), Report())
    spacy.blank("en").to_disk(tmp_path / "blank")
    with pytest.raises(ValueError, match="M651.*blank"):
        optimize(tmp_path / "blank", tmp_path / "small", Reduction("int8"), Report())
    with pytest.raises(ValueError, match="M650"):
        pipeline_folder(str(tmp_path))
    (tmp_path / "empty.jsonl").write_text("")
    with pytest.raises(ValueError, match="M550"):
        compare({"a": trained}, tmp_path / "empty.jsonl")
    assert json.loads((trained / "meta.json").read_text())
