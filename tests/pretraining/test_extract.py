import filecmp
import gzip
import importlib.util
import os
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pytest
import srsly

from spacy_mluke.entities.paragraphs import read_paragraphs
from spacy_mluke.pretraining.extract import extract_dump
from spacy_mluke.pretraining.locks import locked
from tests.pretraining.dumps import dump, many_pages, page

ROOT = Path(__file__).parents[2]


def extract(tmp_path, *pages, lang="de", name="dewiki-x.xml", **options):
    (tmp_path / name).write_bytes(dump(*pages, lang=lang))
    report = extract_dump(tmp_path / name, tmp_path / "out", **{"processes": 1, **options})
    return list(read_paragraphs(tmp_path / "out")), report


def rows(path):
    with gzip.open(path, "rt", encoding="utf8") as file:
        return [tuple(line.rstrip("\n").split("\t")) for line in file]


def anchors(paragraph):
    return [(paragraph.text[start:end], key) for start, end, key in paragraph.links]


def same(one, other):
    names = sorted(p.name for p in one.iterdir() if p.name != ".lock")
    assert names == sorted(p.name for p in other.iterdir() if p.name != ".lock")
    different = filecmp.cmpfiles(one, other, names, shallow=False)[1:]
    assert different == ([], [])
    return names


def test_paragraphs_and_links(tmp_path):
    [first, second], report = extract(
        tmp_path,
        page("Ulm", "'''Ulm''' liegt an der [[Donau]].\n\n[[donau#Lauf|Fluss]] [[Ulm|hier]]"),
        page("Wikipedia:Ulm", "Kein Artikel"),
    )
    assert (first.text, first.page, first.source) == ("Ulm liegt an der Donau.", "Ulm", "dewiki")
    assert anchors(first) == [("Donau", "de:Donau")]
    assert anchors(second) == [("Fluss", "de:Donau")]
    assert report.kept["articles"] == 1 and report.kept["links"] == 2
    assert report.lost["links of a page to itself"] == 1
    assert report.lost["pages of other namespaces"] == 1
    metadata = srsly.read_json(tmp_path / "out" / "metadata.json")
    assert metadata["lang"] == "de" and metadata["counts"]["kept"]["paragraphs"] == 2
    assert len(metadata["dump"]["sha256"]) == 64


def test_redirects(tmp_path):
    [paragraph], report = extract(
        tmp_path,
        page("X", "[[a]] [[b]] [[c|see]] [[Selbst]] [[L1]] [[In L]] [[Alt]] [[Hilfe]] [[E]]"),
        page("A", "#REDIRECT [[B]]", redirect="B"),
        page("B", "#REDIRECT [[C]]", redirect="C"),
        page("C", "#REDIRECT [[Ziel]]", redirect="Ziel#Teil"),
        page("Selbst", "", redirect="selbst"),
        page("L1", "", redirect="L2"),
        page("L2", "", redirect="L1"),
        page("In L", "", redirect="L1"),
        page("Alt", "#weiterleitung [[ziel#Teil]]"),
        page("Hilfe", "", redirect="Wikipedia:Hilfe"),
        page("Ziel", "Text"),
    )[0][:1], extract_dump(tmp_path / "dewiki-x.xml", tmp_path / "out")
    assert anchors(paragraph) == [
        ("a", "de:Ziel"),
        ("b", "de:Ziel"),
        ("see", "de:Ziel"),
        ("Alt", "de:Ziel"),
        ("Hilfe", "de:Hilfe"),
        ("E", "de:E"),
    ]
    assert rows(tmp_path / "out" / "redirects.tsv.gz") == [
        ("A", "Ziel"),
        ("B", "Ziel"),
        ("C", "Ziel"),
        ("Alt", "Ziel"),
    ]
    assert report.lost["redirects to themselves"] == 1
    assert report.lost["redirects in loops"] == 3
    assert report.lost["redirects that lead out of the articles"] == 1
    assert report.lost["links to redirects that never end"] == 3
    assert report.changed["redirects over other redirects"] == 2
    assert report.changed["links over redirects"] == 4


DISAMBIGUATIONS = {
    "switch": page("Bank", "[[Geldbank]] [[Sitzbank]] __DISAMBIG__"),
    "table of names": page("Bank", "{{begriffsklärung}}"),
    "English name": page("Bank", "{{Disambig|x}}"),
    "category": page("Bank", "[[Kategorie:Begriffsklärung]]"),
    "own template": page("Bank", "{{Vorlage:Viele Namen}}") + page("Vorlage:Viele Namen",
                                                                   "Text __DISAMBIG__"),
    "redirect of a template": page("Bank", "{{VN}}")
    + page("Vorlage:VN", "", redirect="Vorlage:Begriffsklärung"),
    "list of templates": page("MediaWiki:Disambiguationspage", "* [[Template:Mehrdeutig]]")
    + page("Bank", "{{mehrdeutig}}"),
}  # fmt: skip


@pytest.mark.parametrize("kind", DISAMBIGUATIONS)
def test_disambiguation_pages(tmp_path, kind):
    paragraphs, report = extract(
        tmp_path,
        DISAMBIGUATIONS[kind],
        page("Kreditinstitut", "Eine [[Bank]], [[Banken|viele]]."),
        page("Banken", "", redirect="Bank"),
    )
    [paragraph] = paragraphs
    assert paragraph.page == "Kreditinstitut" and not paragraph.links
    assert ("Bank", "1", "1") in rows(tmp_path / "out" / "pages.tsv.gz")
    assert ("Kreditinstitut", "1", "0") in rows(tmp_path / "out" / "pages.tsv.gz")
    assert report.kept["disambiguation pages"] == 1
    assert report.lost["links to disambiguation pages"] == 2


def test_a_language_outside_the_table(tmp_path):
    with pytest.warns(UserWarning, match="W703"):
        paragraphs, report = extract(
            tmp_path,
            page("Praha", "[[Datei:x.svg|20px]] [[město|Města]] {{x}} __DISAMBIG__"),
            page("Brno", "Město [[Praha]], [[Česko|Česk]]u"),
            lang="cs",
            name="cswiki.xml",
        )
    assert [anchors(p) for p in paragraphs] == [[("Česku", "cs:Česko")]]
    assert report.kept["disambiguation pages"] == 1


def test_pages_that_are_wrong(tmp_path):
    paragraphs, report = extract(
        tmp_path,
        page("A", "eins"),
        page("a", "zwei"),
        page("Leer", " \n"),
        page("Daten", "{}", model="json"),
        page("", "ohne"),
        page("Nur Vorlage", "{{x}}"),
    )
    assert [p.text for p in paragraphs] == ["eins"]
    for reason in (
        "pages with the title of another",
        "articles without text",
        "pages that are no wikitext",
        "pages without a title",
        "articles without paragraphs",
    ):
        assert report.lost[reason] == 1, reason


def test_a_page_of_ten_megabytes(tmp_path):
    text = "{{Infobox|\n" + "Der [[Fluss|Fluß]] {{x}} fließt.<ref>{{y}}</ref>\n\n" * 180_000
    begin = time.process_time()
    paragraphs, _ = extract(tmp_path, page("Lang", text), page("B", "kurz"))
    assert time.process_time() - begin < 60
    assert len(paragraphs) >= 180_000 and paragraphs[-1].text == "kurz"
    assert anchors(paragraphs[5]) == [("Fluß", "de:Fluss")]


def test_processes_and_parts_do_not_matter(tmp_path):
    data = dump(*many_pages(150))
    (tmp_path / "dewiki.xml").write_bytes(data)
    for processes in (1, 3):
        extract_dump(tmp_path / "dewiki.xml", tmp_path / str(processes), processes=processes,
                     part_size=60_000)  # fmt: skip
    names = same(tmp_path / "1", tmp_path / "3")
    assert len(names) > 5
    paragraphs = list(read_paragraphs(tmp_path / "3"))
    extract_dump(tmp_path / "dewiki.xml", tmp_path / "one", processes=1)
    assert paragraphs == list(read_paragraphs(tmp_path / "one"))
    assert len(paragraphs) == 150 * 8


def test_limit(tmp_path):
    paragraphs, report = extract(tmp_path, *many_pages(20), limit=3)
    assert {p.page for p in paragraphs} == {"Seite 0", "Seite 1", "Seite 2"}
    assert report.lost["articles beyond the limit that was asked for"] == 17


SCRIPT = """
import resource, signal, sys
if int(sys.argv[4]):
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[4]),) * 2)
from spacy_mluke.pretraining.extract import extract_dump
print("begin", flush=True)
extract_dump(sys.argv[1], sys.argv[2], processes=int(sys.argv[3]), part_size=int(sys.argv[5]))
"""


def start(tmp_path, out, processes=1, limit=0, part_size=60_000):
    arguments = [tmp_path / "dewiki.xml", out, processes, limit, part_size]
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("processes", [1, 2])
def test_killed_at_any_moment(tmp_path, processes):
    (tmp_path / "dewiki.xml").write_bytes(dump(*many_pages(1500)))
    extract_dump(tmp_path / "dewiki.xml", tmp_path / "whole", processes=1, part_size=60_000)
    out = tmp_path / "out"
    killed = 0
    for seconds in (0.02, 0.1, 0.2, 0.3):
        process = start(tmp_path, out, processes)
        assert process.stdout.readline() == "begin\n"
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        killed += process.returncode == -signal.SIGKILL
    # Not all are done here, or nothing was tested.
    assert killed >= 2 and any(out.iterdir())
    written = {p.name: p.stat().st_mtime_ns for p in out.glob("paragraphs-*")}
    extract_dump(tmp_path / "dewiki.xml", out, processes=processes, part_size=60_000)
    same(tmp_path / "whole", out)
    # Parts that were complete are not written again.
    assert all((out / name).stat().st_mtime_ns == when for name, when in written.items())


def test_disk_full_leaves_no_half_part(tmp_path):
    (tmp_path / "dewiki.xml").write_bytes(dump(*many_pages(200, lines=60)[-2::-2]))
    options = {"processes": 1, "part_size": 300_000}
    extract_dump(tmp_path / "dewiki.xml", tmp_path / "whole", **options)
    sizes = [p.stat().st_size for p in sorted((tmp_path / "whole").glob("paragraphs-*"))]
    for limit in (500, max(sizes) - 1):
        _fails(tmp_path, limit)
    left = sorted((tmp_path / "out").glob("*.jsonl.gz"))
    assert 0 < len(left) < len(sizes)
    assert [p.stat().st_size for p in left] == sizes[: len(left)]
    extract_dump(tmp_path / "dewiki.xml", tmp_path / "out", **options)
    same(tmp_path / "whole", tmp_path / "out")


def _fails(tmp_path, limit):
    process = start(tmp_path, tmp_path / "out", limit=limit, part_size=300_000)
    _, error = process.communicate()
    assert process.returncode == 1 and "OSError" in error
    assert not list((tmp_path / "out").glob("**/.*.part"))


def test_two_runs_into_one_folder(tmp_path):
    with locked(tmp_path / "out"):
        with pytest.raises(ValueError, match="M705"):
            extract(tmp_path, page("A", "a"))
    assert len(extract(tmp_path, page("A", "a"))[0]) == 1


def test_a_finished_folder_stays_and_another_dump_is_refused(tmp_path):
    _, report = extract(tmp_path, page("A", "a"))
    before = os.stat(tmp_path / "out" / "paragraphs-00000.jsonl.gz").st_mtime_ns
    _, again = extract(tmp_path, page("A", "a"))
    assert again == report
    assert os.stat(tmp_path / "out" / "paragraphs-00000.jsonl.gz").st_mtime_ns == before
    with pytest.raises(ValueError, match="M706.*size"):
        extract(tmp_path, page("A", "anders"))
    with pytest.raises(ValueError, match="M706.*limit"):
        extract(tmp_path, page("A", "a"), limit=1)


def test_no_articles_at_all(tmp_path):
    (tmp_path / "dewiki.xml").write_bytes(dump(page("Wikipedia:A", "a")))
    report = extract_dump(tmp_path / "dewiki.xml", tmp_path / "out", processes=1)
    assert report.kept["articles"] == 0
    assert (tmp_path / "out" / "metadata.json").is_file()


@pytest.mark.parametrize("name", ["processes", "limit"])
def test_negative_numbers(tmp_path, name):
    with pytest.raises(ValueError, match="M708"):
        extract(tmp_path, page("A", "a"), **{name: -1})


def test_a_name_that_disagrees(tmp_path):
    with pytest.warns(UserWarning, match="W702"):
        extract(tmp_path, page("A", "a"), name="frwiki-latest.xml")


@pytest.mark.skipif(importlib.util.find_spec("ray") is not None, reason="ray is there")
def test_without_ray(tmp_path):
    with pytest.raises(ValueError, match="M707.*pip install"):
        extract(tmp_path, page("A", "a"), ray=True)


def test_with_ray(tmp_path):
    ray = pytest.importorskip("ray")
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        (tmp_path / "dewiki.xml").write_bytes(dump(*many_pages(150)))
        extract_dump(tmp_path / "dewiki.xml", tmp_path / "ray", ray=True, part_size=60_000)
    finally:
        ray.shutdown()
    extract_dump(tmp_path / "dewiki.xml", tmp_path / "one", processes=1, part_size=60_000)
    same(tmp_path / "ray", tmp_path / "one")


@pytest.mark.parametrize("lang", ["sw", "hi", "ko", "th", "zh"])
def test_real_dumps(tmp_path, shared_data, lang):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report = extract_dump(
            shared_data / "wikipedia" / "mini" / f"{lang}wiki.xml.bz2",
            tmp_path / lang,
            lang=lang,
            processes=1,
        )
    paragraphs = list(read_paragraphs(tmp_path / lang))
    assert len(paragraphs) == report.kept["paragraphs"] > 3
    keys = [key for p in paragraphs for _, key in anchors(p)]
    assert len(keys) == report.kept["links"] > 5
    assert all(key.startswith(f"{lang}:") for key in keys if not key.startswith("en:"))
    text = "\n".join(p.text for p in paragraphs)
    assert not any(mark in text for mark in ("[[", "]]", "{{", "}}", "<ref", "''"))
