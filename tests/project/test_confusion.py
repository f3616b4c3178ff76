"""Confusion tables, from the predictions that are scored."""

import spacy
from confusion import NONE, entity_confusion, labels_of, merge, relation_confusion, scores_by_label
from evaluate import evaluate
from hypothesis import given
from hypothesis import strategies as st
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example

from spacy_mluke.relations import Relation, set_relations

NLP = spacy.blank("xx")
TEXT = "a b c d"
LABELS = st.sampled_from(["LOC", "ORG", "PER"])
# One token an entity, or none
ENTITIES = st.dictionaries(st.integers(0, 3), LABELS)
PAIRS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 3), LABELS).filter(lambda pair: pair[0] != pair[1]),
    unique=True,
)


def entities_of(ents):
    doc = NLP.make_doc(TEXT)
    doc.set_ents([Span(doc, i, i + 1, label=label) for i, label in sorted(ents.items())])
    return doc


def relations_of(pairs):
    doc = NLP.make_doc(TEXT)
    set_relations(
        doc, [Relation(doc[a : a + 1], doc[b : b + 1], label, 0.5) for a, b, label in pairs]
    )
    return doc


def total(table, keep=lambda gold, found: True):
    return sum(
        count for gold, row in table.items() for found, count in row.items() if keep(gold, found)
    )


@given(ENTITIES, ENTITIES)
def test_each_entity_once(gold, found):
    table = entity_confusion([Example(entities_of(found), entities_of(gold))])
    assert total(table, lambda one, _: one != NONE) == len(gold)
    assert total(table, lambda _, other: other != NONE) == len(found)
    right = {i for i, label in gold.items() if found.get(i) == label}
    assert total(table, lambda one, other: one == other) == len(right)
    assert NONE not in table.get(NONE, {})


@given(PAIRS, PAIRS)
def test_each_relation_once(gold, found):
    table = relation_confusion([Example(relations_of(found), relations_of(gold))])
    assert total(table, lambda one, _: one != NONE) == len(gold)
    assert total(table, lambda _, other: other != NONE) == len(found)
    right = set(gold) & set(found)
    assert total(table, lambda one, other: one == other) == len(right)
    by_label = scores_by_label(table)
    for label in {label for *_, label in gold}:
        mine = [pair for pair in gold if pair[2] == label]
        assert by_label[label]["gold"] == len(mine)
        assert by_label[label]["r"] == len(right & set(mine)) / len(mine)


def test_other_boundaries_are_missed_and_wrong():
    gold, found = NLP.make_doc(TEXT), NLP.make_doc(TEXT)
    gold.set_ents([Span(gold, 0, 2, label="LOC")])
    found.set_ents([Span(found, 0, 1, label="LOC")])
    assert entity_confusion([Example(found, gold)]) == {"LOC": {NONE: 1}, NONE: {"LOC": 1}}


def test_direction_counts():
    table = relation_confusion([Example(relations_of([(1, 0, "r")]), relations_of([(0, 1, "r")]))])
    assert table == {"r": {NONE: 1}, NONE: {"r": 1}}


def test_what_nobody_annotated_does_not_count():
    bare = Doc(NLP.vocab, words=TEXT.split())
    assert entity_confusion([Example(entities_of({0: "LOC"}), bare)]) == {}
    assert relation_confusion([Example(relations_of([(0, 1, "r")]), bare)]) == {}


def test_sum_and_labels():
    table = merge([{"b": {"a": 1}, NONE: {"a": 2}}, {"b": {"a": 3, NONE: 1}}, {}])
    assert table == {"b": {"a": 4, NONE: 1}, NONE: {"a": 2}}
    assert labels_of(table) == ["a", "b", NONE]
    assert scores_by_label(table)["a"] == {"p": 0.0, "r": 0.0, "f": 0.0, "gold": 0}


def test_evaluation_runs_the_pipeline_once():
    nlp = spacy.blank("xx")
    seen = []

    @Language.component("count_docs", assigns=["doc.ents"])
    def count_docs(doc):
        seen.append(doc.text)
        doc.set_ents([Span(doc, 0, 1, label="ORG")])
        return doc

    nlp.add_pipe("count_docs")
    reference = nlp.make_doc(TEXT)
    reference.set_ents([Span(reference, 0, 1, label="LOC"), Span(reference, 2, 3, label="LOC")])
    results = evaluate(nlp, {"de": [Example(nlp.make_doc(TEXT), reference)]})
    assert seen == [TEXT]
    assert results["de"]["confusion"] == {"entities": {"LOC": {NONE: 1, "ORG": 1}}}
    assert results["de"]["docs"] == 1
