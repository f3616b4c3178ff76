"""Entities of one trained pipeline with every n-gram classified, and with proposed spans only.

    python benchmarks/ner_candidates.py project/training/ner/model-best project/corpus/ner/test

The weights are the same on both sides; only the limits of the span proposer differ. Printed for
each language: F1 (of the proposed spans in bf16 too), entity slots a sentence, and how many times
faster the proposed spans are.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, List, NamedTuple

import spacy
import torch
from common import CLOCKS
from spacy.language import Language
from spacy.training import Example
from wasabi import table

from spacy_mluke.files import find_files
from spacy_mluke.language import get_language
from spacy_mluke.training.readers import make_relation_corpus
from spacy_mluke.training.scorer import score_ner

EVERY = {"threshold": 0.0, "max_per_piece": 1e6}


class Result(NamedTuple):
    """Scores, encoded spans and seconds of a run over a file."""

    scores: Dict[str, Any]
    spans: int
    seconds: float


def run(
    nlp: Language,
    examples: List[Example],
    limits: Dict[str, float],
    clock: str,
    precision: str = "fp32",
) -> Result:
    """Predict entities with other limits of the span proposer.

    nlp (Language): The pipeline.
    examples (List[Example]): Gold entities.
    limits (Dict[str, float]): `threshold` and `max_per_piece` of the proposer.
    clock (str): Which time to count.
    precision (str): "fp32" or "bf16".
    RETURNS (Result): What came out.
    """
    model = nlp.get_pipe("mluke").model
    settings = model.attrs["settings"]
    proposer = replace(settings.proposer, **limits)
    model.attrs["settings"] = replace(settings, proposer=proposer, precision=precision)
    docs = [nlp.make_doc(eg.reference.text) for eg in examples]
    begin = CLOCKS[clock]()
    docs = list(nlp.pipe(docs))
    seconds = CLOCKS[clock]() - begin
    model.attrs["settings"] = settings
    spans = sum(doc._.mluke.report["spans"] for doc in docs)
    scored = [Example(doc, eg.reference) for doc, eg in zip(docs, examples)]
    return Result(score_ner(scored), spans, seconds)


def main() -> None:
    """Compare the two on each file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path, help="trained pipeline with mluke and mluke_ner")
    parser.add_argument("data", type=Path, help=".spacy file of a language, or a folder of them")
    parser.add_argument("--threshold", type=float, default=0.02, help="default: 0.02")
    parser.add_argument("--max-per-piece", type=float, default=0.5, help="default: 0.5")
    parser.add_argument("--limit", type=int, default=0, help="texts of a file; default: all")
    parser.add_argument("--threads", type=int, default=1, help="of torch; default: 1")
    parser.add_argument("--clock", choices=list(CLOCKS), default="wall", help="default: wall")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    nlp = spacy.load(args.model)
    proposed = {"threshold": args.threshold, "max_per_piece": args.max_per_piece}
    rows: List[List[Any]] = []
    for path in find_files(args.data, (".spacy",)):
        examples = list(make_relation_corpus(path, gold_ents=False, limit=args.limit)(nlp))
        few = run(nlp, examples, proposed, args.clock)
        low = run(nlp, examples, proposed, args.clock, "bf16")
        every = run(nlp, examples, EVERY, args.clock)
        f_every, f_few, f_low = (100 * result.scores["ents_f"] for result in (every, few, low))
        rows.append(
            [
                get_language(examples[0].reference),
                len(examples),
                f_every,
                f_few,
                f_low,
                every.spans / len(examples),
                few.spans / len(examples),
                every.seconds / few.seconds,
            ]
        )
        print(*(f"{x:.2f}" if isinstance(x, float) else x for x in rows[-1]), flush=True)
    rows.append(["mean", "", *(sum(row[i] for row in rows) / len(rows) for i in range(2, 8))])
    header = ["language", "texts", "F1 every", "F1 proposed", "F1 in bf16"]
    header += ["slots every", "slots proposed", "times faster"]
    cells = [[f"{x:.2f}" if isinstance(x, float) else x for x in row] for row in rows]
    print(table(cells, header=header, divider=True))
    if args.json:
        args.json.write_text(json.dumps([dict(zip(header, row)) for row in rows], indent=2))


if __name__ == "__main__":
    main()
