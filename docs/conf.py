"""How Sphinx builds the documentation: `make docs`."""

import sys
from importlib.util import find_spec
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "spacy_mluke"
copyright = "the authors of spacy_mluke, MIT licence"
html_theme = "alabaster"
html_theme_options = {
    "description": "Multilingual LUKE in spaCy",
    "fixed_sidebar": True,
    "page_width": "80rem",
    "body_max_width": "60rem",
    "show_powered_by": False,
}
html_copy_source = False
smartquotes = False  # messages name options like --split
exclude_patterns = ["_build"]

extensions = ["myst_parser", "sphinx.ext.autodoc", "spacy_docstrings", "generated"]
myst_enable_extensions = ["attrs_block"]
myst_heading_anchors = 3

autodoc_default_options = {"members": True, "member-order": "bysource"}
autodoc_inherit_docstrings = False
autodoc_typehints = "none"  # the docstrings have them
# What extras install is not needed to read docstrings.
autodoc_mock_imports = [
    name
    for name in ("accelerate", "filelock", "gensim", "icu4py", "matplotlib", "mwparserfromhell")
    if find_spec(name) is None
]
