"""`python -m spacy mluke convert checkpoint`: weights of any form to a Hugging Face folder."""

from pathlib import Path
from typing import Optional

import typer
from wasabi import msg

from ._app import convert_app
from ._errors import clear_errors

INPUT = typer.Argument(..., help="A checkpoint: a folder in any form, or a name on the hub")
OUTPUT = typer.Argument(..., help="Folder to write")
PRECISION = typer.Option("fp32", "--precision", help="fp32, or fp16 or bf16 for half the size")
LITE = typer.Option(False, "--lite", help="Keep the four special entities alone")
HEADS = typer.Option(True, "--heads/--no-heads", help="Keep the pretraining heads")


@convert_app.command("checkpoint")
def convert_checkpoint(
    input_path: str = INPUT,
    output_path: Path = OUTPUT,
    precision: str = PRECISION,
    lite: bool = LITE,
    heads: bool = HEADS,
) -> None:
    """Write a checkpoint as transformers and the pipeline components load it.

    \b
    Examples:
      python -m spacy mluke convert checkpoint original-mluke/ mluke/ --precision fp16
      python -m spacy mluke convert checkpoint run/checkpoint small/ --precision fp16 --lite
    """
    import torch  # takes seconds to import

    from ..modeling.checkpoint import build_encoder, load_checkpoint
    from ..modeling.saving import save_checkpoint

    kinds = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}
    if precision not in kinds:
        msg.fail(f"--precision is {precision}. Possible: {', '.join(kinds)}.", exits=1)
    dtype: Optional[torch.dtype] = kinds[precision]
    with clear_errors():
        checkpoint = load_checkpoint(input_path, entity_rows="special" if lite else "all")
        special = checkpoint.special_entities
        entities = {k: v for k, v in checkpoint.read_entities().items() if k not in special}
        save_checkpoint(
            output_path,
            build_encoder(checkpoint, dtype=dtype),
            checkpoint.config,
            piece_model=checkpoint.piece_model.read_bytes() if checkpoint.piece_model else None,
            special_entities=special,
            entities=entities,
            heads={k: v.to(dtype) for k, v in checkpoint.heads.items()} if heads else None,
            values=checkpoint.values,
        )
    size = sum(file.stat().st_size for file in output_path.iterdir()) / 1e6
    msg.good(f"{output_path}: {size:.1f} MB, {checkpoint.config.entity_vocab_size} entities")
