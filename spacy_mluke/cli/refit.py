"""`python -m spacy mluke refit`: the entity table in closed form."""

from pathlib import Path

import typer
from wasabi import msg

from ._app import mluke_app
from ._errors import clear_errors

CHECKPOINT = typer.Argument(..., help="Checkpoint with its pretraining heads")
DATASET = typer.Argument(..., help="Folder that `dataset` has written: its training data")
OUTPUT = typer.Argument(..., help="Folder to write the new checkpoint to")
MENTIONS = typer.Option(32, "--max-mentions", help="Mentions of each entity to look at, about")
SEED = typer.Option(0, "--seed", help="Another seed looks at other mentions")
QUIET = typer.Option(False, "--quiet", "-q", help="No progress bars")


@mluke_app.command("refit")
def refit(
    checkpoint: str = CHECKPOINT,
    dataset_path: Path = DATASET,
    output_path: Path = OUTPUT,
    max_mentions: int = MENTIONS,
    seed: int = SEED,
    quiet: bool = QUIET,
) -> None:
    """Compute the rows of the entity table from what mentions look like to the encoder.

    In a short pretraining the rows of rare entities are hardly trained. Linear discriminant
    analysis of the states of masked mentions gives the best ones at once; nothing else changes.

    \b
    Example:
      python -m spacy mluke refit run/checkpoint dataset/ refitted/
    """
    from ..pretraining.dataset import HELD_OUT, TRAIN
    from ..pretraining.refit import collect_states, refit_entities, scale_scores
    from ..pretraining.shards import Shard, find_shards
    from ..pretraining.start import Vocabularies, model_from_checkpoint, save_pretrained

    with clear_errors():
        vocabularies = Vocabularies.read(dataset_path)
        model = model_from_checkpoint(checkpoint, vocabularies, seed=seed)
        mask_row = vocabularies.special["[MASK]"]
        shards = [Shard(folder) for folder in find_shards(dataset_path / TRAIN)]
        sums = collect_states(
            model,
            shards,
            mask_row=mask_row,
            max_mentions=max_mentions,
            seed=seed,
            progress=not quiet,
        )
        rows = refit_entities(model, sums, vocabularies.counts)
        if (dataset_path / HELD_OUT).is_dir():
            held_out = [Shard(folder) for folder in find_shards(dataset_path / HELD_OUT)]
            factor = scale_scores(model, held_out, mask_row=mask_row)
            msg.info(f"Scores of entities times {factor:.3f}, by the pages held out")
        save_pretrained(output_path, model.encoder, model.head_tensors(), vocabularies)
        read = int(sums.counts.sum())
        msg.good(f"{output_path}: {rows} rows, of {read} mentions")
