import warnings

import pytest
import spacy
from spacy import registry
from spacy.tokens import Span
from spacy.training import Corpus

from spacy_mluke.language import get_language, set_language
from spacy_mluke.relations import Relation, get_relations, has_relations, set_relations
from spacy_mluke.training.annotate import SPANS_KEY
from spacy_mluke.training.doc_bin import write_docs
from spacy_mluke.training.readers import RelationCorpus, make_relation_corpus
from spacy_mluke.training.relation_format import write_jsonl


@pytest.fixture
def nlp():
    nlp = spacy.blank("xx")
    nlp.add_pipe("sentencizer")
    return nlp


@pytest.fixture
def docs(nlp):
    docs = []
    for lang, text in (("en", "Ana met Bea. Cem saw Dov."), ("de", "Eva traf Fay. Ja.")):
        doc = nlp(text)
        names = [t for t in doc if t.text[0].isupper() and t.text != "Ja"]
        doc.ents = [Span(doc, t.i, t.i + 1, "PER") for t in names]
        ents = doc.ents
        relations = [Relation(a, b, "met") for a, b in zip(ents[::2], ents[1::2], strict=True)]
        if len(ents) > 2:
            relations.append(Relation(ents[3], ents[0], "knows"))
        set_relations(doc, relations)
        set_language(doc, lang)
        docs.append(doc)
    return docs


@pytest.fixture
def path(docs, tmp_path):
    write_docs(tmp_path / "a.spacy", docs)
    return tmp_path / "a.spacy"


def relations(examples):
    return [
        (r.head.text, r.label, r.tail.text) for eg in examples for r in get_relations(eg.reference)
    ]


ALL = [("Ana", "met", "Bea"), ("Cem", "met", "Dov"), ("Dov", "knows", "Ana"), ("Eva", "met", "Fay")]


def test_registered():
    assert registry.readers.get("spacy-mluke.RelationCorpus.v1") is make_relation_corpus


def test_gold_entities(nlp, path):
    examples = list(RelationCorpus(path)(nlp))
    assert relations(examples) == ALL
    assert [ent.text for ent in examples[0].predicted.ents] == ["Ana", "Bea", "Cem", "Dov"]
    assert not get_relations(examples[0].predicted)
    assert [get_language(eg.predicted) for eg in examples] == ["en", "de"]
    assert list(examples[0].predicted.sents)[1].text == "Cem saw Dov."
    assert examples[0].predicted is not examples[0].reference


def test_bare(nlp, path):
    examples = list(RelationCorpus(path, gold_ents=False)(nlp))
    assert relations(examples) == ALL
    assert all(not eg.predicted.ents and eg.reference.ents for eg in examples)
    assert all(not eg.predicted.has_annotation("SENT_START") for eg in examples)


def test_jsonl_and_folder(nlp, docs, tmp_path):
    write_jsonl(tmp_path / "x" / "1.jsonl", docs[:1])
    write_docs(tmp_path / "x" / "2.spacy", docs[1:])
    assert relations(RelationCorpus(tmp_path / "x")(nlp)) == ALL


def test_limit(nlp, path):
    assert len(list(RelationCorpus(path, limit=1)(nlp))) == 1


def test_stock_reader_loses_what_this_one_keeps(nlp, path):
    assert relations(Corpus(path, max_length=6)(nlp)) == []
    corpus = RelationCorpus(path, max_length=6)
    with pytest.warns(UserWarning, match="W502.*a.spacy"):
        examples = list(corpus(nlp))
    assert relations(examples) == [ALL[0], ALL[1], ALL[3]]
    assert corpus.report.lost == {"relation across a cut": 1}
    assert all(len(eg.reference) <= 6 for eg in examples)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        list(corpus(nlp))
    assert corpus.report.lost == {"relation across a cut": 1}


def test_overlapping_entities_are_given(nlp, docs, tmp_path):
    doc = docs[0]
    doc.spans[SPANS_KEY] = [*doc.ents, Span(doc, 0, 3, "EVENT")]
    write_docs(tmp_path / "a.spacy", [doc])
    [example] = RelationCorpus(tmp_path / "a.spacy")(nlp)
    assert [s.label_ for s in example.predicted.spans[SPANS_KEY]] == ["PER"] * 4 + ["EVENT"]


def test_augmented_examples_keep_relations(nlp, path):
    augmenter = registry.augmenters.get("spacy.lower_case.v1")(level=1.0)
    examples = list(RelationCorpus(path, augmenter=augmenter)(nlp))
    assert relations(examples) == [(a.lower(), label, b.lower()) for a, label, b in ALL]
    assert [ent.text for ent in examples[1].predicted.ents] == ["eva", "fay"]
    assert get_language(examples[1].reference) == "de"


def test_augmented_examples_keep_spans_and_links(nlp, docs, tmp_path):
    doc = docs[0]
    doc.spans[SPANS_KEY] = [*doc.ents, Span(doc, 0, 3, "EVENT")]
    doc.spans["links"] = [Span(doc, 0, 1, "", kb_id="Q1")]
    write_docs(tmp_path / "a.spacy", [doc])
    augmenter = registry.augmenters.get("spacy.lower_case.v1")(level=1.0)
    for example in RelationCorpus(tmp_path / "a.spacy", augmenter=augmenter)(nlp):
        assert len(example.reference.spans[SPANS_KEY]) == 5
        assert [span.kb_id_ for span in example.reference.spans["links"]] == ["Q1"]


def test_links_of_long_docs_are_cut_and_counted(nlp, docs, tmp_path):
    doc = docs[0]
    doc.spans["links"] = [Span(doc, 4, 5, "", kb_id="Q1"), Span(doc, 2, 6, "", kb_id="Q2")]
    write_docs(tmp_path / "a.spacy", [doc])
    corpus = RelationCorpus(tmp_path / "a.spacy", max_length=4)
    with pytest.warns(UserWarning, match="W502"):
        examples = list(corpus(nlp))
    links = [[s.kb_id_ for s in eg.reference.spans["links"]] for eg in examples]
    assert links == [[], ["Q1"]]
    assert corpus.report.lost["link across a cut"] == 1


def test_augmented_examples_say_no_more_of_relations_than_was_known(nlp, tmp_path):
    write_docs(tmp_path / "a.spacy", [nlp("Ana met Bea.")])
    augmenter = registry.augmenters.get("spacy.lower_case.v1")(level=1.0)
    for example in RelationCorpus(tmp_path / "a.spacy", augmenter=augmenter)(nlp):
        assert not has_relations(example.reference)


def test_augmenter_that_changes_tokens_is_counted(nlp, path):
    def augmenter(nlp, example):
        yield spacy.training.Example(nlp.make_doc("x"), nlp.make_doc("x"))

    corpus = RelationCorpus(path, augmenter=augmenter)
    with pytest.warns(UserWarning, match="W502"):
        assert relations(corpus(nlp)) == []
    assert sum(corpus.report.lost.values()) == 4


def test_training_corpus_from_config(nlp, path):
    config = {
        "corpus": {
            "@readers": "spacy-mluke.RelationCorpus.v1",
            "path": str(path),
            "gold_ents": False,
            "max_length": 0,
            "limit": 1,
            "augmenter": None,
        }
    }
    corpus = registry.resolve(config)["corpus"]
    assert len(list(corpus(nlp))) == 1


def test_no_path():
    with pytest.raises(ValueError, match="M541"):
        make_relation_corpus(None)


def test_missing_path(nlp, tmp_path):
    with pytest.raises(ValueError, match="M523"):
        list(RelationCorpus(tmp_path / "no.spacy")(nlp))


def test_empty_file_is_an_error(nlp, tmp_path):
    (tmp_path / "dev.jsonl").write_text("\n")
    with pytest.raises(ValueError, match="M550.*dev.jsonl"):
        list(RelationCorpus(tmp_path / "dev.jsonl")(nlp))


def test_language_of_lines_that_name_none(nlp, tmp_path):
    (tmp_path / "a.jsonl").write_text('{"text": "Ana"}\n{"text": "Bea", "lang": "sv"}\n')
    examples = list(RelationCorpus(tmp_path / "a.jsonl", lang="de")(nlp))
    assert [get_language(eg.predicted) for eg in examples] == ["de", "sv"]
