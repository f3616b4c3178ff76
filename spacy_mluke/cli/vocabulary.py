"""`python -m spacy mluke vocabulary`: entity vocabularies."""

from pathlib import Path
from typing import List, Optional

import typer
from wasabi import msg, table

from ..entities.interwiki import Interwiki
from ..entities.link_counts import count_links, language_paths
from ..entities.vocabulary import EntityVocabulary
from ..entities.vocabulary_build import MAX_ENTITIES, MIN_LANGUAGES, build_vocabulary
from ..entities.vocabulary_formats import export_vocabulary, import_vocabulary
from ..report import Report
from ._app import mluke_app
from ._errors import clear_errors
from .interwiki import split_commas

HELP = "Entity vocabularies: which entities a model knows, and in which row of its table."
vocabulary_app = typer.Typer(name="vocabulary", help=HELP, no_args_is_help=True)
mluke_app.add_typer(vocabulary_app, name="vocabulary")

INPUTS = typer.Argument(
    ..., help="Paragraphs: a folder of files de.jsonl.gz or folders de, or several of these"
)
OUTPUT = typer.Argument(..., help="Folder to write")
FOLDER = typer.Argument(..., help="Folder of a vocabulary")
FILE_IN = typer.Argument(..., help="transformers' entity_vocab.json, or the original's .jsonl")
FILE_OUT = typer.Argument(..., help="The entity_vocab.json to write")
INTERWIKI = typer.Option(None, "--interwiki", "-i", help="Folder that `interwiki` has written")
SIZE = typer.Option(MAX_ENTITIES, "--size", "-n", help="Keep the most frequent entities")
LANGUAGES = typer.Option(MIN_LANGUAGES, "--min-languages", "-k", help="Keep those in this many")
COUNT = typer.Option(1, "--min-count", help="Keep those linked this often; 0: also unlinked ones")
LOCAL = typer.Option(
    None, "--min-count-local", help="Keep those in fewer languages, too, if linked this often"
)
FROM = typer.Option(
    "counts",
    "--languages-from",
    help="An entity is in the languages in which it is linked (counts), or in which the interwiki "
    "has a title of it (interwiki), which suits small corpora",
)
LANGS = typer.Option(None, "--langs", "-l", help="Read these languages: 'de,en'. All if left out")
SOURCES = typer.Option(None, "--sources", "-s", help="Count in these sources: 'wiki,news'")
NAMES = typer.Option("titles", "--names", help="Names to write: titles, items or both")
CHECK = typer.Option(False, "--check", help="Read all files and compare their checksums")


@vocabulary_app.command("build")
def build(
    inputs: List[Path] = INPUTS,
    output_path: Path = OUTPUT,
    interwiki: Optional[Path] = INTERWIKI,
    size: int = SIZE,
    min_languages: int = LANGUAGES,
    min_count: int = COUNT,
    min_count_local: Optional[int] = LOCAL,
    languages_from: str = FROM,
    langs: Optional[List[str]] = LANGS,
    sources: Optional[List[str]] = SOURCES,
) -> None:
    """Count the links of all languages, merge them by item, keep the most frequent.

    \b
    Examples:
      python -m spacy mluke vocabulary build extracted/ vocabulary -i interwiki
      python -m spacy mluke vocabulary build de.jsonl.gz ja.jsonl.gz small -i interwiki \\
          --size 40000 --min-languages 2 --min-count 0 --languages-from interwiki
    """
    with clear_errors():
        titles = None if interwiki is None else Interwiki.open(interwiki)
        report = Report(", ".join(path.name for path in inputs))
        paths, wanted = language_paths(inputs), split_commas(langs)
        counts = [
            count_links(paths[lang], lang, titles, sources=split_commas(sources), report=report)
            for lang in paths
            if not wanted or lang in wanted
        ]
        vocabulary = build_vocabulary(
            counts,
            output_path,
            titles,
            size=size,
            min_languages=min_languages,
            min_count=min_count,
            min_count_local=min_count_local,
            languages_from=languages_from,
            report=report,
        )
        _show(vocabulary)
        print(report.table())
        msg.good(f"{output_path}: {len(vocabulary)} rows")


@vocabulary_app.command("show")
def show(path: Path = FOLDER, check: bool = CHECK) -> None:
    """Show what is in a vocabulary and how much of each language it covers.

    \b
    Examples:
      python -m spacy mluke vocabulary show vocabulary
      python -m spacy mluke vocabulary show vocabulary --check
    """
    with clear_errors():
        vocabulary = EntityVocabulary.open(path)
        if check:
            vocabulary.verify()
            msg.good("All files are as they were written")
        _show(vocabulary)


@vocabulary_app.command("import")
def import_file(
    input_path: Path = FILE_IN, output_path: Path = OUTPUT, interwiki: Optional[Path] = INTERWIKI
) -> None:
    """Make a folder of a vocabulary file of transformers or of the original mLUKE.

    \b
    Examples:
      python -m spacy mluke vocabulary import mluke-base/entity_vocab.json vocabulary
      python -m spacy mluke vocabulary import mluke.jsonl vocabulary --interwiki interwiki
    """
    with clear_errors():
        titles = None if interwiki is None else Interwiki.open(interwiki)
        report = Report(input_path.name)
        vocabulary = import_vocabulary(input_path, output_path, titles, report=report)
        print(report.table())
        msg.good(f"{output_path}: {len(vocabulary)} rows")


@vocabulary_app.command("export")
def export_file(
    input_path: Path = FOLDER, output_path: Path = FILE_OUT, names: str = NAMES
) -> None:
    """Write the entity_vocab.json that transformers reads.

    \b
    Examples:
      python -m spacy mluke vocabulary export vocabulary entity_vocab.json
      python -m spacy mluke vocabulary export vocabulary entity_vocab.json --names items
    """
    with clear_errors():
        vocabulary = EntityVocabulary.open(input_path)
        number = export_vocabulary(vocabulary, output_path, names=names)
        msg.good(f"{output_path}: {number} names")


def _show(vocabulary: EntityVocabulary) -> None:
    about = vocabulary.metadata
    msg.info(
        f"{about['entities']} entities, {about['items']} with a Wikidata item, "
        f"{about['titles']} titles"
    )
    titles = vocabulary.titles_by_language()
    statistics = about.get("statistics", {})
    rows = []
    for lang in sorted({*titles, *statistics}):
        part = statistics.get(lang, {})
        links = part.get("links", 0)
        shares = (part.get(name, 0) / max(1, links) for name in ("item_links", "kept_links"))
        cells = [f"{share:.1%}" if links else "" for share in shares]
        entities = [part.get("entities", ""), part.get("kept_entities", "")]
        rows.append((lang, titles.get(lang, 0), links or "", *cells, *entities))
    header = ("", "titles", "links", "with item", "covered", "linked entities", "kept")
    print(table(rows, header=header, divider=True, aligns=("l",) + ("r",) * 6))
