"""The relation component: both ways to feed it, training, decoding, and what a Doc keeps."""

import pickle
from pathlib import Path
from typing import Any, Dict, List, Tuple

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc, DocBin, Span
from spacy.training import Example
from thinc.api import Optimizer, fix_random_seed

from spacy_mluke.relations import Relation, has_relations, set_relations
from tests.pipeline.pipelines import NO_SPANS, SIZES, encoder

GOLD: List[Tuple[str, List[Tuple[int, int, str]], List[Tuple[int, int, str]]]] = [
    ("Angela Merkel was born in Hamburg", [(0, 13, "PER"), (26, 33, "LOC")], [(0, 1, "born_in")]),
    ("Hamburg is home to Angela Merkel", [(0, 7, "LOC"), (19, 32, "PER")], [(1, 0, "born_in")]),
    ("Siemens, said Merkel, is large", [(0, 7, "ORG"), (14, 20, "PER")], []),
    (
        "Tim Cook leads Apple in Cupertino",
        [(0, 8, "PER"), (15, 20, "ORG"), (24, 33, "LOC")],
        [(0, 1, "leads"), (1, 2, "based_in")],
    ),
]
MARKERS: Dict[str, Any] = {
    "model": {
        "@architectures": "spacy-mluke.MarkerPairClassifier.v1",
        "encoder": {"@architectures": "spacy-mluke.MLuke.v1", **SIZES, "span_getter": NO_SPANS},
        "scorer": {"@layers": "Linear.v1"},
        "features": ["entity", "marker"],
    }
}
# Both orders of a pair, and the text cut as transformers' tokenizer does.
BOTH_ORDERS: Dict[str, Any] = {
    "model": {
        **MARKERS["model"],
        "encoder": {**MARKERS["model"]["encoder"], "piece_mode": "hf"},
        "features": ["entity", "swapped"],
    }
}
MODES = {"shared": {}, "markers": MARKERS, "both orders": BOTH_ORDERS}


def examples_of(nlp: Language, gold: Any = GOLD) -> List[Example]:
    examples = []
    for text, ents, relations in gold:
        reference, predicted = nlp.make_doc(text), nlp.make_doc(text)
        spans = [reference.char_span(*ent[:2], label=ent[2]) for ent in ents]
        reference.set_ents(spans)
        set_relations(reference, [Relation(spans[h], spans[t], name) for h, t, name in relations])
        predicted.set_ents([predicted.char_span(*ent[:2], label=ent[2]) for ent in ents])
        examples.append(Example(predicted, reference))
    return examples


def make(piece_file: Path, mode: str, **config: Any) -> Language:
    fix_random_seed(0)
    nlp = spacy.blank("xx")
    if mode == "shared":
        nlp.add_pipe("mluke", config=encoder(span_getter={"@misc": "spacy-mluke.doc_ents.v1"}))
    nlp.add_pipe("mluke_relations", config={**MODES[mode], **config})
    owner = "mluke" if mode == "shared" else "mluke_relations"
    nlp.config["initialize"]["components"] = {owner: {"piece_model": str(piece_file)}}
    nlp.initialize(lambda: examples_of(nlp))
    return nlp


def train(nlp: Language, steps: int) -> Dict[str, float]:
    optimizer, losses = Optimizer(0.003), {}
    for _ in range(steps):
        losses = nlp.update(examples_of(nlp), sgd=optimizer, losses={})
    return losses


def found(docs: List[Doc]) -> List[List[Tuple[str, str, str]]]:
    return [[(r.head.text, r.label, r.tail.text) for r in doc._.relations] for doc in docs]


def predict(nlp: Language, **kwargs: Any) -> List[Doc]:
    return list(nlp.pipe([eg.predicted for eg in examples_of(nlp)], **kwargs))


EXPECTED = [
    [("Angela Merkel", "born_in", "Hamburg")],
    [("Angela Merkel", "born_in", "Hamburg")],
    [],
    [("Tim Cook", "leads", "Apple"), ("Apple", "based_in", "Cupertino")],
]


@pytest.mark.parametrize("mode", MODES)
def test_overfits_and_survives_every_way_of_saving(mode: str, piece_file: Path, tmp_path: Path):
    nlp = make(piece_file, mode)
    train(nlp, 60)
    docs = predict(nlp)
    assert found(docs) == EXPECTED
    assert nlp.evaluate(examples_of(nlp))["rel_micro_f"] == 1.0
    nlp.to_disk(tmp_path / "pipeline")
    copies = [
        spacy.load(tmp_path / "pipeline"),
        spacy.blank("xx").from_config(nlp.config).from_bytes(nlp.to_bytes()),
        pickle.loads(pickle.dumps(nlp)),
    ]
    for copy in copies:
        for doc, other in zip(docs, predict(copy), strict=True):
            for relation, same in zip(doc._.relations, other._.relations, strict=True):
                assert relation.label == same.label
                assert relation.score == pytest.approx(same.score, abs=1e-5)


@pytest.mark.parametrize("mode", MODES)
def test_result_does_not_depend_on_the_batch(mode: str, piece_file: Path):
    nlp = make(piece_file, mode)
    train(nlp, 30)
    expected = [[r.score for r in doc._.relations] for doc in predict(nlp)]
    for kwargs in ({"batch_size": 1}, {"batch_size": 3}, {"n_process": 2}):
        scores = [[r.score for r in doc._.relations] for doc in predict(nlp, **kwargs)]
        assert [len(s) for s in scores] == [len(s) for s in expected]
        for some, others in zip(scores, expected, strict=True):
            assert some == pytest.approx(others, abs=1e-5)


def test_entities_set_after_the_encoder_are_encoded_then(piece_file: Path):
    nlp = make(piece_file, "shared")
    train(nlp, 30)
    ruler = nlp.add_pipe("entity_ruler", before="mluke_relations")
    ruler.add_patterns(
        [{"label": "PER", "pattern": "Tim Cook"}, {"label": "ORG", "pattern": "Apple"}]
    )
    late = nlp("Tim Cook leads Apple in Cupertino")
    assert len(late.ents) == 2 and has_relations(late)


def test_documents_without_entities_or_text(piece_file: Path):
    nlp = make(piece_file, "shared")
    for text in ("", "  \n ", "no entities here"):
        doc = nlp(text)
        assert doc._.relations == [] and has_relations(doc)


def test_documents_nobody_annotated_do_not_train(piece_file: Path):
    nlp = make(piece_file, "shared")
    examples = []
    for eg in examples_of(nlp):
        bare = nlp.make_doc(eg.reference.text)
        bare.set_ents(
            [bare.char_span(e.start_char, e.end_char, label="X") for e in eg.reference.ents]
        )
        examples.append(Example(eg.predicted, bare))
    losses = nlp.update(examples, sgd=Optimizer(0.003), losses={})
    assert losses["mluke_relations"] == 0.0


def test_several_relations_of_a_pair(piece_file: Path):
    gold = [
        (
            "Ana Lima founded and leads Galp",
            [(0, 8, "PER"), (27, 31, "ORG")],
            [(0, 1, "founded"), (0, 1, "leads")],
        ),
        ("Galp hired Ana Lima", [(0, 4, "ORG"), (11, 19, "PER")], [(1, 0, "works_for")]),
    ]
    fix_random_seed(0)
    nlp = spacy.blank("xx")
    nlp.add_pipe("mluke", config=encoder(span_getter={"@misc": "spacy-mluke.doc_ents.v1"}))
    nlp.add_pipe("mluke_relations", config={"multi_label": True})
    nlp.config["initialize"]["components"] = {"mluke": {"piece_model": str(piece_file)}}
    nlp.initialize(lambda: examples_of(nlp, gold))
    optimizer = Optimizer(0.003)
    for _ in range(60):
        nlp.update(examples_of(nlp, gold), sgd=optimizer)
    docs = list(nlp.pipe([eg.predicted for eg in examples_of(nlp, gold)]))
    assert [set(relations) for relations in found(docs)] == [
        {("Ana Lima", "founded", "Galp"), ("Ana Lima", "leads", "Galp")},
        {("Ana Lima", "works_for", "Galp")},
    ]


def test_types_rule_out_relations(piece_file: Path):
    nlp = make(piece_file, "shared", types={"born_in": [["PER", "LOC"]], "leads": [["LOC", "LOC"]]})
    train(nlp, 60)
    labels = [{label for _, label, _ in doc} for doc in found(predict(nlp))]
    assert labels[0] == {"born_in"} and "leads" not in labels[3]


def test_threshold(piece_file: Path):
    nlp = make(piece_file, "shared", threshold=1.0)
    train(nlp, 10)
    assert found(predict(nlp)) == [[], [], [], []]


def test_relations_survive_doc_bin(piece_file: Path):
    nlp = make(piece_file, "shared")
    train(nlp, 60)
    docs = predict(nlp)
    data = DocBin(store_user_data=True, docs=docs).to_bytes()
    back = list(DocBin(store_user_data=True).from_bytes(data).get_docs(nlp.vocab))
    assert found(back) == found(docs)


def test_gold_relations_that_are_never_proposed_are_counted(piece_file: Path):
    pairs = {"@misc": "spacy-mluke.entity_pairs.v1", "max_distance": 0}
    with pytest.warns(UserWarning, match=r"W402.*4 of 4"):
        make(piece_file, "shared", pair_getter=pairs)


def test_unknown_label_in_training(piece_file: Path):
    nlp = make(piece_file, "shared")
    gold = [("Ana Lima met Eva", [(0, 8, "PER"), (13, 16, "PER")], [(0, 1, "married_to")])]
    with pytest.raises(ValueError, match=r"M420.*married_to"):
        nlp.update(examples_of(nlp, gold), sgd=Optimizer(0.01))


def test_bad_settings(piece_file: Path):
    nlp = spacy.blank("xx")
    with pytest.raises(ValueError, match="M407"):
        nlp.add_pipe("mluke_relations", config={"threshold": 2.0})
    with pytest.raises(ValueError, match="M313"):
        model = {**MARKERS["model"], "features": ["middle"]}
        nlp.add_pipe("mluke_relations", config={"model": model})
    trained = make(piece_file, "shared")
    with pytest.raises(ValueError, match="M408"):
        trained.get_pipe("mluke_relations").add_label("new")
    with pytest.raises(ValueError, match="M421"):
        trained.get_pipe("mluke_relations").initialize(
            lambda: examples_of(trained), piece_model=str(piece_file)
        )


def test_no_relations_in_the_data(piece_file: Path):
    nlp = spacy.blank("xx")
    nlp.add_pipe("mluke", config=encoder())
    nlp.add_pipe("mluke_relations")
    nlp.config["initialize"]["components"] = {"mluke": {"piece_model": str(piece_file)}}
    with pytest.raises(ValueError, match="M409"):
        nlp.initialize(lambda: examples_of(nlp, [("Nothing here", [], [])]))


def test_config_round_trip(piece_file: Path):
    nlp = make(piece_file, "markers")
    again = spacy.blank("xx").from_config(nlp.config)
    assert again.config["components"] == nlp.config["components"]


def test_pairs_wider_than_a_window_are_counted(piece_file: Path):
    model = {
        **MARKERS["model"],
        "encoder": {**MARKERS["model"]["encoder"], "window": 24, "stride": 24},
    }
    nlp = make(piece_file, "markers", model=model)
    doc = nlp.make_doc("Ana Lima " + "and so on " * 20 + "Galp")
    doc.ents = [Span(doc, 0, 2, "PER"), Span(doc, len(doc) - 1, len(doc), "ORG")]
    with pytest.warns(UserWarning, match=r"W302.*1 of 1"):
        assert nlp(doc)._.relations is not None
