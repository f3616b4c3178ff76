"""One of several corpora: where its examples come from, their language, their labels."""

from dataclasses import dataclass
from itertools import islice
from typing import Any, Callable, Iterable, List, Mapping, Optional

from spacy.language import Language
from spacy.training import Example

from ..doc_data import read_entries
from ..errors import Errors
from ..language import ENTRY, get_language, set_language
from ..report import Report
from .labels import LabelMap, Relabelling

Reader = Callable[[Language], Iterable[Example]]

MULTILINGUAL = "xx"  # the language of a pipeline for all of them: says nothing about a text
SETTINGS = ("path", "reader", "lang", "labels", "limit", "weight")


def check_settings(name: str, settings: Mapping[str, Any]) -> None:
    """Refuse the block of a corpus that can't be read.

    name (str): Name of the corpus.
    settings (Mapping[str, Any]): The block.
    RAISES (ValueError): If a setting is unknown, there is not just one of path and reader, or the
        weight is not above 0.
    """
    unknown = ", ".join(key for key in settings if key not in SETTINGS)
    if unknown:
        raise ValueError(Errors.M555.format(name=name, unknown=unknown, known=", ".join(SETTINGS)))
    given = [key for key in ("path", "reader") if settings.get(key) is not None]
    if len(given) != 1:
        raise ValueError(Errors.M556.format(name=name, given=" and ".join(given) or "neither"))
    weight = settings.get("weight", 1.0)
    if weight <= 0:
        raise ValueError(Errors.M560.format(name=name, weight=weight))


@dataclass(frozen=True)
class NamedCorpus:
    """One of several corpora.

    name (str): Its name in messages.
    reader (Reader): Gives its examples.
    lang (Optional[str]): Language of its texts; `None` if they are tagged themselves.
    labels (Optional[LabelMap]): Which of its labels become which; `None` leaves them as they are.
    limit (int): Read this many examples at most; 0 for all.
    weight (float): Factor of how often its examples are drawn.
    """

    name: str
    reader: Reader
    lang: Optional[str] = None
    labels: Optional[LabelMap] = None
    limit: int = 0
    weight: float = 1.0

    def read(self, nlp: Language, relabelling: Relabelling) -> List[Example]:
        """Read all examples, tag them with their language and map their labels.

        nlp (Language): The pipeline.
        relabelling (Relabelling): Maps labels and counts; its report gets what the reader counts.
        RETURNS (List[Example]): The examples.
        RAISES (ValueError): If there is none, or one without a language or with another one.
        """
        examples = list(islice(self.reader(nlp), self.limit or None))
        if not examples:
            raise ValueError(Errors.M550.format(path=self.name))
        counted = getattr(self.reader, "report", None)
        if isinstance(counted, Report):
            relabelling.report.merge(counted)
        # What the pipeline is given may have the entities, too: mapped alike, counted once.
        silent = Relabelling(self.labels, Report())
        for number, example in enumerate(examples, start=1):
            self._tag(example)
            where = f"#{number} {example.reference.text[:20]!r}"
            relabelling.doc(example.reference, where)
            silent.doc(example.predicted)
        return examples

    def _tag(self, example: Example) -> None:
        doc = example.reference
        tag = get_language(doc) if read_entries(doc, ENTRY) else doc.lang_
        if self.lang and tag not in (self.lang, MULTILINGUAL) and read_entries(doc, ENTRY):
            raise ValueError(
                Errors.M558.format(name=self.name, lang=self.lang, tag=tag, text=doc.text[:50])
            )
        lang = self.lang or tag
        if lang == MULTILINGUAL:
            raise ValueError(Errors.M557.format(name=self.name, text=doc.text[:50]))
        set_language(doc, lang)
        set_language(example.predicted, lang)
