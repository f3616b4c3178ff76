"""Plots of a run: losses while it goes on, accuracies by language when it has ended."""

from pathlib import Path
from typing import Any, Dict, List

from ..files import atomic_path
from .run_state import read_metrics

_LOSSES = (("mlm_loss", "masked pieces"), ("mep_loss", "masked entities"))
_ACCURACIES = (
    ("mlm_accuracy", "masked pieces"),
    ("mep_accuracy@1", "masked entities, first"),
    ("mep_accuracy@10", "masked entities, first ten"),
)


def plot_run(folder: Path) -> List[Path]:
    """Draw what the log of a run says.

    folder (Path): The folder of the run.
    RETURNS (List[Path]): The pictures: losses.svg, and accuracies.svg if there are held-out data.
    """
    records = read_metrics(folder)
    written = []
    training = [record for record in records if "mlm_loss" in record]
    if training:
        written.append(_plot_losses(folder / "losses.svg", training, records))
    held_out = [record["held_out"] for record in records if "held_out" in record]
    if held_out:
        written.append(_plot_accuracies(folder / "accuracies.svg", held_out[-1]))
    return written


def _plot_losses(
    path: Path, training: List[Dict[str, Any]], records: List[Dict[str, Any]]
) -> Path:
    from matplotlib.figure import Figure  # slow to import, and only needed here

    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots(1, 2)
    held_out = [record for record in records if "held_out" in record]
    for axis, (name, title) in zip(axes, _LOSSES, strict=True):
        axis.plot([r["pieces"] / 1e6 for r in training], [r[name] for r in training], lw=0.8)
        if name == "mlm_loss" and held_out:
            at = {record["step"]: record["pieces"] / 1e6 for record in training}
            known = [record for record in held_out if record["step"] in at]
            losses = [record["held_out"]["all"][name] for record in known]
            axis.plot([at[record["step"]] for record in known], losses, "o-", label="held out")
            axis.legend()
        axis.set_title(f"Loss of {title}")
        axis.set_xlabel("million pieces")
        axis.grid(alpha=0.3)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="svg")
    return path


def _plot_accuracies(path: Path, scores: Dict[str, Dict[str, float]]) -> Path:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.5), layout="constrained")
    axis = figure.subplots()
    languages = list(scores)
    for index, (name, label) in enumerate(_ACCURACIES):
        places = [place + 0.27 * (index - 1) for place in range(len(languages))]
        axis.bar(places, [100 * scores[lang][name] for lang in languages], 0.27, label=label)
    axis.set_xticks(range(len(languages)), languages)
    axis.set_ylabel("accuracy on held-out text, %")
    axis.legend()
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="svg")
    return path
