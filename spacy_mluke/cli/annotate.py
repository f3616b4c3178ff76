"""`python -m spacy mluke aliases annotate`: mentions in text, as data for pretraining."""

import sys
from pathlib import Path
from typing import Iterable, Iterator

import typer
from tqdm import tqdm  # type: ignore[import-untyped]

from ..entities.annotation import Annotator
from ..entities.paragraphs import Paragraph
from ..entities.plain_text import read_any_text
from ..entities.write_paragraphs import write_paragraphs
from ..report import Report
from ._errors import clear_errors
from .aliases import DICTIONARY, LANG, MIN_FRAGMENT, MIN_PROBABILITY, aliases_app, open_detector

INPUT = typer.Argument(
    ..., help="Plain text, WikiExtractor's form, or paragraphs (.jsonl), or a folder"
)
OUTPUT = typer.Argument(..., help="Paragraphs to write, .jsonl or .jsonl.gz")
SOURCE = typer.Option("", "--source", help="Value of 'src' of plain text")
MIN_PRIOR = typer.Option(
    0.0,
    "--min-prior",
    help="Leave out texts whose most frequent entity has less than this share of their links, "
    "unless the page says which is meant",
)


@aliases_app.command("annotate")
def aliases_annotate(
    dictionary: Path = DICTIONARY,
    input_path: Path = INPUT,
    output: Path = OUTPUT,
    lang: str = LANG,
    source: str = SOURCE,
    min_link_probability: float = MIN_PROBABILITY,
    min_fragment_probability: float = MIN_FRAGMENT,
    min_prior: float = MIN_PRIOR,
) -> None:
    """Write paragraphs with mentions. Links that paragraphs have stay as they are, and say what
    their texts stand for in the rest of the page.

    \b
    Example:
      python -m spacy mluke aliases annotate aliases dewiki-plain.txt.gz de.jsonl.gz -l de
    """
    with clear_errors():
        detector = open_detector(dictionary, min_link_probability, min_fragment_probability)
        report = Report(str(input_path))
        read = read_any_text(input_path, source=source, report=report)
        paragraphs = tqdm(read, unit=" paragraphs", file=sys.stderr, disable=None)
        annotator = Annotator(detector, lang, min_prior=min_prior, report=report)
        write_paragraphs(output, _counted(annotator(paragraphs), report))
        print(report.table())


def _counted(paragraphs: Iterable[Paragraph], report: Report) -> Iterator[Paragraph]:
    for paragraph in paragraphs:
        report.keep("paragraphs")
        report.keep("characters", len(paragraph.text))
        yield paragraph
