import json
import logging
import warnings

import pytest
import spacy
from spacy import registry
from spacy.cli.init_config import fill_config
from spacy.cli.train import train
from spacy.tokens import Span
from spacy.training import Corpus
from spacy.training.loop import create_train_batches
from spacy.util import resolve_dot_names
from thinc.api import Config

from spacy_mluke.language import get_language, set_language
from spacy_mluke.relations import get_relations
from spacy_mluke.training.doc_bin import write_docs
from spacy_mluke.training.mixed_corpus import make_mixed_corpus

NAMES = ["Ana", "Bea", "Cem", "Dov", "Eva", "Fay", "Gil", "Hal", "Ina", "Jon", "Kai", "Lea"]


@pytest.fixture
def nlp():
    return spacy.blank("xx")


def write(path, n, lang=None, label="PER"):
    """n lines, each with one entity and a text of its own."""
    lines = []
    for i in range(n):
        name = NAMES[i % len(NAMES)]
        line = {"text": f"{name} {lang} {i}", "ents": [[0, len(name), label]]}
        lines.append(json.dumps(line if lang is None else {**line, "lang": lang}))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf8")
    return path


@pytest.fixture
def files(tmp_path):
    return {
        "sv": write(tmp_path / "in" / "sv.jsonl", 40, "sv", "PERSON"),
        "ja": write(tmp_path / "in" / "more" / "ja.jsonl", 10, "ja", "人名"),
        "de": write(tmp_path / "de.jsonl", 4),
    }


def blocks(files, **settings):
    return {name: {"path": path, "lang": name, **settings} for name, path in files.items()}


def languages(examples):
    examples = list(examples)
    tags = [get_language(eg.reference) for eg in examples]
    assert tags == [get_language(eg.predicted) for eg in examples]
    return {tag: tags.count(tag) for tag in sorted(set(tags))}


def test_registered():
    assert registry.readers.get("spacy-mluke.MixedCorpus.v1") is make_mixed_corpus


def test_each_text_once(nlp, files):
    corpus = make_mixed_corpus(corpora=blocks(files))
    examples = list(corpus(nlp))
    assert languages(examples) == {"de": 4, "ja": 10, "sv": 40}
    assert len({eg.reference.text for eg in examples}) == 54
    texts = [[eg.reference.text for eg in make_mixed_corpus(corpora=blocks(files))(nlp)]]
    texts.append([eg.reference.text for eg in examples])
    texts.append([eg.reference.text for eg in corpus(nlp)])
    assert texts[0] == texts[1] != texts[2] and sorted(texts[1]) == sorted(texts[2])


def test_small_corpora_are_repeated_and_said_to_be(nlp, files, caplog):
    corpus = make_mixed_corpus(corpora=blocks(files), alpha=0.0)
    with caplog.at_level(logging.INFO, logger="spacy"):
        examples = list(corpus(nlp))
    assert languages(examples) == {"de": 40, "ja": 40, "sv": 40}
    assert len({eg.reference.text for eg in examples}) == 54
    assert corpus.mixture["ja"] == {"examples": 10, "in_epoch": 40, "times": 4, "left_out": 0}
    rows = [line.split() for line in caplog.text.splitlines()]
    assert ["de", "4", "40", "10.00", "0"] in rows and ["54", "120"] in rows


def test_path_is_mixed_by_language(nlp, files, tmp_path):
    write(tmp_path / "in" / "sv2.jsonl", 20, "sv")
    corpus = make_mixed_corpus(path=tmp_path / "in", alpha=0.0, limit=30)
    assert languages(corpus(nlp)) == {"ja": 30, "sv": 30}
    assert corpus.mixture["sv"]["examples"] == 30


def test_limit(nlp, files):
    corpora = blocks(files, limit=8)
    corpora["ja"]["limit"] = 3
    corpora["sv"].pop("limit")
    examples = make_mixed_corpus(corpora=corpora, limit=5)(nlp)
    assert languages(examples) == {"de": 4, "ja": 3, "sv": 5}


def test_epoch_size_warns_of_what_is_left_out(nlp, files):
    corpus = make_mixed_corpus(corpora=blocks(files), epoch_size=27)
    with pytest.warns(UserWarning, match="W550.*epoch of 27") as caught:
        one = list(corpus(nlp))
    assert "max_epochs is -1" in str(caught[0].message)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        other = list(corpus(nlp))
    assert len(one) == len(other) == 27
    assert len({eg.reference.text for eg in [*one, *other]}) == 54


def test_labels(nlp, files):
    settings = {"labels": {"PER": ["PERSON"]}, "corpora": blocks(files)}
    settings["corpora"]["ja"]["labels"] = {"PER": ["人名"]}
    corpus = make_mixed_corpus(**settings)
    assert {eg.reference.ents[0].label_ for eg in corpus(nlp)} == {"PER"}
    assert corpus.report.changed["entity with the label PERSON (now PER)"] == 40
    assert corpus.report.changed["entity with the label 人名 (now PER)"] == 10


def test_gold_entities_get_the_same_labels(nlp, files):
    corpus = make_mixed_corpus(
        corpora={"sv": {"path": files["sv"]}}, labels={"PER": ["PERSON"]}, gold_ents=True
    )
    assert {eg.predicted.ents[0].label_ for eg in corpus(nlp)} == {"PER"}
    assert corpus.report.changed["entity with the label PERSON (now PER)"] == 40


def test_unknown_labels(nlp, files):
    settings = {"labels": {"PER": []}, "corpora": blocks(files)}
    with pytest.raises(ValueError, match="M551") as error:
        list(make_mixed_corpus(**settings)(nlp))
    assert "\n- PERSON: 40 in sv (first: #1 'Ana sv 0', #2 'Bea sv 1'" in str(error.value)
    assert "\n- 人名: 10 in ja (first: #1 'Ana ja 0'" in str(error.value)
    dropping = make_mixed_corpus(**settings, drop_labels=["PERSON"], other_labels="drop")
    assert sum(len(eg.reference.ents) for eg in dropping(nlp)) == 4
    assert sum(dropping.report.lost.values()) == 50


def test_other_readers_and_tagged_docs(nlp, tmp_path):
    docs = [nlp("Ana lacht"), nlp("Bea skrattar")]
    for doc in docs:
        doc.set_ents([Span(doc, 0, 1, "PS")])
    write_docs(tmp_path / "de.spacy", docs[:1])
    set_language(docs[1], "sv")
    write_docs(tmp_path / "sv.spacy", docs[1:])
    corpora = {
        "stock": {"reader": Corpus(tmp_path / "de.spacy"), "lang": "de"},
        "house": {"path": str(tmp_path / "sv.spacy")},
    }
    examples = list(make_mixed_corpus(corpora=corpora, labels={"PER": ["PS"]})(nlp))
    assert languages(examples) == {"de": 1, "sv": 1}
    assert {eg.reference.ents[0].label_ for eg in examples} == {"PER"}


def test_relations_are_kept(nlp, tmp_path):
    line = {"text": "Ana traf Bea", "ents": [[0, 3, "P"], [9, 12, "P"]], "relations": [[0, 1, "m"]]}
    (tmp_path / "a.jsonl").write_text(json.dumps({**line, "lang": "de"}))
    corpus = make_mixed_corpus(path=tmp_path / "a.jsonl", labels={"PER": ["P"]})
    [example] = corpus(nlp)
    [relation] = get_relations(example.reference)
    assert (relation.head.label_, relation.label, relation.tail.text) == ("PER", "m", "Bea")


def test_language_of_a_monolingual_pipeline(files):
    assert languages(make_mixed_corpus(path=files["de"])(spacy.blank("de"))) == {"de": 4}
    corpora = {"sv": {"path": files["de"], "lang": "sv"}}
    assert languages(make_mixed_corpus(corpora=corpora)(spacy.blank("de"))) == {"sv": 4}


@pytest.mark.parametrize(
    "change,code",
    [
        ({"de": {"lang": None}}, "M557.*'de'.*Ana None 0"),
        ({"sv": {"lang": "fi"}}, "M558.*'sv'.*'fi'.*Ana sv 0.*'sv'"),
        ({"de": {"path": "nowhere.jsonl"}}, "M523.*nowhere"),
        ({"de": {"path": None}}, "M556.*'de'.*neither"),
        ({"de": {"path": "x.spacy", "weight": 0}}, "M560.*'de'.*weight 0"),
        ({"de": {"reader": Corpus("x.spacy")}}, "M556.*path and reader"),
        ({"de": {"langs": "de"}}, "M555.*'de'.*langs.*path, reader, lang, labels, limit"),
    ],
)
def test_wrong_corpora(nlp, files, change, code):
    corpora = blocks(files)
    for name, settings in change.items():
        corpora[name].update(settings)
    with pytest.raises(ValueError, match=code):
        list(make_mixed_corpus(corpora=corpora)(nlp))


def test_empty_corpus(nlp, files, tmp_path):
    (tmp_path / "empty.jsonl").write_text("\n")
    corpora = {**blocks(files), "fi": {"path": tmp_path / "empty.jsonl", "lang": "fi"}}
    with pytest.raises(ValueError, match="M550"):
        list(make_mixed_corpus(corpora=corpora)(nlp))
    corpora["fi"] = {"reader": lambda nlp: [], "lang": "fi"}
    with pytest.raises(ValueError, match="M550.*'fi'"):
        list(make_mixed_corpus(corpora=corpora)(nlp))


@pytest.mark.parametrize(
    "settings,code",
    [
        ({}, "M554.*neither"),
        ({"path": "a", "corpora": {"b": {"path": "b"}}}, "M554.*both"),
        ({"path": "a", "alpha": 1.5}, "M559.*1.5"),
        ({"path": "a", "epoch_size": -1}, "M559"),
        ({"path": "a", "limit": -1}, "M559"),
        ({"path": "a", "seed": -1}, "M559"),
        ({"path": "a", "labels": {"A": ["X"]}, "other_labels": "?"}, "M553"),
    ],
)
def test_impossible_settings(settings, code):
    with pytest.raises(ValueError, match=code):
        make_mixed_corpus(**settings)


CONFIG = """
[corpora.train]
@readers = "spacy-mluke.MixedCorpus.v1"
alpha = 0.0
seed = 1
drop_labels = ["DATE"]

[corpora.train.labels]
PER = ["PERSON", "人名"]

[corpora.train.corpora]

[corpora.train.corpora.sv]
path = "{sv}"

[corpora.train.corpora.ja]
path = "{ja}"
lang = "ja"
limit = 5

[corpora.train.corpora.de]
lang = "de"

[corpora.train.corpora.de.labels]
PER = []

[corpora.train.corpora.de.reader]
@readers = "spacy-mluke.RelationCorpus.v1"
path = "{de}"
gold_ents = false
"""


def corpus_of(files):
    config = Config().from_str("[corpora]\n" + CONFIG.format(**files))
    return resolve_dot_names(config, ["corpora.train"])[0]


def test_config(nlp, files):
    examples = list(corpus_of(files)(nlp))
    assert languages(examples) == {"de": 40, "ja": 40, "sv": 40}
    assert {eg.reference.ents[0].label_ for eg in examples} == {"PER"}
    assert len({eg.reference.text for eg in examples}) == 49


def in_one(examples):
    yield list(examples)


@pytest.mark.parametrize("max_epochs", [0, 2, -1])
def test_epochs_of_spacy(nlp, files, max_epochs):
    batches = create_train_batches(nlp, corpus_of(files), in_one, max_epochs)
    for number, (epoch, batch) in zip(range(2), batches):
        assert epoch == number and languages(batch) == {"de": 40, "ja": 40, "sv": 40}


@pytest.mark.parametrize("max_epochs", [1, -1])
def test_spacy_train(files, tmp_path, max_epochs):
    """A component of spaCy's own, so that this tests the reader and nothing else."""
    text = CONFIG.format(**files) + (
        CONFIG.replace("corpora.train", "corpora.dev").replace("alpha = 0.0", "alpha = 1.0")
    ).format(**files)
    head = """
    [nlp]
    lang = "xx"
    pipeline = ["ner"]
    [components]
    [components.ner]
    factory = "ner"
    [training]
    dev_corpus = "corpora.dev"
    train_corpus = "corpora.train"
    max_steps = 2
    eval_frequency = 2
    [corpora]
    """
    lines = "\n".join(line.strip() for line in head.splitlines())
    (tmp_path / "config.cfg").write_text(lines + text, encoding="utf8")
    fill_config(tmp_path / "full.cfg", tmp_path / "config.cfg", silent=True)
    overrides = {"training.max_epochs": max_epochs}
    train(tmp_path / "full.cfg", tmp_path / "out", overrides=overrides)
    nlp = spacy.load(tmp_path / "out" / "model-last")
    assert nlp.get_pipe("ner").labels == ("PER",)
