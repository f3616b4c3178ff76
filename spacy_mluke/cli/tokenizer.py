"""`python -m spacy mluke tokenizer`: a vocabulary of word pieces."""

from pathlib import Path
from typing import List, Optional

import typer
from wasabi import msg

from ..entities.link_counts import language_paths
from ..files import atomic_path
from ._app import mluke_app
from ._errors import clear_errors
from .interwiki import split_commas

INPUTS = typer.Argument(
    ..., help="Paragraphs: a folder of files de.jsonl.gz or folders de, or several of these"
)
OUTPUT = typer.Argument(..., help="The model to write, like sentencepiece.bpe.model")
SIZE = typer.Option(28000, "--size", "-n", help="Pieces")
SMOOTHING = typer.Option(
    0.5, "--smoothing", "-a", help="A language has a share ~ n^a of the text; 1 is as it is"
)
COVERAGE = typer.Option(0.9995, "--coverage", help="Share of the characters that get a piece")
SOURCES = typer.Option(None, "--sources", "-s", help="Read these sources: 'wiki,news'")
MIN_COUNT = typer.Option(2, "--min-count", help="Leave out tokens that a language has less often")
LIMIT = typer.Option(0, "--limit", help="Paragraphs of each file at most; 0 for all")
SEED = typer.Option(0, "--seed", help="Of the training")
PROCESSES = typer.Option(1, "--processes", "-p", help="Languages counted at once, and threads")


@mluke_app.command("tokenizer")
def tokenizer(
    inputs: List[Path] = INPUTS,
    output_path: Path = OUTPUT,
    size: int = SIZE,
    smoothing: float = SMOOTHING,
    coverage: float = COVERAGE,
    sources: Optional[List[str]] = SOURCES,
    min_count: int = MIN_COUNT,
    limit: int = LIMIT,
    seed: int = SEED,
    processes: int = PROCESSES,
) -> None:
    """Train a SentencePiece vocabulary, in the layout of XLM-R's.

    It is trained on tokens as multilingual pipelines make them, so that no piece is wasted on what
    never stands in one token.

    \b
    Example:
      python -m spacy mluke tokenizer paragraphs/ pieces.model --size 28000 --smoothing 0.5
    """
    from ..pretraining.token_counts import count_languages, mix_languages
    from ..text.vocabulary import train_pieces_on_tokens

    with clear_errors():
        counts = count_languages(
            language_paths(inputs),
            sources=split_commas(sources),
            limit=limit,
            processes=processes,
        )
        mixed = mix_languages(counts, smoothing=smoothing, min_count=min_count)
        msg.info(f"{len(mixed)} different tokens of {len(counts)} languages")
        model = train_pieces_on_tokens(
            mixed,
            vocab_size=size,
            character_coverage=coverage,
            seed=seed,
            num_threads=processes,
        )
        with atomic_path(output_path) as path:
            path.write_bytes(model)
    msg.good(f"{output_path}: {size} pieces")
