"""The typer apps that the commands register on."""

from typing import Any

import typer
from spacy.cli._util import app as spacy_app
from typer.core import TyperGroup
from wasabi import msg

from ..errors import Errors
from ._extras import what_to_install

HELP = "Commands of spacy_mluke: entities and relations with multilingual LUKE."
CONVERT_HELP = """Convert corpora to .spacy files or to JSONL, and checkpoints to one form.

Everything that a conversion has to change or leave out is counted in a table at its end.
"""


class Commands(TyperGroup):
    """Says which extra to install where a command needs a package that is not there."""

    def invoke(self, ctx: Any) -> Any:  # of click, or of the one inside newer typer
        """Run a command."""
        try:
            return super().invoke(ctx)
        except ModuleNotFoundError as error:
            name = error.name or ""
            if not name or name.startswith("spacy_mluke"):
                raise
            msg.fail(Errors.M607.format(name=name, wanted=what_to_install(name)), exits=1)


mluke_app = typer.Typer(name="mluke", help=HELP, no_args_is_help=True, cls=Commands)
convert_app = typer.Typer(name="convert", help=CONVERT_HELP, no_args_is_help=True)

mluke_app.add_typer(convert_app, name="convert")
spacy_app.add_typer(mluke_app, name="mluke")
