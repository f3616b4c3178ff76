"""Reading of plain and compressed text, atomic writing of results."""

import bz2
import gzip
import hashlib
import lzma
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Callable, Dict, Iterator, List, Optional, Tuple, Union

from .errors import Errors

PathLike = Union[str, Path]

_OPENERS: Dict[str, Callable[..., Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}


@contextmanager
def open_text(path: PathLike) -> Iterator[IO[str]]:
    """Open a UTF-8 text file for reading: plain, .gz, .bz2 or .xz; a BOM is skipped.

    path (PathLike): The file.
    YIELDS (IO[str]): The open file.
    RAISES (ValueError): If the file is not UTF-8 or its compression is broken.
    """
    path = Path(path)
    opener: Callable[..., IO[str]] = _OPENERS.get(path.suffix, open)
    try:
        with opener(path, mode="rt", encoding="utf-8-sig", newline=None) as file:
            yield file
    except UnicodeDecodeError as error:
        raise ValueError(Errors.M521.format(path=path, error=error)) from error
    except (EOFError, gzip.BadGzipFile, lzma.LZMAError) as error:
        raise ValueError(Errors.M522.format(path=path, error=error)) from error


@contextmanager
def atomic_path(path: PathLike) -> Iterator[Path]:
    """A temporary file beside `path` that takes its place when the block ends without an error.

    path (PathLike): The file to write; its folder is made if need be.
    YIELDS (Path): The temporary file.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    os.close(handle)
    try:
        yield Path(name)
        _share(Path(name))
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def _share(path: Path) -> None:
    """Give a file the permissions of any new file. One made by mkstemp, or by safetensors, is its
    owner's alone, and a package or a shared folder would have a file that others cannot read.
    """
    umask = os.umask(0)
    os.umask(umask)
    os.chmod(path, 0o666 & ~umask)


@contextmanager
def written_whole(folder: Path) -> Iterator[Path]:
    """Write a folder beside its place and move it there when it is complete.

    folder (Path): The place. What was there is replaced, or kept if writing fails.
    YIELDS (Path): The folder to write to.
    """
    folder = folder.resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".new", dir=folder.parent))
    new.chmod(0o755)  # mkdtemp's are private
    old = new.with_suffix(".old")
    try:
        yield new
        for path in new.rglob("*"):
            if path.is_file():
                _share(path)
        if folder.exists():
            os.replace(folder, old)
        os.replace(new, folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


@contextmanager
def next_state(place: Path, step: int) -> Iterator[Path]:
    """Write the state of a run. Each has a folder of its own, and the one before it stays until
    this one is complete, so that there is always one, whenever the run is killed.

    place (Path): Folder of the states.
    step (int): Steps that the run has done.
    YIELDS (Path): The folder to write to.
    """
    name = f"step-{step:09d}"
    with written_whole(place / name) as new:
        yield new
    for other in place.iterdir():
        if other.name != name:
            shutil.rmtree(other)


def last_state(place: Path) -> Optional[Path]:
    """RETURNS (Optional[Path]): The folder of the last state, `None` if there is none."""
    return max(place.glob("step-*"), default=None)


def find_files(path: PathLike, suffixes: Tuple[str, ...]) -> List[Path]:
    """The file itself, or the files of a folder (at any depth) by suffix, in order of name.

    path (PathLike): A file or folder.
    suffixes (Tuple[str, ...]): Endings of the files to take from a folder.
    RETURNS (List[Path]): At least one file.
    RAISES (ValueError): If there is none.
    """
    path = Path(path)
    if path.is_file():
        return [path]
    if not path.exists():
        raise ValueError(Errors.M523.format(path=path))
    found = [
        file
        for file in sorted(path.rglob("*"))
        if file.is_file() and file.name.endswith(suffixes) and not file.name.startswith(".")
    ]
    if not found:
        raise ValueError(Errors.M524.format(path=path, suffixes=", ".join(suffixes)))
    return found


def checksum(path: PathLike) -> str:
    """RETURNS (str): The SHA-256 of a file, in hexadecimal digits."""
    digest = hashlib.sha256()
    with Path(path).open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
