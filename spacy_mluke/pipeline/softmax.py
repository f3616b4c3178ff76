"""Scores of classes to probabilities, on any device."""

from typing import Any

from thinc.api import get_array_module


def softmax(logits: Any) -> Any:
    """RETURNS (Floats2d): (n, classes) probabilities of each row of logits; one of minus infinity
    gives 0.
    """
    xp = get_array_module(logits)
    exp = xp.exp(logits - logits.max(axis=1, keepdims=True))
    return exp / exp.sum(axis=1, keepdims=True)


def log_softmax(logits: Any) -> Any:
    """RETURNS (Floats2d): (n, classes) logarithms of the probabilities."""
    xp = get_array_module(logits)
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - xp.log(xp.exp(shifted).sum(axis=1, keepdims=True))
