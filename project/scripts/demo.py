"""Train a small pipeline from scratch for some minutes, then show what it finds.

The training data are corpora of named entities in eight languages, where `../shared/data` or
`--data` has them, and the sentences of `demo_data` with entities and relations; without the corpora
these sentences alone. The pipeline is saved, loaded again with `spacy.load`, scored on held-out
sentences and shown sentences in fifteen languages (`demo_sentences.py`). Ctrl-C ends the training
early and goes on with the best pipeline so far.
"""

import argparse
import html
import sys
import time
from itertools import islice
from pathlib import Path
from typing import Dict, Iterable, List

import spacy
from demo_sentences import SENTENCES
from evaluate import evaluate, read_sets, to_tables
from markup import read_folder, split, write_jsonl
from spacy import displacy
from spacy.cli.train import train
from spacy.language import Language
from spacy.tokens import Doc
from tqdm import tqdm  # type: ignore[import-untyped]
from wasabi import msg

from spacy_mluke.displacy import render_relations
from spacy_mluke.files import atomic_path
from spacy_mluke.report import Report
from spacy_mluke.training.doc_bin import write_docs
from spacy_mluke.training.labels import LabelMap
from spacy_mluke.training.ner import read_ner
from spacy_mluke.training.split import split_docs
from spacy_mluke.training.words import blank_pipeline

ROOT = Path(__file__).parents[2]
LABELS = LabelMap.parse(
    "PER=PERSON,人名 LOC=LOCATION,地名 ORG=ORGANIZATION,法人名,政治的組織名,その他の組織名"
)
# All of these are free to use, also for pipelines that are passed on (project.yml has licences).
CORPORA = {
    "en": "ner/uner/en/dev.iob2.gz",
    "pt": "ner/uner/pt/train.iob2.gz",
    "sv": "ner/uner/sv/train.iob2.gz",
    "zh": "ner/uner/zh/train.iob2.gz",
    "ja": "ner/stockmark_ja/train.json.gz",
    "hi": "ner/hiner_hi/train.conll.gz",
    "th": "ner/thai_ner/data.conll.gz",
    "bn": "ner/bengali_ner/train.txt.gz",
}
TRAIN_DOCS = 500
TEST_DOCS = 80
# The few sentences with relations are read this often for each time the corpora are read once.
REPEAT = 6
HOLD_OUT = 8
SIZES = {
    "components.mluke.model.hidden_size": 128,
    "components.mluke.model.intermediate_size": 512,
    "components.mluke.model.num_hidden_layers": 3,
    "initialize.components.mluke.vocab_size": 8000,
    "training.batcher.size": 1000,
}


def prepare(data: Path, corpus: Path) -> bool:
    """Write the training data to a folder: train/, test/ and demo_dev.jsonl.

    data (Path): Folder of the corpora.
    corpus (Path): The folder to write to.
    RETURNS (bool): Whether there are corpora beside demo_data.
    """
    for old in [*corpus.glob("train/*"), *corpus.glob("test/*")]:
        old.unlink()
    records, held_out = split(read_folder(ROOT / "project" / "demo_data"), HOLD_OUT)
    write_jsonl(corpus / "demo_dev.jsonl", held_out)
    present = {lang: data / name for lang, name in CORPORA.items() if (data / name).is_file()}
    for number in range(REPEAT if present else 1):
        write_jsonl(corpus / "train" / f"demo{number}.jsonl", records)
    for lang, path in tqdm(present.items(), desc="corpora", file=sys.stderr, disable=None):
        report = Report(str(path))
        docs = read_ner(path, lang, report, labels=LABELS, nlp=blank_pipeline(), documents=False)
        parts = split_docs(islice(docs, TRAIN_DOCS + 2 * TEST_DOCS), {"test": 0.1})
        write_docs(corpus / "train" / f"{lang}.spacy", parts["train"])
        write_docs(corpus / "test" / f"{lang}.spacy", parts["test"][:TEST_DOCS])
    return bool(present)


def run_training(corpus: Path, output: Path, max_steps: int, gpu_id: int) -> Path:
    """Train with configs/joint.cfg.

    corpus (Path): What `prepare` wrote.
    output (Path): Folder to write to.
    max_steps (int): Steps.
    gpu_id (int): GPU, or -1.
    RETURNS (Path): The best pipeline.
    """
    overrides = {
        "paths.train": str(corpus / "train"),
        "paths.dev": str(corpus / "demo_dev.jsonl"),
        "training.max_steps": max_steps,
        "training.optimizer.learn_rate.total_steps": max_steps,
        "training.eval_frequency": max(1, max_steps // 8),
        "training.optimizer.learn_rate.warmup_steps": max(1, max_steps // 10),
        "training.logger.progress_bar": sys.stderr.isatty(),
        **SIZES,
    }
    best = output / "model-best"
    try:
        train(ROOT / "configs" / "joint.cfg", output, use_gpu=gpu_id, overrides=overrides)
    except KeyboardInterrupt:
        if not best.is_dir():
            raise
        msg.warn("Interrupted: going on with the best pipeline so far")
    return best


def show(nlp: Language, output: Path) -> None:
    """Analyse the demo's sentences: print entities and relations, and write a page of them.

    nlp (Language): The pipeline.
    output (Path): The HTML file to write.
    """
    pairs = [(text, lang) for lang, texts in SENTENCES.items() for text in texts]
    by_language: Dict[str, List[Doc]] = {}
    for doc, lang in nlp.pipe(pairs, as_tuples=True):
        by_language.setdefault(lang, []).append(doc)
        print(f"\n{lang}  {doc.text}")
        for ent in doc.ents:
            print(f"      {ent.label_}  {ent.text}  ({ent._.mluke.score:.2f})")
        for rel in doc._.relations:
            print(f"      {rel.head.text} --{rel.label}--> {rel.tail.text}  ({rel.score:.2f})")
    with atomic_path(output) as path:
        path.write_text(to_page(by_language), encoding="utf8")


def to_page(docs: Dict[str, List[Doc]]) -> str:
    """An HTML page with entities and relation arcs.

    docs (Dict[str, List[Doc]]): Analysed sentences by language.
    RETURNS (str): The page.
    """
    body = "\n".join(
        f"<section><h2>{html.escape(lang)}</h2>{''.join(to_html(doc) for doc in of_language)}"
        "</section>"
        for lang, of_language in docs.items()
    )
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>spacy_mluke</title>'
        "<style>body{font-family:sans-serif;margin:2em}figure{overflow-x:auto;margin:0}</style>"
        f"</head><body><h1>Entities and relations</h1>{body}</body></html>\n"
    )


def to_html(doc: Doc) -> str:
    """One sentence: its entities, and its relations if it has any."""
    if not doc.ents:
        return f"<p>{html.escape(doc.text)}</p>"
    entities = displacy.render(doc, style="ent", page=False, jupyter=False)
    if not doc._.relations:
        return entities
    return entities + render_relations(doc, jupyter=False)


def print_scores(nlp: Language, corpus: Path) -> None:
    """Print scores on sentences that were held out."""
    tests: Iterable[Path] = [corpus / "demo_dev.jsonl"]
    if (corpus / "test").is_dir() and any((corpus / "test").iterdir()):
        tests = [corpus / "test", *tests]
    for path in tests:
        results = evaluate(nlp, read_sets(nlp, path, gold_ents=False))
        print(f"\nHeld out: {path.relative_to(corpus)}\n\n{to_tables(results)}")


def main() -> None:
    """Train a small pipeline from scratch for some minutes, then show what it finds."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--output", type=Path, default=ROOT / "demo_output")
    parser.add_argument("--max-steps", type=int, default=1000)
    parser.add_argument("--gpu-id", type=int, default=-1)
    args = parser.parse_args()
    begin = time.monotonic()
    msg.divider("Data")
    if prepare(args.data, args.output / "corpus"):
        msg.good(f"Corpora of named entities from {args.data}, relations from project/demo_data")
    else:
        msg.warn(f"No corpora in {args.data}: training on the sentences of project/demo_data only")
    best = run_training(args.output / "corpus", args.output, args.max_steps, args.gpu_id)
    msg.divider("Scores")
    nlp = spacy.load(best)
    print_scores(nlp, args.output / "corpus")
    msg.divider("Sentences")
    show(nlp, args.output / "demo.html")
    print()
    msg.good(f"{(time.monotonic() - begin) / 60:.1f} minutes. Pipeline: {best}")
    msg.info(f"Open in a browser: {args.output / 'demo.html'}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("Interrupted before there was a pipeline.")
