"""`python -m spacy mluke aliases`: which texts stand for which entities, and where they do."""

import sys
from pathlib import Path
from typing import Dict, List, Optional

import srsly
import typer
from wasabi import msg, table

from ..entities.alias_corpus import build_aliases, is_held_out
from ..entities.alias_links import article_links, with_items
from ..entities.aliases import AliasDictionary
from ..entities.detection import MentionDetector
from ..entities.interwiki import Interwiki
from ..entities.link_counts import language_paths
from ..entities.occurrences import count_mode
from ..entities.paragraphs import read_paragraphs
from ..errors import Errors
from ..evaluation.mentions import evaluate_mentions, mentions_report, mentions_table
from ..report import Report
from ._app import mluke_app
from ._errors import clear_errors

HELP = """Alias dictionary: build it, look into it, find mentions with it.

It says which entities a text can stand for, how often it does, and how likely it is a mention.
"""

aliases_app = typer.Typer(name="aliases", help=HELP, no_args_is_help=True)
mluke_app.add_typer(aliases_app, name="aliases")

DICTIONARY = typer.Argument(..., help="Folder of the dictionary")
PARAGRAPHS = typer.Argument(
    ..., help="Paragraphs with links: <lang>.jsonl.gz, a folder <lang>/, or a folder of these"
)
LANG = typer.Option(..., "--lang", "-l", help="Language of the text, like de")
LANGS = typer.Option(None, "--langs", help="Languages, with commas between; all if left out")
SOURCES = typer.Option(
    None, "--sources", "-s", help="Values of 'src' whose links are real anchors; all if left out"
)
SKIPPED = typer.Option(
    None, "--skip-sources", help="Values of 'src' that are not read, like sentences from templates"
)
MIN_PROBABILITY = typer.Option(
    0.1, "--min-link-probability", "-p", help="Texts that are links less often are no mentions"
)
MIN_FRAGMENT = typer.Option(
    0.5, "--min-fragment-probability", help="The same beside another capitalised word"
)
HELD_OUT = typer.Option(
    0.0, "--held-out", help="Share of the pages, by hash, that is left out (of an evaluation: used)"
)
SEED = typer.Option(0, "--seed", help="Another seed holds out other pages")
FOLDER = typer.Option(..., "--output", "-o", help="Folder to write")
LABELS = typer.Option(
    None, "--labels", help='Label table: lines of {"qid", "labels", "aliases"}'
)
TITLES = typer.Option(
    None, "--titles", help="Folder <lang>/ with pages.tsv.gz and redirects.tsv.gz"
)
TEXTS = typer.Option(
    None, "--text", help="More text to count words in: de=dewiki.txt.gz; may be repeated"
)
INTERWIKI = typer.Option(
    None, "--interwiki", help="Interwiki folder: puts items in place of titles"
)
COUNT = typer.Option(
    "pages", "--count", help="What link probabilities are counted in: pages or tokens"
)
MAX_PAIRS = typer.Option(
    50_000_000, "--max-pairs", help="Pairs of text and entity to keep in memory, by language"
)
LOOK_UP = typer.Option(None, "--text", "-t", help="Show what a text stands for")
TEXT = typer.Argument(..., help="The text; - for standard input")
JSON_FILE = typer.Option(None, "--output", "-o", help="JSON file to write")


@aliases_app.command("build")
def aliases_build(
    paragraphs: List[Path] = PARAGRAPHS,
    output: Path = FOLDER,
    langs: Optional[str] = LANGS,
    sources: Optional[str] = SOURCES,
    skip_sources: Optional[str] = SKIPPED,
    labels: Optional[Path] = LABELS,
    titles: Optional[Path] = TITLES,
    texts: Optional[List[str]] = TEXTS,
    interwiki: Optional[Path] = INTERWIKI,
    count: str = COUNT,
    max_pairs: int = MAX_PAIRS,
    held_out: float = HELD_OUT,
    seed: int = SEED,
) -> None:
    """Build a dictionary from links, titles, redirects and label tables.

    \b
    Examples:
      python -m spacy mluke aliases build wiki/ -o aliases --titles wiki/ --interwiki interwiki
      python -m spacy mluke aliases build pretraining/ -o aliases --labels labels.jsonl.gz \\
          --sources wikidump_truncated,dbpedia_minidumps --langs en,de,ja
    """
    with clear_errors():
        report = Report("aliases")
        files = _by_language(paragraphs, langs)
        build_aliases(
            output,
            files,
            sources=_split(sources),
            skipped_sources=_split(skip_sources),
            held_out=held_out,
            seed=seed,
            labels=labels,
            titles={lang: titles / lang for lang in files} if titles else None,
            texts=_named_texts(texts or []),
            interwiki=Interwiki.open(interwiki) if interwiki else None,
            count=count_mode(count),
            max_pairs=max_pairs,
            report=report,
        )
        print(report.table())
        msg.good(f"{output}: {len(files)} languages")


@aliases_app.command("show")
def aliases_show(
    dictionary: Path = DICTIONARY,
    text: Optional[str] = LOOK_UP,
    langs: Optional[str] = LANGS,
) -> None:
    """Statistics by language, or the entities that a text can stand for.

    \b
    Examples:
      python -m spacy mluke aliases show aliases
      python -m spacy mluke aliases show aliases --text Paris --langs en,fr
    """
    with clear_errors():
        aliases = AliasDictionary.open(dictionary)
        chosen = _split(langs) or aliases.languages
        for lang in chosen:
            aliases.part(lang)
        if text is None:
            known = aliases.metadata["languages"]
            header = list(next(iter(known.values()), {}))
            rows: List[List[object]] = [[lang, *known[lang].values()] for lang in chosen]
        else:
            header = ["link probability", "entity", "count", "prior"]
            rows = [
                [lang, f"{p:.3f}", one.entity, f"{one.count:.1f}", f"{one.prior:.3f}"]
                for lang in chosen
                for p in [aliases.link_probability(text, lang)]
                for one in aliases.candidates(text, lang)
            ]
        print(table(rows, header=["", *header], divider=True))


@aliases_app.command("detect")
def aliases_detect(
    dictionary: Path = DICTIONARY,
    text: str = TEXT,
    lang: str = LANG,
    min_link_probability: float = MIN_PROBABILITY,
    min_fragment_probability: float = MIN_FRAGMENT,
) -> None:
    """Show the mentions in a text.

    \b
    Example:
      python -m spacy mluke aliases detect aliases "Angela Merkel besuchte Tokio." -l de
    """
    with clear_errors():
        detector = open_detector(dictionary, min_link_probability, min_fragment_probability)
        text = sys.stdin.read() if text == "-" else text
        rows = [
            (start, end, text[start:end], entity, f"{p:.2f}")
            for start, end, entity in detector.annotate(text, lang)
            for p in [detector.aliases.link_probability(text[start:end], lang)]
        ]
        header = ("start", "end", "text", "entity", "link probability")
        print(table(rows, header=header, divider=True))


@aliases_app.command("evaluate")
def aliases_evaluate(
    dictionary: Path = DICTIONARY,
    paragraphs: List[Path] = PARAGRAPHS,
    langs: Optional[str] = LANGS,
    sources: Optional[str] = SOURCES,
    min_link_probability: float = MIN_PROBABILITY,
    min_fragment_probability: float = MIN_FRAGMENT,
    held_out: float = HELD_OUT,
    seed: int = SEED,
    interwiki: Optional[Path] = INTERWIKI,
    output: Optional[Path] = JSON_FILE,
) -> None:
    """Compare mentions and their most frequent entities with links that people set.

    Build the dictionary with the same --held-out, or it has seen what it is asked, and with the
    same --interwiki, or entities have other names. Links are set
    where an entity is first named, if at all, so that precision is a lower bound.

    \b
    Example:
      python -m spacy mluke aliases evaluate aliases pretraining/ --held-out 0.05 --langs en,ja
    """
    with clear_errors():
        detector = open_detector(dictionary, min_link_probability, min_fragment_probability)
        table_of_items = Interwiki.open(interwiki) if interwiki else None
        results = {}
        for lang, files in _by_language(paragraphs, langs).items():
            read = (p for file in files for p in read_paragraphs(file, sources=_split(sources)))
            asked = read if not held_out else (p for p in read if is_held_out(p, held_out, seed))
            linked = article_links(asked)
            if table_of_items is not None:
                linked = with_items(linked, table_of_items)
            results[lang] = evaluate_mentions(detector, linked, lang)
        print(mentions_table(results))
        if output is not None:
            srsly.write_json(output, mentions_report(results))


def _split(names: Optional[str]) -> List[str]:
    return [name.strip() for name in (names or "").split(",") if name.strip()]


def open_detector(path: Path, min_link: float, min_fragment: float) -> MentionDetector:
    """RETURNS (MentionDetector): A detector with the dictionary of a folder."""
    return MentionDetector(
        AliasDictionary.open(path),
        min_link_probability=min_link,
        min_fragment_probability=min_fragment,
    )


def _by_language(paths: List[Path], langs: Optional[str]) -> Dict[str, List[Path]]:
    files = language_paths(paths)
    wanted = _split(langs) or list(files)
    missing = sorted(set(wanted) - set(files))
    if missing:
        known = ", ".join(files)
        raise ValueError(Errors.M847.format(langs=", ".join(missing), known=known))
    return {lang: files[lang] for lang in wanted}


def _named_texts(texts: List[str]) -> Dict[str, List[Path]]:
    result: Dict[str, List[Path]] = {}
    for text in texts:
        lang, equals, path = text.partition("=")
        if not (lang and equals and path):
            raise ValueError(Errors.M848.format(text=text))
        result.setdefault(lang, []).append(Path(path))
    return result
