"""Imported pipelines give the numbers of transformers."""

import json

import numpy as np
import pytest
import spacy
import torch
from safetensors.torch import load_file, save_file

from spacy_mluke.shipping.importing import import_pipeline
from tests.samples import NASTY, SENTENCES
from tests.shipping.published import CONLL, KBP37, TACRED, publish, theirs

SPANS, PAIRS = "LukeForEntitySpanClassification", "LukeForEntityPairClassification"
TEXTS = [texts[0] for texts in SENTENCES.values()] + NASTY[3:5] + NASTY[12:13]
PAIR_TEXT = "Apple was founded by Steve Jobs and (Steve Wozniak) in Los Altos."


def ner_logits(nlp, doc):
    ner = nlp.get_pipe("mluke_ner")
    spans, logits = ner.predict([nlp.get_pipe("mluke")(doc)])
    return spans.dataXd.tolist(), logits


def chars(doc, spans):
    return [(doc[a:b].start_char, doc[a:b].end_char) for a, b in spans]


@pytest.mark.parametrize("entity_aware", [False, True])
def test_span_logits_equal_transformers(tmp_path, piece_model, entity_aware):
    model, tokenizer = publish(
        tmp_path / "hub", SPANS, CONLL, piece_model, entity_aware=entity_aware
    )
    nlp = import_pipeline(tmp_path / "hub", max_words=4)
    assert nlp.pipe_names == ["mluke", "mluke_ner"]
    assert nlp.get_pipe("mluke_ner").labels == ("LOC", "PER", "ORG", "MISC")
    worst, n_spans = 0.0, 0
    for text in TEXTS:
        doc = nlp.make_doc(text)
        spans, logits = ner_logits(nlp, doc)
        wanted = theirs(model, tokenizer, text, chars(doc, spans)).numpy()
        worst, n_spans = max(worst, float(np.abs(wanted - logits).max())), n_spans + len(spans)
    assert n_spans > 500 and worst <= 1e-5


def test_row_of_no_entity_may_be_any(tmp_path, piece_model):
    labels = ["MISC", "PER", "NIL"]
    model, tokenizer = publish(tmp_path / "hub", SPANS, labels, piece_model, pickled=True)
    nlp = import_pipeline(tmp_path / "hub", lang="en", max_words=2)
    assert nlp.get_pipe("mluke_ner").labels == ("MISC", "PER")
    doc = nlp.make_doc(PAIR_TEXT)
    spans, logits = ner_logits(nlp, doc)
    wanted = theirs(model, tokenizer, PAIR_TEXT, chars(doc, spans)).numpy()[:, [2, 0, 1]]
    assert np.abs(wanted - logits).max() <= 1e-5


def marked(nlp):
    doc = nlp.make_doc(PAIR_TEXT)
    for start, end, label in ((0, 5, "ORG"), (21, 31, "PER"), (37, 50, "PER")):
        doc.set_ents([doc.char_span(start, end, label)], default="unmodified")
    return doc


def relation_logits(nlp, doc):
    scored = nlp.get_pipe("mluke_relations").predict([doc])
    spans = [(m.start_char, m.end_char) for m in scored.mentions[0]]
    return [(spans[i], spans[j]) for i, j in scored.pairs[0].tolist()], scored.logits


def test_pair_logits_with_directed_labels(tmp_path, piece_model):
    model, tokenizer = publish(tmp_path / "hub", PAIRS, KBP37, piece_model)
    nlp = import_pipeline(tmp_path / "hub")
    assert nlp.pipe_names == ["mluke_relations"]
    relations = nlp.get_pipe("mluke_relations")
    assert relations.labels == ("per:origin", "org:founded_by", "per:title")
    pairs, logits = relation_logits(nlp, marked(nlp))
    assert len(pairs) == 3 and logits.shape == (3, 7)
    # origin, founded_by, title forward, then backward; title forward does not exist
    rows = [0, 4, 2, 1, 3, 5]
    for pair, found in zip(pairs, logits):
        wanted = theirs(model, tokenizer, PAIR_TEXT, list(pair)).numpy()[rows]
        assert np.abs(wanted - found[[0, 1, 2, 4, 5, 6]]).max() <= 1e-5
        assert found[3] < -1e8


def test_pair_logits_of_labels_without_direction(tmp_path, piece_model):
    model, tokenizer = publish(tmp_path / "hub", PAIRS, TACRED, piece_model)
    nlp = import_pipeline(tmp_path / "hub")
    assert nlp.get_pipe("mluke_relations").labels == ("per:origin", "org:founded_by")
    pairs, logits = relation_logits(nlp, marked(nlp))
    for (first, second), found in zip(pairs, logits):
        forward = theirs(model, tokenizer, PAIR_TEXT, [first, second]).numpy()
        backward = theirs(model, tokenizer, PAIR_TEXT, [second, first]).numpy()
        wanted = [0.0, *(forward - forward[1])[[0, 2]], *(backward - backward[1])[[0, 2]]]
        assert np.abs(np.asarray(wanted) - found).max() <= 2e-5
        # the probabilities are those of both orders, given that at most one holds
        p1, p2 = (np.exp(z) / np.exp(z).sum() for z in (forward, backward))
        joint = [p1[1] * p2[1], *(p1[[0, 2]] * p2[1]), *(p1[1] * p2[[0, 2]])]
        probs = np.exp(found) / np.exp(found).sum()
        assert np.abs(probs - np.asarray(joint) / sum(joint)).max() <= 1e-5


def test_bias_of_a_pair_classifier(tmp_path, piece_model):
    # transformers' class has none, but drops that of kbp37's checkpoint without a word
    model, tokenizer = publish(tmp_path / "hub", PAIRS, KBP37, piece_model)
    bias = torch.randn(len(KBP37))
    file = tmp_path / "hub" / "model.safetensors"
    save_file({**load_file(file), "classifier.bias": bias}, file)
    change_config(tmp_path / "hub", classifier_bias=True)
    nlp = import_pipeline(tmp_path / "hub")
    pairs, logits = relation_logits(nlp, marked(nlp))
    wanted = (theirs(model, tokenizer, PAIR_TEXT, list(pairs[1])) + bias).numpy()
    assert np.abs(wanted[[0, 4, 2, 1, 3, 5]] - logits[1][[0, 1, 2, 4, 5, 6]]).max() <= 1e-5


@pytest.mark.parametrize("kind, labels", [(SPANS, CONLL), (PAIRS, KBP37), (PAIRS, TACRED)])
def test_saved_pipeline_is_the_same(tmp_path, piece_model, kind, labels):
    publish(tmp_path / "hub", kind, labels, piece_model)
    nlp = import_pipeline(tmp_path / "hub", max_words=3)
    nlp.to_disk(tmp_path / "pipeline")
    again = spacy.load(tmp_path / "pipeline")
    assert "hub" not in (tmp_path / "pipeline" / "config.cfg").read_text()
    if kind == SPANS:
        one, other = ner_logits(nlp, nlp.make_doc(PAIR_TEXT)), ner_logits(again, again(PAIR_TEXT))
    else:
        one, other = relation_logits(nlp, marked(nlp)), relation_logits(again, marked(again))
    assert one[0] == other[0] and np.array_equal(one[1], other[1])
    docs = list(again.pipe(["", "  ", PAIR_TEXT, *TEXTS[:3]]))
    assert len(docs) == 6


def change_config(folder, **values):
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def test_other_checkpoints_are_refused(tmp_path, piece_model):
    hub = tmp_path / "hub"
    publish(hub, SPANS, CONLL, piece_model)
    change_config(hub, architectures=[PAIRS])
    with pytest.raises(ValueError, match="M261"):
        import_pipeline(hub)
    change_config(hub, architectures=["LukeForMaskedLM"])
    import_pipeline(hub)  # the classifier itself tells what it is
    change_config(hub, architectures=[SPANS], id2label={"0": "O", "1": "PER"})
    with pytest.raises(ValueError, match="M262"):
        import_pipeline(hub)
    change_config(hub, id2label={str(i): f"LABEL_{i}" for i in range(5)})
    with pytest.raises(ValueError, match="M263"):
        import_pipeline(hub)
    nlp = import_pipeline(hub, none="LABEL_3")
    assert nlp.get_pipe("mluke_ner").labels == ("LABEL_0", "LABEL_1", "LABEL_2", "LABEL_4")
    (hub / "sentencepiece.bpe.model").unlink()
    (hub / "vocab.json").write_text("{}")
    with pytest.raises(ValueError, match="M260.*RoBERTa"):
        import_pipeline(hub)
