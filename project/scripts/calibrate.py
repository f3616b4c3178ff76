"""Calibrate the scores of a pipeline's links and entities on texts that it was not trained on."""

import argparse
from pathlib import Path

import spacy
from thinc.api import Config

from spacy_mluke.files import written_whole
from spacy_mluke.pipeline.mluke_linker import MLukeLinker
from spacy_mluke.pipeline.mluke_ner import MLukeNER
from spacy_mluke.training.readers import RelationCorpus


def main() -> None:
    """Calibrate the scores of links and entities."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("pipeline", help="folder or installed package")
    parser.add_argument("output", type=Path, help="folder to write")
    texts = "a file, or a folder of them"
    parser.add_argument("--links", type=Path, help=f"texts with links: {texts}")
    parser.add_argument("--entities", type=Path, help=f"texts with entities: {texts}")
    args = parser.parse_args()
    nlp = spacy.load(args.pipeline)
    changed = {}
    for name, pipe in nlp.pipeline:
        if isinstance(pipe, MLukeLinker) and args.links is not None:
            print(name, pipe.calibrate(list(RelationCorpus(args.links)(nlp))))
        elif isinstance(pipe, MLukeNER) and args.entities is not None:
            corpus = RelationCorpus(args.entities, gold_ents=False)
            print(name, pipe.calibrate(list(corpus(nlp)), nlp))
            changed[name] = pipe.cfg["threshold"]
    with written_whole(args.output) as folder:
        nlp.to_disk(folder)
        # The setting of the component counts; whoever reads the config shall see it there as well.
        config = Config().from_disk(folder / "config.cfg", interpolate=False)
        for name, threshold in changed.items():
            config["components"][name]["threshold"] = threshold
        config.to_disk(folder / "config.cfg")


if __name__ == "__main__":
    main()
