from spacy.cli._util import app as spacy_app
from typer.testing import CliRunner

import spacy_mluke.cli.dry_run  # noqa: F401 registers the command


def run(*args):
    return CliRunner().invoke(spacy_app, ["mluke", "dry-run", *map(str, args)])


def test_dry_run():
    result = run("--size", "tiny", "--window", 50, "--backward")
    assert result.exit_code == 0, result.output
    assert "word table" in result.output and "backward" in result.output
    result = run("--size", "large", "--shapes")
    assert "867.9" in result.output or "866.8" in result.output
    assert "prediction" not in result.output
    result = run("--size", "huge")
    assert result.exit_code == 1 and "base-lite" in result.output
    result = run("--size", "tiny", "--window", 9999)
    assert result.exit_code == 1 and "M670" in result.output
