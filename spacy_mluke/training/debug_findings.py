"""What the numbers of `debug` mean for a training: what stops it, and what it will not learn."""

from collections import Counter
from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Sequence, Tuple

from spacy.training import Example

from .debug_counts import LanguageCounts
from .debug_pipeline import Setup
from .named_corpus import MULTILINGUAL

LEVELS = ("fail", "warn", "info")
TRAIN, DEV = "train", "dev"

# A share of unknown pieces above this says that the vocabulary does not fit the language
_MANY_UNKNOWN = 0.01

Languages = Mapping[str, LanguageCounts]

# numbers of a component -> what they mean
_MENTIONS = {
    "without_pieces": "entities are white space to the encoder",
    "longer_than_a_window": "entities are longer than a window of the encoder and get no vector",
    "not_proposed": "entities can't be found: the span getter and the proposer never propose them",
}
_RELATIONS = {
    "not_aligned": "relations have an end that is no span of tokens",
    "pairs_not_proposed": "relations can't be found: the pair getter never proposes their pairs",
    "of_other_types": "relations have entity labels that `types` does not allow",
    "ends_not_entities": "relations have an end that is no entity, so they are not found in use",
}


class Finding(NamedTuple):
    """Something to know before training.

    level (str): "fail" for what stops the training or makes it pointless, "warn" for what is lost,
        "info" for what one should know.
    text (str): What it is.
    """

    level: str
    text: str

    def order(self) -> int:
        """RETURNS (int): Smaller for what is worse."""
        return LEVELS.index(self.level)


def find_problems(
    setup: Setup, examples: Mapping[str, Sequence[Example]], splits: Mapping[str, Languages]
) -> List[Finding]:
    """Draw conclusions from the numbers.

    setup (Setup): The config.
    examples (Mapping[str, Sequence[Example]]): Split -> examples.
    splits (Mapping[str, Languages]): Split -> language -> numbers.
    RETURNS (List[Finding]): What was found.
    """
    findings = [
        *_languages(splits),
        *_labels(setup, splits),
        *_weights(setup, examples[DEV]),
        *_texts_in_both(examples),
    ]
    for name, languages in splits.items():
        findings.extend(_losses(setup, name, languages))
    return findings


def _languages(splits: Mapping[str, Languages]) -> Iterator[Finding]:
    for name, languages in splits.items():
        if MULTILINGUAL in languages:
            number = languages[MULTILINGUAL].texts["docs"]
            text = f"{name}: {number} docs have no language and count as '{MULTILINGUAL}'"
            yield Finding("warn", text)
    unseen = sorted(set(splits[DEV]) - set(splits[TRAIN]) - {MULTILINGUAL})
    unscored = sorted(set(splits[TRAIN]) - set(splits[DEV]) - {MULTILINGUAL})
    if unseen:
        yield Finding("info", f"dev has languages that train lacks (zero-shot): {_list(unseen)}")
    if unscored:
        yield Finding("info", f"dev lacks languages of train, they get no score: {_list(unscored)}")


def _labels(setup: Setup, splits: Mapping[str, Languages]) -> Iterator[Finding]:
    kinds: List[Tuple[Any, str, str]] = [
        (setup.ner, "entity", "entities"),
        (setup.relations, "relation", "relations"),
    ]
    for pipes, kind, things in kinds:
        if not pipes:
            continue
        found = {name: _total(languages, kind) for name, languages in splits.items()}
        if not found[TRAIN]:
            yield Finding("fail", f"train has no {things}, so {_list(pipes)} can't be trained")
        if not found[DEV]:
            yield Finding("fail", f"dev has no {things}, so {_list(pipes)} gets no score")
        for name, languages in splits.items():
            yield from _gaps(name, languages, kind, things, found[name])
        given = [setup.initialize.get(name, {}).get("labels") for name in pipes]
        known = set(given[0]) if given and given[0] is not None else set(found[TRAIN])
        for name, labels in found.items():
            unknown = [f"{label} ({n})" for label, n in labels.most_common() if label not in known]
            if unknown:
                where = "[initialize]" if given[0] is not None else "train"
                text = f"{name} has {kind} labels that {where} lacks: {_list(unknown)}"
                yield Finding("fail" if name == TRAIN else "warn", text)


def _gaps(
    name: str, languages: Languages, kind: str, things: str, total: "Counter[str]"
) -> Iterator[Finding]:
    """Languages with docs but without entities, or without some label."""
    labels = {lang: _total({lang: counts}, kind) for lang, counts in languages.items()}
    empty = [lang for lang, found in labels.items() if not found]
    if total and empty:
        yield Finding("warn", f"{name}: languages without {things}: {_list(empty)}")
    gaps = [
        f"{lang} {' '.join(sorted(total.keys() - found.keys()))}"
        for lang, found in labels.items()
        if found and total.keys() - found.keys()
    ]
    if gaps:
        yield Finding("info", f"{name}: {kind} labels of which a language has none: {_list(gaps)}")


def _total(languages: Languages, kind: str) -> "Counter[str]":
    total: "Counter[str]" = Counter()
    for counts in languages.values():
        total.update(counts.entity_labels if kind == "entity" else counts.relation_labels)
    return total


def _weights(setup: Setup, examples: Sequence[Example]) -> Iterator[Finding]:
    """Weights of scores that even perfect predictions would not have."""
    perfect = [Example(eg.reference, eg.reference) for eg in examples]
    scores: Dict[str, Any] = {}
    own = {**setup.ner, **setup.relations}
    for pipe in own.values():
        scores.update(pipe.score(perfect))
    others = [n for n, pipe in setup.nlp.pipeline if hasattr(pipe, "score") and n not in own]
    for name, weight in setup.weights.items():
        if not weight or scores.get(name) is not None:
            continue
        # what is not there may be the score of a component that this does not know
        if name in scores or not [n for n in others if n not in setup.encoders]:
            text = f"score_weights: the dev set gives no score '{name}', spaCy drops its weight"
            yield Finding("warn", text)


def _texts_in_both(examples: Mapping[str, Sequence[Example]]) -> Iterator[Finding]:
    texts = {name: {eg.reference.text for eg in found} for name, found in examples.items()}
    both = len(texts[TRAIN] & texts[DEV])
    if both:
        yield Finding("warn", f"{both} texts are in train and in dev")


def _losses(setup: Setup, name: str, languages: Languages) -> Iterator[Finding]:
    misaligned = {
        lang: (counts.texts["entities_not_aligned"], counts.texts["entities"])
        for lang, counts in languages.items()
    }
    yield from _by_language(name, "", "entities are no spans of tokens", misaligned)
    for pipes, meanings, total in (
        (setup.ner, _MENTIONS, "mentions"),
        (setup.relations, _RELATIONS, "relations"),
    ):
        for pipe in pipes:
            for key, meaning in meanings.items():
                shares = {
                    lang: (counts.components[pipe][key], counts.components[pipe][total])
                    for lang, counts in languages.items()
                }
                yield from _by_language(name, f"{pipe}: ", meaning, shares)
    for pipe in setup.encoders:
        numbers = {lang: counts.components[pipe] for lang, counts in languages.items()}
        unknown = {
            lang: (n["unknown_pieces"], n["pieces"])
            for lang, n in numbers.items()
            if n["unknown_pieces"] > _MANY_UNKNOWN * n["pieces"]
        }
        yield from _by_language(name, f"{pipe}: ", "pieces are unknown to the vocabulary", unknown)
        empty = {lang: (n["words_without_pieces"], n["words"]) for lang, n in numbers.items()}
        yield from _by_language(name, f"{pipe}: ", "words have no piece", empty)


def _by_language(
    name: str, component: str, meaning: str, shares: Mapping[str, Tuple[int, int]]
) -> Iterator[Finding]:
    some = {lang: (part, whole) for lang, (part, whole) in shares.items() if part}
    if some:
        parts = [
            f"{lang} {part} of {whole} ({100 * part / whole:.2g} %)"
            for lang, (part, whole) in sorted(some.items(), key=_worst_first)
        ]
        yield Finding("warn", f"{name}: {component}{meaning}: {_list(parts)}")


def _worst_first(item: Tuple[str, Tuple[int, int]]) -> float:
    _, (part, whole) = item
    return -part / whole


def _list(names: Any) -> str:
    return ", ".join(names)
