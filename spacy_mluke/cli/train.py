"""`python -m spacy mluke train`: training that goes on where it was stopped."""

import sys
from pathlib import Path
from typing import Optional

import typer
from spacy.cli._util import (
    import_code,
    parse_config_overrides,
    setup_gpu,
    show_validation_error,
)
from spacy.util import load_config
from wasabi import msg

from ._app import mluke_app
from ._errors import clear_errors

CONFIG = typer.Argument(..., help="Training config", exists=True, dir_okay=False)
OUTPUT = typer.Option(..., "--output", "-o", help="Folder for the trained pipelines")
CODE = typer.Option(None, "--code", "-c", help="Python file with more registered functions")
GPU = typer.Option(-1, "--gpu-id", "-g", help="GPU, or -1 for the CPU")
RESTART = typer.Option(False, "--restart", help="Begin again, whatever was saved")


@mluke_app.command(
    "train", context_settings={"allow_extra_args": True, "ignore_unknown_options": True}
)
def train(
    ctx: typer.Context,
    config_path: Path = CONFIG,
    output_path: Path = OUTPUT,
    code_path: Optional[Path] = CODE,
    use_gpu: int = GPU,
    restart: bool = RESTART,
) -> None:
    """Train as `spacy train` does, and go on with a training that was stopped.

    The results are those of `spacy train`. Before each step with an evaluation
    (training.eval_frequency) all that a training needs to go on is saved in
    OUTPUT/training-state; the same command goes on from there, to the same weights as if it had
    not been stopped. Values of the config can be given as options.

    \b
    Examples:
      python -m spacy mluke train configs/ner.cfg -o training --paths.train ner/ --paths.dev dev/
      python -m spacy mluke train config.cfg -o training --gpu-id 0 --training.max_steps 5000
    """
    # torch takes seconds to import
    from ..training.loop import train_resumable
    from ..training.train_state import delete_state, find_saved_training

    overrides = parse_config_overrides(ctx.args)
    import_code(code_path)
    setup_gpu(use_gpu)
    with clear_errors(), show_validation_error(config_path):
        config = load_config(config_path, overrides=overrides, interpolate=False)
        if restart:
            delete_state(output_path)
        saved = find_saved_training(output_path)
        if saved is not None:
            msg.info(f"Going on after {saved.state.steps:,} steps: {saved.path}")
        train_resumable(
            config, output_path, saved, use_gpu=use_gpu, stdout=sys.stdout, stderr=sys.stderr
        )
    msg.good(f"{output_path / 'model-best'}")
