"""The meta and the card of xx_mluke_tiny, from its scores."""

from pathlib import Path
from typing import Any, Dict, List, Mapping

import srsly
from evaluate import ENTS, LINKS, RELATIONS, Scores, mean, percent, to_markdown
from sources import LICENSE, sources

# Without that of RELX, whose types are others.
FACTS = {name: key for name, key in RELATIONS.items() if key != "rel_relx_f"}
# Test sets: file of scores, heading, prefix in the meta, columns, the score that is looked at
# when a language is called weak.
SETS = (
    ("tiny_ner", "Named entities", "ents", ENTS, "ents_f"),
    ("tiny_wikineural", "Named entities of WikiNEuRal", "ents_wikineural", ENTS, "ents_f"),
    ("tiny_links", "Links of given mentions", "links", LINKS, "links_acc"),
    ("tiny_linking", "Links of given mentions in other texts", "links_other", LINKS, "links_acc"),
    ("tiny_facts", "Relations between given places", "rel", FACTS, "rel_micro_f"),
)
# A score below is called weak, in words, in the card.
WEAK = 0.5

_KEYS = {
    "ents": "ents",
    "ents_wikineural": "ents",
    "links": "links_micro",
    "links_other": "links_micro",
    "rel": "rel_micro",
}

Results = Dict[str, Dict[str, Scores]]


def read_results(folder: Path) -> Results:
    """Read what `evaluate.py` has written.

    folder (Path): The folder of scores.
    RETURNS (Results): Name of the test set -> language -> scores.
    RAISES (FileNotFoundError): If one is missing.
    """
    paths = {name: folder / f"{name}.json" for name, *_ in SETS}
    missing = [str(path) for path in paths.values() if not path.is_file()]
    if missing:
        raise FileNotFoundError(f"no scores at {', '.join(missing)}: run evaluate-tiny first")
    return {name: srsly.read_json(path) for name, path in paths.items()}


def make_meta(
    meta: Mapping[str, Any],
    results: Results,
    compared: Mapping[str, Any],
    *,
    version: str,
    languages: List[str],
    ner_languages: List[str],
) -> Dict[str, Any]:
    """The meta of the package.

    meta (Mapping[str, Any]): That of the trained pipeline.
    results (Results): Its scores.
    compared (Mapping[str, Any]): Comparison of the original with the optimised pipeline.
    version (str): Version of the package.
    languages (List[str]): The languages of the encoder and of the alias dictionary.
    ner_languages (List[str]): Those whose named entities were trained on.
    RETURNS (Dict[str, Any]): The meta; "performance" has the scores of the test sets.
    """
    return {
        **meta,
        "name": "mluke_tiny",
        "version": version,
        "description": (
            "Named entities (PER, LOC, ORG), their links to Wikidata, and relations between "
            f"places (located_in, capital_of) in {len(languages)} languages, by one small "
            "multilingual encoder of words and entities (mLUKE)."
        ),
        "author": "The spacy_mluke authors",
        "license": LICENSE,
        "languages": languages,
        "ner_languages": ner_languages,
        "sources": sources(ner_languages),
        "performance": _performance(results, compared),
        "notes": "README.md has the scores by language, and what the pipeline cannot do.",
    }


def _performance(results: Results, compared: Mapping[str, Any]) -> Dict[str, Any]:
    found: Dict[str, Any] = {}
    for name, _, prefix, columns, _ in SETS:
        parts = {part: f"{_KEYS[prefix]}_{part}" for part in "prf"}
        more = {key: key for key in columns.values() if prefix.startswith("links")}
        by_lang = {
            lang: {short: scores[key] for short, key in {**parts, **more}.items()}
            for lang, scores in results[name].items()
            if scores.get(parts["f"]) is not None
        }
        found[f"{prefix}_per_lang"] = by_lang
        found[f"{prefix}_lang_macro_f"] = mean(results[name], parts["f"])
        if prefix == "links":
            for key in ("links_acc", "links_acc_prior"):
                found[key] = mean(results[name], key)
    found["speed"] = compared["optimized"]["words_per_second"]
    return found


def make_card(meta: Mapping[str, Any], results: Results, compared: Mapping[str, Any]) -> str:
    """The card: what it is made of, scores by language, what is weak, what it cannot do.

    meta (Mapping[str, Any]): What `make_meta` gave.
    results (Results): The scores.
    compared (Mapping[str, Any]): Comparison of the original with the optimised pipeline.
    RETURNS (str): Markdown. `mluke push` puts the front matter of the hub before it.
    """
    languages, trained = meta["languages"], meta["ner_languages"]
    zero = [lang for lang in languages if lang not in trained]
    parts = [
        f"# {meta['lang']}_{meta['name']}",
        meta["description"],
        f"Languages: {', '.join(languages)}. Corpora of named entities were there in "
        f"{', '.join(trained)}; names in {', '.join(zero)} are found by what those taught "
        "(zero-shot). Texts in languages that are not in the list are analysed as well, but the "
        "encoder has not read any: expect little.",
        "## Scores by language\n\nIn per cent, on texts that were not trained on.",
    ]
    for name, heading, _, columns, _ in SETS:
        parts.append(f"### {heading}\n\n{_about(name)}\n\n{to_markdown(results[name], columns)}")
    parts.append(_precision(compared))
    parts.append(f"## What is weak\n\n{weak_languages(languages, results)}")
    parts.append(_LIMITS)
    parts.append(
        f"## Licence\n\n{meta['license']}, as the texts ask for.\n\n"
        "| source | licence |\n| --- | --- |\n"
        + "\n".join(f"| [{s['name']}]({s['url']}) | {s['license']} |" for s in meta["sources"])
    )
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _about(name: str) -> str:
    return {
        "tiny_ner": "The test sets of the corpora that the pipeline was trained on; strict F1.",
        "tiny_wikineural": "A corpus that it was not trained on at all (CC BY-NC-SA 4.0).",
        "tiny_links": "Links that people have set in held-out pages of Wikipedia. `prior` takes "
        "the item that the mention is most often linked to.",
        "tiny_linking": "News, and newspapers of two centuries as they were read by machine "
        "(`hipe2020`, `newseye`: CC BY-NC-SA 4.0). Items that the table lacks are never right.",
        "tiny_facts": "Facts of Natural Earth in sentences that name both places; no place is "
        "the head of a fact both in training and here.",
    }[name]


def _precision(compared: Mapping[str, Any]) -> str:
    original, small = compared["original"], compared["optimized"]
    scores = [percent(part["scores"].get("ents_f")) for part in (original, small)]
    return (
        "These are the scores of the trained pipeline. The package has its weights in bf16: F1 of "
        f"all named entities is {scores[1]} with them and {scores[0]} without, the folder takes "
        f"{small['megabytes']:.1f} MB instead of {original['megabytes']:.1f} MB."
    )


def weak_languages(languages: List[str], results: Results) -> str:
    """Say what is weak, with figures.

    languages (List[str]): The languages of the pipeline.
    results (Results): The scores.
    RETURNS (str): A list in Markdown: for each test set the languages whose score is below `WEAK`,
        and those without a test.
    """
    lines = []
    for name, heading, _, columns, key in SETS:
        title = next(title for title, column in columns.items() if column == key)
        scored = {lang: scores.get(key) for lang, scores in results[name].items()}
        low = {lang: value for lang, value in scored.items() if value is not None and value < WEAK}
        ordered = sorted(low, key=lambda lang: low[lang])
        weak = ", ".join(f"{lang} {percent(low[lang])}" for lang in ordered) or "none"
        lines.append(f"- {heading}, {title} below {percent(WEAK)}: {weak}.")
    for heading, names in _TASKS.items():
        tested = {
            lang.rpartition("_")[2]  # test sets of links: hipe2020_de
            for name in names
            for lang, scores in results[name].items()
            if scores.get(_score_of(name)) is not None
        }
        unknown = [lang for lang in languages if lang not in tested]
        if unknown:
            lines.append(f"- {heading}: there was nothing to test on in {', '.join(unknown)}.")
    return "\n".join(lines)


def _score_of(name: str) -> str:
    return next(key for found, *_, key in SETS if found == name)


_TASKS = {
    "Named entities": ("tiny_ner", "tiny_wikineural"),
    "Links": ("tiny_links", "tiny_linking"),
    "Relations": ("tiny_facts",),
}
_LIMITS = """## What it cannot do

- It is small and has read little text (see the card of its encoder). It is there for trials, tests
  and teaching.
- It knows two relations, between places: `located_in` and `capital_of`. They were learned from
  sentences that name both places, whether or not the sentence says so: what it has learned is as
  much about the places as about the words.
- It links names to the items of its table; all others stay without an item ("NIL").
- What it knows is what its texts say, with their gaps and their bias: more about some countries,
  times and people than about others."""
