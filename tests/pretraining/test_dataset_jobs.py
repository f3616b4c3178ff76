import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from spacy_mluke.cli import app
from spacy_mluke.entities.link_counts import count_links
from spacy_mluke.entities.vocabulary_build import build_vocabulary
from spacy_mluke.pretraining.locks import locked
from spacy_mluke.pretraining.shards import Shard
from tests.pretraining.corpus import TEXTS, make_pieces, paragraphs


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """Paragraphs and both vocabularies."""
    folder = tmp_path_factory.mktemp("sources")
    (folder / "text").mkdir()
    counts = []
    for lang in TEXTS:
        path = folder / "text" / f"{lang}.jsonl"
        lines = [paragraph.to_json() + "\n" for paragraph in paragraphs(lang, number=400)]
        path.write_text("".join(lines), "utf8")
        counts.append(count_links([path], lang))
    build_vocabulary(counts, folder / "entities", min_languages=2)
    (folder / "pieces.model").write_bytes(make_pieces())
    return folder


def _arguments(sources, output, *more):
    vocabularies = ["--pieces", sources / "pieces.model", "--entities", sources / "entities"]
    options = ["--max-pieces", "30", "--held-out", "0.1", *more]
    return list(map(str, ["dataset", sources / "text", output, *vocabularies, *options]))


def _build(sources, output, *more):
    result = CliRunner().invoke(app, _arguments(sources, output, *more))
    assert result.exit_code == 0, result.output
    return result.output


def _files(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in Path(folder).rglob("*.bin")
    }


def test_statistics(sources, tmp_path):
    output = _build(sources, tmp_path / "data")
    instances = len(Shard(tmp_path / "data/train/de")) + len(Shard(tmp_path / "data/held_out/de"))
    (line,) = [line for line in output.splitlines() if line.startswith("de ")]
    assert line.split()[1] == str(instances) and line.split()[3] == "800"
    info = CliRunner().invoke(app, ["info", str(tmp_path / "data")]).output
    assert "held_out" in info and "ja" in info


def test_goes_on_where_it_was_broken_off(sources, tmp_path):
    whole = _build(sources, tmp_path / "whole")
    _build(sources, tmp_path / "parts", "--langs", "ja")
    before = (tmp_path / "parts/train/ja/metadata.json").stat().st_mtime_ns
    assert _build(sources, tmp_path / "parts").split("dataset:")[-1][-200:] == whole.split(
        "dataset:"
    )[-1][-200:].replace("whole", "parts")
    assert (tmp_path / "parts/train/ja/metadata.json").stat().st_mtime_ns == before
    assert _files(tmp_path / "parts") == _files(tmp_path / "whole")
    _build(sources, tmp_path / "parts", "--max-pieces", "40")
    assert (tmp_path / "parts/train/ja/metadata.json").stat().st_mtime_ns > before


def test_killed(sources, tmp_path):
    _build(sources, tmp_path / "whole")
    command = [sys.executable, "-m", "spacy", "mluke", *_arguments(sources, tmp_path / "killed")]
    process = subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL)
    while not list(tmp_path.glob("killed/train/.*")) and process.poll() is None:
        time.sleep(0.001)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    _build(sources, tmp_path / "killed")
    assert _files(tmp_path / "killed") == _files(tmp_path / "whole")
    assert not list(tmp_path.glob("killed/*/.*"))


def _small_disk():
    resource.setrlimit(resource.RLIMIT_FSIZE, (8000, 8000))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


def test_disk_full(sources, tmp_path):
    _build(sources, tmp_path / "data", "--langs", "ja")
    command = [sys.executable, "-m", "spacy", "mluke", *_arguments(sources, tmp_path / "data")]
    done = subprocess.run(command, preexec_fn=_small_disk, capture_output=True, text=True)
    assert done.returncode == 1 and "File too large" in done.stdout + done.stderr
    assert [path.name for path in (tmp_path / "data/train").iterdir()] == ["ja"]


def test_two_runs_into_one_folder(sources, tmp_path):
    with locked(tmp_path / "data"):
        result = CliRunner().invoke(app, _arguments(sources, tmp_path / "data"))
    assert result.exit_code == 1 and "M705" in result.output


def test_other_vocabulary(sources, tmp_path):
    _build(sources, tmp_path / "data")
    (tmp_path / "other.model").write_bytes(make_pieces(65))
    arguments = _arguments(sources, tmp_path / "data", "--pieces", tmp_path / "other.model")
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 1 and "M752" in result.output


def test_tokenizer(sources, tmp_path):
    arguments = ["tokenizer", str(sources / "text"), str(tmp_path / "x.model"), "--size", "75"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert (tmp_path / "x.model").stat().st_size > 1000
