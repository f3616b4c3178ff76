"""A pipeline with smaller weights, for shipping."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import List, Optional

from spacy import util
from spacy.language import Language

from ..errors import Errors
from ..files import written_whole
from ..layers.shim import EncoderShim
from ..report import Report
from .entity_tables import check_lite, keep_rows, prune_tables
from .folders import encoder_blocks

PRECISIONS = ("fp32", "bf16", "int8")
TABLES = ("full", "pruned", "lite")


@dataclass(frozen=True)
class Reduction:
    """What is to become smaller.

    precision (str): "fp32" (as it is), "bf16" or "int8".
    table (str): "full" (as it is), "pruned", or "lite" (special entities alone).
    languages (List[str]): Of a pruned table: entities with a title in one of these.
    entities (Optional[int]): Of a pruned table: the most frequent ones, this many.
    """

    precision: str = "fp32"
    table: str = "full"
    languages: Optional[List[str]] = None
    entities: Optional[int] = None

    def __post_init__(self) -> None:
        for option, allowed in (("precision", PRECISIONS), ("table", TABLES)):
            value = getattr(self, option)
            if value not in allowed:
                raise ValueError(
                    Errors.M655.format(option=option, value=value, allowed=", ".join(allowed))
                )
        if self.table != "pruned" and (self.languages or self.entities is not None):
            raise ValueError(Errors.M656)
        if self.table == "full" and self.precision == "fp32":
            raise ValueError(Errors.M657)


def optimize(source: Path, output: Path, reduction: Reduction, report: Report) -> None:
    """Write a pipeline with smaller weights. It has the same components and loads as any other.

    source (Path): Folder of the pipeline.
    output (Path): Where to; an existing folder is replaced.
    reduction (Reduction): What is to become smaller.
    report (Report): Counts the entities that are kept and left out.
    RAISES (ValueError): If there is nothing to make smaller, or a component would miss what it
        needs.
    """
    if output.exists() and output.samefile(source):
        raise ValueError(Errors.M654.format(path=output))
    if not list(encoder_blocks(util.load_config(source / "config.cfg"))):
        raise ValueError(Errors.M651.format(path=source))
    with TemporaryDirectory(dir=_made(output.resolve().parent)) as temporary:
        work = Path(temporary) / "pipeline"
        shutil.copytree(source, work, copy_function=_link)
        rows = None
        if reduction.table == "lite":
            check_lite(util.load_model(work))
        elif reduction.table == "pruned":
            rows = prune_tables(
                util.load_model(work),
                work,
                languages=reduction.languages or [],
                size=reduction.entities,
                report=report,
            )
        nlp = _load(work, reduction)
        if rows is not None:
            keep_rows(nlp, rows)
        for shim in _shims(nlp):
            shim.reduce()
        with written_whole(output) as folder:
            nlp.to_disk(folder)


def _load(folder: Path, reduction: Reduction) -> Language:
    config = util.load_config(folder / "config.cfg")
    for block in encoder_blocks(config):
        if reduction.precision != "fp32":
            block["precision"] = reduction.precision
        if reduction.table == "lite":
            block["slot_entities"] = "mask"
    nlp = util.load_model_from_config(config, meta=util.load_meta(folder / "meta.json"))
    return nlp.from_disk(folder)


def _shims(nlp: Language) -> List[EncoderShim]:
    return [shim for _, pipe in nlp.pipeline for shim in getattr(pipe, "encoder_shims", ())]


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _link(source: str, target: str) -> None:
    # Weights take gigabytes and are not changed in place.
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
