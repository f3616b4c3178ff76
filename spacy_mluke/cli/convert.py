"""`python -m spacy mluke convert`: corpora to .spacy and JSONL."""

import sys
from itertools import islice
from pathlib import Path
from typing import Callable, Dict, Iterable, Iterator, List, Optional

import spacy
import typer
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from tqdm import tqdm  # type: ignore[import-untyped]
from wasabi import msg

from ..errors import Errors
from ..files import find_files
from ..report import Report
from ..training.crossre import read_crossre
from ..training.doc_bin import write_docs
from ..training.kbp37 import read_kbp37
from ..training.labels import LabelMap
from ..training.linked import read_linked
from ..training.ner import read_ner
from ..training.relation_format import read_jsonl, write_jsonl
from ..training.split import split_docs
from ..training.words import blank_pipeline
from ._app import convert_app
from ._errors import clear_errors

JSONL = ".jsonl"
SPACY = ".spacy"

INPUT = typer.Argument(
    ..., help="File to convert, plain or compressed (.gz, .bz2, .xz), or a folder of such files"
)
OUTPUT = typer.Argument(
    ..., help="File to write (.spacy or .jsonl); with --split a folder for train.spacy, ..."
)
LANG = typer.Option(..., "--lang", "-l", help="Language of the text, like de")
ANY_LANG = typer.Option(None, "--lang", "-l", help="Language of lines that do not name one")
LABELS = typer.Option(
    None,
    "--labels",
    "-L",
    help="Labels to keep, and theirs in the corpus: 'PER=PERSON,PS LOC=LOCATION ORG'. "
    "All, as they are, if left out",
)
OTHERS = typer.Option(
    "drop", "--other-labels", help="Labels that --labels does not name: drop (and count) or error"
)
SPLIT = typer.Option(
    None, "--split", "-s", help="Split into parts by text: dev=0.1,test=0.1; the rest is train"
)
SEED = typer.Option(0, "--seed", help="Another seed gives another split")
LIMIT = typer.Option(0, "--limit", "-n", help="Convert this many docs at most; 0 for all")
TOKENIZER = typer.Option(
    "xx",
    "--tokenizer",
    "-t",
    help="Language whose tokenizer to use on raw text; xx is that of multilingual pipelines",
)
SNAP = typer.Option(
    False,
    "--snap/--no-snap",
    help="Widen entities that cut tokens to whole tokens instead of losing them",
)
SNAP_PAIRS = typer.Option(
    True,
    "--snap/--no-snap",
    help="Widen entities that cut tokens to whole tokens instead of losing the pair",
)
DOCUMENTS = typer.Option(
    True,
    "--documents/--sentences",
    help="One doc for each document, where the corpus marks documents, or for each sentence",
)

Reader = Callable[[Path, Report], Iterable[Doc]]


@convert_app.command("ner")
def convert_ner(
    input_path: Path = INPUT,
    output_path: Path = OUTPUT,
    lang: str = LANG,
    labels: Optional[List[str]] = LABELS,
    other_labels: str = OTHERS,
    split: Optional[str] = SPLIT,
    seed: int = SEED,
    limit: int = LIMIT,
    tokenizer: str = TOKENIZER,
    documents: bool = DOCUMENTS,
    snap: bool = SNAP,
) -> None:
    """Named entities: word and tag columns, or JSON with character offsets.

    Delimiter, columns, tagging scheme (IOB1, IOB2, IOBES) and document marks of column files are
    found out. JSON is a list or lines of {"text", "entities": [{"span": [start, end], "type"}]}.

    \b
    Examples:
      python -m spacy mluke convert ner train.iob2 corpus/train.spacy -l sv
      python -m spacy mluke convert ner hi.conll.gz corpus/hi -l hi \\
          --labels "PER=PERSON LOC=LOCATION ORG=ORGANIZATION" --split dev=0.1,test=0.1
    """
    with clear_errors():
        wanted = LabelMap.parse(" ".join(labels), other=other_labels) if labels else None
        nlp = blank_pipeline(tokenizer)

        def read(path: Path, report: Report) -> Iterator[Doc]:
            return read_ner(
                path, lang, report, labels=wanted, nlp=nlp, documents=documents, snap=snap
            )

        _convert(read, input_path, output_path, split, seed, limit)


@convert_app.command("kbp37")
def convert_kbp37(
    input_path: Path = INPUT,
    output_path: Path = OUTPUT,
    lang: str = LANG,
    split: Optional[str] = SPLIT,
    seed: int = SEED,
    limit: int = LIMIT,
    tokenizer: str = TOKENIZER,
    snap: bool = SNAP_PAIRS,
) -> None:
    """Relations of one marked pair a sentence: KBP37 and RELX.

    \b
    Examples:
      python -m spacy mluke convert kbp37 kbp37/train.txt corpus/train.spacy -l en
      python -m spacy mluke convert kbp37 RELX_de.txt corpus/relx_de.spacy -l de
    """
    with clear_errors():
        read = _reader_of_texts(read_kbp37, lang, tokenizer, snap)
        _convert(read, input_path, output_path, split, seed, limit)


@convert_app.command("crossre")
def convert_crossre(
    input_path: Path = INPUT,
    output_path: Path = OUTPUT,
    lang: str = LANG,
    split: Optional[str] = SPLIT,
    seed: int = SEED,
    limit: int = LIMIT,
) -> None:
    """Entities and relations of CrossRE, the English original or a translation.

    \b
    Examples:
      python -m spacy mluke convert crossre crossre/en/news-train.json news.spacy -l en
      python -m spacy mluke convert crossre crossre/japanese corpus/ja.spacy -l ja
    """
    with clear_errors():
        vocab = spacy.blank("xx").vocab

        def read(path: Path, report: Report) -> Iterator[Doc]:
            return read_crossre(path, lang, report, vocab=vocab)

        _convert(read, input_path, output_path, split, seed, limit)


@convert_app.command("links")
def convert_links(
    input_path: Path = INPUT,
    output_path: Path = OUTPUT,
    lang: str = LANG,
    split: Optional[str] = SPLIT,
    seed: int = SEED,
    limit: int = LIMIT,
    tokenizer: str = TOKENIZER,
    snap: bool = SNAP_PAIRS,
) -> None:
    """Mentions with Wikidata items: benchmarks in ELEVANT's form, and HIPE 2022.

    \b
    Examples:
      python -m spacy mluke convert links msnbc.benchmark.jsonl.gz corpus/msnbc.spacy -l en
      python -m spacy mluke convert links HIPE-2022-v2.1-hipe2020-dev-de.tsv corpus/de.spacy -l de
    """
    with clear_errors():
        read = _reader_of_texts(read_linked, lang, tokenizer, snap)
        _convert(read, input_path, output_path, split, seed, limit)


@convert_app.command("jsonl")
def convert_jsonl(
    input_path: Path = INPUT,
    output_path: Path = OUTPUT,
    lang: Optional[str] = ANY_LANG,
    split: Optional[str] = SPLIT,
    seed: int = SEED,
    limit: int = LIMIT,
    tokenizer: str = TOKENIZER,
    snap: bool = SNAP,
) -> None:
    """Entities and relations as JSONL to .spacy, or .spacy to JSONL.

    A line is {"text", "ents": [[start, end, label]], "relations": [[head index, tail index,
    label]]} and optionally "tokens" [[start, end]] and "lang".

    \b
    Examples:
      python -m spacy mluke convert jsonl annotated.jsonl corpus/train.spacy -l de --snap
      python -m spacy mluke convert jsonl corpus/train.spacy look.jsonl
    """
    with clear_errors():
        nlp = blank_pipeline(tokenizer)

        def read(path: Path, report: Report) -> Iterator[Doc]:
            if path.suffix == SPACY:
                return _read_spacy(path, nlp, report)
            return read_jsonl(path, nlp, report, snap=snap, lang=lang)

        _convert(read, input_path, output_path, split, seed, limit)


def _reader_of_texts(
    read: Callable[..., Iterable[Doc]], lang: str, tokenizer: str, snap: bool
) -> Reader:
    """RETURNS (Reader): A reader of raw text in one language."""
    nlp = blank_pipeline(tokenizer)

    def read_texts(path: Path, report: Report) -> Iterable[Doc]:
        return read(path, lang, report, nlp=nlp, snap=snap)

    return read_texts


def _convert(
    read: Reader, input_path: Path, output_path: Path, split: Optional[str], seed: int, limit: int
) -> None:
    parts = _parse_split(split)
    if parts is None and output_path.suffix not in (SPACY, JSONL):
        raise ValueError(Errors.M601.format(path=output_path))
    if parts is not None and output_path.suffix in (SPACY, JSONL):
        raise ValueError(Errors.M602.format(path=output_path))
    report = Report(str(input_path))
    docs = list(islice(_read_all(read, input_path, report), limit or None))
    if not docs:
        raise ValueError(Errors.M603.format(path=input_path))
    if parts is None:
        _write(output_path, docs)
    else:
        for name, members in split_docs(docs, parts, seed=seed).items():
            _write(output_path / f"{name}{SPACY}", members)
    print(report.table())


def _read_all(read: Reader, input_path: Path, report: Report) -> Iterator[Doc]:
    for path in find_files(input_path, ("",)):
        yield from tqdm(
            read(path, report), desc=path.name, unit=" docs", file=sys.stderr, disable=None
        )


def _read_spacy(path: Path, nlp: Language, report: Report) -> Iterator[Doc]:
    for doc in DocBin(store_user_data=True).from_disk(path).get_docs(nlp.vocab):
        report.keep("docs")
        report.keep("tokens", len(doc))
        yield doc


def _write(path: Path, docs: List[Doc]) -> None:
    number = (write_jsonl if path.suffix == JSONL else write_docs)(path, docs)
    msg.good(f"{path}: {number} docs")


def _parse_split(split: Optional[str]) -> Optional[Dict[str, float]]:
    if split is None:
        return None
    parts: Dict[str, float] = {}
    for item in split.split(","):
        name, _, share = item.partition("=")
        try:
            parts[name.strip()] = float(share)
        except ValueError as error:
            raise ValueError(Errors.M606.format(split=split)) from error
    return parts
