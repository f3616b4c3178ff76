import gzip

import pytest

from spacy_mluke.entities.paragraphs import Paragraph, read_paragraphs
from spacy_mluke.report import Report

PARAGRAPHS = [
    Paragraph("Lena visited Łódź.", [(0, 4, "Q5"), (13, 17, "pl:Łódź")], "Lena", "wiki"),
    Paragraph("Nothing here.", []),
]


def _write(path, lines):
    path.write_bytes(gzip.compress("\n".join(lines).encode("utf8")))


def test_round_trip(tmp_path):
    _write(tmp_path / "a.jsonl.gz", [paragraph.to_json() for paragraph in PARAGRAPHS])
    assert list(read_paragraphs(tmp_path)) == PARAGRAPHS
    assert list(read_paragraphs(tmp_path, sources=["wiki"])) == PARAGRAPHS[:1]


def test_impossible_links_are_counted(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "Rome", "ents": [[0, 4, "Q220"], [2, 4, "Q1"], [2, 9, "Q2"]]}\n')
    report = Report()
    assert next(read_paragraphs(path, report=report)).links == [(0, 4, "Q220")]
    assert report.lost == {"links outside their text": 1, "links that overlap another": 1}


@pytest.mark.parametrize("line", ["{", "[]", '{"text": 1}', '{"text": "a", "ents": [[0, 1]]}'])
def test_no_paragraph(tmp_path, line):
    path = tmp_path / "a.jsonl"
    path.write_text(PARAGRAPHS[0].to_json() + "\n" + line + "\n")
    with pytest.raises(ValueError, match=r"M801.*Line 2 of .*a\.jsonl"):
        list(read_paragraphs(path))
