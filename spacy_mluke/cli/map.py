"""`python -m spacy mluke map`: where mentions of the same entities lie, by language."""

from pathlib import Path
from typing import List, Optional

import typer
from wasabi import msg

from ..report import Report
from ._app import mluke_app
from ._errors import clear_errors
from .interwiki import split_commas

NAME = typer.Argument(..., help="Package or folder of a pipeline, or a checkpoint")
INPUTS = typer.Argument(
    ..., help="Linked paragraphs: a folder of files de.jsonl.gz or folders de, or several of these"
)
OUTPUT = typer.Option(..., "--output", "-o", help="File to write: .html, .svg or .png")
LANGS = typer.Option(None, "--langs", "-l", help="Read these languages: 'de,en'. All if left out")
ITEMS = typer.Option(12, "--items", "-n", min=1, help="Entities: those linked in most languages")
MENTIONS = typer.Option(5, "--mentions", "-m", min=1, help="Mentions of each in a language")
PARAGRAPHS = typer.Option(5000, "--paragraphs", min=1, help="Paragraphs to read in a language")
QUIET = typer.Option(False, "--quiet", "-q", help="No progress bars")


@mluke_app.command("map")
def draw_map(
    name: str = NAME,
    inputs: List[Path] = INPUTS,
    output: Path = OUTPUT,
    langs: Optional[List[str]] = LANGS,
    items: int = ITEMS,
    mentions: int = MENTIONS,
    paragraphs: int = PARAGRAPHS,
    quiet: bool = QUIET,
) -> None:
    """Draw a map of entity vectors, coloured by language.

    Mentions of the same entities in several languages are encoded as they stand in their texts, and
    projected on two principal components. Where the languages of an entity lie together, and
    entities apart, vectors do not depend on the language.

    \b
    Examples:
      python -m spacy mluke map training/joint/model-best wiki/ -o map.html
      python -m spacy mluke map run/checkpoint wiki/ -o map.svg --langs de,sw,ja --items 8
    """
    from ..entities.link_counts import language_paths
    from ..evaluation.entity_map import choose_mentions, encode_mentions, load_encoder, project
    from ..evaluation.map_files import check_suffix, write_map

    report = Report(name)
    with clear_errors():
        check_suffix(output)
        files = language_paths(inputs)
        wanted = split_commas(langs)
        files = {lang: paths for lang, paths in files.items() if not wanted or lang in wanted}
        chosen = choose_mentions(files, items=items, mentions=mentions, paragraphs=paragraphs)
        nlp = load_encoder(name)
        found = project(*encode_mentions(nlp, chosen, report=report, progress=not quiet))
        write_map(found, output)
    if report.lost:
        print(report.table())
    one, two = found.shares
    msg.good(
        f"{output}",
        f"{len(found.mentions)} mentions in {len(found.languages)} languages, "
        f"{one:.0%} and {two:.0%} of their variance on the axes",
    )
