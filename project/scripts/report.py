"""Write a report of all scores there are: Markdown, JSON and pictures."""

import argparse
import sys
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional

import srsly
from confusion import Confusion, labels_of, merge
from evaluate import ENTS, RELATIONS
from report_measures import optimised_table, shipped_table
from report_plots import plot_bars, plot_confusion
from report_scores import links_table, pretraining_tables, relation_types_table
from report_tables import Table, markdown_table, several_scores, side_by_side

from spacy_mluke.files import written_whole

TINY = "xx_mluke_tiny"
PIPELINES = {"tiny": TINY, "tiny_words": "words alone", "tiny_cnn": "CNN"}
_MOST_LABELS = 40

Metrics = Dict[str, Any]
Trained = Optional[Callable[[str], bool]]


def read_metrics(folder: Path) -> Metrics:
    """Read all scores of a folder.

    folder (Path): The folder.
    RETURNS (Metrics): Name of the file, without .json -> its content.
    RAISES (FileNotFoundError): If there is none.
    """
    found = {path.stem: srsly.read_json(path) for path in sorted(folder.glob("*.json"))}
    if not found:
        raise FileNotFoundError(f"{folder} has no scores: run a workflow first")
    return found


def score_tables(metrics: Metrics, trained: Trained, source: str) -> List[Table]:
    """All tables of scores that can be made.

    metrics (Metrics): The scores.
    trained (Trained): Tells whether xx_mluke_tiny was trained on named entities of a language.
    source (str): The language that the workflow `zero-shot` trains in.
    RETURNS (List[Table]): The tables.
    """
    tables: List[Optional[Table]] = []
    for test, where in (("ner", "the corpora's own test sets"), ("wikineural", "WikiNEuRal")):
        tables.append(
            side_by_side(
                {title: metrics.get(f"{pipe}_{test}") for pipe, title in PIPELINES.items()},
                "ents_f",
                name=f"tiny_{test}",
                title=f"Named entities: {where}",
                note="Strict F1. *words alone* is the same pipeline without entities in "
                "pretraining and without entity slots; *CNN* is spaCy's own, on the same data.",
                trained=trained,
            )
        )
    tables.append(links_table(metrics, "tiny_links"))
    tables.append(links_table(metrics, "tiny_linking"))
    facts = {PIPELINES[pipe]: metrics.get(f"{pipe}_facts") for pipe in ("tiny", "tiny_words")}
    tables.append(relation_types_table(facts))
    tables.append(
        side_by_side(
            facts,
            "rel_micro_f",
            name="tiny_relations",
            title="Relations between given places, by language",
            note="Micro F1 of located_in and capital_of.",
        )
    )
    workflows: Dict[str, Any] = {
        "ner": (ENTS, "Workflow ner: one pipeline for all", lambda name: True),
        "zero_shot": (
            ENTS,
            f"Workflow zero-shot: trained on {source} alone",
            lambda name: name == source,
        ),
        "relations": (
            RELATIONS,
            "Workflow relations: trained on KBP37, English",
            lambda name: name.endswith("_en"),
        ),
        "joint": ({**ENTS, "relations": "rel_micro_f"}, "Workflow joint: demo_data", None),
    }
    for name, (keys, title, known) in workflows.items():
        note = "Scores in per cent; a set of texts a row."
        found = several_scores(
            metrics.get(name), keys, name=name, title=title, note=note, trained=known
        )
        tables.append(found)
    tables.extend(pretraining_tables(metrics))
    return [table for table in tables if table is not None]


def confusions(metrics: Metrics) -> Dict[str, Confusion]:
    """The confusion tables, those of the test sets of a file summed up.

    metrics (Metrics): The scores.
    RETURNS (Dict[str, Confusion]): Title -> table.
    """
    names = ("tiny_ner", "tiny_wikineural", "tiny_facts", "ner", "zero_shot", "relations", "joint")
    found = {}
    for name in names:
        parts = [scores.get("confusion", {}) for scores in metrics.get(name, {}).values()]
        for kind in ("entities", "relations"):
            table = merge(part.get(kind, {}) for part in parts)
            if table:
                found[f"{name} {kind}"] = table
    return found


def write_report(metrics: Metrics, folder: Path, trained: Trained, source: str) -> None:
    """Write README.md, report.json and the pictures.

    metrics (Metrics): The scores.
    folder (Path): An empty folder.
    trained (Trained): See `score_tables`.
    source (str): See `score_tables`.
    """
    tables, mixed = score_tables(metrics, trained, source), confusions(metrics)
    measures = {
        "optimised": optimised_table(metrics),
        "shipped": shipped_table(metrics.get("tiny_shipped")),
    }
    parts = [
        "# Report",
        "Scores in per cent, on texts that were not trained on. Languages with \\* were in no "
        "training corpus of the task (zero-shot).",
    ]
    for table in tables:
        plot_bars(table, folder / f"{table.name}.svg")
        picture = f"![{table.title}]({table.name}.svg)"
        parts += [f"## {table.title}", table.note, table.to_markdown(), picture]
    titles = {"optimised": "Smaller weights beside the original", "shipped": "As installed"}
    for name, measured in measures.items():
        if measured is not None:
            parts += [f"## {titles[name]}", markdown_table(measured[0], measured[1:])]
    if mixed:
        parts.append("## Confusion tables")
        parts.append("Rows are gold labels, columns predicted ones, `none` is nothing at all.")
    for title, confusion in mixed.items():
        name = f"confusion_{title.replace(' ', '_')}.svg"
        plot_confusion(confusion, title, folder / name)
        parts += [f"### {title}", *_confusion_table(confusion), f"![{title}]({name})"]
    missing = [name for name in EXPECTED if name not in metrics]
    if missing:
        parts.append(f"Not measured yet: {', '.join(missing)}.")
    (folder / "README.md").write_text("\n\n".join(parts) + "\n", "utf8")
    data = {
        "tables": {table.name: table.to_json() for table in tables},
        "measures": {name: part for name, part in measures.items() if part is not None},
        "confusion": mixed,
        "missing": missing,
    }
    srsly.write_json(folder / "report.json", data)


TINY_SCORES = ("ner", "wikineural", "links", "linking", "facts", "optimised", "shipped")
EXPECTED = (
    *(f"tiny_{name}" for name in TINY_SCORES),
    *(f"tiny_words_{name}" for name in ("ner", "wikineural", "facts")),
    *(f"tiny_cnn_{name}" for name in ("ner", "wikineural")),
    *("ner", "zero_shot", "relations", "joint"),
)


def _confusion_table(table: Confusion) -> List[str]:
    labels = labels_of(table)
    if len(labels) > _MOST_LABELS:
        return [f"{len(labels)} labels: see the picture."]
    rows = [[gold, *(str(table.get(gold, {}).get(one, 0)) for one in labels)] for gold in labels]
    return [markdown_table(["gold", *labels], rows)]


def main() -> None:
    """Write a report of all scores there are."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("metrics", type=Path, help="folder of scores")
    parser.add_argument("output", type=Path, help="folder to write")
    parser.add_argument("--trained", type=Path, help="xx_mluke_tiny's corpus of named entities")
    parser.add_argument("--source", default="", help="language of the workflow zero-shot")
    args = parser.parse_args()
    try:
        metrics = read_metrics(args.metrics)
    except FileNotFoundError as error:
        sys.exit(str(error))
    trained: Trained = None
    if args.trained is not None and args.trained.is_dir():
        languages = {path.stem for path in args.trained.iterdir()}
        trained = languages.__contains__
    with written_whole(args.output) as folder:
        write_report(metrics, folder, trained, args.source)
    print(args.output / "README.md")


if __name__ == "__main__":
    main()
