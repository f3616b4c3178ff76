"""`python -m spacy mluke import`: published fine-tunes as pipelines."""

from pathlib import Path
from typing import Optional

import typer
from wasabi import msg

from ..files import written_whole
from ._app import mluke_app
from ._errors import clear_errors

INPUT = typer.Argument(..., help="A fine-tuned checkpoint: a folder, or a name on the hub")
OUTPUT = typer.Argument(..., help="Folder of the pipeline to write")
LANG = typer.Option("xx", "--lang", "-l", help="Language of the pipeline")
NAME = typer.Option("imported", "--name", "-n", help="Name of the pipeline")
VERSION = typer.Option("0.0.0", "--version", help="Version of the pipeline")
REVISION = typer.Option(None, "--revision", help="Branch, tag or commit on the hub")
NONE = typer.Option(
    None, "--none", help="Label of what is no entity or no relation, where it is not O or the like"
)
ATTENTION = typer.Option(
    "full",
    "--attention",
    help="For entities: full, as in training, or independent, which is faster and other numbers",
)
WORDS = typer.Option(16, "--max-words", min=1, help="For entities: longest span in tokens")


@mluke_app.command("import")
def import_checkpoint(
    checkpoint: str = INPUT,
    output_path: Path = OUTPUT,
    lang: str = LANG,
    name: str = NAME,
    version: str = VERSION,
    revision: Optional[str] = REVISION,
    none: Optional[str] = NONE,
    attention: str = ATTENTION,
    max_words: int = WORDS,
) -> None:
    """Make a pipeline of a checkpoint that was fine-tuned in transformers.

    LukeForEntitySpanClassification becomes `mluke` and `mluke_ner`,
    LukeForEntityPairClassification becomes `mluke_relations`, which relates the entities that
    components before it set. Texts are read as MLukeTokenizer reads them, and scores are those of
    transformers. Checkpoints of mLUKE alone: those of (English) LUKE have another tokenizer.

    \b
    Examples:
      python -m spacy mluke import studio-ousia/mluke-large-lite-finetuned-conll-2003 conll
      python -m spacy mluke import my-finetune/ relations/ --none other_relation
      python -m spacy package conll packages --build wheel
    """
    # torch takes seconds to import
    from ..shipping.importing import import_pipeline

    with clear_errors():
        nlp = import_pipeline(
            checkpoint,
            lang=lang,
            revision=revision,
            none=none,
            attention=attention,
            max_words=max_words,
        )
        nlp.meta["name"], nlp.meta["version"] = name, version
        with written_whole(output_path) as folder:
            nlp.to_disk(folder)
    labels = {pipe: names for pipe, names in nlp.pipe_labels.items() if names}
    for pipe, names in labels.items():
        msg.good(f"{output_path}: {pipe} with the labels {', '.join(names)}")
