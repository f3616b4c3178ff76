"""The model card of a pretrained encoder: what it is made of, what it can do, what it cannot."""

import json
from math import prod
from pathlib import Path
from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple

from safetensors import safe_open

from ..files import PathLike, atomic_path
from .dataset import HELD_OUT, TRAIN
from .run_state import read_metrics
from .shards import Shard, find_shards

CHECKPOINT, SETTINGS, WEIGHTS = "checkpoint", "settings.json", "model.safetensors"
LOSSES = "losses.svg"

# Name, licence, where it is from
Source = Tuple[str, str, str]
Rows = Iterable[Sequence[object]]

_LIMITS = (
    "What the encoder knows is what its texts say, with their gaps and their bias: more about "
    "some countries, times and people than about others.",
    "An entity that has no row in the table is `[MASK]` or `[UNK]` to it; its vector then comes "
    "from the context alone.",
    "The encoder gives vectors. For names, relations or links train components on it, and measure "
    "them on texts like yours.",
)


def write_card(
    run_folder: PathLike,
    path: PathLike,
    *,
    title: str,
    data: Sequence[Source],
    dataset: Optional[PathLike] = None,
    scores: Optional[Mapping[str, Any]] = None,
    twin_scores: Optional[Mapping[str, Any]] = None,
    anchor_scores: Optional[Mapping[str, Any]] = None,
    steps: Sequence[str] = (),
    limits: Sequence[str] = (),
) -> None:
    """Write the card of a run, in Markdown, and beside it the picture of the run's losses, if any.

    run_folder (PathLike): What `pretrain` has written: settings, metrics, checkpoint.
    path (PathLike): The file to write.
    title (str): Its heading.
    data (Sequence[Source]): Name, licence and origin of each set of texts.
    dataset (Optional[PathLike]): What it was trained on, to tell the languages.
    scores (Optional[Mapping[str, Any]]): What `score` has written. The last evaluation of the run
        takes its place if there are none.
    twin_scores (Optional[Mapping[str, Any]]): The same of a run on words alone, to compare with.
    anchor_scores (Optional[Mapping[str, Any]]): The same as `scores` on links alone that people
        have set.
    steps (Sequence[str]): What was done with the weights after the run.
    limits (Sequence[str]): More that users should know, beside what holds for all such models.
    RAISES (OSError): If the run has no settings or no checkpoint.
    """
    run = Path(run_folder)
    settings = json.loads((run / SETTINGS).read_text(encoding="utf8"))
    records = read_metrics(run)
    parts = [
        f"# {title}",
        _introduction(run / CHECKPOINT, settings),
        "## Data",
        _table(("texts", "licence", "from"), data),
        *([_languages(Path(dataset))] if dataset is not None else []),
        "## Training",
        "\n".join([_training(settings, records), *(f"- {step}" for step in steps)]),
        *([f"![Losses by step]({LOSSES})"] if _copied(run / LOSSES, Path(path)) else []),
        "## Results",
        _results(scores or _last_scores(records), twin_scores or {}),
        *([_senses(anchor_scores["entities"])] if anchor_scores is not None else []),
        "## Limits",
        "\n".join(f"- {limit}" for limit in (*limits, *_LIMITS)),
    ]
    with atomic_path(path) as temporary:
        temporary.write_text("\n\n".join(parts) + "\n", encoding="utf8")


def _copied(picture: Path, card: Path) -> bool:
    target = card.with_name(picture.name)
    if picture.is_file() and picture != target:
        with atomic_path(target) as temporary:
            temporary.write_bytes(picture.read_bytes())
    return picture.is_file()


def _introduction(checkpoint: Path, settings: Mapping[str, Any]) -> str:
    config = json.loads((checkpoint / "config.json").read_text(encoding="utf8"))
    with safe_open(checkpoint / WEIGHTS, framework="numpy") as file:
        shapes = [file.get_slice(name).get_shape() for name in file.keys()]
    millions = sum(map(prod, shapes)) / 1e6
    start = settings["start"]["checkpoint"]
    origin = f"Pretraining began with the weights of `{start}`." if start else (
        "It was pretrained from scratch."
    )
    rows = [
        ("layers", config["num_hidden_layers"]),
        ("size of word states", config["hidden_size"]),
        ("size of entity embeddings", config["entity_emb_size"]),
        ("word pieces", config["vocab_size"]),
        ("entities", config["entity_vocab_size"]),
        ("parameters, in millions", f"{millions:.1f}"),
    ]
    return (
        "A multilingual encoder that reads words and entities (mLUKE). "
        f"{origin} In spaCy:\n\n"
        '```python\nnlp.add_pipe("mluke", config={"model": {"name": "path/to/this/folder"}})\n```'
        f"\n\n{_table(('size', ''), rows)}"
    )


def _languages(dataset: Path) -> str:
    held_out: Dict[str, int] = {}
    if (dataset / HELD_OUT).is_dir():
        for shard in map(Shard, find_shards(dataset / HELD_OUT)):
            held_out[shard.language] = shard.metadata["pieces"]
    rows = [
        (
            shard.language,
            f"{shard.metadata['pieces']:,}",
            f"{shard.metadata['entities']:,}",
            f"{held_out.get(shard.language, 0):,}",
        )
        for shard in map(Shard, find_shards(dataset / TRAIN))
    ]
    return _table(("language", "pieces", "mentions", "pieces held out"), rows)


def _training(settings: Mapping[str, Any], records: List[Dict[str, Any]]) -> str:
    run, masking = settings["run"], settings["masking"]
    planned = sum(stage["steps"] for stage in settings["stages"].values())
    last = ([record for record in records if "mlm_loss" in record] or [{}])[-1]
    done = last.get("step", 0)
    learn = ", ".join(
        f"{stage['steps']:,} of the stage `{name}` (learning rate {stage['learn_rate']:g}, "
        f"warmup {stage['warmup']:,}, trains {stage['trainable']})"
        for name, stage in settings["stages"].items()
    )
    task = f"{masking['words']:.0%} of the word pieces are hidden"
    if run["with_entities"]:
        task += f", and {masking['entities']:.0%} of the entities"
    lines = [
        f"- steps: {learn}",
        f"- a step reads {settings['sampling']['batch_pieces']:,} pieces at most; languages are "
        f"sampled with the exponent {settings['sampling']['smoothing']:g}",
        f"- task: {task}",
        f"- precision {run['precision']}, seed {run['seed']}",
    ]
    if done:
        hours = last["seconds"] / 3600
        lines.append(f"- read {last['pieces']:,} pieces in {hours:.1f} hours")
    if done < planned:
        lines.append(f"- **not finished**: logged {done:,} of {planned:,} steps")
    return "\n".join(lines)


def _last_scores(records: List[Dict[str, Any]]) -> Dict[str, Any]:
    """The last evaluation of the run, in the form of `score`."""
    held_out: Dict[str, Any] = ([r["held_out"] for r in records if "held_out" in r] or [{}])[-1]
    entities = {
        lang: {
            "accuracy@1": values["mep_accuracy@1"],
            "accuracy@10": values["mep_accuracy@10"],
            "mentions": values["entities"],
        }
        for lang, values in held_out.items()
        if values["entities"]
    }
    return {"pieces": held_out, "entities": entities}


def _results(scores: Mapping[str, Any], twin: Mapping[str, Any]) -> str:
    """Accuracies on held-out pages, a row for each language."""
    words, twins = scores.get("pieces") or {}, twin.get("pieces") or {}
    if not words:
        return "Nothing was held out to measure on."
    entities, hidden = (scores.get(name) or {} for name in ("entities", "entities_by_context"))
    columns = [
        ("masked pieces", words, "mlm_accuracy"),
        ("the same, of the twin", twins, "mlm_accuracy"),
        ("masked entities", entities, "accuracy@1"),
        ("among ten", entities, "accuracy@10"),
        ("most frequent sense", entities, "most_frequent_sense"),
        ("where that is wrong", entities, "context_accuracy@1"),
        ("with the mention hidden", hidden, "accuracy@1"),
    ]
    shown = [
        column for column in columns if any(column[2] in row for row in column[1].values())
    ]
    rows = [
        (
            lang,
            *(
                f"{100 * table[lang][key]:.1f}" if key in table.get(lang, {}) else ""
                for _, table, key in shown
            ),
            entities.get(lang, {}).get("mentions", ""),
        )
        for lang in words
    ]
    header = ("language", *(name for name, _, _ in shown), "mentions")
    parts = [
        "Accuracy in per cent on pages that training has not seen.",
        _table(header, rows),
    ]
    if twins:
        parts.append("The twin was trained in as many steps on the same data, but words alone.")
    agreement = scores.get("cross_lingual_agreement")
    if agreement:
        parts.append(
            f"For {100 * agreement['accuracy']:.1f} % of {agreement['queries']:,} mentions the "
            "nearest mention in another language, by its vector, is of the same item (by chance: "
            f"{100 * agreement['chance']:.1f} %)."
        )
    return "\n\n".join(parts)


def _senses(entities: Mapping[str, Mapping[str, float]]) -> str:
    """Accuracies on names that stand for several entities, where the context decides."""
    keys = (
        "accuracy@1",
        "most_frequent_sense",
        "ambiguous_accuracy@1",
        "ambiguous_accuracy_among_senses",
        "ambiguous_most_frequent_sense",
    )
    rows = [
        (
            lang,
            *(f"{100 * scores[key]:.1f}" for key in keys[:2]),
            scores["mentions"],
            *(f"{100 * scores[key]:.1f}" for key in keys[2:]),
            scores["ambiguous_mentions"],
        )
        for lang, scores in entities.items()
        if scores["ambiguous_mentions"]
    ]
    header = (
        "language", "all", "most frequent sense", "mentions", "ambiguous", "among their senses",
        "most frequent sense", "ambiguous mentions",
    )
    return (
        "Masked entities at links that people have set, on the same held-out pages. Mentions are "
        "ambiguous if at most 80 % of their links to Wikidata items in training are to one item. "
        "The model chooses among all entities, or among the items that the mention is linked to in "
        "training; the most frequent of these is what a dictionary knows without the context.\n\n"
        + _table(header, rows)
    )


def _table(header: Sequence[str], rows: Rows) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(
        f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in line)} |"
        for line in lines
    )
