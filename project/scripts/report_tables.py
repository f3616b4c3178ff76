"""Tables of a report: scores by language or type, several pipelines side by side."""

from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence

from evaluate import percent

Row = Dict[str, Optional[float]]


@dataclass
class Table:
    """Scores between 0 and 1, a row for each language or type.

    name (str): Key in report.json and stem of the picture's file.
    title (str): Heading.
    note (str): What the figures are.
    columns (List[str]): Headings of the scores.
    rows (Dict[str, Row]): Row -> heading -> score.
    zero_shot (List[str]): Rows of languages that were not trained on; they are marked, and averaged
        by themselves.
    counted (str): What `counts` counts.
    counts (Dict[str, int]): Row -> how much it was measured on.
    """

    name: str
    title: str
    note: str
    columns: List[str]
    rows: Dict[str, Row]
    zero_shot: List[str] = field(default_factory=list)
    counted: str = "texts"
    counts: Dict[str, int] = field(default_factory=dict)

    def means(self) -> Dict[str, Row]:
        """RETURNS (Dict[str, Row]): The mean over all rows; over those of languages that were
        trained on and those that were not, if there are both.
        """
        groups = {"mean": list(self.rows)}
        trained = [row for row in self.rows if row not in self.zero_shot]
        if self.zero_shot and trained:
            groups["mean, trained"] = trained
            groups["mean, zero-shot"] = self.zero_shot
        return {
            name: {column: self._mean(column, rows) for column in self.columns}
            for name, rows in groups.items()
        }

    def _mean(self, column: str, rows: Sequence[str]) -> Optional[float]:
        found = [score for row in rows if (score := self.rows[row].get(column)) is not None]
        return sum(found) / len(found) if found else None

    def to_markdown(self) -> str:
        """RETURNS (str): The table, in per cent."""
        lines = []
        for row, scores in self.rows.items():
            name = f"{row} \\*" if row in self.zero_shot else row
            lines.append([name, f"{self.counts.get(row, 0):,}", *self._cells(scores)])
        total = f"{sum(self.counts.values()):,}"
        for row, scores in self.means().items():
            bold = [f"**{cell}**" for cell in self._cells(scores)]
            lines.append([row, total if row == "mean" else "", *bold])
        if not self.counts:
            return markdown_table(["", *self.columns], [[line[0], *line[2:]] for line in lines])
        return markdown_table(["", self.counted, *self.columns], lines)

    def _cells(self, scores: Row) -> List[str]:
        return [percent(scores.get(column)) for column in self.columns]

    def to_json(self) -> Dict[str, Any]:
        """RETURNS (Dict[str, Any]): The same as data."""
        return {
            "rows": self.rows,
            "means": self.means(),
            "zero_shot": self.zero_shot,
            self.counted: self.counts,
        }


def markdown_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """RETURNS (str): A table in Markdown, numbers to the right."""
    lines = ["| " + " | ".join(columns) + " |", "| --- " + "| ---: " * (len(columns) - 1) + "|"]
    lines.extend("| " + " | ".join(row) + " |" for row in rows)
    return "\n".join(lines)


def side_by_side(
    results: Mapping[str, Optional[Mapping[str, Any]]],
    key: str,
    *,
    name: str,
    title: str,
    note: str,
    trained: Optional[Callable[[str], bool]] = None,
) -> Optional[Table]:
    """One score of several pipelines on the same test sets.

    results (Mapping[str, Optional[Mapping[str, Any]]]): Heading -> what `evaluate.py` has written:
        test set -> scores; `None` for a pipeline that has not been evaluated.
    key (str): The score.
    name (str): See `Table`.
    title (str): See `Table`.
    note (str): See `Table`.
    trained (Optional[Callable[[str], bool]]): Tells whether the language of a test set was trained
        on; `None` if that is not known.
    RETURNS (Optional[Table]): The table, or `None` if no pipeline has the score.
    """
    rows: Dict[str, Row] = {}
    counts: Dict[str, int] = {}
    for column, result in results.items():
        for test, scores in (result or {}).items():
            if scores.get(key) is not None:
                rows.setdefault(test, {})[column] = scores[key]
                counts[test] = scores["docs"]
    if not rows:
        return None
    rows = dict(sorted(rows.items()))
    zero = [row for row in rows if trained is not None and not trained(row)]
    columns = [column for column, result in results.items() if result is not None]
    return Table(name, title, note, columns, rows, zero_shot=zero, counts=counts)


def several_scores(
    result: Optional[Mapping[str, Any]],
    keys: Mapping[str, str],
    *,
    name: str,
    title: str,
    note: str,
    trained: Optional[Callable[[str], bool]] = None,
) -> Optional[Table]:
    """Several scores of one pipeline.

    result (Optional[Mapping[str, Any]]): What `evaluate.py` has written, or `None`.
    keys (Mapping[str, str]): Heading -> the score.
    name (str): See `Table`.
    title (str): See `Table`.
    note (str): See `Table`.
    trained (Optional[Callable[[str], bool]]): See `side_by_side`.
    RETURNS (Optional[Table]): The table, or `None` if the pipeline has none of the scores.
    """
    tables = {
        heading: side_by_side({heading: result}, key, name=name, title=title, note=note)
        for heading, key in keys.items()
    }
    found = {heading: table for heading, table in tables.items() if table is not None}
    if not found:
        return None
    first = next(iter(found.values()))
    for table in found.values():
        for row, scores in table.rows.items():
            first.rows.setdefault(row, {}).update(scores)
            first.counts.update(table.counts)
    first.columns = list(found)
    first.rows = dict(sorted(first.rows.items()))
    first.zero_shot = [row for row in first.rows if trained is not None and not trained(row)]
    return first
