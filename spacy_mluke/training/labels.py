"""One set of labels for corpora that each have their own, with nothing dropped unseen.

In a config the labels wanted stand before those that corpora have for them:

    [corpora.train.labels]
    PER = ["PERSON", "人名"]
    LOC = ["LOCATION", "地名"]
    ORG = []

On the command line the same is `--labels "PER=PERSON,人名 LOC=LOCATION,地名 ORG"`. A wanted label
stands for itself as well.
"""

from dataclasses import dataclass, field
from typing import Dict, FrozenSet, Iterable, List, Mapping, Optional, Sequence

from spacy.tokens import Doc, Span

from ..errors import Errors
from ..report import Report
from .annotate import SPANS_KEY

OTHERS = ("error", "drop")


@dataclass(frozen=True)
class LabelMap:
    """Which label of a corpus becomes which label wanted.

    names (Mapping[str, str]): Label in a corpus -> label wanted.
    dropped (FrozenSet[str]): Labels whose entities are left out and counted.
    other (str): What labels are that stand in neither: "error", or "drop" to leave them out, too.
    """

    names: Mapping[str, str]
    dropped: FrozenSet[str] = field(default_factory=frozenset)
    other: str = "error"

    def __post_init__(self) -> None:
        if self.other not in OTHERS:
            raise ValueError(Errors.M553.format(other=self.other, allowed=", ".join(OTHERS)))
        both = sorted(self.dropped & self.names.keys())
        if both:
            raise ValueError(Errors.M552.format(label=both[0], wanted=self.names[both[0]]))

    @classmethod
    def from_config(
        cls, labels: Mapping[str, Sequence[str]], drop: Iterable[str] = (), other: str = "error"
    ) -> "LabelMap":
        """Read the block of a config.

        labels (Mapping[str, Sequence[str]]): Label wanted -> labels in corpora.
        drop (Iterable[str]): Labels to leave out.
        other (str): "error" or "drop", see `LabelMap`.
        RETURNS (LabelMap): The map.
        RAISES (ValueError): If a label stands for two labels wanted, or is dropped as well.
        """
        names: Dict[str, str] = {}
        for wanted, sources in labels.items():
            for source in sources:
                if names.setdefault(source, wanted) != wanted:
                    raise ValueError(
                        Errors.M605.format(source=source, one=names[source], other=wanted)
                    )
        for wanted in labels:
            names.setdefault(wanted, wanted)
        return cls(names, frozenset(drop), other)

    @classmethod
    def parse(cls, text: str, other: str = "drop") -> "LabelMap":
        """Read the short form, `PER=PERSON,人名 LOC=LOCATION ORG`.

        text (str): Items with blanks between them.
        other (str): "error" or "drop", see `LabelMap`.
        RETURNS (LabelMap): The map.
        RAISES (ValueError): If it can't be read, or a label stands for two labels wanted.
        """
        labels: Dict[str, List[str]] = {}
        for item in text.split():
            wanted, equals, sources = item.partition("=")
            if not wanted or (equals and not sources):
                raise ValueError(Errors.M604.format(item=item))
            labels.setdefault(wanted, []).extend(sources.split(",") if sources else ())
        return cls.from_config(labels, other=other)


class Relabelling:
    """Gives the entities of one corpus the labels wanted, and counts.

    labels (Optional[LabelMap]): The map; `None` leaves all labels as they are.
    report (Report): Counts what is changed and lost.
    """

    def __init__(self, labels: Optional[LabelMap], report: Report) -> None:
        self.labels = labels
        self.report = report
        self.unknown = Report(report.source)

    def label(self, label: str, where: str = "") -> Optional[str]:
        """Map a label.

        label (str): The label in the corpus.
        where (str): What to call the place in the report.
        RETURNS (Optional[str]): The label wanted; `None` if the entity is to be left out.
        """
        if self.labels is None:
            return label
        wanted = self.labels.names.get(label)
        if wanted is not None:
            if wanted != label:
                self.report.change(f"entity with the label {label} (now {wanted})")
            return wanted
        if label not in self.labels.dropped and self.labels.other == "error":
            self.unknown.lose(label, where=where)
        else:
            self.report.lose(f"entity with the label {label}, which is not wanted", where=where)
        return None

    def doc(self, doc: Doc, where: str = "") -> None:
        """Map the labels of the entities on a doc, those in `doc.spans["entities"]` too.

        doc (Doc): The doc; it is changed. Tokens of unknown annotation stay so.
        where (str): What to call the place in the report.
        """
        if self.labels is None:
            return
        mapped = [(span, self.label(span.label_, where)) for span in doc.ents]
        kept = [_with_label(span, label) for span, label in mapped if label is not None]
        left_out = [span for span, label in mapped if label is None]
        doc.set_ents(kept, outside=left_out, default="unmodified")
        if SPANS_KEY in doc.spans:
            # Those of doc.ents stand here once more: they have been counted.
            flat = {(span.start, span.end, span.label) for span, _ in mapped}
            silent = Relabelling(self.labels, Report())
            group = []
            for span in doc.spans[SPANS_KEY]:
                known = (span.start, span.end, span.label) in flat
                label = (silent if known else self).label(span.label_, where)
                if label is not None:
                    group.append(_with_label(span, label))
            doc.spans[SPANS_KEY] = group


def check_labels(relabellings: Iterable[Relabelling]) -> None:
    """Refuse corpora with labels that their maps do not know.

    relabellings (Iterable[Relabelling]): One for each corpus, all of it read.
    RAISES (ValueError): Names each such label, how often it occurs and where.
    """
    lines = []
    known: Dict[str, None] = {}
    for relabelling in relabellings:
        unknown = relabelling.unknown
        for label, number in unknown.lost.most_common():
            where = ", ".join(unknown.places[label])
            lines.append(f"- {label}: {number} in {unknown.source} (first: {where})")
        if unknown.lost and relabelling.labels is not None:
            known.update(dict.fromkeys(relabelling.labels.names.values()))
    if lines:
        raise ValueError(Errors.M551.format(lines="\n".join(lines), known=", ".join(known)))


def _with_label(span: Span, label: str) -> Span:
    return Span(
        span.doc, span.start, span.end, label=label, kb_id=span.kb_id, span_id=span.id
    )
