import gzip
import json

import pytest

from spacy_mluke.entities.interwiki_sources import read_titles, wiki_language
from spacy_mluke.report import Report
from tests.entities.knowledge import TITLES, json_dump, labels, sql_dump, xml_dump

ALL = sorted(
    (int(item[1:]), lang, title) for item, names in TITLES.items() for lang, title in names.items()
)
OTHER = "titles of other projects than Wikipedias"
EMPTY = "items without titles"
NO_ITEM = "records of no item"
REDIRECT = "items that redirect to another"


@pytest.mark.parametrize(
    "site,lang",
    [
        ("dewiki", "de"),
        ("zh_min_nanwiki", "zh-min-nan"),
        ("be_x_oldwiki", "be-tarask"),
        ("simplewiki", "simple"),
        ("smnwiki", "smn"),
        *(
            (f"{name}wiki", None)
            for name in "commons species meta wikidata sources mediawiki incubator outreach "
            "wikimania2018 wikifunctions test foundation ten login".split()
        ),
        ("dewikiquote", None),
        ("wiki", None),
        ("de", None),
    ],
)
def test_wikipedias(site, lang):
    assert wiki_language(site) == lang


@pytest.mark.parametrize(
    "write,name,lost",
    [
        (labels, "labels.jsonl", {}),
        (json_dump, "all.json.bz2", {OTHER: 1, EMPTY: 1, NO_ITEM: 1, REDIRECT: 1}),
        (xml_dump, "wikidata.xml.gz", {OTHER: 1, EMPTY: 1, "pages that are no items": 1,
                                       REDIRECT: 1}),
        (sql_dump, "wb_items_per_site.sql.gz", {OTHER: 1}),
    ],
)
def test_all_forms_say_the_same(tmp_path, write, name, lost):
    report = Report()
    found = sorted(read_titles(write(tmp_path / name), report=report))
    assert found == ALL
    assert report.lost == lost


def test_labels_without_titles(tmp_path):
    path = labels(tmp_path / "a.jsonl", {"Q1": {}}, {"qid": "L7", "labels": {"de": "so"}})
    report = Report()
    assert list(read_titles(path, report=report)) == []
    assert report.lost == {EMPTY: 1, NO_ITEM: 1}
    assert report.places[NO_ITEM] == ["a.jsonl:2"]


def test_sql_bytes(tmp_path):
    rows = [
        b"(1,11,'enwiki','Caf\xe9')",  # Latin-1
        b"(2,12,'enwiki','a\\nb\\0\\Z\\x')",
        "(3,13,'enwiki',''),(4,14,'enwiki','),(5,6,\\'dewiki\\',\\'x')".encode(),
    ]
    report = Report()
    path = sql_dump(tmp_path / "t.sql.gz", *rows)
    found = {item: title for item, _, title in read_titles(path, report=report)}
    assert report.lost["titles that are not UTF-8"] == 1 and 11 not in found
    assert found[12] == "a\nb\0\x1ax"
    assert found[13] == "" and found[14] == "),(5,6,'dewiki','x"
    assert {5, 7, 42} < set(found)


@pytest.mark.parametrize("write", [json_dump, xml_dump, sql_dump])
def test_cut_archives(tmp_path, write):
    name = "a.bz2" if write is json_dump else "a.gz"
    path = write(tmp_path / name)
    data = path.read_bytes()
    for part in (data[:-12], data[: len(data) // 2]):
        path.write_bytes(part)
        with pytest.raises(ValueError, match="M816"):
            list(read_titles(path))
    path.write_bytes(b"not compressed")
    with pytest.raises(ValueError, match="M816"):
        list(read_titles(path))


def test_cut_text(tmp_path):
    """Unpacked and cut: the last line is not whole."""
    for write, code in ((xml_dump, "M816"), (sql_dump, "M816")):
        text = gzip.decompress(write(tmp_path / "a.gz").read_bytes())
        (tmp_path / "a.txt").write_bytes(text[: text.rindex(b"Adams")])
        with pytest.raises(ValueError, match=code):
            list(read_titles(tmp_path / "a.txt"))


@pytest.mark.parametrize(
    "text,code",
    [
        ('{"qid": "Q1", "labels": {"de": 3}}', "M817.*line 1"),
        ('{"qid": "Q1", "labels": {"de": "a"}}\n{"qid": "Q2"', "M817.*line 2"),
        ('[\n{"labels": {}},\n]', "M817.*line 2"),
        ("[\n[1],\n]", "M817.*line 2"),
        ("INSERT INTO `page` VALUES (1,2,'a','b');\n", "M814"),
        ("", "M814"),
        ("qid\tlabel\nQ1\tx\n", "M814"),
        ("<a><page><title>Q1</title><model>wikibase-item</model><text>{</text></page></a>",
         "M818.*page Q1"),
    ],
)
def test_what_cannot_be_read(tmp_path, text, code):
    (tmp_path / "a").write_text(text)
    with pytest.raises(ValueError, match=code):
        list(read_titles(tmp_path / "a"))


def test_no_file(tmp_path):
    with pytest.raises(ValueError, match="M813"):
        list(read_titles(tmp_path))


def test_wikidata_pages(shared_data):
    """A dump of real pages: items with sitelinks among properties and talk."""
    report = Report()
    path = shared_data / "wikipedia" / "mini" / "wikidatawiki.xml.bz2"
    found = list(read_titles(path, report=report))
    text = json.dumps(found)
    assert found and "Category:" not in text
    assert report.lost["pages that are no items"] > 10
