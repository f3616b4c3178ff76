"""Folders of arrays that are mapped into memory, with what is needed to trust them."""

from contextlib import contextmanager
from pathlib import Path
from typing import Any, Dict, Iterator

import numpy as np
import srsly
from numpy.typing import NDArray

from ..errors import Errors
from ..files import PathLike, checksum

METADATA = "metadata.json"


def write_metadata(folder: Path, kind: str, version: int, values: Dict[str, Any]) -> None:
    """Describe a folder whose other files are written.

    folder (Path): The folder.
    kind (str): What it holds, by the name of the command that builds it.
    version (int): Version of its form.
    values (Dict[str, Any]): What else to say of it.
    """
    files = {
        file.name: {"bytes": file.stat().st_size, "sha256": checksum(file)}
        for file in sorted(folder.iterdir())
        if file.is_file() and file.name != METADATA
    }
    srsly.write_json(
        folder / METADATA, {"kind": kind, "version": version, **values, "files": files}
    )


def read_metadata(folder: PathLike, kind: str, version: int) -> Dict[str, Any]:
    """Read what a folder says of itself and look whether its files are there at full length.

    folder (PathLike): The folder.
    kind (str), version (int): What it must be.
    RETURNS (Dict[str, Any]): The metadata.
    RAISES (ValueError): If it is not that, or a file is missing or cut.
    """
    folder = Path(folder)
    try:
        metadata = dict(srsly.read_json(folder / METADATA))
        found, files = (metadata["kind"], metadata["version"]), dict(metadata["files"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(Errors.M811.format(path=folder, kind=kind, reason=error)) from error
    if found != (kind, version):
        reason = f"it is a {found[0]} of version {found[1]}, version {version} of a {kind} is read"
        raise ValueError(Errors.M811.format(path=folder, kind=kind, reason=reason))
    for name, about in files.items():
        size = (folder / name).stat().st_size if (folder / name).is_file() else 0
        if size != about["bytes"]:
            reason = f"it has {size} of {about['bytes']} bytes"
            raise ValueError(Errors.M812.format(file=name, kind=kind, path=folder, reason=reason))
    return metadata


@contextmanager
def mapping_files(folder: Path, kind: str) -> Iterator[None]:
    """Say which folder it is whose files cannot be mapped.

    folder (Path): The folder. kind (str): What it holds.
    RAISES (ValueError): If the block raises what comes of damaged files.
    """
    try:
        yield
    except (OSError, ValueError, RuntimeError) as error:
        raise ValueError(
            Errors.M812.format(file="with titles or numbers", kind=kind, path=folder, reason=error)
        ) from error


def verify_files(folder: PathLike, metadata: Dict[str, Any]) -> None:
    """Read all files of a folder and compare their checksums.

    folder (PathLike): The folder.
    metadata (Dict[str, Any]): What ``read_metadata`` gave.
    RAISES (ValueError): If a file has changed since it was written.
    """
    for name, about in metadata["files"].items():
        if checksum(Path(folder) / name) != about["sha256"]:
            reason = "its checksum is another"
            raise ValueError(
                Errors.M812.format(file=name, kind=metadata["kind"], path=folder, reason=reason)
            )


def map_array(file: Path) -> NDArray[Any]:
    """RETURNS (NDArray): A .npy file, mapped. A plain array: ``memmap`` is slow to index."""
    return np.load(file, mmap_mode="r", allow_pickle=False).view(np.ndarray)
