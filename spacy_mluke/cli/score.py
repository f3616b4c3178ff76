"""`python -m spacy mluke score`: what a pretrained model knows of held-out text."""

import json
from pathlib import Path
from typing import Any, Dict, Optional

import typer
from wasabi import msg, table

from ..files import atomic_path
from ._app import mluke_app
from ._errors import clear_errors

CHECKPOINT = typer.Argument(..., help="Checkpoint with its pretraining heads")
DATASET = typer.Argument(..., help="Folder that `dataset` has written, with held-out pages")
OUTPUT = typer.Option(None, "--output", "-o", help="Write the scores to this JSON file")
LIMIT = typer.Option(0, "--max-pieces", help="Pieces of each language to read; 0 for all")
WORDS = typer.Option(False, "--words-only", help="The model was trained without entities")
QUIET = typer.Option(False, "--quiet", "-q", help="No progress bars")


@mluke_app.command("score")
def score(
    checkpoint: str = CHECKPOINT,
    dataset_path: Path = DATASET,
    output: Optional[Path] = OUTPUT,
    max_pieces: int = LIMIT,
    words_only: bool = WORDS,
    quiet: bool = QUIET,
) -> None:
    """Measure masked prediction on held-out pages, by language.

    Pieces: loss and accuracy where 15 % are hidden. Entities: each one is hidden once; accuracy
    against that of the most frequent sense of the mention, where the mention is ambiguous, where
    only the context can tell, and with the words of the mention hidden, too. Across languages: how
    often the nearest mention in another language is one of the same item.

    \b
    Example:
      python -m spacy mluke score run/checkpoint dataset/ --output scores.json
    """
    from ..evaluation.pretrained import score_checkpoint

    with clear_errors():
        scores = score_checkpoint(
            checkpoint,
            dataset_path,
            max_pieces=max_pieces,
            with_entities=not words_only,
            progress=not quiet,
        )
        if output is not None:
            with atomic_path(output) as path:
                path.write_text(json.dumps(scores, indent=2) + "\n", "utf8")
    for name, part in scores.items():
        if part:
            print(f"\n{name.replace('_', ' ')}")
            print(_table(part))
    if output is not None:
        msg.good(f"{output}")


def _table(part: Dict[str, Any]) -> str:
    """Languages in rows, or a single row."""
    if not isinstance(next(iter(part.values())), dict):
        part = {"": part}
    names = list(next(iter(part.values())))
    rows = [
        (lang, *(_shown(values[name]) for name in names)) for lang, values in part.items()
    ]
    header = ("", *(name.replace("_", " ") for name in names))
    aligns: Any = ("l", *("r" for _ in names))
    return str(table(rows, header=header, divider=True, aligns=aligns))


def _shown(value: float) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)
