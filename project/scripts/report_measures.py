"""Tables of a report about size, time and memory."""

from typing import Any, List, Mapping, Optional

from evaluate import mean, percent

Lines = List[List[str]]

_SHIPPED = {
    "wheel": ("wheel_mb", "{:.1f} MB"),
    "installation with all it needs": ("install_seconds", "{:.0f} s"),
    "importing spaCy": ("import_spacy_seconds", "{:.2f} s"),
    "loading the pipeline after that": ("load_seconds", "{:.2f} s"),
    "words per second": ("words_per_second", "{:,.0f}"),
    "peak memory": ("peak_mb", "{:,.0f} MB"),
}
_SIZES = {"megabytes": "{:.1f}", "load_seconds": "{:.2f}", "words_per_second": "{:,.0f}"}
# What the evaluations of both pipelines say: title, file, score
_BOTH = (
    ("relations between given places, micro F1", "facts", "rel_micro_f"),
    ("links of given mentions, accuracy", "links", "links_acc"),
)


def optimised_table(metrics: Mapping[str, Any]) -> Optional[Lines]:
    """The optimised pipeline beside the original.

    metrics (Mapping[str, Any]): All scores.
    RETURNS (Optional[Lines]): Heading and rows, or `None` if there is no comparison.
    """
    compared = metrics.get("tiny_optimised")
    if compared is None:
        return None
    original, small = compared["original"], compared["optimized"]
    lines = [["", "original", "optimised"]]
    for key, form in _SIZES.items():
        title = key.replace("_", " ")
        lines.append([title, form.format(original[key]), form.format(small[key])])
    for key, title in (("ents_f", "named entities, F1"), ("ents_macro_f", "mean of languages")):
        values = [percent(part["scores"].get(key)) for part in (original, small)]
        lines.append([title, *values])
    for title, test, key in _BOTH:
        both = [metrics.get(f"tiny_{test}"), metrics.get(f"tiny_optimised_{test}")]
        lines.append([title, *(percent(mean(part, key) if part else None) for part in both)])
    return lines


def shipped_table(shipped: Optional[Mapping[str, Any]]) -> Optional[Lines]:
    """What the smoke test has measured of the installed wheel.

    shipped (Optional[Mapping[str, Any]]): What `smoke.py` has written.
    RETURNS (Optional[Lines]): Heading and rows, or `None` if it has not run.
    """
    if shipped is None:
        return None
    lines = [["", shipped["wheel"]]]
    lines.extend([title, form.format(shipped[key])] for title, (key, form) in _SHIPPED.items())
    found = [text["lang"] for text in shipped["texts"] if text["ents"]]
    linked = [text["lang"] for text in shipped["texts"] if text["linked"]]
    total = len(shipped["texts"])
    lines.append(["texts with entities", f"{len(found)} of {total}"])
    lines.append(["texts with a right link", f"{len(linked)} of {total}"])
    processors = f"{shipped['processors']} processors, {shipped['threads'] or 'all'} threads"
    lines.append(["measured on", f"{processors}, Python {shipped['python']}"])
    return lines
