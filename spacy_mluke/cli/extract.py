"""`python -m spacy mluke extract`: a Wikipedia dump to paragraphs with links."""

import time
from pathlib import Path

import typer
from wasabi import msg

from ._app import mluke_app
from ._errors import clear_errors

DUMP = typer.Argument(
    ..., help="pages-articles.xml of a Wikipedia, plain or packed (.bz2, .gz, .xz)"
)
OUTPUT = typer.Argument(..., help="Folder to write to; one that was begun is continued")
LANG = typer.Option("", "--lang", "-l", help="Language, if the dump is wrong about it, like de")
PROCESSES = typer.Option(
    0, "--processes", "-p", help="Processes that parse pages; 0 for one a processor"
)
RAY = typer.Option(
    False, "--ray", help="Parse pages on a Ray cluster, or with Ray on this machine (extra 'ray')"
)
LIMIT = typer.Option(0, "--limit", "-n", help="Read this many articles at most; 0 for all")
QUIET = typer.Option(False, "--quiet", "-q", help="No progress bars")


@mluke_app.command("extract")
def extract(
    dump_path: Path = DUMP,
    output_folder: Path = OUTPUT,
    lang: str = LANG,
    processes: int = PROCESSES,
    ray: bool = RAY,
    limit: int = LIMIT,
    quiet: bool = QUIET,
) -> None:
    """Read the articles of a Wikipedia dump: paragraphs, and where they link to what.

    Works for every language. Redirects are followed, links to disambiguation pages left out.
    A run that was broken off goes on when it is started again. Everything that is not in the
    result is counted in a table at the end.

    \b
    Examples:
      python -m spacy mluke extract swwiki-latest-pages-articles.xml.bz2 wikipedia/sw
      python -m spacy mluke extract dewiki.xml.bz2 wikipedia/de --processes 16
      python -m spacy mluke extract enwiki.xml.bz2 wikipedia/en --ray
    """
    # numpy, marisa-trie and mwparserfromhell are not loaded before the command runs
    from ..pretraining.extract import extract_dump

    begin = time.perf_counter()
    with clear_errors():
        report = extract_dump(
            dump_path,
            output_folder,
            lang=lang,
            processes=processes,
            ray=ray,
            limit=limit,
            progress=not quiet,
        )
    seconds = time.perf_counter() - begin
    print(report.table())
    size = report.kept["bytes of wikitext"] / 1e6
    msg.good(
        f"{output_folder}: {size:.1f} MB of wikitext in {seconds:.1f} s, {size / seconds:.1f} MB/s"
    )
