"""`python -m spacy mluke interwiki`: titles and Wikidata items."""

from pathlib import Path
from typing import List, Optional

import typer
from wasabi import msg, table

from ..entities.interwiki_build import build_interwiki
from ..report import Report
from ._app import mluke_app
from ._errors import clear_errors

SOURCES = typer.Argument(
    ...,
    help="wb_items_per_site.sql, Wikidata's JSON dump or pages-articles.xml, or lines of "
    '{"qid", "labels"}; plain, .gz, .bz2 or .xz. The most trusted source first',
)
OUTPUT = typer.Argument(..., help="Folder to write")
LANGS = typer.Option(None, "--langs", "-l", help="Keep these languages: 'de,en'. All if left out")


def split_commas(values: Optional[List[str]]) -> List[str]:
    """RETURNS (List[str]): The parts of values like "de,en", each once."""
    parts = (part.strip() for value in values or () for part in value.split(","))
    return list(dict.fromkeys(filter(None, parts)))


@mluke_app.command("interwiki")
def interwiki(
    sources: List[Path] = SOURCES, output_path: Path = OUTPUT, langs: Optional[List[str]] = LANGS
) -> None:
    """Find out which Wikidata item each page title stands for, in all languages.

    The result is a folder that `vocabulary` and `aliases` look titles up in.

    \b
    Examples:
      python -m spacy mluke interwiki wikidatawiki-latest-wb_items_per_site.sql.gz interwiki
      python -m spacy mluke interwiki latest-all.json.bz2 interwiki --langs de,en,ja
      python -m spacy mluke interwiki wikidata.xml.bz2 entity_labels_24.jsonl.gz interwiki
    """
    with clear_errors():
        report = Report(", ".join(path.name for path in sources))
        built = build_interwiki(sources, output_path, languages=split_commas(langs), report=report)
        print(table(built.titles_by_language(), header=("", "titles"), divider=True))
        print(report.table())
        msg.good(f"{output_path}: {len(built)} items")
