import re
import sys
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
import spacy
from spacy.cli._util import app as spacy_app
from typer.testing import CliRunner

import spacy_mluke.cli.map  # noqa: F401 registers the command
from spacy_mluke.entities.paragraphs import Paragraph
from spacy_mluke.entities.write_paragraphs import write_paragraphs
from spacy_mluke.evaluation.entity_map import (
    EntityMap,
    Mention,
    choose_mentions,
    encode_mentions,
    load_encoder,
    project,
)
from spacy_mluke.evaluation.map_files import write_map
from spacy_mluke.report import Report
from tests.pipeline.linkers import checkpoint
from tests.pipeline.pipelines import make

TEXTS = {
    "en": [
        ("Paris is a city.", [(0, 5, "Q90")]),
        ("Berlin and Paris", [(0, 6, "Q64"), (11, 16, "Q90")]),
        ("Paris, Paris", [(0, 5, "Q90"), (7, 12, "Q90")]),
        ("Only here: Kent", [(11, 15, "Q23298")]),
        ("No links", []),
    ],
    "de": [("Berlin bei Paris", [(0, 6, "Q64"), (11, 16, "Q90")])],
    "ja": [("パリは都市", [(0, 2, "Q90")])],
}


@pytest.fixture
def wiki(tmp_path):
    for lang, paragraphs in TEXTS.items():
        found = [Paragraph(text, links) for text, links in paragraphs]
        write_paragraphs(tmp_path / "wiki" / f"{lang}.jsonl.gz", found)
    return tmp_path / "wiki"


@pytest.fixture(scope="module")
def start(tmp_path_factory, piece_model):
    return checkpoint(tmp_path_factory.mktemp("encoder") / "checkpoint", piece_model)


def files_of(wiki, *langs):
    return {lang: [wiki / f"{lang}.jsonl.gz"] for lang in langs or TEXTS}


def choose(wiki, **kwargs):
    limits = {"items": 9, "mentions": 9, "paragraphs": 99, **kwargs}
    chosen = choose_mentions(files_of(wiki), **limits)
    return [(lang, text.links) for lang, text in chosen]


def test_entities_of_most_languages(wiki):
    found = choose(wiki)
    assert [(lang, len(links)) for lang, links in found] == [
        ("en", 1),
        ("en", 2),
        ("en", 2),
        ("de", 2),
        ("ja", 1),
    ]
    assert {key for _, links in choose(wiki, items=1) for _, _, key in links} == {"Q90"}
    few = choose(wiki, mentions=2)
    assert sum(key == "Q90" for lang, links in few for _, _, key in links if lang == "en") == 2
    assert choose(wiki, paragraphs=1) == [
        ("en", [(0, 5, "Q90")]),
        ("de", [(11, 16, "Q90")]),
        ("ja", [(0, 2, "Q90")]),
    ]


def test_nothing_to_compare(wiki):
    with pytest.raises(ValueError, match="M636.*en"):
        choose_mentions(files_of(wiki, "en"), items=9, mentions=9, paragraphs=99)


def test_vectors_are_those_of_the_pipeline(piece_file, wiki):
    """Whether the component proposes the spans by itself, or is asked for them alone."""
    nlp = make(piece_file, attention="independent")
    chosen = choose_mentions(files_of(wiki), items=9, mentions=9, paragraphs=99)
    report = Report()
    mentions, vectors = encode_mentions(nlp, chosen, report=report, progress=False)
    # One token of spaCy's "xx" is the whole Japanese sentence.
    assert report.lost == {"mentions that begin or end within a token": 1}
    texts = [mention.text for mention in mentions]
    assert texts == ["Paris", "Berlin", "Paris", "Paris", "Paris", "Berlin", "Paris"]
    assert [mention.lang for mention in mentions] == ["en"] * 5 + ["de"] * 2
    want = [
        doc.char_span(start, end)._.mluke.vector
        for lang, paragraph in chosen
        if lang != "ja"
        for doc in [nlp(paragraph.text)]
        for start, end, _ in paragraph.links
    ]
    np.testing.assert_allclose(vectors, want, atol=1e-5)


def test_mention_longer_than_a_window(start):
    nlp = load_encoder(str(start))
    text = "word " * 300
    chosen = [("en", Paragraph(text, [(0, 4, "Q1"), (5, len(text) - 1, "Q2")]))]
    report = Report()
    mentions, vectors = encode_mentions(nlp, chosen, report=report, progress=False)
    assert [mention.entity for mention in mentions] == ["Q1"] and vectors.shape == (1, 32)
    assert report.lost == {"mentions longer than a window": 1}


def test_checkpoints_and_pipelines(start, piece_file, tmp_path):
    nlp = load_encoder(str(start))
    assert nlp.pipe_names == ["mluke"] and [t.text for t in nlp.make_doc("東京")] == ["東", "京"]
    make(piece_file).to_disk(tmp_path / "pipeline")
    assert load_encoder(str(tmp_path / "pipeline")).pipe_names == ["mluke"]
    spacy.blank("en").to_disk(tmp_path / "blank")
    with pytest.raises(ValueError, match="M637.*none"):
        encode_mentions(load_encoder(str(tmp_path / "blank")), [], report=Report())


def random_map(n=40, width=8, seed=0):
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(n, width)) * np.arange(1, width + 1)
    mentions = [Mention(f"m<{i % 4}>", "en de sw".split()[i % 3], f"Q{i % 4}") for i in range(n)]
    return mentions, vectors


def test_projection_is_pca():
    mentions, vectors = random_map()
    found = project(mentions, vectors)
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    values, axes = np.linalg.eigh(np.cov(units.T))
    want = (units - units.mean(axis=0)) @ axes[:, ::-1][:, :2]
    np.testing.assert_allclose(np.abs(found.points), np.abs(want), atol=1e-9)
    assert found.shares == pytest.approx(tuple(values[::-1][:2] / values.sum()))
    again = project(mentions, vectors * np.linspace(1, 9, len(vectors))[:, None])
    np.testing.assert_allclose(again.points, found.points, atol=1e-9)  # length does not count
    assert (found.points.max(axis=0) >= -found.points.min(axis=0)).all()


def test_vectors_without_variance():
    mentions, _ = random_map(4)
    found = project(mentions, np.ones((4, 3)))
    assert np.abs(found.points).max() < 1e-9 and np.isfinite(found.shares).all()
    with pytest.raises(ValueError, match="M638.*2"):
        project(mentions[:2], np.ones((2, 3)))


def test_labels_stand_at_mentions():
    mentions = [Mention(text, "en", "Q1") for text in ("A", "B", "B", "é")]
    mentions += [Mention("東", "ja", "Q2")]
    points = np.array([[0.0, 0], [1, 0], [1, 1], [9, 9], [5, 5]])
    found = EntityMap(mentions, points, (1, 0))
    labels = [(label, place.tolist()) for label, place in found.labels()]
    assert labels == [("B", [1.0, 1.0]), ("Q2", [5.0, 5.0])]


@pytest.mark.parametrize("name", ["map.svg", "map.png", "map.html"])
def test_files(tmp_path, name):
    mentions, vectors = random_map()
    write_map(project(mentions, vectors), tmp_path / "new" / name)
    data = (tmp_path / "new" / name).read_bytes()
    if name.endswith("png"):
        assert data.startswith(b"\x89PNG")
        return
    text = data.decode("utf8")
    assert "<m" not in text.replace("<meta", "").replace("<metadata", "")
    if name.endswith("svg"):
        assert ElementTree.fromstring(text).tag.endswith("svg")
        return
    circles = re.findall(r'<circle cx="(\d+)" cy="(\d+)" r="5" fill="(.*?)"><title>(.*?)<', text)
    assert len(circles) == 40 and len({fill for _, _, fill, _ in circles}) == 3
    assert circles[0][3] == "m&lt;0&gt; (en, Q0)"
    assert all(40 <= int(x) <= 860 and 40 <= int(y) <= 600 for x, y, _, _ in circles)
    assert text.count("<text ") == 4


def run(*args):
    return CliRunner().invoke(spacy_app, ["mluke", "map", *map(str, args)])


def test_command(wiki, start, tmp_path):
    result = run(start, wiki, "-o", tmp_path / "map.html", "--quiet")
    assert result.exit_code == 0, result.output
    assert "8 mentions in 3 languages" in result.output
    assert "パリ (ja, Q90)" in (tmp_path / "map.html").read_text("utf8")
    result = run(start, wiki, "-o", tmp_path / "two.html", "-l", "en,de", "-n", 1)
    assert "5 mentions in 2 languages" in result.output


@pytest.mark.parametrize(
    "args,code",
    [
        (["-o", "map.jpg"], "M639"),
        (["-o", "map.svg", "-l", "sw"], "M636"),
        (["-o", "map.svg", "-l", "de,ja", "-m", "1", "-n", "1"], "M638"),
    ],
)
def test_errors_are_messages(wiki, start, args, code, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run(start, wiki, *args)
    assert result.exit_code == 1 and f"[{code}]" in result.output
    assert "Traceback" not in result.output and not (tmp_path / args[1]).exists()


def test_pictures_need_matplotlib(wiki, start, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    result = run(start, wiki, "-o", tmp_path / "map.svg")
    assert result.exit_code == 1
    assert "pip install 'spacy-mluke[viz]'" in " ".join(result.output.split())
    assert run(start, wiki, "-o", tmp_path / "map.html").exit_code == 0


def test_help_has_examples():
    assert "python -m spacy mluke map" in run("--help").output
