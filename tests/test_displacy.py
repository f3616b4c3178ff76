import re
from xml.etree import ElementTree

import pytest
import spacy
from spacy.tokens import Span

from spacy_mluke.displacy import (
    draw_relations,
    entity_url,
    relations_to_arcs,
    render_page,
    render_relations,
)
from spacy_mluke.language import set_language
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
    assert "displacy-arc" not in svg and svg.index("شيء") < svg.index("لا")


def test_overlapping_ends_cannot_be_drawn(doc):
    set_relations(doc, [Relation(doc[0:2], doc[1:2], "x")])
    with pytest.warns(UserWarning, match="W503.*Ana Lima"):
        data = relations_to_arcs(doc)
    assert data["arcs"] == [] and words(data)[0] == "Ana Lima"


def test_right_to_left():
    """Seen from the right: the first word, then the second; labels are not upside down."""
    doc = spacy.blank("xx")("سلمى من عمان .")
    doc.ents = [Span(doc, 0, 1, "PER"), Span(doc, 2, 3, "LOC")]
    set_relations(doc, [Relation(doc.ents[0], doc.ents[1], "from", 0.5)])
    svg = render_relations(doc, jupyter=False)
    root = ElementTree.fromstring(svg)
    name = "{http://www.w3.org/2000/svg}"
    words = [n for n in root.iter(f"{name}tspan") if n.get("class") == "displacy-word"]
    assert [n.text for n in sorted(words, key=x_of)] == [".", "عمان", "من", "سلمى"]
    head = next(n for n in root.iter(f"{name}path") if n.get("class") == "displacy-arrowhead")
    tip = points(head.get("d"))[0][0]
    places = {n.text: x_of(n) for n in words}
    assert abs(tip - places["عمان"]) < abs(tip - places["سلمى"])
    arc = next(n for n in root.iter(f"{name}path") if n.get("class") == "displacy-arc")
    assert points(arc.get("d"))[0][0] < points(arc.get("d"))[-1][0]


def x_of(node):
    return float(node.get("x"))


def test_distant_relations_are_drawn_apart():
    doc = spacy.blank("en")("A b c d e f g h i j k l m n o p q r s t u v w x y z")
    doc.ents = [Span(doc, 0, 1, "X"), Span(doc, 4, 6, "X"), Span(doc, 16, 19, "X")]
    one, two, three = doc.ents
    far = Span(doc, 22, 23)
    set_relations(doc, [Relation(one, two, "r1"), Relation(far, three, "r2")])
    first, second = draw_relations(doc)
    assert "r1" in first and "r2" not in first and "r2" in second
    shown = [re.findall(r'displacy-word".*?>(.*?)</tspan>', svg) for svg in (first, second)]
    assert shown[0] == ["A", "b", "c", "d", "e f", "g", "h"]
    assert shown[1] == ["o", "p", "q r s", "t", "u", "v", "w", "x", "y"]
    joining = Relation(two, far, "r3")
    set_relations(doc, [Relation(one, two, "r1"), Relation(far, three, "r2"), joining])
    assert len(draw_relations(doc)) == 1
    set_relations(doc, [])
    assert draw_relations(doc) == []


def test_what_is_around_a_relation_cuts_no_entity():
    doc = spacy.blank("en")("a b c d e f g h i j k l")
    doc.ents = [Span(doc, i, j, "X") for i, j in ((0, 3), (4, 5), (6, 7), (8, 12))]
    set_relations(doc, [Relation(doc.ents[1], doc.ents[2], "r")])
    [svg] = draw_relations(doc)
    words = re.findall(r'displacy-word".*?>(.*?)</tspan>', svg)
    assert words == ["a b c", "d", "e", "f", "g", "h", "i j k l"]


@pytest.fixture
def linked():
    doc = spacy.blank("xx")("Ana met <script>alert(1)</script> in Porto and Lima")
    script = next(token.i for token in doc if "script" in token.text)
    last = len(doc)
    doc.ents = [
        Span(doc, 0, 1, "PER", kb_id="NIL"),
        Span(doc, script, script + 1, "<b>", kb_id='"><img src=x>'),
        Span(doc, last - 3, last - 2, "LOC", kb_id="Q36433"),
        Span(doc, last - 1, last, "LOC", kb_id="es:Lima (Perú)"),
    ]
    set_relations(doc, [Relation(doc.ents[0], doc.ents[2], "was <i>in</i>", 0.5)])
    return doc


def test_links_of_entities(linked):
    page = render_page(linked, title="<u>t</u>")
    assert page.startswith("<!DOCTYPE html>") and "<title>&lt;u&gt;t&lt;/u&gt;</title>" in page
    links = re.findall(r'<a [^>]*href="([^"]*)">([^<]*)</a>', page)
    assert links[1:] == [
        ("https://www.wikidata.org/wiki/Q36433", "Q36433"),
        ("https://es.wikipedia.org/wiki/Lima_%28Per%C3%BA%29", "es:Lima (Perú)"),
    ]
    assert links[0] == ("#", "&quot;&gt;&lt;img src=x&gt;")  # NIL has no link
    for markup in ("<script", "<img", "<b>", "<i>", "<u>", "NIL"):
        assert markup not in page
    assert page.count("<svg") == 1 and "was &lt;i&gt;in&lt;/i&gt; 0.50" in page
    assert "http" not in re.sub(r'href="[^"]*"|xmlns(:xlink)?="[^"]*"', "", page)


def test_page_of_docs_without_anything():
    blank = spacy.blank("xx")
    page = render_page([blank(""), blank("لا شيء"), blank("a\n<b>")])
    assert page.count("<section") == 3 and "direction: rtl" in page
    assert "<b>" not in page and "<svg" not in page
    assert "<section" not in render_page([])


def test_language_of_a_text():
    doc = spacy.blank("xx")("Ana")
    set_language(doc, "pt")
    assert '<section lang="pt">' in render_page(doc)


@pytest.mark.parametrize(
    "key,url",
    [
        ("Q42", "https://www.wikidata.org/wiki/Q42"),
        ("zh-min-nan:A?b#c", "https://zh-min-nan.wikipedia.org/wiki/A%3Fb%23c"),
        ("ja:\ud800", "https://ja.wikipedia.org/wiki/%3F"),
        ("NIL", ""),
        ("", ""),
        ("javascript:alert(1)", "https://javascript.wikipedia.org/wiki/alert%281%29"),
        ("Q0", ""),
    ],
)
def test_urls(key, url):
    assert entity_url(key) == url
