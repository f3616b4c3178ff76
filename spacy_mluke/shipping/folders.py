"""Folders of pipelines: which one is meant, what is in it."""

import importlib
from pathlib import Path
from typing import Any, Dict, Iterator

from spacy import util

from ..errors import Errors

ENCODER = "spacy-mluke.MLuke.v1"


def pipeline_folder(name: str) -> Path:
    """Find a pipeline.

    name (str): A folder that `nlp.to_disk` or `spacy train` wrote, or an installed package.
    RETURNS (Path): The folder with its config.cfg and meta.json.
    RAISES (ValueError): If there is none.
    """
    folder = Path(name)
    if not folder.exists() and util.is_package(name):
        package = Path(str(importlib.import_module(name).__file__)).parent
        folder = next((path.parent for path in package.glob("*/config.cfg")), package)
    missing = [file for file in ("config.cfg", "meta.json") if not (folder / file).is_file()]
    if missing:
        raise ValueError(Errors.M650.format(path=name, missing=" and ".join(missing)))
    return folder


def encoder_blocks(config: Any) -> Iterator[Dict[str, Any]]:
    """Find the encoders in a pipeline's config.

    config (Any): The config, or a part of it.
    YIELDS (Dict[str, Any]): The block of an encoder, which can be changed.
    """
    if isinstance(config, dict):
        if config.get("@architectures") == ENCODER:
            yield config
        for part in config.values():
            yield from encoder_blocks(part)


def folder_size(folder: Path) -> int:
    """RETURNS (int): Bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
