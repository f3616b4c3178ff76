"""What the benchmarks share: sentences, random checkpoints, interleaved timing, tables."""

import argparse
import gzip
import json
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

import spacy
from spacy.language import Language
from spacy.tokens import Doc

from spacy_mluke.text.pieces import PieceEncoder
from spacy_mluke.text.vocabulary import train_pieces

ROOT = Path(__file__).resolve().parent.parent
_NTREX = ROOT.parent / "shared" / "data" / "parallel" / "ntrex"
_FILES = {
    "en": "newstest2019-src.eng",
    "de": "newstest2019-ref.deu",
    "ja": "newstest2019-ref.jpn",
    "ar": "newstest2019-ref.arb",
    "hi": "newstest2019-ref.hin",
    "zh": "newstest2019-ref.zho-CN",
}
LANGUAGES = tuple(_FILES)
CLOCKS: Dict[str, Callable[[], float]] = {"wall": time.perf_counter, "cpu": time.process_time}
BASE_SIZES = {
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 3072,
}


def options(description: Optional[str], *, rounds: int, sentences: int) -> argparse.ArgumentParser:
    """Make a command line with the options that all benchmarks have.

    description (Optional[str]): What is measured.
    rounds (int): Default number of interleaved rounds.
    sentences (int): Default number of sentences a language.
    RETURNS (argparse.ArgumentParser): The parser, to add options to.
    """
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=rounds, help=f"default: {rounds}")
    if sentences:
        parser.add_argument(
            "--sentences", type=int, default=sentences, help=f"a language; default: {sentences}"
        )
        parser.add_argument("--threads", type=int, default=1, help="of torch; default: 1")
        parser.add_argument(
            "--clock",
            choices=list(CLOCKS),
            default="wall",
            help="cpu: processor time, for a machine that is busy with other things; default: wall",
        )
        parser.add_argument("--layers", type=int, default=12, help="of the encoder; default: 12")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    return parser


def all_sentences() -> Dict[str, List[str]]:
    """RETURNS (Dict[str, List[str]]): Sentences in six languages: NTREX-128 where it lies beside
    the repository, else the few of the tests.
    """
    if _NTREX.is_dir():
        texts = {}
        for lang, name in _FILES.items():
            with gzip.open(_NTREX / f"{name}.txt.gz", "rt", encoding="utf8") as file:
                texts[lang] = file.read().splitlines()
        return texts
    sys.path.insert(0, str(ROOT))
    from tests.samples import SENTENCES

    return {lang: SENTENCES[lang] for lang in LANGUAGES}


def train_vocabulary(texts: Dict[str, List[str]]) -> PieceEncoder:
    """RETURNS (PieceEncoder): Pieces learned from the sentences, about as long as XLM-R's."""
    lines = (line for lines in texts.values() for line in lines)
    size = 32000 if len(texts["en"]) > 500 else 1000
    return PieceEncoder(train_pieces(lines, vocab_size=size))


def some_sentences(texts: Dict[str, List[str]], n: int) -> List[Tuple[str, str]]:
    """Take sentences from all over a corpus.

    texts (Dict[str, List[str]]): Sentences by language.
    n (int): How many of each language; fewer where there are no more.
    RETURNS (List[Tuple[str, str]]): Language and sentence.
    """
    chosen = []
    for lang, lines in texts.items():
        step = max(1, len(lines) // n)
        chosen.extend((lang, line) for line in lines[step // 2 :: step][:n])
    return chosen


def tokenize(sentences: Sequence[Tuple[str, str]]) -> List[Doc]:
    """Tokenise with spaCy: by character in Chinese and Japanese, which have no spaces.

    sentences (Sequence[Tuple[str, str]]): Language and text.
    RETURNS (List[Doc]): The Docs, all with one vocabulary.
    """
    words = spacy.blank("xx")
    docs = []
    for lang, text in sentences:
        if lang in ("ja", "zh"):
            spaces = [False] * len(text)
            docs.append(Doc(words.vocab, words=list(text), spaces=spaces))
        else:
            docs.append(words.make_doc(text))
    return docs


def fresh(docs: Sequence[Doc]) -> List[Doc]:
    """RETURNS (List[Doc]): The same tokens without any annotation."""
    return [
        Doc(doc.vocab, words=[t.text for t in doc], spaces=[bool(t.whitespace_) for t in doc])
        for doc in docs
    ]


class Run:
    """One run of a pipeline over Docs.

    nlp (Language): The pipeline.
    docs (Sequence[Doc]): The Docs; each run gets fresh ones.
    batch_size (int): Docs in a batch.
    """

    def __init__(self, nlp: Language, docs: Sequence[Doc], batch_size: int) -> None:
        self.nlp, self.docs, self.batch_size = nlp, docs, batch_size

    def __call__(self) -> None:
        for _ in self.nlp.pipe(fresh(self.docs), batch_size=self.batch_size):
            pass


def interleave(
    cases: Dict[str, Callable[[], Any]], rounds: int, clock: str = "wall"
) -> Dict[str, List[float]]:
    """Time cases in turns, A B C A B C ..., so that a busy machine disturbs all alike.

    cases (Dict[str, Callable]): What to time, warmed up by the caller.
    rounds (int): How often.
    clock (str): "wall", or "cpu" for the processor time of this process.
    RETURNS (Dict[str, List[float]]): Seconds of each round.
    """
    now = CLOCKS[clock]
    seconds: Dict[str, List[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, run in cases.items():
            begin = now()
            run()
            seconds[name].append(now() - begin)
    return seconds


def spread(values: Sequence[float]) -> List[float]:
    """RETURNS (List[float]): Minimum, median and maximum."""
    return [min(values), median(values), max(values)]


def ratios(base: Sequence[float], other: Sequence[float]) -> List[float]:
    """RETURNS (List[float]): Minimum, median and maximum of base / other, round by round."""
    return spread([a / b for a, b in zip(base, other)])


def report(
    title: str,
    measured: Dict[str, List[float]],
    *,
    base: str,
    unit: str,
    goals: Dict[str, float],
    notes: Dict[str, Any],
    at_most: bool = False,
    path: Optional[Path] = None,
) -> None:
    """Print a table of all cases and their ratio to the base.

    title (str): What was measured.
    measured (Dict[str, List[float]]): Figures of each round.
    base (str): The case the others are compared with.
    unit (str): Unit of the figures.
    goals (Dict[str, float]): Ratio that a case should reach.
    notes (Dict[str, Any]): What belongs to the figures.
    at_most (bool): The ratio is case / base and should not be above the goal; else it is
        base / case and should not be below.
    path (Optional[Path]): Write all of it there as JSON.
    """
    print(f"\n{title}")
    for name, note in notes.items():
        print(f"  {name}: {note}")
    kind = "case / base" if at_most else "base / case"
    print(f"\n{'':34}{unit + ': min median max':>30}   {'ratio ' + kind:>26}   goal")
    rows = {}
    for name, figures in measured.items():
        ratio = ratios(figures, measured[base]) if at_most else ratios(measured[base], figures)
        rows[name] = {"figures": figures, "spread": spread(figures), "ratio": ratio}
        goal = ""
        if name in goals:
            met = ratio[1] <= goals[name] if at_most else ratio[1] >= goals[name]
            goal = f"{'<=' if at_most else '>='} {goals[name]} {'met' if met else 'MISSED'}"
            rows[name].update(goal=goals[name], met=met)
        numbers = " ".join(f"{x:9.3f}" for x in spread(figures))
        compared = "" if name == base else " ".join(f"{x:8.2f}" for x in ratio)
        print(f"{name:34}{numbers:>30}   {compared:>26}   {goal}")
    if path is not None:
        content = {"title": title, "unit": unit, "base": base, "cases": rows, "notes": notes}
        path.write_text(json.dumps(content, indent=2, default=str) + "\n", encoding="utf8")
