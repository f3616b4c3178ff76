import bz2
import gzip
import lzma
import warnings

import pytest

from spacy_mluke.pretraining.archive import CHUNK
from spacy_mluke.pretraining.dump import MAX_PAGE, DumpReader, Page
from spacy_mluke.report import Report
from tests.pretraining.dumps import HEAD, dump, many_pages, page


def multistream(data, size=1000):
    return b"".join(bz2.compress(data[i : i + size]) for i in range(0, len(data), size))


PACKERS = {
    "xml": bytes,
    "xml.gz": gzip.compress,
    "xml.bz2": bz2.compress,
    "xml.xz": lzma.compress,
    "multistream.xml.bz2": multistream,
    "members.xml.gz": lambda data: gzip.compress(data[:999]) + gzip.compress(data[999:]),
    "padded.xml.gz": lambda data: gzip.compress(data) + b"\0" * 512,
    "no-suffix": bz2.compress,
}


def read(tmp_path, data, name="dewiki.xml", lang=""):
    (tmp_path / name).write_bytes(data)
    reader = DumpReader(tmp_path / name, lang=lang)
    return list(reader), reader


def titles(pages):
    return [page.title for page in pages]


def read_broken(tmp_path, data, name="dewiki.xml"):
    with pytest.warns(UserWarning, match="W701"):
        return read(tmp_path, data, name)


@pytest.mark.parametrize("name", PACKERS)
def test_all_packings(tmp_path, name):
    data = dump(page("Ä & b", "Text <b>[[x]]</b>", number=5), page("Weg", "", redirect="Ä & b"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pages, reader = read(tmp_path, PACKERS[name](data), name)
    assert pages[0] == Page("Ä & b", 0, "5", "", "Text <b>[[x]]</b>")
    assert pages[1].redirect == "Ä & b"
    assert (reader.siteinfo.lang, reader.siteinfo.dbname) == ("de", "dewiki")
    assert reader.siteinfo.namespaces["kategorie"] == 14
    assert reader.archive.read == reader.archive.size


@pytest.mark.parametrize("name", ["xml", "xml.gz", "multistream.xml.bz2", "xml.xz"])
def test_cut_anywhere(tmp_path, name):
    data = dump(*many_pages(30))
    packed = PACKERS[name](data)
    whole, _ = read(tmp_path, packed, name)
    counts = []
    for share in (0.5, 0.8, 0.99):
        pages, reader = read_broken(tmp_path, packed[: int(len(packed) * share)], name)
        assert pages == whole[: len(pages)]
        assert reader.report.lost["the end of the dump"] == 1
        counts.append(len(pages))
    assert 15 < counts[0] < counts[1] < 60


@pytest.mark.parametrize("name", ["xml.gz", "multistream.xml.bz2", "xml.xz"])
def test_corrupt_archive(tmp_path, name):
    pages = many_pages(4000)
    packed = bytearray(PACKERS[name](dump(*pages)))
    middle = len(packed) // 2
    packed[middle : middle + 200] = bytes(range(200))
    found, reader = read_broken(tmp_path, bytes(packed), name)
    assert titles(found) == titles(read(tmp_path, dump(*pages))[0])[: len(found)]
    assert len(found) < len(pages)
    assert len(found) > len(pages) // 4


def test_a_broken_beginning_is_said(tmp_path):
    (tmp_path / "x.xml.bz2").write_bytes(bz2.compress(dump(*many_pages(30)))[:900])
    with pytest.raises(ValueError, match="M702.*end too early"):
        DumpReader(tmp_path / "x.xml.bz2")


def test_pages_over_borders_of_chunks(tmp_path):
    pages = [page(f"S{i}", "x" * (CHUNK // 3 + i)) for i in range(9)]
    found, _ = read(tmp_path, dump(*pages))
    assert [len(p.text) for p in found] == [CHUNK // 3 + i for i in range(9)]


def test_a_page_cut_in_the_middle_of_the_file(tmp_path):
    half = page("Halb", "Text")[:60]
    found, reader = read(tmp_path, dump(page("A", "a"), half, page("B", "b")))
    assert titles(found) == ["A", "B"]
    assert reader.report.lost["pages that are cut"] == 1


def test_invalid_utf8_is_replaced_and_counted(tmp_path):
    data = dump(page("A", "gut XX schlecht"), page("B", "b")).replace(b"XX", b"\xff\xc3")
    found, reader = read(tmp_path, data)
    assert found[0].text == "gut \ufffd\ufffd schlecht" and found[1].text == "b"
    assert reader.report.changed["pages with invalid UTF-8"] == 1
    assert reader.report.places["pages with invalid UTF-8"] == ["A"]


def test_what_no_xml_may_have(tmp_path):
    data = dump(page("A", "a\x01b"), "<page><title>C</page>", page("B", "b"))
    found, reader = read(tmp_path, data)
    assert [(p.title, p.text) for p in found] == [("A", "a\ufffdb"), ("B", "b")]
    assert reader.report.changed["pages with characters that no XML has"] == 1
    assert reader.report.lost["pages that are no XML"] == 1


def test_no_title_no_text_no_namespace(tmp_path):
    bare = "<page><title>Datei:x.png</title><id>3</id><revision><text /></revision></page>"
    found, reader = read(tmp_path, dump(page("", "a"), page("B", ""), bare, "<page></page>"))
    assert [(p.title, p.namespace, p.text) for p in found] == [("B", 0, ""), ("Datei:x.png", 6, "")]
    assert reader.report.lost["pages without a title"] == 2


def test_the_newest_revision(tmp_path):
    twice = page("A", "alt").replace("</page>", "<revision><text>neu</text></revision></page>")
    assert read(tmp_path, dump(twice))[0][0].text == "neu"


def test_endless_page_does_not_fill_the_memory(tmp_path):
    endless = page("Lang", "x" * (MAX_PAGE + CHUNK))
    found, reader = read(tmp_path, dump(page("A", "a"), endless, page("B", "b")))
    assert titles(found) == ["A", "B"]
    assert reader.report.lost["pages over the limit of size"] == 1


def test_language_can_be_given(tmp_path):
    _, reader = read(tmp_path, dump(page("A", "a"), lang="en"), lang="hi")
    assert reader.siteinfo.lang == "hi"
    assert reader.siteinfo.namespaces["चित्र"] == 6


def test_language_is_that_of_links(tmp_path):
    data = dump(page("A", "a"), lang="en").replace(b"enwiki", b"simplewiki")
    assert read(tmp_path, data)[1].siteinfo.lang == "simple"
    data = data.replace(b"simplewiki", b"zh_min_nanwiki")
    assert read(tmp_path, data)[1].siteinfo.lang == "zh-min-nan"


def test_a_report_can_be_given(tmp_path):
    (tmp_path / "x.xml").write_bytes(dump(page("", "a")))
    report = Report()
    assert list(DumpReader(tmp_path / "x.xml", report=report)) == []
    assert report.lost["pages without a title"] == 1


@pytest.mark.parametrize(
    "data,code",
    [
        (None, "M701"),
        (b"", "M702"),
        (b"PK\x03\x04 something else", "M702"),
        (b"<mediawiki><page></page></mediawiki>", "M703"),
        (HEAD.format(lang="en").replace("enwiki", "wikidatawiki").encode(), "M704"),
    ],
)
def test_what_is_no_dump(tmp_path, data, code):
    if data is not None:
        (tmp_path / "x.xml").write_bytes(data)
    with pytest.raises(ValueError, match=code):
        DumpReader(tmp_path / "x.xml")
