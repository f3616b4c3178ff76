import sys

import pytest
from typer.testing import CliRunner

from spacy_mluke.cli import app
from spacy_mluke.cli._extras import what_to_install


def test_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "icu4py", None)
    monkeypatch.setitem(sys.modules, "icu4py.breakers", None)
    monkeypatch.delitem(sys.modules, "spacy_mluke.pretraining.sentences", raising=False)
    for name in ("linked_docs", "dataset", "dataset_jobs"):
        monkeypatch.delitem(sys.modules, f"spacy_mluke.pretraining.{name}", raising=False)
    arguments = ["dataset", str(tmp_path), str(tmp_path), "--pieces", "x", "--entities", "y"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 1
    assert "icu4py" in result.output and "spacy-mluke[pretraining]" in result.output


@pytest.mark.parametrize(
    "module, wanted",
    [
        ("matplotlib.figure", "spacy-mluke[viz]"),  # pretraining has it, and much more
        ("gensim", "spacy-mluke[pretraining]"),
        ("spacy_transformers", "spacy-mluke[transformers]"),
        ("ray", "spacy-mluke[ray]"),
        ("something.other", "something"),
    ],
)
def test_the_smallest_extra(module, wanted):
    assert what_to_install(module) == wanted
