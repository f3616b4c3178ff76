import re
from xml.etree import ElementTree

import pytest
import spacy
from spacy.tokens import Span

from spacy_mluke.displacy import relations_to_arcs, render_relations
from spacy_mluke.relations import Relation, set_relations


@pytest.fixture
def doc():
    doc = spacy.blank("xx")("Ana Lima heads <b>Galp & Co in Porto.")
    start = next(token.i for token in doc if token.text == "Galp" or "Galp" in token.text)
    galp = Span(doc, start, start + 3, "ORG<1>")
    porto = next(token.i for token in doc if token.text == "Porto")
    ana = Span(doc, 0, 2, "PER")
    doc.ents = [ana, galp]
    relations = [
        Relation(ana, galp, "heads", 0.875),
        Relation(galp, ana, "led<by>"),
        Relation(galp, Span(doc, porto, porto + 1), "in", 0.25),
    ]
    set_relations(doc, relations)
    return doc


def words(data):
    return [word["text"] for word in data["words"]]


def arcs(data):
    texts = words(data)
    ends = ((texts[a["start"]], texts[a["end"]], a["dir"], a["label"]) for a in data["arcs"])
    return sorted(ends)


def test_words_and_arcs(doc):
    data = relations_to_arcs(doc)
    galp = next(text for text in words(data) if "Galp" in text)
    assert galp.endswith("Galp & Co")
    assert words(data)[:2] == ["Ana Lima", "heads"] and words(data)[-3:] == ["in", "Porto", "."]
    assert data["words"][0]["tag"] == "PER"
    assert arcs(data) == [
        ("Ana Lima", galp, "left", "led&lt;by&gt;"),
        ("Ana Lima", galp, "right", "heads 0.88"),
        (galp, "Porto", "right", "in 0.25"),
    ]


def test_options(doc):
    assert len(relations_to_arcs(doc, min_score=0.5)["arcs"]) == 2
    labels = [arc["label"] for arc in relations_to_arcs(doc, show_scores=False)["arcs"]]
    assert labels == ["heads", "led&lt;by&gt;", "in"]


def points(path):
    return [tuple(map(float, point.split(","))) for point in re.findall(r"[\d.-]+,[\d.-]+", path)]


def test_svg(doc):
    svg = render_relations(doc, jupyter=False)
    root = ElementTree.fromstring(svg)
    name = "{http://www.w3.org/2000/svg}"
    texts = [node.text for node in root.iter(f"{name}tspan")]
    galp = next(text for text in texts if text and "Galp" in text)
    assert "Ana Lima" in texts and galp.endswith("Galp & Co")
    assert "ORG<1>" in texts
    x_of = {
        node.text: float(node.get("x"))
        for node in root.iter(f"{name}tspan")
        if node.get("class") == "displacy-word"
    }
    labels = {}
    for group in root.iter(f"{name}g"):
        label = next(group.iter(f"{name}textPath")).text
        arc, head = (path.get("d") for path in group.iter(f"{name}path"))
        middle = (points(arc)[0][0] + points(arc)[-1][0]) / 2
        labels[label] = points(head)[0][0] > middle
        # the arc stands between the two words it joins
        assert x_of["Ana Lima"] < middle < x_of["Porto"]
    # whether the arrow points to the right, where the tail is
    assert labels == {"heads 0.88": True, "led<by>": False, "in 0.25": True}


def test_page_of_several_docs(doc):
    html = render_relations([doc, doc], page=True, jupyter=False)
    assert html.startswith("<!DOCTYPE html>") and html.count("<svg") == 2
    assert "<b>" not in html and "ORG<1>" not in html


def test_longer_words_get_more_room(doc):
    narrow = render_relations(doc, jupyter=False, options={"distance": 50})
    wide = render_relations(doc, jupyter=False)
    width = re.compile(r'width="(\d+)"')
    assert int(width.search(narrow).group(1)) < int(width.search(wide).group(1))


def test_no_relations():
    svg = render_relations(spacy.blank("ar")("لا شيء"), jupyter=False)
    assert "displacy-arc" not in svg and 'direction="rtl"' in svg


def test_overlapping_ends_cannot_be_drawn(doc):
    set_relations(doc, [Relation(doc[0:2], doc[1:2], "x")])
    with pytest.warns(UserWarning, match="W503.*Ana Lima"):
        data = relations_to_arcs(doc)
    assert data["arcs"] == [] and words(data)[0] == "Ana Lima"
