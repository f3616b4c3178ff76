"""Pictures of a report: bars by language, and confusion tables as heat maps."""

from pathlib import Path
from typing import Any

import numpy as np
from confusion import Confusion, labels_of
from matplotlib import rc_context
from matplotlib.figure import Figure
from report_tables import Table

_BAR = 0.8


def plot_bars(table: Table, path: Path) -> None:
    """Draw the rows of a table as groups of bars.

    table (Table): The table.
    path (Path): The .svg to write.
    """
    rows = list(table.rows)
    figure = Figure(figsize=(max(6.0, 0.45 * len(rows) + 4), 3.6), layout="constrained")
    axis = figure.subplots()
    width = _BAR / len(table.columns)
    for number, column in enumerate(table.columns):
        offset = width * (number - (len(table.columns) - 1) / 2)
        heights = [100 * (table.rows[row].get(column) or 0.0) for row in rows]
        axis.bar(np.arange(len(rows)) + offset, heights, width, label=column)
    names = [f"{row}*" if row in table.zero_shot else row for row in rows]
    turned = 60 if max(map(len, names)) > 4 else 0
    axis.set_xticks(range(len(rows)), names, rotation=turned, ha="right" if turned else "center")
    axis.set_ylabel("per cent")
    axis.set_ylim(0, 100)
    axis.set_title(f"{table.title}{' (* zero-shot)' if table.zero_shot else ''}")
    axis.grid(axis="y", alpha=0.3)
    axis.set_axisbelow(True)
    axis.legend(fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    _save(figure, path)


def plot_confusion(table: Confusion, title: str, path: Path) -> None:
    """Draw a confusion table: colours are shares of the gold label, numbers are counts.

    table (Confusion): The table.
    title (str): Title of the picture.
    path (Path): The .svg to write.
    """
    labels = labels_of(table)
    counts = np.array(
        [[table.get(gold, {}).get(found, 0) for found in labels] for gold in labels], dtype=float
    )
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = max(3.5, 0.4 * len(labels) + 2)
    figure = Figure(figsize=(side + 0.8, side), layout="constrained")
    axis = figure.subplots()
    image = axis.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axis.set_xticks(range(len(labels)), labels, rotation=60, ha="right", fontsize=8)
    axis.set_yticks(range(len(labels)), labels, fontsize=8)
    axis.set_xlabel("predicted")
    axis.set_ylabel("gold")
    axis.set_title(title, fontsize=10)
    for row, column in np.argwhere(counts > 0):
        colour = "white" if shares[row, column] > 0.5 else "black"
        text = f"{int(counts[row, column])}"
        axis.text(column, row, text, ha="center", va="center", fontsize=6, color=colour)
    figure.colorbar(image, ax=axis, shrink=0.7, label="share of the gold label")
    _save(figure, path)


def _save(figure: Any, path: Path) -> None:
    with rc_context({"svg.hashsalt": "report"}):  # the same figures give the same file
        figure.savefig(path, format="svg", metadata={"Date": None})
