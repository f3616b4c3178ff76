from pathlib import Path

import numpy as np
import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc, DocBin

from spacy_mluke.doc_data import read_entries, remove_entries, text_length, write_entry

TEXT = "Ana Lima lives in Porto. She works for Galp. Her brother left."
VECTORS = np.arange(6, dtype="float32").reshape(2, 3)


@pytest.fixture
def nlp() -> Language:
    nlp = spacy.blank("xx")
    nlp.add_pipe("sentencizer")
    return nlp


@pytest.fixture
def doc(nlp: Language) -> Doc:
    doc = nlp(TEXT)
    write_entry(doc, "thing", 0, 8, {"spans": [[0, 8], [18, 23]], "vectors": VECTORS})
    write_entry(doc, "thing", 39, 43, {"spans": [], "vectors": VECTORS[:0]})
    write_entry(doc, "other", 0, len(TEXT), {"lang": "en"})
    return doc


def check(entries, start=0):
    (first, second) = entries
    assert first[:2] == (start, start + 8)
    assert [list(span) for span in first[2]["spans"]] == [[0, 8], [18, 23]]
    np.testing.assert_array_equal(first[2]["vectors"], VECTORS)
    assert first[2]["vectors"].dtype == np.float32
    assert second[:2] == (start + 39, start + 43)
    assert second[2]["vectors"].shape == (0, 3)


def test_entries_are_sorted_and_separate_by_name(doc):
    check(read_entries(doc, "thing"))
    assert read_entries(doc, "other") == [(0, len(TEXT), {"lang": "en"})]
    assert read_entries(doc, "nothing") == []


def test_survive_bytes(doc):
    check(read_entries(Doc(doc.vocab).from_bytes(doc.to_bytes()), "thing"))


def test_survive_disk(doc, tmp_path: Path):
    doc.to_disk(tmp_path / "doc")
    check(read_entries(Doc(doc.vocab).from_disk(tmp_path / "doc"), "thing"))


def test_survive_docbin(doc):
    data = DocBin(store_user_data=True, docs=[doc, doc]).to_bytes()
    for other in DocBin(store_user_data=True).from_bytes(data).get_docs(doc.vocab):
        check(read_entries(other, "thing"))


def test_survive_copy(doc):
    other = doc.copy()
    remove_entries(doc, "thing")
    check(read_entries(other, "thing"))


@Language.component("test_doc_data_writer")
def _write(doc: Doc) -> Doc:
    write_entry(doc, "thing", 0, 8, {"spans": [[0, 8], [18, 23]], "vectors": VECTORS})
    write_entry(doc, "thing", 39, 43, {"spans": [], "vectors": VECTORS[:0]})
    return doc


def test_survive_processes(nlp):
    nlp.add_pipe("test_doc_data_writer")
    for doc in nlp.pipe([TEXT] * 3, n_process=2, batch_size=1):
        check(read_entries(doc, "thing"))


def test_as_doc_of_a_middle_span(doc):
    start = doc.text.index("She")
    part = list(doc.sents)[1].as_doc(copy_user_data=True)
    assert part.text.startswith("She")
    [(first, last, _)] = read_entries(part, "thing")
    assert part.text[first:last] == "Galp"
    # the entry of the whole doc now reaches beyond the part on both sides
    assert read_entries(part, "other") == [(-start, len(TEXT) - start, {"lang": "en"})]


def test_as_doc_keeps_touching_entries_out(doc):
    # "Porto" begins where the entry of "Ana Lima" has ended long ago
    part = doc.char_span(18, 23).as_doc(copy_user_data=True)
    assert read_entries(part, "thing") == []
    part = doc.char_span(9, 17).as_doc(copy_user_data=True)
    assert read_entries(part, "thing") == []


def test_from_docs_of_three(nlp, doc):
    other = nlp("Nichts")
    joined = Doc.from_docs([doc, other, doc])
    assert joined.text == f"{TEXT} Nichts {TEXT}"
    entries = read_entries(joined, "thing")
    check(entries[:2])
    check(entries[2:], len(TEXT) + len(" Nichts "))


def test_from_docs_without_spaces(nlp, doc):
    joined = Doc.from_docs([doc, doc, doc], ensure_whitespace=False)
    assert joined.text == TEXT * 3
    for i in range(3):
        check(read_entries(joined, "thing")[2 * i : 2 * i + 2], i * len(TEXT))


def test_from_docs_of_the_parts_is_the_whole(doc):
    parts = [sent.as_doc(copy_user_data=True) for sent in doc.sents]
    joined = Doc.from_docs(parts)
    assert joined.text == TEXT
    check(read_entries(joined, "thing"))


def test_write_replaces(doc):
    write_entry(doc, "other", 0, len(TEXT), {"lang": "pt"})
    assert read_entries(doc, "other") == [(0, len(TEXT), {"lang": "pt"})]


def test_remove(doc):
    assert remove_entries(doc, "thing", 10) == 1
    assert [entry[0] for entry in read_entries(doc, "thing")] == [0]
    assert remove_entries(doc, "thing", 0, 7) == 0
    assert remove_entries(doc, "thing") == 1
    assert read_entries(doc, "thing") == []
    assert len(read_entries(doc, "other")) == 1


def test_foreign_user_data_is_left_alone(doc):
    doc.user_data["thing"] = 1
    doc.user_data["._.", "thing", None, None] = 2
    doc.user_data["._.", "thing", 3, None] = 3
    check(read_entries(doc, "thing"))
    remove_entries(doc, "thing")
    assert doc.user_data["thing"] == 1
    assert doc.user_data["._.", "thing", 3, None] == 3


def test_empty_doc(nlp):
    doc = nlp.make_doc("")
    write_entry(doc, "thing", 0, 0, {"lang": "de"})
    assert read_entries(doc, "thing") == [(0, 0, {"lang": "de"})]


@pytest.mark.parametrize("text", ["", " ", "a", "a ", "a b\n", " \u200b名前 "])
def test_text_length(nlp, text):
    doc = nlp.make_doc(text)
    assert text_length(doc) == len(doc.text)


@pytest.mark.parametrize("start,end", [(-1, 3), (3, 2), (0, len(TEXT) + 1), (4, 4)])
def test_impossible_range(doc, start, end):
    with pytest.raises(ValueError, match=f"M501.*{start}-{end}"):
        write_entry(doc, "thing", start, end, {})


@pytest.mark.parametrize(
    "value", [{1: "a"}, {"a": [object()]}, np.array([None]), {"a": {"b": {1, 2}}}]
)
def test_value_that_is_not_plain(doc, value):
    with pytest.raises(ValueError, match="M502.*'thing'"):
        write_entry(doc, "thing", 0, 3, value)


def test_span_as_value(doc):
    with pytest.raises(ValueError, match="M502.*Span"):
        write_entry(doc, "thing", 0, 3, {"span": doc[:1]})
