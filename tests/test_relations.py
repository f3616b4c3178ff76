import pickle
import subprocess
import sys

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc, DocBin, Span

from spacy_mluke.doc_data import read_entries
from spacy_mluke.relations import (
    ENTRY,
    Relation,
    get_relations,
    register_extensions,
    set_relations,
)

register_extensions()
TEXT = "It rained. Ana Lima works for Galp in Porto. Galp is old."


def annotate(doc: Doc) -> Doc:
    ana, galp, porto = doc[3:5], doc[7:8], doc[9:10]
    doc.ents = [Span(doc, ana.start, ana.end, "PER"), Span(doc, 7, 8, "ORG", kb_id="Q1492")]
    relations = [
        Relation(ana, galp, "works_for", 0.75),
        Relation(galp, ana, "employs", 0.5),
        Relation(ana, galp, "likes", 0.25),
        Relation(galp, porto, "located_in"),
        Relation(porto, doc[11:12], "across"),
    ]
    set_relations(doc, relations)
    return doc


Language.component("test_relations_writer", func=annotate)

INSIDE = [
    ("Ana Lima", "Galp", "works_for", 0.75),
    ("Ana Lima", "Galp", "likes", 0.25),
    ("Galp", "Ana Lima", "employs", 0.5),
    ("Galp", "Porto", "located_in", 1.0),
]
ALL = [*INSIDE, ("Porto", "Galp", "across", 1.0)]


def plain(doc):
    return [(rel.head.text, rel.tail.text, rel.label, rel.score) for rel in doc._.relations]


@pytest.fixture
def nlp() -> Language:
    nlp = spacy.blank("xx")
    nlp.add_pipe("sentencizer")
    return nlp


@pytest.fixture
def doc(nlp) -> Doc:
    return annotate(nlp(TEXT))


def test_relations_in_order(doc):
    assert plain(doc) == ALL
    assert all(rel.head.doc is doc and rel.tail.doc is doc for rel in doc._.relations)


def test_ends_take_the_entities_labels(doc):
    works_for = doc._.relations[0]
    assert (works_for.head.label_, works_for.tail.label_) == ("PER", "ORG")
    assert works_for.tail.kb_id_ == "Q1492"
    assert doc._.relations[-1].head.label_ == ""


def test_ends_take_labels_of_span_groups_second(doc):
    doc.spans["places"] = [Span(doc, 9, 10, "LOC"), Span(doc, 7, 8, "OTHER")]
    labels = {rel.head.text: rel.head.label_ for rel in doc._.relations}
    assert labels == {"Ana Lima": "PER", "Galp": "ORG", "Porto": "LOC"}


def test_repr(doc):
    assert repr(doc._.relations[0]) == "Relation('Ana Lima' -works_for-> 'Galp', 0.75)"


def test_frozen(doc):
    with pytest.raises(AttributeError):
        doc._.relations[0].label = "other"


def test_survive_bytes(doc):
    assert plain(Doc(doc.vocab).from_bytes(doc.to_bytes())) == ALL


def test_survive_docbin(doc):
    data = DocBin(store_user_data=True, docs=[doc]).to_bytes()
    [other] = DocBin().from_bytes(data).get_docs(doc.vocab)
    assert plain(other) == ALL
    assert other._.relations[0].head.label_ == "PER"


def test_survive_copy_and_pickle(doc):
    assert plain(doc.copy()) == ALL
    assert plain(pickle.loads(pickle.dumps(doc))) == ALL


def test_survive_processes(nlp):
    nlp.add_pipe("test_relations_writer")
    for doc in nlp.pipe([TEXT] * 3, n_process=2, batch_size=1):
        assert plain(doc) == ALL


def test_as_doc_keeps_what_is_inside(doc):
    part = list(doc.sents)[1].as_doc(copy_user_data=True)
    assert plain(part) == INSIDE
    assert part._.relations[0].head.start == 0
    assert plain(list(doc.sents)[2].as_doc(copy_user_data=True)) == []


def test_from_docs(nlp, doc):
    other = nlp("Nichts.")
    joined = Doc.from_docs([doc, other, doc])
    assert plain(joined) == ALL + ALL
    assert joined._.relations[5].head.start == len(doc) + len(other) + 3
    assert plain(Doc.from_docs([sent.as_doc(copy_user_data=True) for sent in doc.sents])) == ALL


def test_relations_of_a_cut_part_do_not_land_on_foreign_text(nlp, doc):
    # the heads of the other sentences would fall on the text that now stands before the part
    part = doc[10:].as_doc(copy_user_data=True)
    other = nlp("Eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf.")
    joined = Doc.from_docs([other, part])
    assert read_entries(joined, ENTRY)
    assert plain(joined) == []


def test_merged_tokens_keep_relations(doc):
    with doc.retokenize() as retokenizer:
        retokenizer.merge(doc[3:5])
        retokenizer.merge(doc[7:9])
    assert ("Ana Lima", "Galp in", "works_for", 0.75) in plain(doc)
    assert len(doc._.relations) == len(ALL)


def test_set_replaces(doc):
    doc._.relations = [Relation(doc[3:5], doc[7:8], "a")]
    assert plain(doc) == [("Ana Lima", "Galp", "a", 1.0)]
    doc._.relations = []
    assert plain(doc) == [] and not read_entries(doc, ENTRY)


def test_the_best_of_equal_relations_is_kept(doc):
    ana, galp = doc[3:5], doc[7:8]
    set_relations(doc, [Relation(ana, galp, "a", score) for score in (0.2, 0.9, 0.4)])
    assert plain(doc) == [("Ana Lima", "Galp", "a", 0.9)]


def test_set_back_what_was_read(doc):
    set_relations(doc, get_relations(doc))
    assert plain(doc) == ALL


def test_span_of_another_doc(nlp, doc):
    other = nlp(TEXT)
    with pytest.raises(ValueError, match="M511.*tail.*'a'"):
        set_relations(doc, [Relation(doc[3:5], other[7:8], "a")])
    assert plain(doc) == ALL


def test_empty_span(doc):
    with pytest.raises(ValueError, match="M512.*head.*'a'"):
        set_relations(doc, [Relation(doc[3:3], doc[7:8], "a")])


def test_span_outside(doc):
    last = doc[len(doc) - 1 : len(doc)]
    relation = Relation(doc[3:4], last, "a")
    with doc.retokenize() as retokenizer:
        retokenizer.merge(doc[:6])
    with pytest.raises(ValueError, match="M513.*tail"):
        set_relations(doc, [relation])


def test_registering_again_is_harmless(recwarn):
    register_extensions()
    assert not recwarn


def test_foreign_extension_is_left_with_a_warning():
    ours = Doc.remove_extension("relations")
    try:
        Doc.set_extension("relations", default=None)
        with pytest.warns(UserWarning, match="W501"):
            register_extensions()
        assert Doc.get_extension("relations")[2] is None
    finally:
        Doc.set_extension("relations", force=True, getter=ours[2], setter=ours[3])


def test_imports_nothing_heavy():
    # spaCy itself imports torch where it is installed
    code = (
        "import sys, spacy; before = set(sys.modules); import spacy_mluke.relations\n"
        "new = set(sys.modules) - before\n"
        "sys.exit(any(name.split('.')[0] in ('torch', 'transformers') for name in new))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
