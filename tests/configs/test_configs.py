"""The configurations work with every command of spaCy that takes one."""

import json
import re
from pathlib import Path

import pytest
import spacy
from markup import read_folder, split, write_jsonl
from spacy.cli import app
from spacy.cli.debug_config import debug_config
from spacy.cli.evaluate import evaluate
from spacy.cli.init_config import fill_config
from spacy.cli.package import package
from spacy.cli.train import train
from spacy.tokens import DocBin
from thinc.api import Config
from typer.testing import CliRunner

from spacy_mluke.report import Report
from spacy_mluke.training.relation_format import read_jsonl
from spacy_mluke.training.words import blank_pipeline

ROOT = Path(__file__).parents[2]
NAMES = ["ner", "relations", "joint"]
TEXT = "Marie Curie was born in Warsaw. 夏目漱石は東京で生まれた。"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """A folder with train.jsonl and dev.jsonl of a few sentences in several scripts."""
    folder = tmp_path_factory.mktemp("corpus")
    records = read_folder(ROOT / "project" / "demo_data")
    records = {lang: records[lang][:12] for lang in ("en", "ja", "ru")}
    train_records, dev_records = split(records, 3)
    write_jsonl(folder / "train.jsonl", train_records)
    write_jsonl(folder / "dev.jsonl", dev_records)
    return folder


@pytest.fixture(scope="module")
def overrides(corpus):
    """What makes the pipelines tiny."""
    return {
        "paths.train": str(corpus / "train.jsonl"),
        "paths.dev": str(corpus / "dev.jsonl"),
        "training.max_steps": 3,
        "training.eval_frequency": 2,
        "training.optimizer.learn_rate.warmup_steps": 1,
        "training.batcher.size": 100,
        "components.mluke.model.hidden_size": 32,
        "components.mluke.model.intermediate_size": 32,
        "components.mluke.model.num_hidden_layers": 1,
        "initialize.components.mluke.vocab_size": 300,
    }


@pytest.fixture(scope="module")
def trained(tmp_path_factory, overrides):
    """Name of the configuration -> folder of the pipeline that `spacy train` made with it."""
    folder = tmp_path_factory.mktemp("trained")
    for name in NAMES:
        train(path_of(name), folder / name, overrides=overrides)
    return {name: folder / name / "model-last" for name in NAMES}


def path_of(name):
    return ROOT / "configs" / f"{name}.cfg"


@pytest.mark.parametrize("name", NAMES)
def test_fill_config_changes_nothing(name, tmp_path):
    given = Config().from_disk(path_of(name), interpolate=False)
    _, filled = fill_config(tmp_path / "filled.cfg", path_of(name), silent=True)
    assert dict(filled) == dict(given)


@pytest.mark.parametrize("name", NAMES)
def test_debug_config_finds_no_fault(name, overrides):
    debug_config(path_of(name), overrides=overrides)


@pytest.mark.parametrize("name", NAMES)
def test_trained_pipeline_runs_and_is_evaluated(name, trained, corpus, tmp_path):
    nlp = spacy.load(trained[name])
    doc = nlp(TEXT)
    assert doc.text == TEXT
    assert doc.char_span(TEXT.index("東京"), TEXT.index("東京") + 2) is not None
    docs = read_jsonl(corpus / "dev.jsonl", blank_pipeline(), Report())
    DocBin(docs=docs, store_user_data=True).to_disk(tmp_path / "dev.spacy")
    scores = evaluate(trained[name], tmp_path / "dev.spacy", silent=True)
    assert "token_acc" in scores
    expected = {"ner": {"ents_f"}, "relations": {"rel_micro_f"}, "joint": {"ents_f", "rel_micro_f"}}
    assert expected[name] <= set(scores)


@pytest.mark.parametrize("name", NAMES)
def test_labels_are_learned(name, trained):
    nlp = spacy.load(trained[name])
    if nlp.has_pipe("mluke_ner"):
        assert nlp.get_pipe("mluke_ner").labels == ("LOC", "ORG", "PER")
    if nlp.has_pipe("mluke_relations"):
        assert "born_in" in nlp.get_pipe("mluke_relations").labels


def test_assembles_from_trained_components(trained, tmp_path):
    """A pipeline put together of trained components gives what the trained one gives."""
    config = Config().from_disk(trained["joint"] / "config.cfg", interpolate=False)
    for name in config["nlp"]["pipeline"]:
        config["components"][name] = {"source": str(trained["joint"])}
    config["initialize"]["components"] = {}
    config.to_disk(tmp_path / "assemble.cfg")
    run = CliRunner().invoke(
        app, ["assemble", str(tmp_path / "assemble.cfg"), str(tmp_path / "out")]
    )
    assert run.exit_code == 0, run.output
    one, other = spacy.load(trained["joint"])(TEXT), spacy.load(tmp_path / "out")(TEXT)
    assert [(e.text, e.label_) for e in one.ents] == [(e.text, e.label_) for e in other.ents]
    assert one._.mluke.vectors == pytest.approx(other._.mluke.vectors, abs=1e-5)


def test_package_names_what_it_needs(trained, tmp_path):
    package(trained["joint"], tmp_path, name="joint", version="1.2.3", create_sdist=False)
    meta = json.loads((tmp_path / "xx_joint-1.2.3" / "meta.json").read_text(encoding="utf8"))
    assert any(re.match(r"spacy[-_]mluke", need) for need in meta["requirements"])
    nlp = spacy.load(tmp_path / "xx_joint-1.2.3" / "xx_joint" / "xx_joint-1.2.3")
    assert nlp.pipe_names == ["mluke", "mluke_ner", "mluke_relations"]


def test_speed_is_measured(trained, corpus, tmp_path):
    docs = list(read_jsonl(corpus / "dev.jsonl", blank_pipeline(), Report()))
    DocBin(docs=docs, store_user_data=True).to_disk(tmp_path / "dev.spacy")
    options = ["--batch-size", "2", "--batches", "30", "--warmup", "1"]
    run = CliRunner().invoke(
        app, ["benchmark", "speed", str(trained["ner"]), str(tmp_path / "dev.spacy"), *options]
    )
    assert run.exit_code == 0, run.output
    assert "CI" in run.output
