"""Calibrate the scores of a pipeline's links on texts that it was not trained on."""

import argparse
from pathlib import Path

import spacy

from spacy_mluke.pipeline.mluke_linker import MLukeLinker
from spacy_mluke.training.readers import RelationCorpus


def main() -> None:
    """Calibrate the scores of links."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("pipeline", help="folder or installed package")
    parser.add_argument("corpus", type=Path, help="texts with links: a file, or a folder of them")
    parser.add_argument("output", type=Path, help="folder to write")
    parser.add_argument("--component", default="mluke_linker")
    args = parser.parse_args()
    nlp = spacy.load(args.pipeline)
    linker = nlp.get_pipe(args.component)
    if not isinstance(linker, MLukeLinker):
        parser.error(f"{args.component} links nothing: it is a {type(linker).__name__}")
    found = linker.calibrate(list(RelationCorpus(args.corpus)(nlp)))
    print(found)
    args.output.parent.mkdir(parents=True, exist_ok=True)
    nlp.to_disk(args.output)


if __name__ == "__main__":
    main()
