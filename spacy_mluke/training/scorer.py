"""Scores of relations and of entities, in all and by language."""

from collections import Counter
from typing import Any, Dict, FrozenSet, Iterable, List, Optional, Sequence, Tuple

from spacy import registry
from spacy.pipeline.spancat import spancat_score
from spacy.scorer import get_ner_prf
from spacy.tokens import Span
from spacy.training import Example

from ..errors import Errors
from ..relations import Relation, get_relations, has_relations
from .language_scores import Scorer, flat_scores, mean_score, score_languages

# (doc, head, tail, label); an end is its characters, with its label if they count
Key = Tuple[Any, ...]

MATCHES = ("strict", "boundaries")


@registry.scorers("spacy-mluke.relation_scorer.v1")
def make_relation_scorer(
    match: str = "boundaries", labels: Optional[Sequence[str]] = None
) -> Scorer:
    """Make a scorer of relations, in all (see `score_relations`) and by the language of the docs:
    `rel_per_lang` has p, r and f (micro) of each language, `rel_lang_macro_f` is the mean of their
    f, `rel_micro_f_de` and so on stand for themselves.

    match (str): "boundaries" to compare the characters of head and tail, "strict" to compare
        their entity labels too.
    labels (Optional[Sequence[str]]): The relation types that count; all that occur if `None`.
    RETURNS (Scorer): The scorer.
    RAISES (ValueError): If `match` is neither.
    """
    return RelationScorer(match, labels)


class RelationScorer:
    """Callable form of `score_relations` that can be pickled."""

    def __init__(self, match: str, labels: Optional[Sequence[str]]) -> None:
        if match not in MATCHES:
            raise ValueError(Errors.M542.format(match=match, matches=", ".join(MATCHES)))
        self.match = match
        self.labels = None if labels is None else tuple(labels)

    def __call__(self, examples: Iterable[Example], **kwargs: Any) -> Dict[str, Any]:
        examples = list(examples)
        scores = score_relations(examples, match=self.match, labels=self.labels)
        own = score_languages(examples, score_relations, match=self.match, labels=self.labels)
        return {**scores, **_by_language("rel", "rel_micro", "rel_lang_macro_f", own)}


def score_relations(
    examples: Iterable[Example],
    *,
    match: str = "boundaries",
    labels: Optional[Sequence[str]] = None,
) -> Dict[str, Any]:
    """Score predicted relations against gold ones.

    Every gold relation that is not predicted is a false negative, also when its pair was never
    proposed or one of its entities was not found. Direction has to match. Docs whose relations
    nobody annotated do not count.

    `rel_relx_f` is the official score of RELX: the mean over relation types of the F1 over both
    directions of the type, where each pair has one class: of several relations predicted for a
    pair, whatever their direction, only the best-scored counts (boun-tabi/RELX, `finetune.py`).

    examples (Iterable[Example]): Gold relations in `reference._.relations`, others in `predicted`.
    match (str): "boundaries" or "strict", see `make_relation_scorer`.
    labels (Optional[Sequence[str]]): The relation types that count; all that occur if `None`.
    RETURNS (Dict[str, Any]): `rel_micro_p/r/f`, `rel_macro_p/r/f`, `rel_relx_f` and
        `rel_per_type`; all `None` if there are neither gold nor predicted relations.
    """
    gold: List[Key] = []
    predicted: List[Key] = []
    best: List[Key] = []
    wanted = None if labels is None else frozenset(labels)
    strict = match == "strict"
    for i, example in enumerate(examples):
        if not has_relations(example.reference):
            continue
        found = _wanted(get_relations(example.predicted), wanted)
        gold.extend(
            _key(i, rel, strict) for rel in _wanted(get_relations(example.reference), wanted)
        )
        predicted.extend(_key(i, rel, strict) for rel in found)
        best.extend(_key(i, rel, strict) for rel in _best_of_pair(found))
    names = ["micro_p", "micro_r", "micro_f", "macro_p", "macro_r", "macro_f", "relx_f", "per_type"]
    if not gold and not predicted:
        return {f"rel_{name}": None for name in names}
    types = sorted({key[-1] for key in (*gold, *predicted)} | (wanted or frozenset()))
    per_type = _per_type(gold, predicted, types)
    # RELX divides by the types there are, not by those somebody predicts
    relx_types = sorted(wanted or {key[-1] for key in gold})
    relx = _per_type(gold, best, relx_types)
    micro = _prf(len(set(gold) & set(predicted)), len(set(predicted)), len(set(gold)))
    values = [
        *(micro[name] for name in "prf"),
        *(_mean(scores[name] for scores in per_type.values()) for name in "prf"),
        _mean(scores["f"] for scores in relx.values()),
        per_type,
    ]
    return {f"rel_{name}": value for name, value in zip(names, values, strict=True)}


@registry.scorers("spacy-mluke.ner_scorer.v1")
def make_ner_scorer() -> Scorer:
    """Make a scorer of entities by language, see `score_ner`.

    RETURNS (Scorer): The scorer.
    """
    return score_ner


def score_ner(examples: Iterable[Example], **kwargs: Any) -> Dict[str, Any]:
    """Score entities as spaCy does, and by the language of the docs.

    examples (Iterable[Example]): The examples. The language is that of the gold doc.
    **kwargs (Any): The component's settings. If its `output` is "spans", the spans of
        `spans_key` are scored instead, as spaCy scores those of `spancat`.
    RETURNS (Dict[str, Any]): spaCy's `ents_p/r/f` and `ents_per_type`; `ents_per_lang` with
        p, r and f of each language; `ents_macro_f`, the mean of their f; `ents_f_de` and so on, the
        f of each language for itself.
    """
    if kwargs.get("output") == "spans":
        return spancat_score(examples, spans_key=kwargs["spans_key"])
    examples = list(examples)
    own = score_languages(examples, get_ner_prf)
    return {**get_ner_prf(examples), **_by_language("ents", "ents", "ents_macro_f", own)}


def _by_language(
    task: str, name: str, mean: str, own: Dict[str, Dict[str, Any]]
) -> Dict[str, Any]:
    """Scores under the names that this module's scorers give them, of those of each language."""
    per_language = {
        lang: {kind: scores[f"{name}_{kind}"] for kind in "prf"}
        for lang, scores in own.items()
        if scores[f"{name}_f"] is not None
    }
    values = {lang: scores[f"{name}_f"] for lang, scores in own.items()}
    return {
        f"{task}_per_lang": per_language or None,
        mean: mean_score(values.values()),
        **flat_scores(f"{name}_f", values),
    }


def _wanted(relations: List[Relation], labels: Optional[FrozenSet[str]]) -> List[Relation]:
    return [rel for rel in relations if labels is None or rel.label in labels]


def _best_of_pair(relations: Iterable[Relation]) -> List[Relation]:
    best: Dict[Any, Relation] = {}
    for relation in relations:
        pair = frozenset((_end(relation.head, False), _end(relation.tail, False)))
        if pair not in best or best[pair].score < relation.score:
            best[pair] = relation
    return list(best.values())


def _key(i: int, relation: Relation, strict: bool) -> Key:
    return i, _end(relation.head, strict), _end(relation.tail, strict), relation.label


def _end(span: Span, strict: bool) -> Tuple[Any, ...]:
    offsets = (span.start_char, span.end_char)
    return (*offsets, span.label_) if strict else offsets


def _per_type(
    gold: Iterable[Key], predicted: Iterable[Key], types: Iterable[str]
) -> Dict[str, Dict[str, float]]:
    gold, predicted = set(gold), set(predicted)
    n_gold = Counter(key[-1] for key in gold)
    n_predicted = Counter(key[-1] for key in predicted)
    n_right = Counter(key[-1] for key in gold & predicted)
    return {kind: _prf(n_right[kind], n_predicted[kind], n_gold[kind]) for kind in types}


def _prf(right: int, predicted: int, gold: int) -> Dict[str, float]:
    precision = right / predicted if predicted else 0.0
    recall = right / gold if gold else 0.0
    f_score = 2 * right / (predicted + gold) if right else 0.0
    return {"p": precision, "r": recall, "f": f_score}


def _mean(values: Iterable[float]) -> float:
    values = list(values)
    return sum(values) / len(values) if values else 0.0
