"""Maps of mentions as files: pictures, or a page that says what each point is."""

import html
from pathlib import Path
from typing import Any, Tuple

import numpy as np

from ..errors import Errors
from ..files import atomic_path
from .entity_map import EntityMap, Floats

SUFFIXES = (".html", ".svg", ".png")
_WIDTH, _HEIGHT, _MARGIN = 900, 640, 40

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Map of mentions</title>
<style>
body {{ font: 16px system-ui, sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em }}
svg {{ width: 100%; border: 1px solid #ccc }}
circle {{ opacity: .75 }}
text {{ font-size: 12px; text-anchor: middle; pointer-events: none }}
text {{ paint-order: stroke; stroke: #fff; stroke-width: 3px }}
</style>
</head>
<body>
<p>{legend}</p>
<svg viewBox="0 0 {width} {height}" role="img" aria-label="Map of mentions">
{points}
</svg>
<p>{axes}</p>
</body>
</html>
"""


def check_suffix(path: Path) -> None:
    """Look whether a map can be written to a file.

    path (Path): The file.
    RAISES (ValueError): If it is not, by its ending.
    """
    if path.suffix not in SUFFIXES:
        raise ValueError(Errors.M639.format(path=path, suffixes=", ".join(SUFFIXES)))


def write_map(found: EntityMap, path: Path) -> None:
    """Draw a map.

    found (EntityMap): The map.
    path (Path): File to write: .svg or .png by matplotlib, .html with the mention at each point.
    RAISES (ValueError): If it has another ending.
    """
    check_suffix(path)
    with atomic_path(path) as temporary:
        if path.suffix == ".html":
            temporary.write_text(_to_html(found), encoding="utf8")
        else:
            _figure(found).savefig(temporary, format=path.suffix[1:], dpi=150)


def _figure(found: EntityMap) -> Any:
    import matplotlib
    from matplotlib.figure import Figure  # slow to import, and only needed here

    figure = Figure(figsize=(9, 6.5), layout="constrained")
    axis = figure.subplots()
    colours = matplotlib.colormaps["hsv"](np.linspace(0, 1, len(found.languages) + 1))
    for lang, colour in zip(found.languages, colours):
        x, y = found.points[found.rows(lang)].T
        axis.scatter(x, y, s=18, color=colour, alpha=0.8, label=lang)
    for label, (x, y) in found.labels():
        box = {"facecolor": "white", "alpha": 0.7, "edgecolor": "none", "pad": 1}
        axis.text(x, y, label, ha="center", va="bottom", fontsize=8, bbox=box, parse_math=False)
    axis.set_xlabel(_axis(0, found))
    axis.set_ylabel(_axis(1, found))
    axis.legend(title="language", loc="center left", bbox_to_anchor=(1, 0.5), fontsize=8)
    return figure


def _axis(number: int, found: EntityMap) -> str:
    return f"component {number + 1}: {found.shares[number]:.0%} of the variance"


def _to_html(found: EntityMap) -> str:
    low, high = found.points.min(axis=0), found.points.max(axis=0)
    size = np.array([_WIDTH, _HEIGHT]) - 2 * _MARGIN
    scale = size / np.maximum(high - low, 1e-12)
    hues = {lang: 360 * i // len(found.languages) for i, lang in enumerate(found.languages)}

    def place(point: Floats) -> Tuple[int, int]:
        x, y = (point - low) * scale + _MARGIN
        return round(x), round(_HEIGHT - y)

    parts = []
    for mention, point in zip(found.mentions, found.points):
        x, y = place(point)
        about = html.escape(f"{mention.text} ({mention.lang}, {mention.entity})")
        circle = f'<circle cx="{x}" cy="{y}" r="5" fill="hsl({hues[mention.lang]} 70% 45%)">'
        parts.append(f"{circle}<title>{about}</title></circle>")
    for label, point in found.labels():
        x, y = place(point)
        parts.append(f'<text x="{x}" y="{y - 8}">{html.escape(label)}</text>')
    legend = " ".join(
        f'<span style="color: hsl({hue} 70% 45%)">● {html.escape(lang)}</span>'
        for lang, hue in hues.items()
    )
    return _PAGE.format(
        width=_WIDTH,
        height=_HEIGHT,
        points="\n".join(parts),
        legend=legend,
        axes=f"{_axis(0, found)} (across), {_axis(1, found)} (up)",
    )
