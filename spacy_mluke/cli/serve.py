"""`python -m spacy mluke serve`: a web page that shows what a pipeline finds."""

from pathlib import Path
from typing import Optional

import typer
from wasabi import msg

from ..errors import Errors
from ._app import mluke_app
from ._errors import clear_errors

PIPELINE = typer.Argument(..., help="Pipeline to use: a package, a folder, or blank:LANG")
HOST = typer.Option("127.0.0.1", "--host", "-h", help="Name or address to listen at")
PORT = typer.Option(8000, "--port", "-p", min=0, max=65535, help="Port; 0 for any free one")
ENTITIES = typer.Option(
    None, "--entities", "-e", help="Entity vocabulary, for titles of entities by language"
)


@mluke_app.command("serve")
def serve(
    pipeline: str = PIPELINE,
    host: str = HOST,
    port: int = PORT,
    entities: Optional[Path] = ENTITIES,
) -> None:
    """Show entities, links and relations of any text on a local web page.

    An entity that is clicked shows its candidates and its neighbours in the entity table, if the
    pipeline has them. Programs ask at /api/analyze, by POST of {"text": ..., "lang": ...}.

    \b
    Examples:
      python -m spacy mluke serve training/joint/model-best
      python -m spacy mluke serve xx_mluke_tiny --port 8080 --entities entities/
    """
    import spacy

    from ..entities.vocabulary import EntityVocabulary
    from ..serve.analysis import Analyzer
    from ..serve.server import Server

    with clear_errors():
        vocabulary = None if entities is None else EntityVocabulary.open(entities)
        try:
            nlp = spacy.load(pipeline)
        except (OSError, ValueError, ImportError) as error:
            raise ValueError(Errors.M621.format(name=pipeline, error=error)) from error
        server = Server(Analyzer(nlp, vocabulary), host, port)
    with server:
        msg.good(f"{server.url}", "Ctrl+C ends it.")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            msg.info("Ended.")
