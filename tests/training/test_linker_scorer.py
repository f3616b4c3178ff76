import pickle

import pytest
import spacy
from spacy.tokens import Span
from spacy.training import Example

from spacy_mluke.language import set_language
from spacy_mluke.links import LinkCandidate, set_candidates
from spacy_mluke.training.linker_scorer import make_linker_scorer, score_links


def doc_of(nlp, links, lang="en"):
    """Links: {token: kb_id}."""
    doc = nlp.make_doc("a b c d e")
    doc.ents = [Span(doc, i, i + 1, label="X", kb_id=kb_id) for i, kb_id in links.items()]
    set_language(doc, lang)
    return doc


def example(nlp, gold, predicted, lang="en"):
    return Example(doc_of(nlp, predicted, lang), doc_of(nlp, gold, lang))


def test_every_kind_of_answer():
    nlp = spacy.blank("xx")
    one = example(
        nlp,
        {0: "Q1", 1: "Q2", 2: "NIL", 3: "Q4"},
        {0: "Q1", 1: "Q9", 2: "NIL", 4: "Q5"},
    )
    a, b, _, _ = one.predicted.ents
    set_candidates(a, [LinkCandidate("Q1", 0.6, 0.1), LinkCandidate("Q3", 0.4, 0.9)])
    set_candidates(b, [LinkCandidate("Q9", 0.6, 0.9), LinkCandidate("Q2", 0.4, 0.1)])
    scores = score_links([one])
    assert scores["links_micro_p"] == scores["links_micro_r"] == pytest.approx(1 / 3)
    assert scores["links_acc"] == pytest.approx(2 / 3)
    assert scores["links_acc_candidates"] == 0.5 and scores["links_acc_prior"] == 0.0
    assert scores["links_candidate_recall"] == 1.0
    assert scores["links_nil_f"] == 1.0
    counts = scores["links_counts"]
    assert counts["unmatched_gold"] == counts["unmatched_predicted"] == 1
    ignoring = make_linker_scorer(unmatched="ignore")
    assert ignoring([one])["links_micro_p"] == 0.5


def test_ambiguous_mentions():
    nlp = spacy.blank("xx")
    one = example(nlp, {0: "Q1", 1: "Q2", 2: "Q3"}, {0: "Q1", 1: "Q2", 2: "Q3"})
    a, b, c = one.predicted.ents
    assert score_links([one])["links_acc_ambiguous"] is None
    set_candidates(a, [LinkCandidate("Q1", 0.6, 0.2), LinkCandidate("Q3", 0.4, 0.7)])
    set_candidates(b, [LinkCandidate("Q2", 0.6, 0.7), LinkCandidate("Q3", 0.4, 0.3)])
    set_candidates(c, [LinkCandidate("Q3", 0.6, 0.1), LinkCandidate("Q2", 0.4, 0.9)])
    scores = score_links([one])
    assert scores["links_acc_ambiguous"] == 1.0 and scores["links_acc_ambiguous_prior"] == 0.5
    assert scores["links_counts"]["ambiguous"] == 2


def test_links_that_nobody_annotated():
    nlp = spacy.blank("xx")
    none = example(nlp, {}, {0: "Q1"}, lang="de")
    assert score_links([none])["links_micro_f"] is None
    both = [none, example(nlp, {0: "Q1"}, {0: "Q1"})]
    scores = score_links(both)
    assert list(scores["links_per_lang"]) == ["en"] and scores["links_lang_macro_f"] == 1.0
    assert scores["links_micro_p"] == 0.5


def test_languages_and_docs():
    nlp = spacy.blank("xx")
    examples = [
        example(nlp, {0: "Q1", 1: "Q2", 2: "Q3"}, {0: "Q1", 1: "Q2", 2: "Q3"}),
        example(nlp, {0: "Q1"}, {0: "Q2"}, lang="de"),
    ]
    scores = score_links(examples)
    assert scores["links_micro_f"] == 0.75 and scores["links_macro_f"] == 0.5
    assert {lang: values["f"] for lang, values in scores["links_per_lang"].items()} == {
        "de": 0.0,
        "en": 1.0,
    }
    assert scores["links_lang_macro_f"] == 0.5


def test_mentions_nobody_annotated_do_not_count():
    nlp = spacy.blank("xx")
    scores = score_links([example(nlp, {0: ""}, {0: "Q2"})])
    assert set(scores.values()) == {None}


def test_scorer_object():
    scorer = pickle.loads(pickle.dumps(make_linker_scorer()))
    assert scorer([])["links_micro_f"] is None
    with pytest.raises(ValueError, match="M450"):
        make_linker_scorer(unmatched="x")
