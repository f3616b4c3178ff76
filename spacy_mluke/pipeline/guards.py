"""Checks on numbers in training."""

from typing import Any, Sequence

import numpy as np
from spacy.tokens import Doc
from thinc.api import get_array_module

from ..errors import Errors


def check_finite(name: str, docs: Sequence[Doc], *values: Any) -> None:
    """Stop training at the first batch that is not all finite numbers.

    name (str): The component.
    docs (Sequence[Doc]): The batch.
    values (Any): Arrays or numbers; `None` is left out.
    RAISES (ValueError): If a value has NaN or infinity; shows the beginning of the batch's texts.
    """
    for value in values:
        if value is None:
            continue
        xp = get_array_module(value) if hasattr(value, "shape") else np
        # The sum is finite only if all terms are, and needs no array of flags.
        if not bool(xp.isfinite(xp.sum(value))):
            texts = " | ".join(doc.text[:40] for doc in docs[:3])
            raise ValueError(Errors.M405.format(name=name, n_docs=len(docs), texts=texts))
