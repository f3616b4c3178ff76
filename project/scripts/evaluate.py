"""Evaluate a pipeline on each file of a folder, or on each language of a file.

The scores are written as JSON, and as tables in Markdown.
"""

import argparse
import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any, Dict, Iterable, List, Optional

import spacy
from confusion import entity_confusion, relation_confusion
from spacy.language import Language
from spacy.scorer import Scorer
from spacy.tokens import Span
from spacy.training import Example
from tqdm import tqdm  # type: ignore[import-untyped]

from spacy_mluke.files import atomic_path
from spacy_mluke.language import get_language
from spacy_mluke.training.readers import RelationCorpus

ENTS = {"F1": "ents_f", "P": "ents_p", "R": "ents_r"}
RELATIONS = {
    "RELX macro F1": "rel_relx_f",
    "macro F1": "rel_macro_f",
    "micro F1": "rel_micro_f",
    "P": "rel_micro_p",
    "R": "rel_micro_r",
}

# Of links on mentions that were found; `prior` takes the most frequent candidate; `ambiguous` are
# those that mean another entity more than once in five times.
LINKS = {
    "accuracy": "links_acc",
    "with candidates": "links_acc_candidates",
    "prior": "links_acc_prior",
    "ambiguous": "links_acc_ambiguous",
    "ambiguous, prior": "links_acc_ambiguous_prior",
    "candidate recall": "links_candidate_recall",
    "NIL F1": "links_nil_f",
    "F1": "links_micro_f",
}

Scores = Dict[str, Any]


def read_sets(
    nlp: Language, path: Path, *, gold_ents: bool, limit: int = 0
) -> Dict[str, List[Example]]:
    """Read test sets: each file of a folder is one, or each language of a single file.

    nlp (Language): The pipeline.
    path (Path): A .spacy or .jsonl file, or a folder of them.
    gold_ents (bool): Whether the pipeline gets the gold entities.
    limit (int): Most docs of a file; 0 for all.
    RETURNS (Dict[str, List[Example]]): The examples by name of the file or language.
    RAISES (FileNotFoundError): If there is no such file, or all are empty.
    """
    paths = [path] if path.is_file() else sorted([*path.glob("*.spacy"), *path.glob("*.jsonl")])
    # A small corpus may have nothing for the test of a language.
    empty = [found for found in paths if not found.stat().st_size]
    if len(paths) == len(empty):
        raise FileNotFoundError(f"{path}: no .spacy or .jsonl file with texts to evaluate on")
    for found in empty:
        print(f"{found} is empty: not evaluated", file=sys.stderr)
        paths.remove(found)
    sets: Dict[str, List[Example]] = defaultdict(list)
    for found in paths:
        for example in RelationCorpus(found, gold_ents=gold_ents, limit=limit)(nlp):
            if gold_ents:  # but not what they stand for
                ents = example.predicted.ents
                bare = [Span(ent.doc, ent.start, ent.end, ent.label) for ent in ents]
                example.predicted.set_ents(bare)
            name = get_language(example.reference) if path.is_file() else found.stem
            sets[name].append(example)
    return dict(sorted(sets.items()))


def evaluate(nlp: Language, sets: Dict[str, List[Example]]) -> Dict[str, Scores]:
    """Scores of each test set.

    nlp (Language): The pipeline.
    sets (Dict[str, List[Example]]): The test sets.
    RETURNS (Dict[str, Scores]): spaCy's scores of each, with "docs", their number, and "confusion",
        tables of the entities and relations that the pipeline predicts.
    """
    scorer = ConfusionScorer(nlp)
    progress = tqdm(sets.items(), desc="evaluate", file=sys.stderr, disable=None)
    return {
        name: {"docs": len(egs), **nlp.evaluate(egs, scorer=scorer)} for name, egs in progress
    }


class ConfusionScorer(Scorer):
    """spaCy's scorer that counts confusions, too, in the same predictions."""

    def score(self, examples: Iterable[Example], **kwargs: Any) -> Scores:
        """Score examples.

        examples (Iterable[Example]): The examples.
        **kwargs (Any): See `Scorer.score`.
        RETURNS (Scores): spaCy's scores and "confusion".
        """
        examples = list(examples)
        nlp, tables = self.nlp, {}
        assigned = {name for pipe in nlp.pipe_names for name in nlp.get_pipe_meta(pipe).assigns}
        if "doc.ents" in assigned:
            tables["entities"] = entity_confusion(examples)
        if "doc._.relations" in assigned:
            tables["relations"] = relation_confusion(examples)
        return {**super().score(examples, **kwargs), "confusion": tables}


def to_tables(results: Dict[str, Scores]) -> str:
    """Tables of entities, relations and links, as far as there are scores of them.

    results (Dict[str, Scores]): What `evaluate` gave.
    RETURNS (str): The tables.
    """
    tables = [
        f"{title}\n\n{to_markdown(results, columns)}"
        for title, columns in (("Entities", ENTS), ("Relations", RELATIONS), ("Links", LINKS))
        if any(mean(results, key) is not None for key in columns.values())
    ]
    return "\n".join(tables)


def to_markdown(results: Dict[str, Scores], columns: Dict[str, str]) -> str:
    """A table with a row for each test set and one for their mean.

    results (Dict[str, Scores]): What `evaluate` gave.
    columns (Dict[str, str]): Heading -> name of the score.
    RETURNS (str): The table.
    """
    lines = [
        "| | docs | " + " | ".join(columns) + " |",
        "| --- " * (len(columns) + 2) + "|",
    ]
    for name, scores in results.items():
        cells = [percent(scores.get(key)) for key in columns.values()]
        lines.append(f"| {name} | {scores['docs']} | " + " | ".join(cells) + " |")
    means = [percent(mean(results, key)) for key in columns.values()]
    total = sum(scores["docs"] for scores in results.values())
    lines.append(f"| mean | {total} | " + " | ".join(means) + " |")
    return "\n".join(lines) + "\n"


def percent(score: Optional[float]) -> str:
    """A score from 0 to 1 in hundredths; a dash where there is none."""
    return "-" if score is None else f"{100 * score:.1f}"


def mean(results: Dict[str, Scores], key: str) -> Optional[float]:
    """The mean of a score over the test sets that have it."""
    values = [scores[key] for scores in results.values() if scores.get(key) is not None]
    return sum(values) / len(values) if values else None


def main() -> None:
    """Evaluate a pipeline on each file of a folder, or on each language of a file."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("pipeline", help="folder or installed package")
    parser.add_argument("corpora", type=Path, help=".spacy or .jsonl file, or folder of them")
    parser.add_argument("output", type=Path, help="file to write, without .json and .md")
    parser.add_argument("--gold-ents", action="store_true", help="give the pipeline the entities")
    parser.add_argument("--disable", default="", help="components, with commas between")
    parser.add_argument("--gpu-id", type=int, default=-1, help="GPU, or -1 for CPU")
    parser.add_argument("--limit", type=int, default=0, help="most docs of a file (0: all)")
    args = parser.parse_args()
    if args.gpu_id >= 0:
        spacy.require_gpu(args.gpu_id)
    nlp = spacy.load(args.pipeline, disable=[name for name in args.disable.split(",") if name])
    try:
        sets = read_sets(nlp, args.corpora, gold_ents=args.gold_ents, limit=args.limit)
    except FileNotFoundError as error:
        sys.exit(str(error))
    results = evaluate(nlp, sets)
    text = to_tables(results)
    for suffix, content in ((".md", text), (".json", json.dumps(results, indent=2))):
        with atomic_path(args.output.with_name(args.output.name + suffix)) as path:
            path.write_text(content, encoding="utf8")
    print(text)


if __name__ == "__main__":
    main()
