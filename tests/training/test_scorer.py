import pickle
import random

import pytest
import spacy
from spacy import registry
from spacy.tokens import Doc, Span
from spacy.training import Example

from spacy_mluke.language import set_language
from spacy_mluke.relations import Relation, set_relations
from spacy_mluke.training.scorer import make_ner_scorer, make_relation_scorer, score_relations

WORDS = ["Ana", "Bea", "Cem", "Dov", "Eva"]


@pytest.fixture(scope="module")
def vocab():
    return spacy.blank("xx").vocab


def make_doc(vocab, relations, labels=("PER",) * 5):
    doc = Doc(vocab, words=WORDS)
    doc.ents = [Span(doc, i, i + 1, label) for i, label in enumerate(labels) if label]
    set_relations(
        doc, [Relation(doc[i : i + 1], doc[j : j + 1], label, *s) for i, j, label, *s in relations]
    )
    return doc


def example(vocab, gold, predicted, labels=("PER",) * 5):
    return Example(make_doc(vocab, predicted, labels), make_doc(vocab, gold))


def test_pairs_never_proposed_are_false_negatives(vocab):
    gold = [(0, 1, "a"), (1, 2, "a"), (3, 4, "b"), (0, 4, "b")]
    scores = score_relations([example(vocab, gold, [(0, 1, "a")]), example(vocab, gold, [])])
    assert scores["rel_micro_p"] == 1.0
    assert scores["rel_micro_r"] == pytest.approx(1 / 8)
    assert scores["rel_per_type"]["a"] == {
        "p": 1.0,
        "r": pytest.approx(0.25),
        "f": pytest.approx(0.4),
    }
    assert scores["rel_per_type"]["b"] == {"p": 0.0, "r": 0.0, "f": 0.0}
    assert scores["rel_macro_r"] == pytest.approx(0.125)
    assert scores["rel_macro_f"] == pytest.approx(0.2)


def test_direction_and_label_have_to_match(vocab):
    gold = [(0, 1, "a")]
    for wrong in [(1, 0, "a"), (0, 1, "b"), (0, 2, "a")]:
        assert score_relations([example(vocab, gold, [wrong])])["rel_micro_f"] == 0.0
    scores = score_relations([example(vocab, gold, [(0, 1, "a"), (0, 1, "b")])])
    assert (scores["rel_micro_p"], scores["rel_micro_r"]) == (0.5, 1.0)


def test_strict_compares_entity_labels(vocab):
    examples = [example(vocab, [(0, 1, "a")], [(0, 1, "a")], ("PER", "ORG", "PER", "PER", "PER"))]
    assert make_relation_scorer("boundaries")(examples)["rel_micro_f"] == 1.0
    assert make_relation_scorer("strict")(examples)["rel_micro_f"] == 0.0


def test_other_tokenisation(vocab):
    gold = Doc(vocab, words=["Ana", "Lima", "met", "Bea"])
    predicted = Doc(vocab, words=["Ana", "Li", "ma", "met", "Bea"], spaces=[1, 0, 1, 1, 1])
    set_relations(gold, [Relation(gold[0:2], gold[3:4], "met")])
    set_relations(predicted, [Relation(predicted[0:3], predicted[4:5], "met")])
    assert score_relations([Example(predicted, gold)])["rel_micro_f"] == 1.0


def test_labels_restrict(vocab):
    examples = [example(vocab, [(0, 1, "a"), (1, 2, "b")], [(0, 1, "a"), (0, 3, "b")])]
    scores = make_relation_scorer(labels=["a"])(examples)
    assert scores["rel_micro_f"] == 1.0 and list(scores["rel_per_type"]) == ["a"]
    assert make_relation_scorer(labels=["a", "c"])(examples)["rel_relx_f"] == 0.5


def test_relations_by_language(vocab):
    examples = [
        example(vocab, [(0, 1, "a")], [(0, 1, "a")]),
        example(vocab, [(0, 1, "a"), (1, 2, "b")], [(0, 1, "a")]),
        example(vocab, [], []),
    ]
    for lang, eg in zip(("de", "sw", "te"), examples, strict=True):
        set_language(eg.reference, lang)
    scores = make_relation_scorer()(examples)
    assert scores["rel_per_lang"] == {
        "de": {"p": 1.0, "r": 1.0, "f": 1.0},
        "sw": {"p": 1.0, "r": 0.5, "f": pytest.approx(2 / 3)},
    }
    assert scores["rel_lang_macro_f"] == pytest.approx(5 / 6)
    assert scores["rel_micro_f_sw"] == pytest.approx(2 / 3)
    assert scores["rel_micro_f_te"] is None
    assert scores["rel_micro_f"] == pytest.approx(4 / 5)
    strict = make_relation_scorer("strict", labels=["b"])(examples)
    assert strict["rel_micro_f_sw"] == 0.0 and strict["rel_micro_f_de"] is None
    assert make_relation_scorer()(examples[2:])["rel_lang_macro_f"] is None


def test_no_annotation(vocab):
    scores = score_relations([example(vocab, [], [])])
    assert set(scores.values()) == {None}
    assert score_relations([example(vocab, [], [(0, 1, "a")])])["rel_micro_f"] == 0.0


def official_relx_f(gold, predicted, n_types):
    """RELX's metric by its definition, on class names with a direction."""
    total = 0.0
    for k in range(n_types):
        names = {f"r{k}(e1,e2)", f"r{k}(e2,e1)"}
        right = sum(g == p and g in names for g, p in zip(gold, predicted, strict=True))
        n_predicted = sum(p in names for p in predicted)
        n_gold = sum(g in names for g in gold)
        precision = right / n_predicted if n_predicted else 0.0
        recall = right / n_gold if n_gold else 0.0
        if precision + recall:
            total += 2 * precision * recall / (precision + recall)
    return total / n_types


@pytest.mark.parametrize("seed", range(5))
def test_relx(vocab, seed):
    rng = random.Random(seed)
    n_types = 4
    classes = [f"r{k}({a},{b})" for k in range(n_types) for a, b in (("e1", "e2"), ("e2", "e1"))]
    classes.append("no_relation")
    gold = [*classes, *rng.choices(classes, k=60)]
    predicted = [g if rng.random() < 0.5 else rng.choice(classes) for g in gold]
    examples = []
    for g, p in zip(gold, predicted, strict=True):
        sides = []
        for name in (g, p):
            if name == "no_relation":
                sides.append([])
            else:
                label, ends = name[:2], (1, 3) if name.endswith("(e1,e2)") else (3, 1)
                sides.append([(*ends, label)])
        # a second, worse guess about the same pair is none in the official score
        sides[1] = [(*rel, 0.9) for rel in sides[1]]
        if sides[1]:
            sides[1].append((sides[1][0][1], sides[1][0][0], "r0", 0.6))
        examples.append(example(vocab, *sides))
    wanted = official_relx_f(gold, predicted, n_types)
    assert 0.2 < wanted < 0.9
    scores = score_relations(examples)
    assert scores["rel_relx_f"] == pytest.approx(wanted)
    assert scores["rel_macro_f"] != pytest.approx(wanted)


def test_registered_scorers_pickle(vocab):
    scorer = registry.scorers.get("spacy-mluke.relation_scorer.v1")(match="strict", labels=["a"])
    again = pickle.loads(pickle.dumps(scorer))
    assert again([example(vocab, [(0, 1, "a")], [(0, 1, "a")])])["rel_micro_f"] == 1.0
    assert pickle.loads(pickle.dumps(registry.scorers.get("spacy-mluke.ner_scorer.v1")()))


def test_unknown_match():
    with pytest.raises(ValueError, match="M542.*loose.*strict, boundaries"):
        make_relation_scorer("loose")


def test_ner_by_language(vocab):
    examples = []
    for lang, predicted in (("de", "PPPPP"), ("de", "PP   "), ("sw", "O    "), ("sw", "PPPPP")):
        labels = [{"P": "PER", "O": "ORG", " ": ""}[c] for c in predicted]
        reference = make_doc(vocab, [])
        set_language(reference, lang)
        examples.append(Example(make_doc(vocab, [], labels), reference))
    scores = make_ner_scorer()(examples)
    assert scores["ents_per_lang"]["de"] == {
        "p": 1.0,
        "r": pytest.approx(0.7),
        "f": pytest.approx(14 / 17),
    }
    assert scores["ents_per_lang"]["sw"]["r"] == 0.5
    assert scores["ents_macro_f"] == pytest.approx((14 / 17 + 10 / 16) / 2)
    assert scores["ents_f"] == pytest.approx(2 * 12 / (20 + 13))
    assert scores["ents_per_type"]["PER"]["r"] == pytest.approx(0.6)
    assert scores["ents_f_de"] == pytest.approx(14 / 17)
    assert scores["ents_f_sw"] == pytest.approx(10 / 16)


def test_ner_without_annotation(vocab):
    scores = make_ner_scorer()([Example(Doc(vocab, words=["a"]), Doc(vocab, words=["a"]))])
    assert scores["ents_f"] is None and scores["ents_macro_f"] is None
    assert scores["ents_per_lang"] is None
