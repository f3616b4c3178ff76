import spacy
from spacy.tokens import DocBin

from spacy_mluke.training.doc_bin import write_docs


def test_write_docs(tmp_path):
    nlp = spacy.blank("xx")
    docs = [nlp("a b"), nlp("c")]
    docs[0].user_data["key"] = 1
    assert write_docs(tmp_path / "a.spacy", docs) == 2
    found = list(DocBin().from_disk(tmp_path / "a.spacy").get_docs(nlp.vocab))
    assert [doc.text for doc in found] == ["a b", "c"]
    assert found[0].user_data["key"] == 1
