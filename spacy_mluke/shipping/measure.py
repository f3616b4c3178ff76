"""Two pipelines side by side: scores, speed, size."""

import time
from pathlib import Path
from typing import Any, Dict, List, Mapping, Tuple

from spacy import util
from spacy.language import Language
from spacy.training import Example

from ..training.readers import RelationCorpus
from .folders import folder_size

_ROUNDS = 2


def compare(folders: Mapping[str, Path], data: Path) -> Dict[str, Dict[str, Any]]:
    """Evaluate pipelines on the same data, in turns, so that none has the quieter machine.

    folders (Mapping[str, Path]): The pipelines by the names that the result shall have.
    data (Path): A .spacy or JSONL file, or a folder of them. Entities are predicted from the text
        if a component predicts them, and those of the data otherwise.
    RETURNS (Dict[str, Dict[str, Any]]): For each pipeline "scores", "words_per_second" (the best
        of two rounds), "load_seconds" and "megabytes".
    RAISES (ValueError): If there is no data or it cannot be read.
    """
    results: Dict[str, Dict[str, Any]] = {}
    pipelines: Dict[str, Language] = {}
    for name, folder in folders.items():
        start = time.perf_counter()
        pipelines[name] = util.load_model(folder)
        seconds = time.perf_counter() - start
        size = folder_size(folder) / 1e6
        results[name] = {"megabytes": size, "load_seconds": seconds, "words_per_second": 0.0}
    for _ in range(_ROUNDS):
        for name, nlp in pipelines.items():
            scores = nlp.evaluate(_examples(nlp, data))
            speed = scores.pop("speed")
            results[name]["words_per_second"] = max(speed, results[name]["words_per_second"])
            results[name]["scores"] = scores
    return results


def summary(results: Mapping[str, Mapping[str, Any]]) -> List[Tuple[str, ...]]:
    """RETURNS (List[Tuple[str, ...]]): Rows of a table: what, and the value of each pipeline."""
    rows = []
    for key, digits in (("megabytes", 1), ("load_seconds", 2), ("words_per_second", 0)):
        values = [f"{result[key]:,.{digits}f}" for result in results.values()]
        rows.append((key.replace("_", " "), *values))
    scores: List[Dict[str, Any]] = [result.get("scores", {}) for result in results.values()]
    for name in scores[0]:
        values = [part.get(name) for part in scores]  # type: ignore[misc]
        if all(isinstance(value, float) for value in values) and not name.startswith("token_"):
            rows.append((name, *(f"{value:.4f}" for value in values)))
    return rows


def _examples(nlp: Language, data: Path) -> List[Example]:
    predicts = any("doc.ents" in nlp.get_pipe_meta(name).assigns for name in nlp.pipe_names)
    return list(RelationCorpus(data, gold_ents=not predicts)(nlp))
