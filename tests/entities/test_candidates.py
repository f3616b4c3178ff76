import pickle

import pytest
import spacy
from spacy import registry
from spacy.kb import InMemoryLookupKB
from spacy.tokens import Span
from spacy.training import Example

from spacy_mluke.entities.candidates import fill_kb
from spacy_mluke.language import set_language
from tests.entities.alias_folders import make_dictionary

VECTORS = {"Q90": [1.0, 0.0], "en:Paris (mythology)": [0.0, 1.0], "Q60": [1.0, 1.0]}


@pytest.fixture(scope="module")
def aliases(tmp_path_factory):
    return make_dictionary(tmp_path_factory.mktemp("aliases"))


def doc_of(nlp, text, lang="en"):
    doc = nlp.make_doc(text)
    set_language(doc, lang)
    return doc


def test_span_getter(aliases):
    make = registry.misc.get("spacy-mluke.detect_mentions.v1")
    getter = pickle.loads(pickle.dumps(make(aliases.path, min_link_probability=0.3)))
    nlp = spacy.blank("xx")
    docs = [doc_of(nlp, "He likes Paris."), doc_of(nlp, "")]
    assert [spans.tolist() for spans in getter(docs, [])] == [[[2, 3]], []]


def test_span_getter_in_a_config(aliases):
    text = f'[getter]\n@misc = "spacy-mluke.detect_mentions.v1"\npath = "{aliases.path}"\n'
    config = spacy.util.Config().from_str(text + "min_link_probability = 0.2\nlang = null\n")
    getter = registry.resolve(config)["getter"]
    assert (getter.min_link_probability, getter.lang, getter.missing) == (0.2, None, "error")
    assert registry.resolve(spacy.util.Config().from_str(config.to_str()))["getter"] == getter
    bad = spacy.util.Config().from_str(text + 'missing = "whatever"\n')
    with pytest.raises(Exception, match="missing"):
        registry.resolve(bad)


def test_a_missing_dictionary_shows_when_it_is_used(tmp_path):
    make = registry.misc.get("spacy-mluke.detect_mentions.v1")
    getter = make(tmp_path / "none")
    with pytest.raises(ValueError, match=r"\[M841\]"):
        getter([spacy.blank("xx")("Paris")], [])


def test_candidates_of_a_span(aliases):
    nlp = spacy.blank("xx")
    kb = fill_kb(InMemoryLookupKB(nlp.vocab, 2), aliases, VECTORS)
    make = registry.misc.get("spacy-mluke.AliasCandidates.v1")
    generate = pickle.loads(pickle.dumps(make(aliases.path)))
    doc = doc_of(nlp, "Paris and France")
    found = generate(kb, doc[0:1])
    assert [(c.entity_, c.alias_, list(c.entity_vector)) for c in found] == [
        ("Q90", "Paris", [1.0, 0.0]),
        ("en:Paris (mythology)", "Paris", [0.0, 1.0]),
    ]
    assert found[0].prior_prob == pytest.approx(2 / 3)
    assert generate(kb, doc[2:3]) == []  # its entity has no vector
    assert len(make(aliases.path, max_candidates=1)(kb, doc[0:1])) == 1
    unknown = doc_of(nlp, "Paris", "qq")
    with pytest.raises(ValueError, match=r"\[M843\]"):
        generate(kb, unknown[0:1])
    assert make(aliases.path, missing="ignore")(kb, unknown[0:1]) == []
    assert len(make(aliases.path, lang="en")(kb, unknown[0:1])) == 2


def test_knowledge_base_with_aliases(aliases):
    kb = fill_kb(InMemoryLookupKB(spacy.blank("xx").vocab, 2), aliases, VECTORS, langs=["en", "de"])
    assert set(kb.get_entity_strings()) == set(VECTORS)
    assert set(kb.get_alias_strings()) == {"Paris", "New York City"}
    found = kb.get_alias_candidates("Paris")
    assert {c.entity_: round(c.prior_prob, 3) for c in found} == {
        "Q90": 0.667,
        "en:Paris (mythology)": 0.333,
    }


def test_vectors_of_another_length(aliases):
    kb = InMemoryLookupKB(spacy.blank("xx").vocab, 3)
    with pytest.raises(ValueError, match=r"\[M846\] The vector of 'Q90' has shape \(2,\)"):
        fill_kb(kb, aliases, VECTORS)


def test_entity_linker_takes_them(aliases, tmp_path):
    nlp = spacy.blank("xx")
    nlp.add_pipe("sentencizer")
    settings = {"path": str(aliases.path), "missing": "ignore"}
    linker = nlp.add_pipe(
        "entity_linker",
        config={
            "entity_vector_length": 2,
            "get_candidates": {"@misc": "spacy-mluke.AliasCandidates.v1", **settings},
            "get_candidates_batch": {"@misc": "spacy-mluke.AliasCandidatesBatch.v1", **settings},
            "candidates_batch_size": 2,
        },
    )
    annotated = doc_of(nlp, "Paris is big. New York City is bigger.")
    annotated.ents = [
        Span(annotated, 0, 1, "LOC", kb_id="Q90"),
        Span(annotated, 4, 7, "LOC", kb_id="Q60"),
    ]
    plain = doc_of(nlp, annotated.text)
    plain.ents = [Span(plain, 0, 1, "LOC"), Span(plain, 4, 7, "LOC")]
    for doc in (annotated, plain):
        nlp.get_pipe("sentencizer")(doc)
    examples = [Example(plain, annotated)]

    def load_kb(vocab):
        return fill_kb(InMemoryLookupKB(vocab, 2), aliases, VECTORS)

    linker.initialize(lambda: examples, nlp=nlp, kb_loader=load_kb)
    optimizer = nlp.create_optimizer()
    losses = [linker.update(examples, sgd=optimizer)["entity_linker"] for _ in range(20)]
    assert losses[-1] < losses[0]
    fresh = plain.copy()
    fresh.ents = [Span(fresh, 0, 1, "LOC"), Span(fresh, 4, 7, "LOC")]
    assert [ent.kb_id_ for ent in linker(fresh).ents] == ["Q90", "Q60"]
    nlp.to_disk(tmp_path / "pipeline")
    again = spacy.load(tmp_path / "pipeline").get_pipe("entity_linker")
    assert again.get_candidates == linker.get_candidates
