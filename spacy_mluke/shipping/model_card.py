"""The card of a pipeline on the Hugging Face hub: YAML about it, then its README."""

import re
from typing import Any, Dict, List, Mapping

from huggingface_hub.utils import yaml_dump

# Beginnings of the names of scores, with the name and kind of the task in a card.
_TASKS = {
    "ents": ("Named entities", "token-classification"),
    "ents_macro": ("Named entities, mean over languages", "token-classification"),
    "nel_micro": ("Entity links", "token-classification"),
    "nel_macro": ("Entity links, mean over entities", "token-classification"),
    "links": ("Entity links", "token-classification"),
    "links_micro": ("Entity links", "token-classification"),
    "links_macro": ("Entity links, mean over texts", "token-classification"),
    "rel_micro": ("Relations", "text-classification"),
    "rel_macro": ("Relations, mean over types", "text-classification"),
    "rel_relx": ("Relations, as RELX counts", "text-classification"),
    "spans_sc": ("Spans", "token-classification"),
    "sents": ("Sentences", "token-classification"),
    "cats_micro": ("Text categories", "text-classification"),
    "tag": ("Tags", "token-classification"),
    "pos": ("Parts of speech", "token-classification"),
}
_KINDS = {
    "p": ("precision", "precision"),
    "r": ("recall", "recall"),
    "f": ("F score", "f_score"),
    "acc": ("accuracy", "accuracy"),
}
# What factories do, in the words of the hub.
_TAGS = {
    "ner": "token-classification",
    "mluke_ner": "token-classification",
    "tagger": "token-classification",
    "morphologizer": "token-classification",
    "textcat": "text-classification",
    "textcat_multilabel": "text-classification",
    "entity_linker": "entity-linking",
    "mluke_linker": "entity-linking",
    "mluke_relations": "relation-extraction",
}
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)


def model_card(meta: Mapping[str, Any], readme: str, wheel_url: str, repo: str) -> str:
    """Write the card.

    meta (Mapping[str, Any]): The pipeline's meta.json.
    readme (str): Its README, the YAML of an older card included or not.
    wheel_url (str): Where its wheel will be.
    repo (str): The repository, "org/name".
    RETURNS (str): The text of README.md.
    """
    name = f"{meta['lang']}_{meta['name']}"
    tags = ["spacy"]
    for component in meta.get("components", []):
        factory = meta.get("factories", {}).get(component, component)
        if factory in _TAGS and _TAGS[factory] not in tags:
            tags.append(_TAGS[factory])
    multilingual = ["multilingual"] if meta["lang"] == "xx" else [meta["lang"]]
    about: Dict[str, Any] = {
        "library_name": "spacy",
        "tags": tags,
        "language": [*multilingual, *meta.get("languages", [])],
        # the hub writes "mit", spaCy "MIT", others "GNU GPL 3.0"
        "license": str(meta.get("license") or "").lower().replace(" ", "-").removeprefix("gnu-"),
        "model-index": [{"name": name, "results": _results(meta.get("performance", {}))}],
    }
    if not about["license"]:
        del about["license"]
    body = _FRONT_MATTER.sub("", readme).strip()
    parts = [f"---\n{yaml_dump(about)}---", body or f"# {name}\n\n{meta.get('description', '')}"]
    parts.append(
        f"## Install\n\n```bash\npip install {wheel_url}\n```\n\n"
        f'```python\nimport spacy\n\nnlp = spacy.load("{name}")\n```'
    )
    parts.extend(_language_tables(meta.get("performance", {}), body))
    return "\n\n".join(parts) + f"\n\nPublished at https://huggingface.co/{repo}\n"


def _results(performance: Mapping[str, Any]) -> List[Dict[str, Any]]:
    tasks: Dict[str, List[Dict[str, Any]]] = {}
    for key, value in performance.items():
        prefix, _, kind = key.rpartition("_")
        if prefix in _TASKS and kind in _KINDS and isinstance(value, (int, float)):
            long, short = _KINDS[kind]
            metric = {"name": f"{_TASKS[prefix][0]}: {long}", "type": short, "value": value}
            tasks.setdefault(prefix, []).append(metric)
    return [
        {"task": {"name": _TASKS[prefix][0], "type": _TASKS[prefix][1]}, "metrics": metrics}
        for prefix, metrics in tasks.items()
    ]


def _language_tables(performance: Mapping[str, Any], body: str) -> List[str]:
    """A table for each group of scores by language, where the README has none."""
    tables = []
    for key, by_lang in performance.items():
        prefix = key.removesuffix("_per_lang")
        if prefix == key or not isinstance(by_lang, dict) or "by language" in body.lower():
            continue
        name = _TASKS.get(prefix, (prefix, ""))[0]
        rows = [f"## {name} by language\n", "| language | P | R | F |", "| --- | --- | --- | --- |"]
        for lang, scores in sorted(by_lang.items()):
            values = (f"{100 * scores[part]:.1f}" for part in "prf")
            rows.append(f"| {lang} | {' | '.join(values)} |")
        tables.append("\n".join(rows))
    return tables
