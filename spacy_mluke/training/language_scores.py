"""Scores by the language of the docs, with names that `[training.score_weights]` can weigh.

`mluke_ner` has `ents_f_de`, `ents_f_sw`, ... for the languages of the gold docs and their mean
`ents_macro_f`; `mluke_relations` `rel_micro_f_de`, ... and `rel_lang_macro_f`. So

    [training.score_weights]
    ents_macro_f = 0.8
    ents_f_sw = 0.2

takes the pipeline that does well in all languages, and in Swahili above all. Any other score gets
the same by

    [components.textcat.scorer]
    @scorers = "spacy-mluke.by_language.v1"
    scores = ["cats_score"]

    [components.textcat.scorer.scorer]
    @scorers = "spacy.textcat_scorer.v2"

as `cats_score_de`, ... and the mean `cats_score_macro`. A language without gold annotation has no
score (`None`) and does not count in the mean; spaCy leaves a weight out whose score is `None`.
`python -m spacy mluke debug` says so before training.
"""

from collections import defaultdict
from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional, Sequence

from spacy import registry
from spacy.training import Example

from ..language import get_language

Scorer = Callable[..., Dict[str, Any]]


@registry.scorers("spacy-mluke.by_language.v1")
def make_language_scorer(
    scorer: Scorer, scores: Sequence[str], langs: Optional[Sequence[str]] = None
) -> Scorer:
    """Make a scorer that gives what another one does, and some of it by language.

    scorer (Scorer): The other scorer.
    scores (Sequence[str]): Names of its scores that are wanted by language; numbers.
    langs (Optional[Sequence[str]]): The languages that count; `None` for all that occur. Those that
        do not occur have the score `None`.
    RETURNS (Scorer): The scorer.
    """
    return LanguageScorer(scorer, scores, langs)


class LanguageScorer:
    """Callable form of `make_language_scorer` that can be pickled."""

    def __init__(
        self, scorer: Scorer, scores: Sequence[str], langs: Optional[Sequence[str]]
    ) -> None:
        self.scorer = scorer
        self.scores = tuple(scores)
        self.langs = None if langs is None else tuple(langs)

    def __call__(self, examples: Iterable[Example], **kwargs: Any) -> Dict[str, Any]:
        """Score examples.

        examples (Iterable[Example]): The examples. The language is that of the gold doc.
        **kwargs (Any): The component's settings.
        RETURNS (Dict[str, Any]): All scores of the other scorer; for each of `scores` one by
            language (`<score>_<lang>`), and their mean (`<score>_macro`).
        """
        examples = list(examples)
        result = dict(self.scorer(examples, **kwargs))
        own = score_languages(examples, self.scorer, self.langs, **kwargs)
        for name in self.scores:
            values = {lang: scores.get(name) for lang, scores in own.items()}
            result.update(flat_scores(name, values))
            result[f"{name}_macro"] = mean_score(values.values())
        return result


def score_languages(
    examples: Iterable[Example],
    scorer: Scorer,
    langs: Optional[Sequence[str]] = None,
    **kwargs: Any,
) -> Dict[str, Dict[str, Any]]:
    """Score the examples of each language by themselves.

    examples (Iterable[Example]): The examples. The language is that of the gold doc.
    scorer (Scorer): Scores examples.
    langs (Optional[Sequence[str]]): The languages wanted; `None` for all that occur.
    **kwargs (Any): More arguments of the scorer.
    RETURNS (Dict[str, Dict[str, Any]]): The scores of each language, in order; of one that does not
        occur there are none.
    """
    groups: Dict[str, List[Example]] = defaultdict(list)
    for example in examples:
        groups[get_language(example.reference)].append(example)
    names = sorted(groups) if langs is None else langs
    return {lang: scorer(groups[lang], **kwargs) if lang in groups else {} for lang in names}


def flat_scores(name: str, values: Mapping[str, Optional[float]]) -> Dict[str, Optional[float]]:
    """RETURNS (Dict[str, Optional[float]]): `<name>_<lang>` -> the score of each language."""
    return {f"{name}_{lang}": value for lang, value in values.items()}


def mean_score(values: Iterable[Optional[float]]) -> Optional[float]:
    """RETURNS (Optional[float]): The mean of the scores there are; `None` if there is none."""
    found = [value for value in values if value is not None]
    return sum(found) / len(found) if found else None
