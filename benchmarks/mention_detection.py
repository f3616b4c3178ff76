"""Finding mentions: an alias dictionary against spaCy's PhraseMatcher with the same aliases.

Both find all aliases of a language in the same docs, tokenised beforehand; the PhraseMatcher gives
every match as it is written, the dictionary the longest ones in any case. Raw text is annotated
too, against tokenising it and the matcher. Times are of the processor, in one process.
"""

import time
from itertools import islice
from pathlib import Path
from typing import Any, Callable, Dict, List

import spacy
from spacy.attrs import ORTH, SPACY
from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc

from benchmarks.common import ROOT, interleave, options, ratios, report
from spacy_mluke.entities.aliases import AliasDictionary
from spacy_mluke.entities.detection import MentionDetector
from spacy_mluke.entities.paragraphs import read_paragraphs
from spacy_mluke.entities.plain_text import read_plain_text
from spacy_mluke.text.tokenizer import add_character_tokens

DATA = ROOT.parent / "shared" / "data"
MATCHER = "PhraseMatcher"
OURS = "MentionDetector, all aliases"
LIKELY = "MentionDetector, likely ones"
READ = "Doc.to_array alone"
MATCHER_RAW = "tokenizer and PhraseMatcher"
OURS_RAW = "MentionDetector on raw text"


def read_texts(lang: str, number: int) -> List[str]:
    """RETURNS (List[str]): The first paragraphs of Wikipedia in a language."""
    plain = DATA / "plain" / f"{lang}wiki-plain.txt.gz"
    linked = DATA / "pretraining" / f"{lang}.jsonl.gz"
    paragraphs = read_plain_text(plain) if plain.exists() else read_paragraphs(linked)
    return [paragraph.text for paragraph in islice(paragraphs, number)]


def measure(aliases: AliasDictionary, lang: str, args: Any) -> None:
    """Measure and print one language."""
    nlp = spacy.blank("xx")
    add_character_tokens(nlp)
    texts = read_texts(lang, args.paragraphs)
    docs = list(nlp.pipe(texts))
    part = aliases.part(lang)
    start = time.perf_counter()
    matcher = PhraseMatcher(nlp.vocab)
    matcher.add("alias", list(nlp.pipe(part.alias(row) for row in range(len(part)))))
    filled = time.perf_counter() - start

    everything = MentionDetector(aliases, min_link_probability=0, lang=lang)
    likely = MentionDetector(aliases, lang=lang)

    def match(docs: List[Doc]) -> None:
        for doc in docs:
            matcher(doc)

    cases: Dict[str, Callable[[], object]] = {
        MATCHER: lambda: match(docs),
        OURS: lambda: everything.detect(docs),
        LIKELY: lambda: likely.detect(docs),
        READ: lambda: [doc.to_array([ORTH, SPACY]) for doc in docs],
        MATCHER_RAW: lambda: match([nlp.make_doc(text) for text in texts]),
        OURS_RAW: lambda: likely.annotate_all(texts, lang),
    }
    for case in cases.values():
        case()
    seconds = interleave(cases, args.rounds, "cpu")
    n_tokens = sum(map(len, docs))
    report(
        f"Mention detection in {lang}, seconds for all texts",
        seconds,
        base=MATCHER,
        unit="seconds",
        goals={LIKELY: 1.0},
        notes={
            "texts": f"{len(docs)}, {n_tokens} tokens",
            "aliases": len(part),
            "raw text, ratio to tokenizer and matcher": " ".join(
                f"{ratio:.2f}" for ratio in ratios(seconds[MATCHER_RAW], seconds[OURS_RAW])
            ),
            "filling the matcher": f"{filled:.1f} s",
            **{
                f"tokens/s, {name}": f"{n_tokens / min(values):,.0f}"
                for name, values in seconds.items()
            },
        },
        path=args.json and args.json.with_suffix(f".{lang}.json"),
    )


def main() -> None:
    parser = options(__doc__, rounds=5, sentences=0)
    parser.add_argument("dictionary", type=Path, help="folder of an alias dictionary")
    parser.add_argument(
        "--langs", nargs="+", default=["en", "de", "ko", "ja"], help="default: en de ko ja"
    )
    parser.add_argument("--paragraphs", type=int, default=3000, help="of each; default: 3000")
    args = parser.parse_args()
    aliases = AliasDictionary.open(args.dictionary)
    for lang in args.langs:
        measure(aliases, lang, args)


if __name__ == "__main__":
    main()
