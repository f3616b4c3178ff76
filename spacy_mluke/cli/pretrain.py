"""`python -m spacy mluke pretrain`: train an encoder on a dataset."""

from pathlib import Path

import typer
from spacy.cli._util import parse_config_overrides
from wasabi import msg

from ._app import mluke_app
from ._errors import clear_errors

CONFIG = typer.Argument(..., help="Config file, see configs/pretrain.cfg")
DATASET = typer.Argument(..., help="Folder that `dataset` has written")
OUTPUT = typer.Argument(..., help="Folder of the run; one that was begun is continued")
QUIET = typer.Option(False, "--quiet", "-q", help="No progress bars")


@mluke_app.command(
    "pretrain", context_settings={"allow_extra_args": True, "ignore_unknown_options": True}
)
def pretrain(
    ctx: typer.Context,
    config_path: Path = CONFIG,
    dataset_path: Path = DATASET,
    output_path: Path = OUTPUT,
    quiet: bool = QUIET,
) -> None:
    """Pretrain mLUKE: masked language modelling and masked entity prediction.

    A run that was broken off goes on when it is started again, to the same losses. Values of the
    config can be given as options. On several GPUs or machines, start it with `accelerate launch`
    or `torchrun`. The run's folder gets metrics.jsonl, plots, and a checkpoint that the pipeline
    component loads by its path.

    \b
    Examples:
      python -m spacy mluke pretrain configs/pretrain.cfg dataset/ run/ --run.seed 1
      torchrun --nproc-per-node 8 -m spacy mluke pretrain configs/pretrain.cfg dataset/ run/
    """
    from ..pretraining.plots import plot_run
    from ..pretraining.pretrain import CHECKPOINT, Pretraining
    from ..pretraining.settings import read_settings

    overrides = parse_config_overrides(ctx.args)
    with clear_errors():
        settings = read_settings(config_path, overrides)
        run = Pretraining(settings, dataset_path, output_path, progress=not quiet)
        try:
            run.run()
        except KeyboardInterrupt:
            msg.warn(f"Stopped; start it again to go on from the state in {output_path}")
            raise typer.Exit(130) from None
        if run.is_main:
            plot_run(output_path)
            msg.good(f"{output_path / CHECKPOINT}")
