import spacy
from spacy.cli._util import app as spacy_app
from typer.testing import CliRunner

import spacy_mluke.cli.push  # noqa: F401 registers the command
from tests.pipeline.pipelines import make


def run(*args):
    return CliRunner().invoke(spacy_app, ["mluke", "push", *map(str, args)])


def test_push_to_a_folder(tmp_path, piece_file):
    nlp = make(piece_file)
    nlp.meta.update(name="pushed", version="2.0.0")
    nlp.to_disk(tmp_path / "pipeline")
    result = run(tmp_path / "pipeline", "org/pushed", "--local-dir", tmp_path / "hub")
    assert result.exit_code == 0, result.output
    assert "version 2.0.0" in " ".join(result.output.split())
    assert (tmp_path / "hub" / "xx_pushed-2.0.0-py3-none-any.whl").is_file()
    spacy.load(tmp_path / "hub")
    result = run(tmp_path / "pipeline", "pushed", "--local-dir", tmp_path / "hub")
    assert result.exit_code == 1 and "M660" in result.output
