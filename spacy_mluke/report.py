"""What a reading or conversion kept, kept in another form, and lost."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping

from wasabi import table

MAX_PLACES = 3


@dataclass
class Report:
    """Counts of one reading or conversion. Nothing may be left out of a result uncounted.

    source (str): What was read.
    kept (Counter): What the result has: docs, tokens, entities, relations.
    changed (Counter): Reason -> how many things are in the result, but not as in the source.
    lost (Counter): Reason -> how many things are in the source but not in the result.
    places (Dict[str, List[str]]): Reason -> where the first few cases are.
    """

    source: str = ""
    kept: "Counter[str]" = field(default_factory=Counter)
    changed: "Counter[str]" = field(default_factory=Counter)
    lost: "Counter[str]" = field(default_factory=Counter)
    places: Dict[str, List[str]] = field(default_factory=dict)

    def keep(self, what: str, n: int = 1) -> None:
        """Count something that the result has."""
        self.kept[what] += n

    def change(self, reason: str, n: int = 1, *, where: str = "") -> None:
        """Count something that the result has in another form."""
        self._count(self.changed, reason, n, where)

    def lose(self, reason: str, n: int = 1, *, where: str = "") -> None:
        """Count something that the result does not have."""
        self._count(self.lost, reason, n, where)

    def merge(self, other: "Report") -> None:
        """Add the counts of another report to this one."""
        self.kept.update(other.kept)
        self.changed.update(other.changed)
        self.lost.update(other.lost)
        for reason, places in other.places.items():
            known = self.places.setdefault(reason, [])
            known.extend(places[: MAX_PLACES - len(known)])

    def to_dict(self) -> Dict[str, Any]:
        """RETURNS (Dict[str, Any]): All counts as JSON values."""
        return {
            "source": self.source,
            "kept": dict(self.kept),
            "changed": dict(self.changed),
            "lost": dict(self.lost),
            "places": self.places,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Report":
        """values (Mapping[str, Any]): From `to_dict`. RETURNS (Report): The report."""
        report = cls(values["source"], places=dict(values["places"]))
        for name in ("kept", "changed", "lost"):
            getattr(report, name).update(values[name])
        return report

    def table(self) -> str:
        """The report as text in columns.

        RETURNS (str): One row for each count.
        """
        rows = [
            (kind, name, n, "; ".join(self.places.get(name, [])))
            for kind, counts in (
                ("kept", self.kept),
                ("changed", self.changed),
                ("lost", self.lost),
            )
            for name, n in counts.items()
            if n
        ]
        if not self.lost:
            rows.append(("lost", "nothing", 0, ""))
        return table(rows, header=("", "what", "number", "first cases"), divider=True, max_col=70)

    def _count(self, counts: "Counter[str]", reason: str, n: int, where: str) -> None:
        if n <= 0:
            return
        counts[reason] += n
        places = self.places.setdefault(reason, [])
        if where and len(places) < MAX_PLACES:
            places.append(where)
