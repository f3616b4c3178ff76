import json
import pickle

import pytest
import spacy
from spacy.cli.evaluate import evaluate
from spacy.cli.init_config import fill_config
from spacy.cli.train import train
from spacy.tokens import Doc
from spacy.training import Example
from spacy.training.loop import create_evaluation_callback

from spacy_mluke.language import set_language
from spacy_mluke.training.doc_bin import write_docs
from spacy_mluke.training.language_scores import make_language_scorer, mean_score
from spacy_mluke.training.readers import RelationCorpus

LANGS = ["de", "de", "sw"]


@pytest.fixture
def examples():
    vocab = spacy.blank("xx").vocab
    examples = []
    for lang, right in zip(LANGS, (True, False, False), strict=True):
        docs = [Doc(vocab, words=["a"]) for _ in range(2)]
        docs[0].cats, docs[1].cats = {"X": 1.0, "Y": 0.0}, {"X": float(right), "Y": 1.0 - right}
        set_language(docs[0], lang)
        examples.append(Example(docs[1], docs[0]))
    return examples


def share_right(examples, **kwargs):
    """A scorer that says how many there are, too."""
    right = [eg.predicted.cats["X"] == eg.reference.cats["X"] for eg in examples]
    return {"cats_acc": sum(right) / len(right), "cats_n": len(right), "kwargs": kwargs}


def test_scores_of_another_scorer(examples):
    scorer = make_language_scorer(share_right, ["cats_acc", "cats_n"])
    scores = scorer(examples, threshold=1)
    assert scores == {
        "cats_acc": pytest.approx(1 / 3),
        "cats_n": 3,
        "kwargs": {"threshold": 1},
        "cats_acc_de": 0.5,
        "cats_acc_sw": 0.0,
        "cats_acc_macro": 0.25,
        "cats_n_de": 2,
        "cats_n_sw": 1,
        "cats_n_macro": 1.5,
    }


def test_languages_asked_for_have_a_name_in_any_data(examples):
    scorer = make_language_scorer(share_right, ["cats_acc"], langs=["sw", "te"])
    scores = scorer(examples)
    assert scores["cats_acc_te"] is None and "cats_acc_de" not in scores
    assert scores["cats_acc_macro"] == 0.0
    scorer = make_language_scorer(share_right, ["cats_acc"], ["te"])
    assert scorer(examples)["cats_acc_macro"] is None


def test_mean_of_none():
    assert mean_score([None, 0.5, 1.0]) == 0.75
    assert mean_score([None]) is None and mean_score([]) is None


def test_stock_scorer_in_a_config_survives_saving(examples, tmp_path):
    nlp = spacy.blank("xx")
    scorer = {
        "@scorers": "spacy-mluke.by_language.v1",
        "scores": ["cats_score"],
        "langs": ["de", "sw"],
        "scorer": {"@scorers": "spacy.textcat_scorer.v2"},
    }
    nlp.add_pipe("textcat", config={"scorer": scorer})
    nlp.initialize(lambda: examples)
    nlp.to_disk(tmp_path / "nlp")
    pipe = spacy.load(tmp_path / "nlp").get_pipe("textcat")
    scores = pipe.score(examples)
    # "sw" has no doc that is right, "de" has one of two
    assert scores["cats_score_de"] > scores["cats_score_sw"]
    assert scores["cats_score_macro"] == pytest.approx(
        (scores["cats_score_de"] + scores["cats_score_sw"]) / 2
    )
    again = pickle.loads(pickle.dumps(pipe.scorer))
    assert again(examples, labels=["X", "Y"], threshold=0.5)["cats_score_macro"] is not None


def write_corpus(path, lines):
    records = [{"text": t, "lang": lang, "ents": [[0, 3, "PER"]]} for lang, t in lines]
    path.write_text("\n".join(map(json.dumps, records)), encoding="utf8")


CONFIG = """
[nlp]
lang = "xx"
pipeline = ["ner"]

[components]

[components.ner]
factory = "ner"

[components.ner.scorer]
@scorers = "spacy-mluke.ner_scorer.v1"

[corpora]

[corpora.train]
@readers = "spacy-mluke.RelationCorpus.v1"
path = {train}
gold_ents = false

[corpora.dev]
@readers = "spacy-mluke.RelationCorpus.v1"
path = {dev}
gold_ents = false

[training]
max_steps = 2
eval_frequency = 1

[training.score_weights]
ents_macro_f = 0.5
ents_f_de = 0.25
ents_f_sw = 0.25
"""


@pytest.fixture
def config(tmp_path):
    write_corpus(tmp_path / "train.jsonl", [("de", "Ana lacht"), ("de", "Bea weint")])
    write_corpus(tmp_path / "dev.jsonl", [("de", "Cem lacht"), ("sw", "Dov")])
    paths = {name: json.dumps(str(tmp_path / f"{name}.jsonl")) for name in ("train", "dev")}
    (tmp_path / "short.cfg").write_text(CONFIG.format(**paths), encoding="utf8")
    fill_config(tmp_path / "config.cfg", tmp_path / "short.cfg", silent=True)
    return tmp_path / "config.cfg"


def test_weights_of_spacy_train_and_scores_of_spacy_evaluate(config, tmp_path):
    train(config, tmp_path / "out")
    nlp = spacy.load(tmp_path / "out" / "model-last")
    # in the performance that a package shows
    assert {"ents_macro_f", "ents_f_de", "ents_f_sw"} <= set(nlp.meta["performance"])
    examples = list(RelationCorpus(tmp_path / "dev.jsonl")(nlp))
    write_docs(tmp_path / "dev.spacy", [eg.reference for eg in examples])
    scores = evaluate(
        tmp_path / "out" / "model-last", tmp_path / "dev.spacy", tmp_path / "scores.json"
    )
    written = json.loads((tmp_path / "scores.json").read_text())
    assert set(written["ents_per_lang"]) == {"de", "sw"}
    assert written["ents_macro_f"] == pytest.approx(scores["ents_macro_f"])


def test_a_language_missing_in_dev_leaves_the_other_weights(examples):
    nlp = spacy.blank("xx")
    scorer = {"@scorers": "spacy-mluke.ner_scorer.v1"}
    ruler = nlp.add_pipe("entity_ruler", config={"scorer": scorer})
    ruler.add_patterns([{"label": "PER", "pattern": "Ana"}])
    gold = nlp("Ana lacht")
    set_language(gold, "de")
    corpus = [Example(nlp.make_doc(gold.text), gold)]
    weights = {"ents_f_de": 0.5, "ents_f_sw": 0.5, "ents_macro_f": 1.0}
    score, scores = create_evaluation_callback(nlp, lambda nlp: corpus, weights)()
    assert score == 1.5 and "ents_f_sw" not in scores


def test_empty_dev_set_stops_the_training(config, tmp_path):
    (tmp_path / "dev.jsonl").write_text("")
    with pytest.raises(ValueError, match="M550.*dev.jsonl"):
        train(config, tmp_path / "out")
