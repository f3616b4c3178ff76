"""`python -m spacy mluke debug`: what a training will lose, by language."""

import json
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Tuple

import typer
from spacy.cli._util import import_code, parse_config_overrides, show_validation_error
from spacy.util import load_config
from wasabi import msg, table

from ..files import atomic_path
from ._app import mluke_app
from ._errors import clear_errors

if TYPE_CHECKING:
    from ..training.debug import DebugReport, Split

CONFIG = typer.Argument(..., help="Training config")
JSON = typer.Option(None, "--json", "-j", help="Write the report to this JSON file")
CODE = typer.Option(None, "--code", "-c", help="Python file with more registered functions")
QUIET = typer.Option(False, "--quiet", "-q", help="No progress bars")

_MOST_LABELS = 10

# Heading -> number of a language
_TEXTS = {
    "docs": "docs",
    "tokens": "tokens",
    "entities": "entities",
    "not aligned": "entities_not_aligned",
    "relations": "relations",
    "relations unknown": "docs_with_unknown_relations",
    "links": "links",
}
# Heading -> number, and the number it is a share of
_SHARES = {
    "pieces/word": ("pieces", "words", 1),
    "unknown %": ("unknown_pieces", "pieces", 100),
    "words without piece": ("words_without_pieces", "", 0),
    "docs > window": ("docs_of_several_windows", "", 0),
    "mentions": ("mentions", "", 0),
    "no piece": ("without_pieces", "", 0),
    "> window": ("longer_than_a_window", "", 0),
    "not proposed": ("not_proposed", "", 0),
    "longest (words)": ("longest_words", "", 0),
    "(pieces)": ("longest_pieces", "", 0),
    "candidates/mention": ("candidates", "mentions", 1),
    "relations": ("relations", "", 0),
    "pair not proposed": ("pairs_not_proposed", "", 0),
    "end not aligned": ("not_aligned", "", 0),
    "other types": ("of_other_types", "", 0),
    "end no entity": ("ends_not_entities", "", 0),
}


@mluke_app.command(
    "debug", context_settings={"allow_extra_args": True, "ignore_unknown_options": True}
)
def debug(
    ctx: typer.Context,
    config_path: Path = CONFIG,
    json_path: Optional[Path] = JSON,
    code_path: Optional[Path] = CODE,
    quiet: bool = QUIET,
) -> None:
    """Say before a training what it will lose, by language.

    Entities that do not fall on tokens, that are longer than a window or than what the encoder
    proposes; words without pieces; relations whose pairs are not proposed; labels and languages
    that only the development set has; what the readers leave out, and how often a mixed corpus
    repeats each language. Values of the config can be given as options.

    \b
    Examples:
      python -m spacy mluke debug configs/ner.cfg --paths.train train.spacy --paths.dev dev.spacy
      python -m spacy mluke debug config.cfg --json report.json
    """
    from ..training.debug import debug_config

    overrides = parse_config_overrides(ctx.args)
    import_code(code_path)
    with clear_errors(), show_validation_error(config_path):
        config = load_config(config_path, overrides=overrides, interpolate=False)
        report = debug_config(config, progress=not quiet)
        if json_path is not None:
            with atomic_path(json_path) as path:
                text = json.dumps(report.to_dict(), ensure_ascii=False, indent=2)
                path.write_text(text + "\n", encoding="utf8")
    for name, split in report.splits.items():
        msg.divider(name)
        _show_split(split)
    msg.divider("Findings")
    _show_findings(report)
    if json_path is not None:
        msg.good(f"{json_path}")


def _show_split(split: "Split") -> None:
    from ..training.mixed_corpus import mixture_table

    languages = split.languages
    texts = {lang: counts.texts for lang, counts in languages.items()}
    shown = {head: key for head, key in _TEXTS.items() if any(map(itemgetter(key), texts.values()))}
    rows: List[Tuple[Any, ...]] = [
        (lang, *(n[key] for key in shown.values())) for lang, n in texts.items()
    ]
    rows.append(("all", *(sum(row[i + 1] for row in rows) for i in range(len(shown)))))
    _print("", shown, rows)
    for title, attribute in (("entities", "entity_labels"), ("relations", "relation_labels")):
        labels = {lang: getattr(counts, attribute) for lang, counts in languages.items()}
        _show_labels(title, labels)
    for name in next(iter(languages.values())).components:
        _show_component(name, {lang: c.components[name] for lang, c in languages.items()})
    if split.mixture:
        print(mixture_table(split.mixture))
    if split.report is not None and (split.report.lost or split.report.changed):
        print(split.report.table())


def _show_labels(title: str, labels: Dict[str, Any]) -> None:
    """Languages in rows, the commonest labels in columns."""
    total: Dict[str, int] = {}
    for counts in labels.values():
        for label, number in counts.items():
            total[label] = total.get(label, 0) + number
    names = sorted(total, key=lambda label: -total[label])
    heads, rest = names[:_MOST_LABELS], names[_MOST_LABELS:]
    if not names:
        return
    rows = []
    for lang, counts in labels.items():
        others = [sum(counts[label] for label in rest)] if rest else []
        rows.append((lang, *(counts[label] for label in heads), *others))
    _print(title, [*heads, *([f"{len(rest)} others"] if rest else [])], rows)


def _show_component(name: str, numbers: Dict[str, Any]) -> None:
    present = {key for counts in numbers.values() for key in counts}
    shown = {head: keys for head, keys in _SHARES.items() if keys[0] in present}
    rows = [
        (lang, *(_share(counts, *keys) for keys in shown.values()))
        for lang, counts in numbers.items()
    ]
    _print(name, shown, rows)


def _share(counts: Dict[str, int], part: str, whole: str, factor: int) -> str:
    if not whole:
        return str(counts[part])
    return f"{factor * counts[part] / counts[whole]:.2f}" if counts[whole] else "-"


def _print(title: str, heads: Any, rows: List[Tuple[Any, ...]]) -> None:
    aligns: Any = ("l", *("r" for _ in heads))
    print(table(rows, header=(title, *heads), divider=True, aligns=aligns))


def _show_findings(report: "DebugReport") -> None:
    for name, source in report.vocabularies.items():
        msg.info(f"{name}: the vocabulary of pieces is {source}")
    show: Dict[str, Any] = {"fail": msg.fail, "warn": msg.warn, "info": msg.info}
    for finding in report.findings:
        show[finding.level](finding.text)
    if all(finding.level == "info" for finding in report.findings):
        msg.good("Nothing will be lost")
