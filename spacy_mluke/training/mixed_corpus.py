"""Corpus reader for `spacy train` that mixes corpora of several languages.

The texts of one path, be it a file or a folder, mixed by the languages they are tagged with:

    [corpora.train]
    @readers = "spacy-mluke.MixedCorpus.v1"
    path = ${paths.train}
    alpha = 0.7
    seed = ${system.seed}
    max_length = 500

Or corpora with names, each a path or another reader, with their languages and labels:

    [corpora.train]
    @readers = "spacy-mluke.MixedCorpus.v1"
    alpha = 0.5
    drop_labels = ["DATE"]

    [corpora.train.labels]
    PER = ["PERSON", "人名"]
    LOC = ["LOCATION", "地名"]

    [corpora.train.corpora]

    [corpora.train.corpora.swedish]
    path = "corpus/sv.spacy"
    lang = "sv"

    [corpora.train.corpora.japanese]
    path = "corpus/ja.jsonl"
    lang = "ja"
    limit = 2000

    [corpora.train.corpora.german]
    lang = "de"

    [corpora.train.corpora.german.labels]
    PER = ["PS"]

    [corpora.train.corpora.german.reader]
    @readers = "spacy.Corpus.v1"
    path = "corpus/de.spacy"

`labels` maps the labels of corpora to those wanted (`training.labels`); without it all stay as they
are. A corpus' own `labels` stand in place of the common ones.
"""

import logging
import warnings
from collections import defaultdict
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence

from spacy import registry
from spacy.language import Language
from spacy.training import Example
from wasabi import table

from ..errors import Errors, Warnings
from ..language import get_language
from ..report import Report
from .labels import LabelMap, Relabelling, check_labels
from .mixture import Mixture, MixtureSettings
from .named_corpus import NamedCorpus, check_settings
from .readers import Augmenter, RelationCorpus

logger = logging.getLogger("spacy")


@registry.readers("spacy-mluke.MixedCorpus.v1")
def make_mixed_corpus(
    path: Optional[Path] = None,
    corpora: Optional[Dict[str, Any]] = None,
    alpha: float = 1.0,
    epoch_size: int = 0,
    seed: int = 0,
    labels: Optional[Dict[str, List[str]]] = None,
    drop_labels: Sequence[str] = (),
    other_labels: str = "error",
    gold_ents: bool = False,
    max_length: int = 0,
    limit: int = 0,
    augmenter: Optional[Augmenter] = None,
) -> "MixedCorpus":
    """Make a reader of several corpora; examples of its block stand at the head of this module.

    path (Optional[Path]): A .spacy or JSONL file, or a folder of them, mixed by language.
    corpora (Optional[Dict[str, Any]]): In place of `path`, a block for each corpus: `path` or
        `reader`; `lang`, if its texts are not tagged; `labels` and `limit` in place of the common
        ones; `weight`, a factor of how often it is drawn.
    alpha (float): A corpus of n examples is drawn with p ~ n^alpha: 1 as they are, 0 all alike.
    epoch_size (int): Examples in an epoch; 0 for as many as it takes to have each at least once.
    seed (int): Another seed gives another order.
    labels (Optional[Dict[str, List[str]]]): Label wanted -> labels in the corpora; `None` leaves
        all as they are.
    drop_labels (Sequence[str]): Labels whose entities are left out and counted.
    other_labels (str): What other labels are: "error", or "drop".
    gold_ents (bool): As for `RelationCorpus`, of corpora that are given as a path. So are the next
        two.
    max_length (int): Cut docs longer than this (in tokens); 0 for no limit.
    augmenter (Optional[Augmenter]): spaCy's data augmentation.
    limit (int): Read this many examples of each corpus at most; 0 for all.
    RETURNS (MixedCorpus): The reader.
    RAISES (ValueError): If settings are impossible.
    """
    if (path is None) == (not corpora):
        raise ValueError(Errors.M554.format(given="neither" if path is None else "both"))
    if not 0 <= alpha <= 1 or min(epoch_size, limit, seed) < 0:
        raise ValueError(
            Errors.M559.format(alpha=alpha, epoch_size=epoch_size, limit=limit, seed=seed)
        )
    common = _label_map(labels, drop_labels, other_labels)
    options: Dict[str, Any] = {
        "gold_ents": gold_ents,
        "max_length": max_length,
        "augmenter": augmenter,
    }
    settings = MixtureSettings(alpha, epoch_size, seed)
    if path is not None:
        whole = NamedCorpus(str(path), RelationCorpus(path, **options), labels=common)
        return MixedCorpus([whole], settings, by_language=True, limit=limit)
    members = []
    for name, block in (corpora or {}).items():
        check_settings(name, block)
        lang = block.get("lang")
        own, at_most = block.get("labels"), block.get("limit", limit)
        reader = block.get("reader") or RelationCorpus(
            block["path"], limit=at_most, lang=lang, **options
        )
        mapped = common if own is None else _label_map(own, drop_labels, other_labels)
        weight = block.get("weight", 1.0)
        members.append(NamedCorpus(name, reader, lang, mapped, at_most, weight))
    return MixedCorpus(members, settings)


class MixedCorpus:
    """Examples of several corpora, each tagged with its language, small corpora more often.

    Each call gives one epoch, so `spacy train` works with any `max_epochs`. With 0 and more spaCy
    reads one epoch, keeps it and shuffles it again and again; with -1 it asks for a new epoch each
    time, so that repeated examples change, but initialises the pipeline with the first 100 examples
    alone: then name the labels and the vocabulary of pieces in `[initialize.components]`. All
    examples are held in memory.

    What an epoch has of each corpus is logged and in `mixture`, what was changed and lost in
    reading in `report`.

    corpora (Sequence[NamedCorpus]): The corpora.
    settings (MixtureSettings): How to mix them.
    by_language (bool): Mix by the languages of the texts and not by corpora.
    limit (int): Then, take this many examples of each language at most; 0 for all.
    """

    def __init__(
        self,
        corpora: Sequence[NamedCorpus],
        settings: MixtureSettings,
        *,
        by_language: bool = False,
        limit: int = 0,
    ) -> None:
        self.corpora = list(corpora)
        self.settings = settings
        self.by_language = by_language
        self.limit = limit
        self.report = Report()
        self.mixture: Dict[str, Dict[str, float]] = {}
        self._epoch = 0
        self._warned = False

    def __call__(self, nlp: Language) -> Iterator[Example]:
        """Read the corpora and give an epoch.

        nlp (Language): The pipeline.
        YIELDS (Example): The examples; the same object where one is repeated.
        """
        number, self._epoch = self._epoch, self._epoch + 1
        groups = self.read(nlp)
        examples = self.epoch(groups, number)
        self._tell(number)
        yield from examples

    def read(self, nlp: Language) -> Dict[str, List[Example]]:
        """Read each example once.

        nlp (Language): The pipeline.
        RETURNS (Dict[str, List[Example]]): Corpus or language -> its examples.
        RAISES (ValueError): If a corpus is empty or missing, has texts without a language, or
            labels that are not known.
        """
        self.report = Report(", ".join(corpus.name for corpus in self.corpora))
        relabellings = [Relabelling(corpus.labels, Report(corpus.name)) for corpus in self.corpora]
        pairs = zip(self.corpora, relabellings, strict=True)
        groups = {corpus.name: corpus.read(nlp, relabelling) for corpus, relabelling in pairs}
        check_labels(relabellings)
        for relabelling in relabellings:
            self.report.merge(relabelling.report)
        if not self.by_language:
            return groups
        languages: Dict[str, List[Example]] = defaultdict(list)
        for examples in groups.values():
            for example in examples:
                languages[get_language(example.reference)].append(example)
        return {lang: found[: self.limit or None] for lang, found in sorted(languages.items())}

    def epoch(self, groups: Mapping[str, List[Example]], number: int) -> List[Example]:
        """Draw an epoch. `mixture` then says for each corpus or language how many `examples` it
        has, how many of them an epoch has (`in_epoch`), how often that is (`times`), and how many
        it lacks (`left_out`).

        groups (Mapping[str, List[Example]]): What `read` gave.
        number (int): Which epoch, from 0.
        RETURNS (List[Example]): The examples in their order.
        """
        sizes = tuple(len(examples) for examples in groups.values())
        weights = None if self.by_language else tuple(corpus.weight for corpus in self.corpora)
        mixture = Mixture(sizes, self.settings, weights)
        numbers = (mixture.sizes, mixture.counts.tolist(), mixture.times, mixture.left_out)
        columns = zip(groups, *numbers, strict=True)
        self.mixture = {
            name: {"examples": size, "in_epoch": count, "times": times, "left_out": left_out}
            for name, size, count, times, left_out in columns
        }
        corpora = list(groups.values())
        return [corpora[corpus][row] for corpus, row in mixture.epoch(number).tolist()]

    def _tell(self, number: int) -> None:
        shown = mixture_table(self.mixture)
        level = logging.DEBUG if number else logging.INFO
        logger.log(level, "Epoch of several corpora, alpha = %g:\n%s", self.settings.alpha, shown)
        if not self._warned and any(row["left_out"] for row in self.mixture.values()):
            self._warned = True
            text = Warnings.W550.format(epoch_size=self.settings.epoch_size, table=shown)
            warnings.warn(text, stacklevel=3)


def mixture_table(mixture: Mapping[str, Mapping[str, float]]) -> str:
    """RETURNS (str): What an epoch has of each corpus, in columns."""
    rows = [
        (name, row["examples"], row["in_epoch"], f"{row['times']:.2f}", row["left_out"])
        for name, row in mixture.items()
    ]
    header = ("corpus", "examples", "in an epoch", "times", "left out")
    aligns: Any = ("l", "r", "r", "r", "r")
    total = ("", *(sum(int(row[i]) for row in rows) for i in (1, 2)), "", "")
    return str(table(rows, header=header, footer=total, divider=True, aligns=aligns))


def _label_map(
    labels: Optional[Mapping[str, Sequence[str]]], drop: Sequence[str], other: str
) -> Optional[LabelMap]:
    return None if labels is None else LabelMap.from_config(labels, drop, other)
