"""Scores of links."""

from collections import Counter, defaultdict
from typing import Any, Dict, Iterable, List, Optional, Tuple

from spacy import registry
from spacy.tokens import Doc, Span
from spacy.training import Example

from ..errors import Errors
from ..language import get_language
from ..links import NIL, get_candidates
from .scorer import Scorer

UNMATCHED = ("wrong", "ignore")
# Mentions whose likeliest entity has a smaller prior are those where context decides.
_AMBIGUOUS = 0.8
_NAMES = ("micro_p", "micro_r", "micro_f", "macro_p", "macro_r", "macro_f", "lang_macro_f")


@registry.scorers("spacy-mluke.linker_scorer.v1")
def make_linker_scorer(unmatched: str = "wrong") -> Scorer:
    """Make a scorer of links, see `score_links`.

    unmatched (str): "wrong": a link on a mention that nobody annotated is wrong. "ignore": it
        does not count, as the gold annotation has only some of the mentions.
    RETURNS (Scorer): The scorer.
    RAISES (ValueError): If it is neither.
    """
    if unmatched not in UNMATCHED:
        raise ValueError(Errors.M450.format(unmatched=unmatched, allowed=", ".join(UNMATCHED)))
    return LinkerScorer(unmatched)


class LinkerScorer:
    """Callable form of `score_links` that can be pickled."""

    def __init__(self, unmatched: str) -> None:
        self.unmatched = unmatched

    def __call__(self, examples: Iterable[Example], **kwargs: Any) -> Dict[str, Any]:
        return score_links(examples, kwargs.get("spans_key"), unmatched=self.unmatched)


def score_links(
    examples: Iterable[Example], spans_key: Optional[str] = None, *, unmatched: str = "wrong"
) -> Dict[str, Any]:
    """Score links of mentions against gold ones with the same characters.

    A gold mention with an empty `kb_id_` has not been annotated and does not count; "NIL" says
    that it stands for no known entity. A gold link whose mention was not found is missed.

    examples (Iterable[Example]): The examples. The language is that of the gold doc.
    spans_key (Optional[str]): Span group of the mentions; `None` for `doc.ents`.
    unmatched (str): "wrong" or "ignore", see `make_linker_scorer`.
    RETURNS (Dict[str, Any]): All `None` if nobody has annotated a link.
        `links_micro_p/r/f`: of all links. `links_macro_p/r/f`: mean over the docs with links.
        `links_per_lang`: p, r, f and the numbers below by language that has annotated links;
        `links_lang_macro_f`: the mean of their f. `links_acc`: share of gold mentions that were
        found whose link, or NIL, is right. `links_acc_candidates`: the same of gold links with
        candidates; and on the same mentions `links_acc_prior`: if the highest prior were chosen,
        `links_candidate_recall`: if the right candidate were. `links_acc_ambiguous` and
        `links_acc_ambiguous_prior`: the same of those whose highest prior is below 0.8, `None` if
        there are none. `links_nil_p/r/f`: of NIL on mentions found. `links_counts`: numbers of
        gold, predicted and right links, of gold NIL, and of `unmatched_gold` and
        `unmatched_predicted` mentions.
    """
    total: "Counter[str]" = Counter()
    of_langs: Dict[str, "Counter[str]"] = defaultdict(Counter)
    of_docs: List[Dict[str, float]] = []
    for example in examples:
        counts = _count(example, spans_key, unmatched)
        total += counts
        of_langs[get_language(example.reference)] += counts
        if counts["gold"] or counts["predicted"]:
            of_docs.append(_prf(counts))
    names = [*_NAMES, *_accuracies(total), *(f"nil_{m}" for m in "prf"), "per_lang", "counts"]
    if not total["gold"] + total["gold_nil"]:
        return {f"links_{name}": None for name in names}
    per_lang = {
        lang: {**_prf(counts), **_accuracies(counts), "counts": dict(counts)}
        for lang, counts in sorted(of_langs.items())
        if counts["gold"] + counts["gold_nil"]
    }
    fs = [_prf(counts)["f"] for lang, counts in of_langs.items() if lang in per_lang]
    nil = _prf(total, right="right_nil", predicted="found_nil", gold="matched_nil")
    values: Tuple[Any, ...] = (
        *_prf(total).values(),
        *(_mean([scores[m] for scores in of_docs]) for m in "prf"),
        _mean(fs),
        *_accuracies(total).values(),
        *nil.values(),
        per_lang,
        dict(total),
    )
    return {f"links_{name}": value for name, value in zip(names, values, strict=True)}


def _count(example: Example, key: Optional[str], unmatched: str) -> "Counter[str]":
    gold, predicted = _by_place(example.reference, key), _by_place(example.predicted, key)
    counts: "Counter[str]" = Counter()
    for place, span in gold.items():
        answer = span.kb_id_
        if not answer:
            continue
        counts["gold_nil" if answer == NIL else "gold"] += 1
        found = predicted.get(place)
        if found is None:
            counts["unmatched_gold"] += 1
            continue
        counts["matched"] += 1
        guess = found.kb_id_ or NIL
        counts["right_any"] += guess == answer
        counts["matched_nil"] += answer == NIL
        counts["found_nil"] += guess == NIL
        counts["right_nil"] += guess == answer == NIL
        counts["predicted"] += guess != NIL
        counts["right"] += guess == answer != NIL
        candidates = get_candidates(found)
        if candidates and answer != NIL:
            likely = max(candidates, key=lambda candidate: candidate.prior)
            counts["with_candidates"] += 1
            counts["right_candidates"] += guess == answer
            counts["right_prior"] += likely.kb_id == answer
            counts["among_candidates"] += any(c.kb_id == answer for c in candidates)
            if likely.prior < _AMBIGUOUS:
                counts["ambiguous"] += 1
                counts["right_ambiguous"] += guess == answer
                counts["right_ambiguous_prior"] += likely.kb_id == answer
    for place, span in predicted.items():
        if place not in gold and span.kb_id_ not in ("", NIL):
            counts["unmatched_predicted"] += 1
            counts["predicted"] += unmatched == "wrong"
    return counts


def _by_place(doc: Doc, key: Optional[str]) -> Dict[Tuple[int, int], Span]:
    spans = doc.ents if key is None else doc.spans.get(key, [])
    return {(span.start_char, span.end_char): span for span in spans}


def _prf(
    counts: "Counter[str]", right: str = "right", predicted: str = "predicted", gold: str = "gold"
) -> Dict[str, float]:
    n_right, n_predicted, n_gold = counts[right], counts[predicted], counts[gold]
    return {
        "p": _share(n_right, n_predicted),
        "r": _share(n_right, n_gold),
        "f": _share(2 * n_right, n_predicted + n_gold),
    }


def _accuracies(counts: "Counter[str]") -> Dict[str, Optional[float]]:
    n_candidates, n_ambiguous = counts["with_candidates"], counts["ambiguous"]
    return {
        "acc": _share(counts["right_any"], counts["matched"]),
        "acc_candidates": _share(counts["right_candidates"], n_candidates),
        "acc_prior": _share(counts["right_prior"], n_candidates),
        "candidate_recall": _share(counts["among_candidates"], n_candidates),
        "acc_ambiguous": counts["right_ambiguous"] / n_ambiguous if n_ambiguous else None,
        "acc_ambiguous_prior": (
            counts["right_ambiguous_prior"] / n_ambiguous if n_ambiguous else None
        ),
    }


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _mean(values: List[float]) -> float:
    return sum(values) / len(values) if values else 0.0
