import spacy
from spacy.tokens import Doc, DocBin

from spacy_mluke.language import get_language, register_extensions, set_language

register_extensions()


def test_falls_back_to_the_vocab():
    assert spacy.blank("pt")("Olá")._.lang_code == "pt"


def test_survives():
    nlp = spacy.blank("xx")
    nlp.add_pipe("sentencizer")
    doc = nlp("Guten Tag. Es regnet.")
    doc._.lang_code = "de"
    data = DocBin(store_user_data=True, docs=[doc]).to_bytes()
    [from_bin] = DocBin().from_bytes(data).get_docs(nlp.vocab)
    parts = [sent.as_doc(copy_user_data=True) for sent in doc.sents]
    for other in (doc.copy(), from_bin, *parts, Doc.from_docs([doc, doc])):
        assert get_language(other) == "de"


def test_several():
    nlp = spacy.blank("xx")
    docs = [nlp("Hola."), nlp("Hallo."), nlp("")]
    for doc, lang in zip(docs, ("es", "de", "fi"), strict=True):
        set_language(doc, lang)
    assert get_language(Doc.from_docs(docs)) == "mul"
    assert get_language(docs[2]) == "fi"


def test_set_again():
    doc = spacy.blank("xx")("Hola.")
    set_language(doc, "de")
    set_language(doc, "es")
    assert get_language(doc) == "es"
