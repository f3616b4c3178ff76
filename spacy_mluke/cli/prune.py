"""`python -m spacy mluke prune`: smaller vocabularies and checkpoints."""

from pathlib import Path
from typing import List, Optional

import typer
from wasabi import msg

from ..entities.prune import choose_rows, prune_vocabulary
from ..entities.vocabulary import EntityVocabulary, is_vocabulary
from ..files import open_text
from ..report import Report
from ._app import mluke_app
from ._errors import clear_errors
from .interwiki import split_commas

INPUT = typer.Argument(..., help="A checkpoint (folder or name), or a vocabulary folder")
OUTPUT = typer.Argument(..., help="Folder to write")
LANGS = typer.Option(None, "--langs", "-l", help="Entities with a title in one of these: 'de,en'")
SIZE = typer.Option(None, "--size", "-n", min=1, help="The most frequent entities, this many")
KEYS = typer.Option(
    None, "--keys", "-k", help="Entities listed in a file, one a line: Q42 or de:Titel"
)
VOCABULARY = typer.Option(
    None,
    "--vocabulary",
    "-v",
    help="Vocabulary folder of the checkpoint, which knows counts, items and titles that its own "
    "entity_vocab.json may not have",
)


@mluke_app.command("prune")
def prune(
    input_path: str = INPUT,
    output_path: Path = OUTPUT,
    langs: Optional[List[str]] = LANGS,
    size: Optional[int] = SIZE,
    keys: Optional[Path] = KEYS,
    vocabulary: Optional[Path] = VOCABULARY,
) -> None:
    """Keep some entities of a checkpoint, with their rows of the table, or of a vocabulary.

    \b
    Examples:
      python -m spacy mluke prune studio-ousia/mluke-base mluke-de-en --langs de,en
      python -m spacy mluke prune checkpoint small --size 100000 --vocabulary vocabulary
      python -m spacy mluke prune vocabulary vocabulary-swahili --langs sw
    """
    with clear_errors():
        report = Report(input_path)
        wanted = split_commas(langs)
        listed = None if keys is None else _read_keys(keys)
        if is_vocabulary(Path(input_path)):
            whole = EntityVocabulary.open(input_path)
            rows = choose_rows(whole, languages=wanted, size=size, keys=listed, report=report)
            pruned = prune_vocabulary(whole, output_path, rows, languages=wanted)
            n_rows = len(pruned)
        else:
            # torch takes seconds to import
            from ..shipping.prune_checkpoint import prune_entities

            n_rows = prune_entities(
                input_path,
                output_path,
                vocabulary,
                languages=wanted,
                size=size,
                keys=listed,
                report=report,
            )
        print(report.table())
        msg.good(f"{output_path}: {n_rows} rows")


def _read_keys(path: Path) -> List[str]:
    with open_text(path) as lines:
        return [line.strip() for line in lines if line.strip()]
