"""Confusion tables: which labels stand in for which, and what is found where nothing is."""

from collections import Counter
from typing import Any, Dict, Iterable, List, Mapping, Tuple

from spacy.tokens import Doc
from spacy.training import Example

from spacy_mluke.relations import get_relations, has_relations

# The label of what is only in the gold annotation, or only predicted
NONE = "none"

# Gold label -> predicted label -> how often
Confusion = Dict[str, Dict[str, int]]
Pairs = Iterable[Tuple[str, str]]


def entity_confusion(examples: Iterable[Example]) -> Confusion:
    """Compare entities with the same characters.

    examples (Iterable[Example]): Gold and predicted docs. Gold docs without entity annotation do
        not count.
    RETURNS (Confusion): What is found with other boundaries counts twice: as a gold entity that
        was not predicted, and as a predicted one that is none.
    """
    counts: Counter[Tuple[str, str]] = Counter()
    for example in examples:
        if example.reference.has_annotation("ENT_IOB"):
            gold, found = _entities(example.reference), _entities(example.predicted)
            for place in sorted({*gold, *found}):
                counts[gold.get(place, NONE), found.get(place, NONE)] += 1
    return _tables(counts)


def relation_confusion(examples: Iterable[Example]) -> Confusion:
    """Compare relations with the same ends and direction.

    examples (Iterable[Example]): Gold and predicted docs. Gold docs whose relations nobody has
        annotated do not count.
    RETURNS (Confusion): Where a pair has several relations, equal labels meet first.
    """
    counts: Counter[Tuple[str, str]] = Counter()
    for example in examples:
        if has_relations(example.reference):
            gold, found = _relations(example.reference), _relations(example.predicted)
            for pair in sorted({*gold, *found}):
                counts.update(_meet(gold.get(pair, []), found.get(pair, [])))
    return _tables(counts)


def merge(tables: Iterable[Confusion]) -> Confusion:
    """RETURNS (Confusion): The sum of several."""
    counts: Counter[Tuple[str, str]] = Counter()
    for table in tables:
        for gold, row in table.items():
            for found, count in row.items():
                counts[gold, found] += count
    return _tables(counts)


def labels_of(table: Confusion) -> List[str]:
    """RETURNS (List[str]): All labels of a table in order, `NONE` at the end."""
    labels = {*table, *(found for row in table.values() for found in row)} - {NONE}
    return [*sorted(labels), NONE]


def scores_by_label(table: Confusion) -> Dict[str, Dict[str, Any]]:
    """Precision, recall and F1 of each label.

    table (Confusion): The table.
    RETURNS (Dict[str, Dict[str, Any]]): Label -> "p", "r", "f", and "gold", how often it is right
        to find it.
    """
    result = {}
    for label in labels_of(table)[:-1]:
        right = table.get(label, {}).get(label, 0)
        gold = sum(table.get(label, {}).values())
        found = sum(row.get(label, 0) for row in table.values())
        total = gold + found
        result[label] = {
            "p": right / found if found else 0.0,
            "r": right / gold if gold else 0.0,
            "f": 2 * right / total if total else 0.0,
            "gold": gold,
        }
    return result


def _entities(doc: Doc) -> Dict[Tuple[int, int], str]:
    return {(ent.start_char, ent.end_char): ent.label_ for ent in doc.ents}


def _relations(doc: Doc) -> Dict[Tuple[int, ...], List[str]]:
    """Labels of each pair, the surest first."""
    found: Dict[Tuple[int, ...], List[str]] = {}
    for one in sorted(get_relations(doc), key=lambda relation: -relation.score):
        ends = (one.head.start_char, one.head.end_char, one.tail.start_char, one.tail.end_char)
        found.setdefault(ends, []).append(one.label)
    return found


def _meet(gold: List[str], found: List[str]) -> Pairs:
    same = [label for label in gold if label in found]
    yield from ((label, label) for label in same)
    missed = [label for label in gold if label not in same]
    wrong = [label for label in found if label not in same]
    for number in range(max(len(missed), len(wrong))):
        yield (
            missed[number] if number < len(missed) else NONE,
            wrong[number] if number < len(wrong) else NONE,
        )


def _tables(counts: Mapping[Tuple[str, str], int]) -> Confusion:
    table: Confusion = {}
    for (gold, found), count in sorted(counts.items()):
        table.setdefault(gold, {})[found] = count
    return table
