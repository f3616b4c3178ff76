"""Put converted corpora together: PARTS/<corpus>/<part>.spacy becomes OUT/<part>/<corpus>.spacy.

`spacy train` reads the folders OUT/train and OUT/dev. Development scores are wanted often, so the
number of docs of a corpus can be limited.
"""

import argparse
import shutil
import sys
from itertools import islice
from pathlib import Path
from typing import Dict, List, Tuple

import spacy
from spacy.tokens import DocBin
from wasabi import table

from spacy_mluke.files import atomic_path
from spacy_mluke.training.doc_bin import write_docs

# (part, corpus) -> docs, tokens
Counts = Dict[Tuple[str, str], List[int]]


def collect(parts: Path, out: Path, limits: Dict[str, int]) -> Counts:
    """Copy the parts of all corpora.

    parts (Path): Folder of the corpora's folders.
    out (Path): Folder to write to.
    limits (Dict[str, int]): Part -> most docs of each corpus.
    RETURNS (Counts): Docs and tokens of each file written.
    RAISES (FileNotFoundError): If there is nothing to copy.
    """
    vocab = spacy.blank("xx").vocab
    counts: Counts = {}
    for path in sorted(parts.glob("*/*.spacy")):
        part, corpus = path.stem, path.parent.name
        target = out / part / f"{corpus}.spacy"
        stored = DocBin(store_user_data=True).from_disk(path)
        limit = limits.get(part) or len(stored)
        if len(stored) > limit:
            write_docs(target, list(islice(stored.get_docs(vocab), limit)))
        else:
            with atomic_path(target) as copy:
                shutil.copyfile(path, copy)
        counts[part, corpus] = [
            min(limit, len(stored)),
            sum(len(tokens) for tokens in stored.tokens[:limit]),
        ]
    if not counts:
        raise FileNotFoundError(f"{parts}: no <corpus>/<part>.spacy file to put together")
    return counts


def main() -> None:
    """Put converted corpora together."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("parts", type=Path, help="folder with a folder for each corpus")
    parser.add_argument("out", type=Path, help="folder to write to")
    parser.add_argument("--train-limit", type=int, default=0, help="most docs a corpus (0: all)")
    parser.add_argument("--dev-limit", type=int, default=0, help="most docs a corpus (0: all)")
    args = parser.parse_args()
    try:
        counts = collect(args.parts, args.out, {"train": args.train_limit, "dev": args.dev_limit})
    except FileNotFoundError as error:
        sys.exit(str(error))
    rows = [(*key, *numbers) for key, numbers in sorted(counts.items())]
    print(table(rows, header=("part", "corpus", "docs", "tokens"), divider=True))


if __name__ == "__main__":
    main()
