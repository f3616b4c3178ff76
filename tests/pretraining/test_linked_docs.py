import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from spacy_mluke.entities.paragraphs import Paragraph
from spacy_mluke.pretraining.linked_docs import LinkedDocs
from spacy_mluke.pretraining.sentences import SentenceSplitter

MAKERS = {cut: LinkedDocs("de", cut=cut) for cut in ("tokens", "links")}


def _spans(doc, spans):
    return [doc[start:end].text for start, end in spans.tolist()]


@pytest.mark.parametrize("cut", ["tokens", "links"])
def test_links_are_whole_tokens(cut):
    text = "Die (Neuburger) Brücke in 東京 führt nach Ulm. Dort ist Schluss."
    links = [(5, 12, "Q1"), (26, 28, "Q2"), (40, 43, "Q3")]
    assert [text[start:end] for start, end, _ in links] == ["Neuburg", "東京", "Ulm"]
    doc, spans, ends = MAKERS[cut](Paragraph(text, links))
    assert doc.text == text
    assert _spans(doc, spans) == ["Neuburg", "東京", "Ulm"]
    assert [doc[:end].text for end in ends] == [text[:44], text]


def test_stretches_between_links():
    text = "Er fuhr von Ulm  nach Bonn."
    doc, _, _ = MAKERS["links"](Paragraph(text, [(12, 15, "Q1"), (22, 26, "Q2")]))
    assert [token.text for token in doc] == ["Er fuhr von", "Ulm", "  ", "nach", "Bonn", "."]
    assert [bool(token.whitespace_) for token in doc] == [True, False, False, True, False, False]


def test_no_sentence_ends_in_a_link():
    text = "Der Film Lauf! Los! wurde gelobt."
    _, spans, ends = MAKERS["tokens"](Paragraph(text, [(9, 19, "Q1")]))
    assert not any(start < end < stop for start, stop in spans.tolist() for end in ends)


def test_abbreviations():
    assert SentenceSplitter("en").ends("He met Mr. Jones. Why?") == [18, 22]
    assert SentenceSplitter("ja").ends("😀です。次。") == [4, 6]


BOUNDS = st.lists(st.integers(0, 40), max_size=6, unique=True)


@example("B B", [0, 2])
@example("a  b", [1, 3])
@given(st.text(alphabet="aB ö東(）.\n\u0301 😀", max_size=40), BOUNDS)
def test_any_text(text, bounds):
    bounds = sorted(bound for bound in bounds if bound <= len(text))
    links = [(a, b, "Q1") for a, b in zip(bounds[::2], bounds[1::2], strict=False)]
    for maker in MAKERS.values():
        doc, spans, ends = maker(Paragraph(text, links))
        assert doc.text == text
        assert sorted(ends) == ends and (not text or ends[-1] == len(doc))
        for (start, end, _), (first, last) in zip(links, spans.tolist(), strict=True):
            assert doc[first:last].text.strip() == text[start:end].strip()


def test_unknown_cut():
    with pytest.raises(ValueError, match="M731"):
        LinkedDocs("de", cut="words")
