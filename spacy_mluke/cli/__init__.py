"""The command `python -m spacy mluke`.

spaCy imports this package at each of its commands, through the entry point `spacy_cli`, so
nothing here may import torch or transformers before a command runs.
"""

from . import (
    aliases,
    annotate,
    convert,
    convert_checkpoint,
    dataset,
    debug,
    dry_run,
    extract,
    import_checkpoint,
    info,
    interwiki,
    map,
    optimize,
    pretrain,
    prune,
    push,
    refit,
    score,
    serve,
    tokenizer,
    train,
    vocabulary,
)
from ._app import mluke_app as app

__all__ = [
    "aliases",
    "annotate",
    "app",
    "convert",
    "convert_checkpoint",
    "dataset",
    "debug",
    "dry_run",
    "extract",
    "import_checkpoint",
    "info",
    "interwiki",
    "map",
    "optimize",
    "pretrain",
    "prune",
    "push",
    "refit",
    "score",
    "serve",
    "tokenizer",
    "train",
    "vocabulary",
]
