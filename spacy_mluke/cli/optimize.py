"""`python -m spacy mluke optimize`: smaller and faster pipelines."""

from pathlib import Path
from typing import List, Optional

import srsly
import typer
from wasabi import msg, table

from ..files import atomic_path
from ..report import Report
from ._app import mluke_app
from ._errors import clear_errors
from .interwiki import split_commas

INPUT = typer.Argument(..., help="A pipeline: a folder, or an installed package")
OUTPUT = typer.Argument(..., help="Folder of the smaller pipeline")
PRECISION = typer.Option(
    "fp32", "--precision", "-p", help="bf16: half the size; int8: a quarter; fp32: as it is"
)
TABLE = typer.Option(
    "full",
    "--table",
    "-t",
    help="Entity table: full: as it is; pruned: some entities; lite: special entities alone",
)
LANGUAGES = typer.Option(
    None, "--languages", "-l", help="Pruned table: entities with a title in one of these: 'de,en'"
)
ENTITIES = typer.Option(
    None, "--entities", "-n", min=1, help="Pruned table: the most frequent entities, this many"
)
EVALUATE = typer.Option(
    None, "--evaluate", "-e", help="Run both pipelines on this .spacy or JSONL file, or folder"
)
JSON = typer.Option(None, "--json", help="Write the comparison to this file")


@mluke_app.command("optimize")
def optimize_pipeline(
    pipeline: str = INPUT,
    output_path: Path = OUTPUT,
    precision: str = PRECISION,
    entity_table: str = TABLE,
    languages: Optional[List[str]] = LANGUAGES,
    entities: Optional[int] = ENTITIES,
    evaluate: Optional[Path] = EVALUATE,
    json_path: Optional[Path] = JSON,
) -> None:
    """Write a pipeline with smaller weights, and compare it with the original.

    It has the same components and loads as any other; `spacy package` makes a wheel of it. What
    is best depends on the processor: look at the words per second. int8 needs a CPU; both can be
    trained further, which makes their weights large again. A pruned table keeps the entities that
    --languages and --entities choose, or without them just those that components such as
    `mluke_linker` can propose; if one of these would be gone, nothing is written.

    \b
    Examples:
      python -m spacy mluke optimize training/model-best small --precision int8 --evaluate dev.spacy
      python -m spacy mluke optimize xx_mluke_tiny de --table pruned --languages de -p bf16
    """
    # torch takes seconds to import
    from ..shipping.folders import folder_size, pipeline_folder
    from ..shipping.measure import compare, summary
    from ..shipping.optimize import Reduction, optimize

    with clear_errors():
        source, report = pipeline_folder(pipeline), Report(pipeline)
        reduction = Reduction(precision, entity_table, split_commas(languages), entities)
        optimize(source, output_path, reduction, report)
        if report.kept or report.lost:
            print(report.table())
        folders = {"original": source, "optimized": output_path}
        if evaluate is not None:
            results = compare(folders, evaluate)
            shown = summary(results)
        else:
            results = {name: {"megabytes": folder_size(f) / 1e6} for name, f in folders.items()}
            sizes = (f"{result['megabytes']:,.1f}" for result in results.values())
            shown = [("megabytes", *sizes)]
        print(table(shown, header=("", *folders), divider=True, aligns=("l", "r", "r")))
        if json_path is not None:
            with atomic_path(json_path) as path:
                srsly.write_json(path, results)
    msg.good(f"{output_path}")
