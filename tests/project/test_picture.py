"""The picture of the README."""

from xml.etree import ElementTree

import picture
import spacy
from spacy.tokens import Span

from spacy_mluke.relations import Relation, get_relations, set_relations

SVG = "{http://www.w3.org/2000/svg}"


def make_docs():
    nlp = spacy.blank("xx")
    docs = [nlp.make_doc("Ulm & Bonn lie in Germany."), nlp.make_doc("باريس في فرنسا")]
    docs[0].ents = [Span(docs[0], 0, 1, "LOC"), Span(docs[0], 5, 6, "LOC", kb_id="Q183")]
    docs[1].ents = [
        Span(docs[1], 0, 1, "LOC", kb_id="Q90"),
        Span(docs[1], 2, 3, "LOC", kb_id="NIL"),
    ]
    for doc in docs:
        set_relations(doc, [Relation(doc.ents[0], doc.ents[1], "located_in", 0.75)])
    return docs


def test_drawings_stand_one_below_the_other():
    root = ElementTree.fromstring(picture.draw(make_docs()))
    first, second = root.findall(f"{SVG}svg")
    assert first.get("y") == "0" and float(second.get("y")) == float(first.get("height"))
    assert float(root.get("height")) == sum(float(part.get("height")) for part in (first, second))
    texts = ["".join(part.itertext()) for part in (first, second)]
    assert "LOC Q183" in texts[0] and "located_in 0.75" in texts[0] and "&" in texts[0]
    assert "LOC Q90" in texts[1] and "NIL" not in texts[1]
    ids = [node.get("id") for node in root.iter() if node.get("id")]
    assert len(ids) == len(set(ids))


def test_same_docs_same_picture():
    docs = make_docs()
    assert picture.draw(docs) == picture.draw(make_docs())
    # and the docs are as they were
    assert docs[0].ents[1].label_ == "LOC" and len(get_relations(docs[0])) == 1


def test_every_language_of_the_picture_has_a_text():
    assert set(picture.LANGUAGES) <= set(picture.TEXTS)
