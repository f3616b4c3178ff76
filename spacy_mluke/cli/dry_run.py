"""`python -m spacy mluke dry-run`: encoders of full size without their weights."""

import typer
from wasabi import msg, table

from ._app import mluke_app
from ._errors import clear_errors

SIZE = typer.Option(..., "--size", "-s", help="tiny, base-lite, base, large-lite or large")
PRECISION = typer.Option("fp32", "--precision", "-p", help="Of the prediction: fp32, bf16 or int8")
BACKWARD = typer.Option(False, "--backward", "-b", help="A training step's two passes as well")
WINDOW = typer.Option(512, "--window", "-w", help="Pieces of the window")
SLOTS = typer.Option(64, "--slots", min=1, help="Entity slots on it")
SHAPES = typer.Option(False, "--shapes", help="Count parameters alone, in no memory")


@mluke_app.command("dry-run")
def dry_run(
    size: str = SIZE,
    precision: str = PRECISION,
    backward: bool = BACKWARD,
    window: int = WINDOW,
    slots: int = SLOTS,
    shapes: bool = SHAPES,
) -> None:
    """Try a model of full size with random weights: parameters, memory, seconds for a window.

    Downloads nothing. Where the memory would not do, parameters are counted alone.

    \b
    Examples:
      python -m spacy mluke dry-run --size base-lite --backward
      python -m spacy mluke dry-run --size large --precision int8
      python -m spacy mluke dry-run --size large --shapes
    """
    # torch takes seconds to import
    from ..shipping.dry_run import SIZES, describe, free_bytes, needed_bytes, run

    for name, value, allowed in (
        ("size", size, tuple(SIZES)),
        ("precision", precision, ("fp32", "bf16", "int8")),
    ):
        if value not in allowed:
            msg.fail(f"--{name} is {value}. Possible: {', '.join(allowed)}.", exits=1)
    header = ("part", "million parameters", "GiB fp32", "GiB bf16", "GiB int8")
    print(table(describe(size), header=header, divider=True, aligns=("l", *"rrrr")))
    if shapes:
        return
    needed = needed_bytes(SIZES[size], backward=backward, precision=precision)
    free = free_bytes()
    if needed > free:
        msg.warn(
            f"Not run: the weights need {needed / 2**30:.1f} GiB of memory, {free / 2**30:.1f} GiB "
            "are free"
        )
        return
    with clear_errors():
        steps = run(size, precision=precision, backward=backward, window=window, slots=slots)
    rows = [(step, f"{seconds:.2f}", f"{peak:.2f}") for step, seconds, peak in steps]
    print(table(rows, header=("step", "seconds", "peak GiB"), divider=True, aligns=("l", "r", "r")))
