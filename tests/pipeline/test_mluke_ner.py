"""Entities by span classification: learning, decoding and gold that is not as it should be."""

import warnings

import numpy as np
import pytest
import spacy
from spacy.tokens import Doc, Span
from spacy.training import Example
from thinc.api import Optimizer, fix_random_seed

from spacy_mluke.pipeline.gold_spans import GoldSpans
from tests.pipeline.pipelines import (
    GOLD,
    NGRAMS,
    NO_SPANS,
    TEXTS,
    encoder,
    examples_of,
    initialize,
    make,
    train,
)

W_MODE = {
    "model": {
        "@architectures": "spacy-mluke.SpanClassifier.v1",
        "tok2vec": {
            "@architectures": "spacy-mluke.SpanListener.v1",
            "features": ["start", "end"],
            "grad_factor": 1.0,
            "upstream": "*",
        },
        "scorer": {"@layers": "Linear.v1"},
    }
}
PROPOSER = {"max_words": 4}


@pytest.mark.parametrize("slots", [True, False])
@pytest.mark.parametrize("proposer", [None, PROPOSER])
@pytest.mark.parametrize("attention", ["full", "independent"])
def test_learns_its_training_data(piece_file, tmp_path, attention, proposer, slots):
    nlp = make(
        piece_file,
        ner={} if slots else W_MODE,
        attention=attention,
        proposer=proposer,
        slots=slots,
        span_getter=NGRAMS if proposer is None else NO_SPANS,
    )
    before = [p.clone() for p in nlp.get_pipe("mluke").encoder_shims[0].module.parameters()]
    history = train(nlp, 40, 0.005)
    assert history[-1]["mluke_ner"] < 0.2 * history[0]["mluke_ner"]
    assert nlp.evaluate(examples_of(nlp))["ents_f"] == 1.0
    after = nlp.get_pipe("mluke").encoder_shims[0].module.parameters()
    assert any((a != b).any() for a, b in zip(before, after)), "the encoder did not learn"
    doc = nlp(TEXTS[0])
    assert all(0.5 < ent._.mluke.score <= 1 for ent in doc.ents)
    nlp.to_disk(tmp_path)
    loaded = spacy.load(tmp_path)
    assert loaded.evaluate(examples_of(loaded))["ents_f"] == 1.0


@pytest.fixture(scope="module")
def nlp(piece_file):
    pipeline = make(piece_file, ner={})
    train(pipeline, 40, 0.005)
    return pipeline


def labelled(doc):
    return [(ent.text, ent.label_) for ent in doc.ents]


def with_settings(pipeline, **settings):
    """The NER component of a pipeline with other settings, which come back after the test."""
    ner = pipeline.get_pipe("mluke_ner")

    class Changed:
        def __enter__(self):
            self.before = dict(ner.cfg)
            ner.cfg.update(settings)
            return ner

        def __exit__(self, *args):
            ner.cfg.update(self.before)

    return Changed()


def test_only_vectors_of_entities_stay(nlp):
    doc = nlp(TEXTS[0])
    assert doc._.mluke.spans.tolist() == [[e.start, e.end] for e in doc.ents]
    assert doc._.mluke.vectors.shape == (len(doc.ents), 32)
    with with_settings(nlp, keep_vectors="all"):
        assert len(nlp(TEXTS[0])._.mluke.spans) > 10


def test_existing_entities_are_respected(nlp):
    doc = nlp.make_doc(TEXTS[0])
    doc.ents = [Span(doc, 1, 3, label="MINE")]
    found = labelled(nlp(doc))
    assert ("Merkel visited", "MINE") in found and ("Tokyo", "LOC") in found
    assert ("Angela Merkel", "PER") not in found


def test_existing_entities_can_be_overwritten(nlp):
    with with_settings(nlp, overwrite_ents=True):
        doc = nlp.make_doc(TEXTS[0])
        doc.ents = [Span(doc, 1, 3, label="MINE")]
        assert labelled(nlp(doc)) == [("Angela Merkel", "PER"), ("Tokyo", "LOC")]


def test_threshold_leaves_out_the_unlikely(nlp):
    with with_settings(nlp, threshold=1.0):
        assert labelled(nlp(TEXTS[0])) == []


def test_threshold_below_that_of_no_entity(nlp):
    ner = nlp.get_pipe("mluke_ner")
    logits = np.asarray([[1.0, 0.8, 0.0]], dtype="f")
    doc = nlp.make_doc(TEXTS[0])
    assert ner._decode(doc, np.asarray([[0, 2]]), logits, 0.0)[0] == []
    assert ner._decode(doc, np.asarray([[0, 2]]), logits, 0.5)[0] == []
    (found,), (score,) = ner._decode(doc, np.asarray([[0, 2]]), logits, 0.3)
    assert found.label_ == ner.labels[0] and 0.3 < score < 0.5


def test_entities_do_not_overlap_and_the_highest_logit_wins(nlp):
    ner = nlp.get_pipe("mluke_ner")
    doc = nlp.make_doc(TEXTS[0])
    spans = np.asarray([[0, 1], [0, 2], [1, 3], [3, 4], [2, 5]])
    logits = np.zeros((5, 1 + len(ner.labels)), dtype="f")
    logits[:, 1] = [1.0, 3.0, 5.0, -1.0, 2.0]
    found, probabilities = ner._decode(doc, spans, logits, 0.0)
    assert [(s.start, s.end) for s in found] == [(0, 1), (1, 3)]
    want = [np.exp(x) / (np.exp(x) + len(ner.labels)) for x in (1.0, 5.0)]
    assert probabilities == pytest.approx(want, rel=1e-5)


def test_overlapping_spans_go_to_a_group_with_scores(piece_file, tmp_path):
    fix_random_seed(1)
    nlp = spacy.blank("xx")
    nlp.add_pipe("mluke", config=encoder())
    nlp.add_pipe("mluke_ner", config={"output": "spans", "spans_key": "nested"})
    text = "New York City lies here"

    def examples():
        reference = nlp.make_doc(text)
        reference.spans["nested"] = [Span(reference, 0, 3, "CITY"), Span(reference, 0, 2, "ST")]
        return [Example(nlp.make_doc(text), reference)]

    initialize(nlp, piece_file, examples())
    optimizer = Optimizer(0.005)
    for _ in range(30):
        nlp.update(examples(), sgd=optimizer, losses={})
    nlp.to_disk(tmp_path)
    for pipeline in (nlp, spacy.load(tmp_path)):
        doc = pipeline(text)
        group = doc.spans["nested"]
        assert {(s.start, s.end, s.label_) for s in group} == {(0, 3, "CITY"), (0, 2, "ST")}
        scores = group.attrs["scores"]
        assert scores.shape == (2,) and (scores > 0.5).all()
        assert [s._.mluke.score for s in group] == pytest.approx(scores.tolist())
        assert not doc.ents
        assert Doc(doc.vocab).from_bytes(doc.to_bytes()).spans["nested"].attrs["scores"].tolist()
    assert nlp.evaluate(examples())["spans_nested_f"] == 1.0


def test_tokens_without_annotation_do_not_count(piece_file):
    nlp = make(piece_file, ner={})
    ner = nlp.get_pipe("mluke_ner")
    words = ["Angela", "Merkel", "visited", "Tokyo"]
    tags = ["B-PER", "L-PER", "O", "-"]
    example = Example.from_dict(Doc(nlp.vocab, words), {"entities": tags})
    gold = GoldSpans([example], None, ner.labels, "ner")
    spans = np.asarray([[0, 2], [0, 1], [2, 3], [3, 4], [2, 4], [0, 4]])
    targets, counts = gold.targets(spans, np.asarray([6]))
    per = ner.labels.index("PER") + 1
    assert targets.tolist() == [per, 0, 0, 0, 0, 0]
    assert counts.tolist() == [True, True, True, False, False, False]


def test_unannotated_docs_teach_nothing(piece_file):
    nlp = make(piece_file, ner={})
    example = Example(nlp.make_doc(TEXTS[0]), nlp.make_doc(TEXTS[0]))
    assert nlp.update([example], sgd=False, losses={})["mluke_ner"] == 0.0


def test_gold_that_does_not_align_is_counted(piece_file):
    fix_random_seed(1)
    nlp = spacy.blank("xx")
    nlp.add_pipe("mluke", config=encoder())
    nlp.add_pipe("mluke_ner")
    examples = examples_of(nlp)
    reference = Doc(nlp.vocab, ["Angela", "Merkel", "visited", "Tok", "yo"], [1, 1, 1, 0, 0])
    reference.ents = [Span(reference, 0, 2, "PER"), Span(reference, 3, 4, "LOC")]
    examples.append(Example(nlp.make_doc("Angela Merkel visited Tokyo"), reference))
    with pytest.warns(UserWarning, match=r"W401.*1 of 12 .*mluke_ner"):
        initialize(nlp, piece_file, examples)


def test_unknown_label_in_training(nlp):
    examples = examples_of(nlp, [("Angela Merkel", [(0, 13, "ALIEN")])])
    with pytest.raises(ValueError, match="M410.*ALIEN.*Angela.*LOC, ORG, PER"):
        nlp.update(examples, sgd=False, losses={})
    nlp.get_pipe("mluke")._pending = None


def test_labels(nlp, piece_file):
    ner = nlp.get_pipe("mluke_ner")
    assert ner.labels == ("LOC", "ORG", "PER") and ner.label_data == ["LOC", "ORG", "PER"]
    assert ner.add_label("LOC") == 0
    with pytest.raises(ValueError, match="M408.*NEW"):
        ner.add_label("NEW")
    other = spacy.blank("xx")
    other.add_pipe("mluke", config=encoder())
    other.add_pipe("mluke_ner")
    other.config["initialize"]["components"]["mluke_ner"] = {"labels": ["A", "LOC", "ORG", "PER"]}
    initialize(other, piece_file, examples_of(other))
    assert other.get_pipe("mluke_ner").labels == ("A", "LOC", "ORG", "PER")


def test_initialised_again(piece_file):
    nlp = make(piece_file, ner={})
    initialize(nlp, piece_file, examples_of(nlp))
    more = [*GOLD, ("radium glows", [(0, 6, "THING")])]
    with pytest.raises(ValueError, match="M408.*THING.*anew"):
        initialize(nlp, piece_file, examples_of(nlp, more))


def test_no_labels(piece_file):
    nlp = spacy.blank("xx")
    nlp.add_pipe("mluke", config=encoder())
    nlp.add_pipe("mluke_ner")
    with pytest.raises(ValueError, match="M409"):
        initialize(nlp, piece_file, examples_of(nlp, [("Nothing here", [])]))


def test_white_space_is_no_entity(piece_file):
    suggester = {
        "@misc": "spacy-mluke.from_suggester.v1",
        "suggester": {"@misc": "spacy.ngram_suggester.v1", "sizes": [1, 2]},
    }
    nlp = make(piece_file, ner={}, span_getter=suggester)
    # A bias that makes an entity of whatever is classified.
    nlp.get_pipe("mluke_ner").model.get_ref("output_layer").get_param("b")[1:] = 50.0
    doc = nlp("Tokyo  \n  Paris")
    assert any(token.is_space for token in doc)
    assert doc.ents and not any(ent.text.isspace() for ent in doc.ents)
    assert doc._.mluke.report["spans_without_pieces"] > 0


def test_spans_longer_than_a_window_are_counted(piece_file):
    words = {"@misc": "spacy-mluke.ngrams.v1", "max_words": 6, "max_pieces": 1000}
    nlp = make(piece_file, ner={}, span_getter=words, window=8, stride=4)
    nlp.get_pipe("mluke_ner").model.get_ref("output_layer").get_param("b")[1:] = 50.0
    doc = nlp("Angela Merkel visited Tokyo in Wolfsburg yesterday with twelve others")
    report = doc._.mluke.report
    assert report["spans_too_long"] > 0
    assert report["spans"] > report["spans_too_long"]
    assert doc.ents


def test_not_finite_numbers_stop_training(piece_file):
    nlp = make(piece_file, ner={})
    nlp.update(examples_of(nlp), sgd=False, losses={})
    weights = nlp.get_pipe("mluke").encoder_shims[0].module.encoder.embeddings.word_embeddings
    weights.weight.data[:] = float("nan")
    with pytest.raises(ValueError, match="M405.*'mluke'.*6 texts.*Angela Merkel visited"):
        nlp.update(examples_of(nlp), sgd=False, losses={})
    nlp = make(piece_file, ner={})
    nlp.get_pipe("mluke_ner").model.get_ref("output_layer").get_param("W")[:] = np.inf
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numpy's own about infinity
        with pytest.raises(ValueError, match="M405.*'mluke_ner'"):
            nlp.update(examples_of(nlp), sgd=False, losses={})


def test_frozen_encoder_that_annotates(piece_file):
    nlp = make(piece_file, ner={})
    shim = nlp.get_pipe("mluke").encoder_shims[0]
    before = {n: p.clone() for n, p in shim.module.named_parameters()}
    history = train(nlp, 15, 0.01, exclude=["mluke"], annotates=["mluke"])
    assert history[-1]["mluke_ner"] < history[0]["mluke_ner"]
    assert all((before[n] == p).all() for n, p in shim.module.named_parameters())


def test_frozen_encoder_that_does_not_annotate(piece_file):
    nlp = make(piece_file, ner={})
    with pytest.raises(ValueError, match="M301.*Angela Merkel.*annotating_components"):
        train(nlp, 1, exclude=["mluke"])
    nlp.disable_pipe("mluke")
    with pytest.raises(ValueError, match="M301"):
        nlp(TEXTS[0])


def test_both_annotate_in_training(piece_file):
    nlp = make(piece_file, ner={})
    examples = examples_of(nlp)
    nlp.update(examples, sgd=Optimizer(0.001), losses={}, annotates=["mluke", "mluke_ner"])


def test_empty_and_blank_docs(nlp):
    for text in ("", " ", "\n\t \n"):
        doc = nlp(text)
        assert not doc.ents and doc.text == text
    docs = list(nlp.pipe(["", TEXTS[0], "  ", ""]))
    assert labelled(docs[1]) == labelled(nlp(TEXTS[0]))
    nlp.update(examples_of(nlp, [("", []), (" ", [])]), sgd=Optimizer(0.001), losses={})
    nlp.update(examples_of(nlp, [("", []), *GOLD]), sgd=False, losses={})
    assert list(nlp.pipe([])) == []
    assert nlp.get_pipe("mluke_ner").predict([])[1].shape == (0, 4)
    assert nlp.update([], sgd=False, losses={}) == {}


@pytest.mark.parametrize("partial", [True, False])
def test_gold_of_texts_annotated_in_part(partial):
    vocab = spacy.blank("xx").vocab
    words = ["Ana", "likes", "Porto"]
    examples = []
    for default in ("missing", "outside"):
        gold = Doc(vocab, words=words)
        gold.set_ents([Span(gold, 2, 3, "LOC")], default=default)
        examples.append(Example(Doc(vocab, words=words), gold))
    gold_spans = GoldSpans(examples, None, ["LOC"], "ner", partial=partial)
    spans = np.asarray([[0, 1], [2, 3], [0, 1], [2, 3]])
    targets, counts = gold_spans.targets(spans, np.asarray([2, 2]))
    # Of the first text the unknown never counts, and what is known only if asked for
    assert counts.tolist() == [False, partial, True, True]
    assert targets[counts].tolist() == ([1, 0, 1] if partial else [0, 1])


def test_no_entities_of_texts_annotated_in_part_count():
    vocab = spacy.blank("xx").vocab
    words = ["Ana", "likes", "to", "see", "Porto"]
    gold = Doc(vocab, words=words)
    gold.set_ents([Span(gold, 4, 5, "LOC")], outside=[Span(gold, 1, 3, "")], default="missing")
    examples = [Example(Doc(vocab, words=words), gold)]
    spans = np.asarray([[0, 1], [1, 2], [1, 3], [2, 4], [4, 5]])
    for partial in (True, False):
        gold_spans = GoldSpans(examples, None, ["LOC"], "ner", partial=partial)
        _, counts = gold_spans.targets(spans, np.asarray([5]))
        assert counts.tolist() == [False, True, True, False, partial]
