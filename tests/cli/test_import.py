import spacy
from spacy.cli._util import app as spacy_app
from typer.testing import CliRunner

import spacy_mluke.cli.import_checkpoint  # noqa: F401 registers the command
from tests.shipping.published import CONLL, publish


def run(*args):
    return CliRunner().invoke(spacy_app, ["mluke", "import", *map(str, args)])


def test_import_writes_a_pipeline(tmp_path, piece_model):
    hub, output = tmp_path / "hub", tmp_path / "pipeline"
    publish(hub, "LukeForEntitySpanClassification", CONLL, piece_model)
    result = run(hub, output, "--name", "conll", "--version", "1.2.0", "--max-words", 2)
    assert result.exit_code == 0, result.output
    assert "mluke_ner with the labels LOC, PER, ORG, MISC" in result.output
    nlp = spacy.load(output)
    assert nlp.meta["version"] == "1.2.0" and nlp.meta["sources"] == [{"name": "hub"}]
    assert all(len(ent) <= 2 for ent in nlp("Angela Merkel visited Tokyo.").ents)


def test_import_says_what_is_wrong(tmp_path):
    (tmp_path / "hub").mkdir()
    (tmp_path / "hub" / "vocab.json").write_text("{}")
    result = run(tmp_path / "hub", tmp_path / "pipeline")
    assert result.exit_code == 1 and "M260" in result.output
    assert not (tmp_path / "pipeline").exists()
