"""Finding mentions: an alias dictionary against spaCy's PhraseMatcher with the same aliases.

Both find all aliases of one language in the same docs, tokenised beforehand; the PhraseMatcher
gives every match as it is written, the dictionary the longest ones in any case. Raw text is
annotated too, against tokenising it and the matcher. Times are of the processor, in one process.
"""

import time
from itertools import islice
from pathlib import Path
from typing import Callable, Dict, List

import spacy
from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc

from benchmarks.common import ROOT, interleave, options, ratios, report
from spacy_mluke.entities.aliases import AliasDictionary
from spacy_mluke.entities.detection import MentionDetector
from spacy_mluke.entities.plain_text import read_plain_text

TEXTS = ROOT.parent / "shared" / "data" / "plain" / "enwiki-plain.txt.gz"
MATCHER = "PhraseMatcher"
OURS = "MentionDetector, all aliases"
LIKELY = "MentionDetector, likely ones"
MATCHER_RAW = "tokenizer and PhraseMatcher"
OURS_RAW = "MentionDetector on raw text"


def main() -> None:
    parser = options(__doc__, rounds=5, sentences=0)
    parser.add_argument("dictionary", type=Path, help="folder of an alias dictionary")
    parser.add_argument("--lang", default="en", help="default: en")
    parser.add_argument("--texts", type=Path, default=TEXTS, help="plain text")
    parser.add_argument("--paragraphs", type=int, default=5000, help="default: 5000")
    parser.add_argument("--max-aliases", type=int, default=0, help="of the matcher; 0 for all")
    args = parser.parse_args()

    nlp = spacy.blank("xx")
    texts = [p.text for p in islice(read_plain_text(args.texts), args.paragraphs)]
    docs = list(nlp.pipe(texts))
    start = time.perf_counter()
    aliases = AliasDictionary.open(args.dictionary)
    part = aliases.part(args.lang)
    opened = time.perf_counter() - start
    n_aliases = min(len(part), args.max_aliases or len(part))
    start = time.perf_counter()
    matcher = PhraseMatcher(nlp.vocab)
    matcher.add("alias", list(nlp.pipe(part.alias(row) for row in range(n_aliases))))
    filled = time.perf_counter() - start

    everything = MentionDetector(aliases, min_link_probability=0, lang=args.lang)
    likely = MentionDetector(aliases, lang=args.lang)

    def match(docs: List[Doc]) -> None:
        for doc in docs:
            matcher(doc)

    cases: Dict[str, Callable[[], object]] = {
        MATCHER: lambda: match(docs),
        OURS: lambda: everything.detect(docs),
        LIKELY: lambda: likely.detect(docs),
        MATCHER_RAW: lambda: match([nlp.make_doc(text) for text in texts]),
        OURS_RAW: lambda: likely.annotate_all(texts, args.lang),
    }
    for case in cases.values():
        case()
    seconds = interleave(cases, args.rounds, "cpu")
    n_tokens = sum(map(len, docs))
    report(
        "Mention detection, seconds for all texts",
        seconds,
        base=MATCHER,
        unit="seconds",
        goals={},
        notes={
            "texts": f"{len(docs)}, {n_tokens} tokens",
            "aliases": n_aliases,
            "opening the dictionary": f"{1000 * opened:.1f} ms",
            "raw text, ratio to tokenizer and matcher": " ".join(
                f"{ratio:.2f}" for ratio in ratios(seconds[MATCHER_RAW], seconds[OURS_RAW])
            ),
            "filling the matcher": f"{filled:.1f} s",
            **{
                f"tokens/s, {name}": f"{n_tokens / min(values):,.0f}"
                for name, values in seconds.items()
            },
        },
        path=args.json,
    )


if __name__ == "__main__":
    main()
