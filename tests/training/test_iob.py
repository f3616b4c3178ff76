import pytest

from spacy_mluke.report import Report
from spacy_mluke.training.iob import (
    Layout,
    detect_layout,
    detect_scheme,
    read_sentences,
    tags_to_spans,
)


def write(tmp_path, text):
    path = tmp_path / "corpus.txt"
    path.write_text(text, encoding="utf8")
    return path


@pytest.mark.parametrize(
    "text,layout",
    [
        ("Ana\tB-PER\nlebt\tO\n", Layout("\t", 0, 1)),
        ("Ana B-PER\nlebt O\n", Layout(None, 0, 1)),
        ("0\tAna\tB-PER\n1\tlebt\tO\n", Layout("\t", 1, 2)),
        ("# text = x\n1\tAna\tB-PER\t-\tme\n2-3\tzum\tO\t-\tme\n", Layout("\t", 1, 2)),
        ("Ana NNP B-NP B-PER\nlebt VB B-VP O\n", Layout(None, 0, 3)),
        ("అన\tana\tB-PER\tNN\t\nఅన\tana\tO\tNN\n", Layout("\t", 0, 2)),
        ("1999\tB-DATE\n2000\tO\n", Layout("\t", 0, 1)),
    ],
)
def test_layout(tmp_path, text, layout):
    assert detect_layout(write(tmp_path, text * 3)) == layout


@pytest.mark.parametrize("text", ["", "\n\n", "just some text\nand more text\n", "a\tO\nb\tO\n"])
def test_no_tags(tmp_path, text):
    with pytest.raises(ValueError, match=r"M533.*corpus\.txt"):
        detect_layout(write(tmp_path, text))


def test_sentences_and_documents(tmp_path):
    path = write(
        tmp_path,
        "# newdoc id = a\n# text = Ana lebt.\n1\tAna\tB-PER\n2\tlebt\tO\n3\t.\tO\n\n\n"
        "# text = Ja\n1\tJa\tO\n\n"
        "# newdoc\n# newdoc id = b\n1\t#\tO\n",
    )
    sentences = list(read_sentences(path, Report()))
    assert [s.words for s in sentences] == [["Ana", "lebt", "."], ["Ja"], ["#"]]
    assert [s.text for s in sentences] == ["Ana lebt.", "Ja", None]
    assert [s.starts_document for s in sentences] == [True, False, True]
    assert [s.line for s in sentences] == [3, 9, 13]


def test_docstart(tmp_path):
    path = write(tmp_path, "-DOCSTART- O\n\nAna B-PER\n\nJa O\n\n-DOCSTART- O\n\nNein O\n")
    sentences = list(read_sentences(path, Report()))
    assert [s.starts_document for s in sentences] == [True, False, True]
    assert [s.words for s in sentences] == [["Ana"], ["Ja"], ["Nein"]]


def test_given_layout(tmp_path):
    path = write(tmp_path, "B-PER Ana x\nO lebt x\n")
    [sentence] = read_sentences(path, Report(), layout=Layout(None, 1, 0))
    assert (sentence.words, sentence.tags) == (["Ana", "lebt"], ["B-PER", "O"])


def test_lines_that_cannot_be_read_are_counted(tmp_path):
    path = write(tmp_path, "Ana\tB-PER\nam\tO\n" * 9 + "Montag\tTIM\nxTIM\nab\t৫১\n")
    report = Report()
    [sentence] = read_sentences(path, report)
    assert sentence.tags[-3:] == ["I-TIM", "O", "O"]
    assert len(sentence.words) == 21
    assert report.changed == {"tag without B- or I- (read as I-)": 1}
    assert report.lost == {"tag that can't be read (taken as O)": 2}


def test_sentences_are_split_where_the_file_has_none(tmp_path):
    path = write(tmp_path, "Ana\tB-PER\nB\tO\n.\tO\nDr\tB-PER\n.\tI-PER\nNo\tI-PER\n?\tO\n" * 300)
    report = Report()
    sentences = list(read_sentences(path, report))
    assert len(sentences) == 600
    assert [s.words for s in sentences[:2]] == [["Ana", "B", "."], ["Dr", ".", "No", "?"]]
    assert sum(report.changed.values()) == 600


@pytest.mark.parametrize(
    "tags,scheme",
    [
        (["B-A", "I-A", "O", "B-A"], "IOB2"),
        (["I-A", "I-A", "B-A", "O", "I-B"], "IOB1"),
        (["B-A", "E-A", "O", "S-B"], "IOBES"),
        (["U-A", "O", "B-A", "L-A"], "IOBES"),
        (["O", "O"], "IOB2"),
        (["B-A", "O", "I-A", "O", "B-A"], "IOB2"),
    ],
)
def test_scheme(tags, scheme):
    assert detect_scheme([tags]) == scheme


@pytest.mark.parametrize(
    "tags,scheme,spans",
    [
        ("B-A I-A O B-B", "IOB2", [(0, 2, "A"), (3, 4, "B")]),
        ("B-A B-A I-A", "IOB2", [(0, 1, "A"), (1, 3, "A")]),
        ("B-A I-B", "IOB2", [(0, 1, "A"), (1, 2, "B")]),
        ("I-A I-A B-A I-B O", "IOB1", [(0, 2, "A"), (2, 3, "A"), (3, 4, "B")]),
        ("B-A I-A E-A S-A B-B E-B", "IOBES", [(0, 3, "A"), (3, 4, "A"), (4, 6, "B")]),
        ("B-A L-A U-A O", "IOBES", [(0, 2, "A"), (2, 3, "A")]),
        ("E-A I-A", "IOBES", [(0, 1, "A"), (1, 2, "A")]),
        ("B-A-B I-A-B", "IOB2", [(0, 2, "A-B")]),
        ("", "IOB2", []),
    ],
)
def test_spans(tags, scheme, spans):
    assert tags_to_spans(tags.split(), scheme, Report()) == spans


def test_stray_tags_are_counted_where_the_scheme_forbids_them():
    report = Report()
    assert tags_to_spans(["O", "I-A", "I-A"], "IOB2", report) == [(1, 3, "A")]
    assert sum(report.changed.values()) == 1
    report = Report()
    assert tags_to_spans(["O", "I-A", "I-A"], "IOB1", report) == [(1, 3, "A")]
    assert not report.changed
