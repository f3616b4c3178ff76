"""`python -m spacy mluke push`: pipelines to the Hugging Face hub."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Optional

import typer
from wasabi import msg

from ..files import written_whole
from ._app import mluke_app
from ._errors import clear_errors

INPUT = typer.Argument(..., help="A wheel of `spacy package`, a pipeline's folder, or a package")
REPO = typer.Argument(..., help="The repository: org/name")
LOCAL = typer.Option(None, "--local-dir", "-l", help="Write the repository to a folder instead")
MESSAGE = typer.Option("Update spaCy pipeline", "--message", "-m", help="Message of the commit")
PRIVATE = typer.Option(False, "--private", help="Make a new repository private")
MOST = typer.Option(5000, "--max-size", min=1, help="Largest wheel, in MiB")


@mluke_app.command("push")
def push(
    source: str = INPUT,
    repo: str = REPO,
    local_dir: Optional[Path] = LOCAL,
    message: str = MESSAGE,
    private: bool = PRIVATE,
    most: int = MOST,
) -> None:
    """Publish a pipeline on the Hugging Face hub, from where pip installs it.

    The repository gets the pipeline, a card with its scores, and its wheel. Wheels of older
    versions stay. Log in first with `huggingface-cli login`, or set HF_TOKEN.

    \b
    Examples:
      python -m spacy mluke push packages/xx_ner-1.0.0/dist/xx_ner-1.0.0-py3-none-any.whl me/xx_ner
      python -m spacy mluke push training/model-best me/xx_ner --local-dir hub
    """
    from ..shipping.publish import lay_out, upload, write_local

    with clear_errors():
        if local_dir is not None:
            with written_whole(local_dir) as folder:
                published = write_local(source, repo, folder, local_dir, most=most)
            msg.good(f"{local_dir}: version {published.version}, not uploaded")
            return
        with TemporaryDirectory() as temporary:
            published = lay_out(source, repo, Path(temporary), most=most)
            msg.info(f"Uploading version {published.version} to {published.url}")
            commit = upload(Path(temporary), repo, message=message, private=private)
    msg.good(commit)
    print(f"pip install {published.wheel_url}")
