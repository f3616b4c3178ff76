"""Tables of a report that need more than one score a language: links, relations, pretraining."""

from typing import Any, Dict, List, Mapping, Optional

from confusion import merge, scores_by_label
from report_tables import Row, Table

_LINKS = {
    "accuracy": "links_acc",
    "prior alone": "links_acc_prior",
    "accuracy with candidates": "links_acc_candidates",
    "ambiguous mentions": "links_acc_ambiguous",
    "ambiguous, prior alone": "links_acc_ambiguous_prior",
    "right one is a candidate": "links_candidate_recall",
}
_LINK_SETS = {
    "tiny_links": (
        "Links of given mentions",
        "all mentions that people have linked, in held-out pages of Wikipedia",
    ),
    "tiny_linking": ("Links of given mentions in other texts", "news and old newspapers"),
}
_PRETRAINED = {
    "masked pieces": ("pieces", "mlm_accuracy"),
    "masked entities": ("entities", "accuracy@1"),
    "most frequent sense": ("entities", "most_frequent_sense"),
}
_TWIN = "masked pieces, words alone"


def links_table(metrics: Mapping[str, Any], name: str) -> Optional[Table]:
    """Links against the prior.

    metrics (Mapping[str, Any]): All scores.
    name (str): Those of links of given mentions: "tiny_links" or "tiny_linking".
    RETURNS (Optional[Table]): The table, counted in mentions.
    """
    found = {
        test: scores
        for test, scores in metrics.get(name, {}).items()
        if scores.get("links_acc") is not None
    }
    if not found:
        return None
    title, note = _LINK_SETS[name]
    return Table(
        name,
        title,
        f"Accuracy over {note}. *prior alone* takes the item that the mention is most often "
        "linked to, of mentions that have candidates: compare it with *accuracy with candidates*. "
        "*Ambiguous* are those that stand for something else more than once in five times.",
        list(_LINKS),
        {
            test: {heading: scores.get(key) for heading, key in _LINKS.items()}
            for test, scores in found.items()
        },
        counted="mentions",
        counts={test: scores["links_counts"]["gold"] for test, scores in found.items()},
    )


def relation_types_table(results: Mapping[str, Optional[Mapping[str, Any]]]) -> Optional[Table]:
    """Relations by type, over all languages.

    results (Mapping[str, Optional[Mapping[str, Any]]]): Pipeline -> scores of the test sets.
    RETURNS (Optional[Table]): The table, counted in gold relations.
    """
    rows: Dict[str, Row] = {}
    counts: Dict[str, int] = {}
    columns = []
    for pipeline, result in results.items():
        tables = [scores.get("confusion", {}) for scores in (result or {}).values()]
        by_label = scores_by_label(merge(part.get("relations", {}) for part in tables))
        if by_label:
            headings = {f"{pipeline} {part.upper()}": part for part in "prf"}
            columns += list(headings)
        for label, scores in by_label.items():
            rows.setdefault(label, {}).update({h: scores[part] for h, part in headings.items()})
            counts[label] = scores["gold"]
    if not rows:
        return None
    note = "Facts of Natural Earth in sentences that name both places, all languages together."
    return Table(
        "tiny_relation_types",
        "Relations between given places, by type",
        note,
        columns,
        rows,
        counted="relations",
        counts=counts,
    )


def pretraining_tables(metrics: Mapping[str, Any]) -> List[Table]:
    """Masked prediction on held-out pages, by language, for each encoder.

    metrics (Mapping[str, Any]): All scores; those of encoders are called `pretrain_<run>`, and
        with `_words` behind those of the twin that has read words alone.
    RETURNS (List[Table]): A table for each encoder.
    """
    tables = []
    for name, scores in metrics.items():
        if not name.startswith("pretrain_") or name.endswith("_words"):
            continue
        rows: Dict[str, Row] = {}
        for heading, (part, key) in _PRETRAINED.items():
            for lang, row in (scores.get(part) or {}).items():
                rows.setdefault(lang, {})[heading] = row.get(key)
        twin = (metrics.get(f"{name}_words") or {}).get("pieces") or {}
        for lang, row in twin.items():
            rows.setdefault(lang, {})[_TWIN] = row.get("mlm_accuracy")
        rows.pop("all", None)  # weighs languages by their texts
        columns = [*_PRETRAINED, *([_TWIN] if twin else [])]
        entities = scores.get("entities") or {}
        counts = {lang: entities.get(lang, {}).get("mentions", 0) for lang in rows}
        note = "Accuracy where a piece or an entity of a held-out page is hidden."
        tables.append(
            Table(name, f"Encoder {name[9:]}", note, columns, rows, [], "mentions", counts)
        )
    return tables
