"""What the checks count without weights is what a real encoder then does."""

import numpy as np
import pytest

from spacy_mluke.layers.span_classifier import candidate_spans
from spacy_mluke.text.arrays import as_spans
from spacy_mluke.training.debug_counts import EncoderCheck, LanguageCounts, bare
from tests.pipeline.pipelines import NGRAMS, NO_SPANS, TEXTS, make
from tests.samples import NASTY, SENTENCES

ALL = {"threshold": 0.0, "max_per_piece": 1000.0}  # a proposer that takes all within its limits


@pytest.mark.parametrize(
    "model",
    [
        {"span_getter": NO_SPANS, "proposer": {**ALL, "max_words": 3, "max_pieces": 4}},
        {"span_getter": NGRAMS, "proposer": {**ALL, "max_words": 2, "max_pieces": 9}},
        {"span_getter": NGRAMS, "window": 8, "stride": 4},
        {"span_getter": NGRAMS, "piece_mode": "hf"},
    ],
)
def test_counts_are_those_of_the_encoder(piece_file, model):
    nlp = make(piece_file, ner={}, **model)
    texts = [*TEXTS, *NASTY[3:8], *(group[0] for group in SENTENCES.values())]
    docs = [nlp.make_doc(text) for text in texts]
    layer = nlp.get_pipe("mluke").model
    shim = layer.shims[0]
    settings, get_spans = layer.attrs["settings"], layer.attrs["get_spans"]
    check = EncoderCheck(settings, get_spans, shim.pieces, shim.windows)
    ner = nlp.get_pipe("mluke_ner").model
    for doc in docs:
        nlp.get_pipe("mluke")(doc)
        found = candidate_spans(ner, [doc], False).dataXd.reshape(-1, 2)
        every = [(i, j) for i in range(len(doc)) for j in range(i + 1, min(i + 12, len(doc)) + 1)]
        numbers = check.mentions([bare(doc)], [as_spans(every)], propose=True)
        lost = ("without_pieces", "longer_than_a_window", "not_proposed")
        assert numbers["mentions"] == len(every)
        assert numbers["mentions"] - sum(numbers[name] for name in lost) == len(found)
        assert numbers["candidates"] >= len(found)
        assert check.texts([doc])["unknown_pieces"] == doc._.mluke.report["unknown_pieces"]


def test_nothing_to_count(piece_file):
    nlp = make(piece_file, ner={})
    layer = nlp.get_pipe("mluke").model
    settings, get_spans, shim = layer.attrs["settings"], layer.attrs["get_spans"], layer.shims[0]
    check = EncoderCheck(settings, get_spans, shim.pieces, shim.windows)
    docs = [nlp.make_doc(""), nlp.make_doc(" \n ")]
    numbers = check.mentions(docs, [as_spans([]), as_spans([(0, 1)])], propose=True)
    assert (numbers["mentions"], numbers["without_pieces"], numbers["candidates"]) == (1, 1, 0)
    texts = check.texts(docs)
    assert texts["words"] == texts["pieces"] == texts["docs_of_several_windows"] == 0


def test_longest_is_not_summed():
    counts = LanguageCounts()
    for number in (3, 7, 5):
        counts.add("ner", {"longest_words": number, "mentions": number})
    assert counts.to_dict()["components"]["ner"] == {"longest_words": 7, "mentions": 15}


def test_bare_docs_keep_their_tokens(piece_file):
    doc = make(piece_file).make_doc("Ana lacht")
    doc.set_ents([doc.char_span(0, 3, label="PER")])
    copy = bare(doc)
    assert not copy.ents and doc.ents
    assert np.array_equal(copy.to_array("ORTH"), doc.to_array("ORTH"))
