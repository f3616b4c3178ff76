"""`python -m spacy mluke dataset`: paragraphs to a dataset for pretraining."""

from pathlib import Path
from typing import Dict, List, Optional

import typer
from wasabi import msg, table

from ..entities.link_counts import language_paths
from ..report import Report
from ._app import mluke_app
from ._errors import clear_errors
from .interwiki import split_commas

INPUTS = typer.Argument(
    ..., help="Paragraphs: a folder of files de.jsonl.gz or folders de, or several of these"
)
OUTPUT = typer.Argument(..., help="Folder to write")
PIECES = typer.Option(..., "--pieces", "-p", help="SentencePiece model")
ENTITIES = typer.Option(..., "--entities", "-e", help="Entity vocabulary")
SOURCES = typer.Option(None, "--sources", "-s", help="Read these sources: 'wiki,news'")
LANGS = typer.Option(None, "--langs", "-l", help="Read these languages: 'de,en'. All if left out")
MAX_PIECES = typer.Option(510, "--max-pieces", help="Pieces of an instance, without <s> and </s>")
MAX_ENTITIES = typer.Option(128, "--max-entities", help="Entities of an instance")
MIN_SENTENCE = typer.Option(5, "--min-sentence", help="Sentences with fewer pieces are left out")
WITH_LINKS = typer.Option(
    True, "--with-links/--all-text", help="Leave out instances that have no entity"
)
DROP_LONG = typer.Option(
    False, "--drop-long/--cut-long", help="Leave out sentences that are too long, or cut them"
)
CUT = typer.Option(
    "tokens",
    "--cut",
    help="A piece never reaches over the end of a token, as pipelines read text (tokens), or of a "
    "link, as mLUKE was pretrained (links)",
)
NAMES = typer.Option(False, "--names/--no-names", help="Add lists of the names of all entities")
HELD_OUT = typer.Option(0.0, "--held-out", help="Share of the pages to hold out for evaluation")
SEED = typer.Option(0, "--seed", help="Another seed holds out other pages")
PROCESSES = typer.Option(1, "--processes", help="Languages at once")


@mluke_app.command("dataset")
def dataset(
    inputs: List[Path] = INPUTS,
    output_path: Path = OUTPUT,
    pieces: Path = PIECES,
    entities: Path = ENTITIES,
    sources: Optional[List[str]] = SOURCES,
    langs: Optional[List[str]] = LANGS,
    max_pieces: int = MAX_PIECES,
    max_entities: int = MAX_ENTITIES,
    min_sentence: int = MIN_SENTENCE,
    with_links: bool = WITH_LINKS,
    drop_long: bool = DROP_LONG,
    cut: str = CUT,
    names: bool = NAMES,
    held_out: float = HELD_OUT,
    seed: int = SEED,
    processes: int = PROCESSES,
) -> None:
    """Make the instances that a model is pretrained on, and write them with both vocabularies.

    Sentences of a page are put together while they fit. Everything that is left out is counted in
    a table at the end. The defaults are mLUKE's, but for long sentences, which it drops.

    \b
    Example:
      python -m spacy mluke dataset paragraphs/ dataset/ --pieces pieces.model --entities entities/
    """
    from ..pretraining.dataset import DatasetSettings
    from ..pretraining.dataset_jobs import build_dataset
    from ..pretraining.instances import Limits

    settings = DatasetSettings(
        Limits(max_pieces, max_entities, min_sentence, with_links, drop_long),
        cut,
        held_out,
        seed,
    )
    with clear_errors():
        wanted = split_commas(langs)
        reports = build_dataset(
            {k: v for k, v in language_paths(inputs).items() if not wanted or k in wanted},
            output_path,
            pieces=pieces,
            entities=entities,
            settings=settings,
            sources=split_commas(sources),
            names=names,
            processes=processes,
        )
    print(statistics(reports))
    total = Report()
    for report in reports.values():
        total.merge(report)
    print(total.table())
    msg.good(f"{output_path}: {total.kept['pieces']} pieces in {len(reports)} languages")


def statistics(reports: Dict[str, Report]) -> str:
    """RETURNS (str): What each language has, as text in columns."""
    rows = []
    for lang, report in reports.items():
        kept = report.kept
        per_link = kept["pieces"] / max(kept["links"], 1)
        rows.append(
            (lang, kept["instances"], kept["pieces"], kept["links"], f"{per_link:.1f}")
        )
    header = ("language", "instances", "pieces", "links", "pieces a link")
    return str(table(rows, header=header, divider=True, aligns=("l", "r", "r", "r", "r")))
