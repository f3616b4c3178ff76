"""The typer apps that the commands register on."""

import typer
from spacy.cli._util import app as spacy_app

HELP = "Commands of spacy_mluke: entities and relations with multilingual LUKE."
CONVERT_HELP = """Convert corpora of entities and relations to .spacy files, or to JSONL.

Everything that a conversion has to change or leave out is counted in a table at its end.
"""

mluke_app = typer.Typer(name="mluke", help=HELP, no_args_is_help=True)
convert_app = typer.Typer(name="convert", help=CONVERT_HELP, no_args_is_help=True)

mluke_app.add_typer(convert_app, name="convert")
spacy_app.add_typer(mluke_app, name="mluke")
