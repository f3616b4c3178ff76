"""Having the package installed must not make spaCy slower."""

import subprocess
import sys

import pytest

BLANK = """
import sys
import spacy
nlp = spacy.blank("xx")
nlp.add_pipe("sentencizer")
nlp("Some text.")
print(sorted(name for name in sys.modules if name.split(".")[0] == "spacy_mluke"))
"""

# spaCy and thinc may have imported torch themselves: what we import then must do without it.
WITHOUT = """
import sys
import spacy, thinc.api
for name in ("torch", "transformers", "safetensors", "sentencepiece", "spacy_transformers"):
    sys.modules[name] = None
import {module}
print(sorted(name for name in sys.modules if name.split(".")[0] == "spacy_mluke"))
"""


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_blank_pipelines_import_only_the_factories():
    assert run(BLANK) == "['spacy_mluke', 'spacy_mluke.factories']"


@pytest.mark.parametrize("module", ["spacy_mluke.factories", "spacy_mluke.features"])
def test_without_torch(module):
    """Docs with features can be read where the encoder cannot run."""
    names = run(WITHOUT.format(module=module))
    assert module in names
    assert "spacy_mluke.layers" not in names and "spacy_mluke.modeling" not in names
