"""Training that goes on where it was stopped.

The steps are those of `spacy train`, taken by spaCy's own loop; what is added is the state that
they leave behind from time to time.
"""

import random
import shutil
from pathlib import Path
from timeit import default_timer
from typing import IO, Any, Callable, Dict, Iterable, Iterator, List, Optional, Tuple

from spacy.language import Language
from spacy.schemas import ConfigSchemaTraining
from spacy.training import Example
from spacy.training.initialize import init_nlp
from spacy.training.loop import (
    DIR_MODEL_BEST,
    DIR_MODEL_LAST,
    clean_output_dir,
    create_before_to_disk_callback,
    create_evaluation_callback,
    create_train_batches,
    train_while_improving,
    update_meta,
)
from spacy.util import registry, resolve_dot_names
from thinc.api import Config, fix_random_seed, set_gpu_allocator

from ..files import written_whole
from .train_state import SavedTraining, TrainState, delete_state, save_state

Batch = Tuple[int, List[Example]]


def train_resumable(
    config: Config,
    output: Path,
    saved: Optional[SavedTraining] = None,
    *,
    use_gpu: int = -1,
    stdout: IO,
    stderr: IO,
) -> Language:
    """Train a pipeline as `spacy train` does, with the same results. A training that was stopped
    can go on, on a CPU to the same weights, bit for bit: its state is saved before each step that
    is followed by an evaluation (`training.eval_frequency`), and deleted when all is done.

    config (Config): The config, not interpolated.
    output (Path): Folder of "model-best", "model-last" and, meanwhile, "training-state".
    saved (Optional[SavedTraining]): The state to go on from; `None` to start.
    use_gpu (int): The GPU, -1 for the CPU.
    stdout, stderr (IO): Where the logger writes.
    RETURNS (Language): The trained pipeline.
    RAISES (ValueError): If the state is damaged, or that of another config.
    """
    given = config.interpolate()
    if saved is not None:
        saved.check(given)
        nlp, state = saved.pipeline(), saved.state
    else:
        nlp, state = init_nlp(config, use_gpu=use_gpu), TrainState(config=given)
        clean_output_dir(output)
    settings = nlp.config.interpolate()
    if settings["training"]["seed"] is not None:
        fix_random_seed(settings["training"]["seed"])
    if use_gpu >= 0 and settings["training"]["gpu_allocator"]:
        set_gpu_allocator(settings["training"]["gpu_allocator"])
    T = registry.resolve(settings["training"], schema=ConfigSchemaTraining)
    corpora = resolve_dot_names(settings, [T["train_corpus"], T["dev_corpus"]])
    batches = create_train_batches(nlp, corpora[0], T["batcher"], T["max_epochs"])
    steps = train_while_improving(
        nlp,
        T["optimizer"],
        _from(batches, state.steps),
        create_evaluation_callback(nlp, corpora[1], T["score_weights"]),
        dropout=T["dropout"],
        accumulate_gradient=T["accumulate_gradient"],
        patience=T["patience"],
        max_steps=0,
        eval_frequency=T["eval_frequency"],
        exclude=T["frozen_components"],
        annotating_components=T["annotating_components"],
        before_update=_shifted(T["before_update"], state.steps),
    )
    if saved is not None:
        saved.restore(nlp, T["optimizer"])
    with nlp.select_pipes(disable=T["frozen_components"]):
        log_step, finalize_logger = T["logger"](nlp, stdout, stderr)
    before_to_disk = create_before_to_disk_callback(T["before_to_disk"])
    try:
        for info, is_best in _numbered(steps, state):
            if is_best is not None:
                with nlp.select_pipes(disable=T["frozen_components"]):
                    update_meta(T, nlp, info)
                with nlp.use_params(T["optimizer"].averages or {}):
                    _save(before_to_disk(nlp), output, is_best)
                info["output_path"] = str(output / DIR_MODEL_LAST)
            log_step(info if is_best is not None else None)
            if T["max_steps"] and info["step"] >= T["max_steps"]:
                break
            if (info["step"] + 1) % T["eval_frequency"] == 0:
                save_state(output, TrainState.after(info, given), nlp, T["optimizer"])
    finally:
        finalize_logger()
    with nlp.use_params(T["optimizer"].averages or {}):
        _save(before_to_disk(nlp), output, False)
    delete_state(output)
    return nlp


def _from(batches: Iterator[Batch], done: int) -> Iterator[Batch]:
    """Batches without the first ones. They have random numbers of their own, so that they are the
    same whatever else has drawn some before the training was stopped.
    """
    own = random.getstate()
    while True:
        others = random.getstate()
        random.setstate(own)
        batch = next(batches, None)
        own = random.getstate()
        random.setstate(others)
        if batch is None:
            return
        if done:
            done -= 1
        else:
            yield batch


def _shifted(before_update: Optional[Callable], done: int) -> Optional[Callable]:
    """A callback that is told the steps of the whole training."""
    if before_update is None:
        return None
    return lambda nlp, args: before_update(nlp, {**args, "step": args["step"] + done})


def _numbered(
    steps: Iterable[Tuple[Any, Dict[str, Any], Optional[bool]]], state: TrainState
) -> Iterator[Tuple[Dict[str, Any], Optional[bool]]]:
    """What spaCy's loop says of each step, as if it had begun with the first step of all."""
    began = default_timer() - state.seconds
    for _, info, is_best in steps:
        results: List[Tuple[float, int]] = info["checkpoints"]
        if info["step"] == 0:
            # Both are the loop's own, and it decides by them when to stop and what it tells next.
            results[:0] = [(score, step - state.steps) for score, step in state.results]
            for name, loss in state.losses.items():
                info["losses"][name] = info["losses"].get(name, 0.0) + loss
        if is_best is not None:
            is_best = info["score"] == max(results)[0]
        yield {
            **info,
            "step": info["step"] + state.steps,
            "words": info["words"] + state.words,
            "seconds": int(default_timer() - began),
            "checkpoints": [(score, step + state.steps) for score, step in results],
        }, is_best


def _save(nlp: Language, output: Path, is_best: bool) -> None:
    with written_whole(output / DIR_MODEL_LAST) as new:
        nlp.to_disk(new)
    if is_best:
        with written_whole(output / DIR_MODEL_BEST) as new:
            shutil.copytree(output / DIR_MODEL_LAST, new, dirs_exist_ok=True)
