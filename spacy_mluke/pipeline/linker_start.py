"""What a linker begins with: the pretrained head, and in the end its calibration."""

import warnings
from typing import Dict, List, Optional, Sequence, Tuple

import numpy as np
from thinc.api import Model
from thinc.types import Floats2d, Ints1d

from ..errors import Errors, Warnings
from ..layers.linker import Candidates, ScorerInput, has_head, start_head
from ..layers.linker_calibration import fit_calibration
from ..layers.linker_table import LinkerEncoder
from ..layers.shim import EncoderShim
from ..layers.start import start_weights
from ..modeling.checkpoint import load_checkpoint
from ..report import Report
from .candidates import CandidateLists

# Vectors of mentions, their candidates, and which of them is right.
CalibrationPart = Tuple[Floats2d, CandidateLists, Ints1d]


def start_linker(
    name: str, model: Model, shims: Sequence[EncoderShim], checkpoint: Optional[str]
) -> None:
    """Fill a linker's model with the head of a checkpoint.

    name (str): The component, for messages.
    model (Model): Its model.
    shims (Sequence[EncoderShim]): The encoder of its own, if it has one.
    checkpoint (Optional[str]): Hub name or folder; `None` for that of the encoder.
    RAISES (ValueError): If there are no entities to link to, or no head.
    """
    for shim in shims:
        if checkpoint is None and shim.settings.name is None:
            raise ValueError(Errors.M321)
        start_weights(shim, tuple, checkpoint=checkpoint)
    encoder = LinkerEncoder.of(model.get_ref("tok2vec"), name)
    encoder.check(name)
    heads, source = encoder.shim.heads, encoder.shim.settings.name or "the encoder"
    if checkpoint is not None and not shims:
        heads, source = load_checkpoint(checkpoint).heads, checkpoint
    if not has_head(heads):
        raise ValueError(Errors.M442.format(name=name, source=source))
    start_head(model.get_ref("output_layer"), heads, encoder.module, source)


def warn_of_lost_links(name: str, report: Report) -> None:
    """Say how many gold links cannot be learned, and why.

    name (str): The component.
    report (Report): What `GoldLinks.count` counted.
    """
    lost = sum(report.lost.values())
    if lost:
        reasons = ", ".join(f"{n} {why}" for why, n in report.lost.items() if n)
        total = lost + sum(report.kept.values())
        text = Warnings.W440.format(name=name, lost=lost, total=total, reasons=reasons)
        warnings.warn(text, stacklevel=3)


def calibrate(
    name: str, scorer: Model, encoder: LinkerEncoder, parts: List[CalibrationPart]
) -> Dict[str, float]:
    """Fit the weights of head and prior and the score of NIL.

    name (str): The component, for messages.
    scorer (Model): The model's "output_layer".
    encoder (LinkerEncoder): The encoder.
    parts (List[CalibrationPart]): Annotated mentions.
    RETURNS (Dict[str, float]): Number of mentions, and their cross-entropy before and after.
    RAISES (ValueError): If no mention has candidates.
    """
    n_mentions = sum(int(found.arrays.real.any(axis=1).sum()) for _, found, _ in parts)
    if not n_mentions:
        raise ValueError(Errors.M448.format(name=name))
    most = max(found.arrays.real.shape[1] for _, found, _ in parts)
    arrays = [
        np.concatenate([_widen(part, most) for part in column])
        for column in zip(*(found.arrays for _, found, _ in parts))
    ]
    candidates = Candidates(*arrays)
    rows = np.flatnonzero(candidates.real.any(axis=1))
    vectors = scorer.ops.xp.concatenate([vectors for vectors, _, _ in parts])
    targets = np.concatenate([targets for _, _, targets in parts])[rows]
    inputs = ScorerInput(vectors[scorer.ops.asarray(rows)], encoder.module, candidates.take(rows))
    before, after = fit_calibration(scorer, inputs, targets)
    return {"mentions": n_mentions, "before": before, "after": after}


def _widen(array: np.ndarray, width: int) -> np.ndarray:
    return np.pad(array, ((0, 0), (0, width - array.shape[1])))
