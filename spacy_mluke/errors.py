"""Every message the package shows when something is wrong, with its number.

A number is never reused. Ranges: 1xx text, 2xx modeling and checkpoints, 3xx layers,
4xx pipeline components, 5xx training data and scoring, 6xx command line, 7xx pretraining,
8xx entity knowledge. The texts are in `messages`.
"""

from .messages import cli, entities, layers, modeling, pipeline, pretraining, text, training


class _Numbered(type):
    """Puts the code of a message in front of it: ``Errors.M101`` -> ``[M101] ...``."""

    def __getattribute__(cls, name: str) -> str:
        message = super().__getattribute__(name)
        return message if name.startswith("_") else f"[{name}] {message}"


class Errors(
    text.Errors,
    modeling.Errors,
    layers.Errors,
    pipeline.Errors,
    training.Errors,
    cli.Errors,
    pretraining.Errors,
    entities.Errors,
    metaclass=_Numbered,
):
    """Messages of exceptions. Use as ``ValueError(Errors.M101.format(...))``."""


class Warnings(
    text.Warnings,
    layers.Warnings,
    pipeline.Warnings,
    training.Warnings,
    pretraining.Warnings,
    entities.Warnings,
    metaclass=_Numbered,
):
    """Messages of warnings, numbered apart from the errors (``W`` for ``M``)."""
