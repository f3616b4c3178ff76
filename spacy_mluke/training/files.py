"""Reading of plain and compressed text, atomic writing of results."""

import bz2
import gzip
import lzma
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Callable, Dict, Iterable, Iterator, List, Tuple, Union

from spacy.tokens import Doc, DocBin

from ..errors import Errors

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
        # mkstemp makes private files; the result gets the permissions of any other new file
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(name, 0o666 & ~umask)
        yield Path(name)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def write_docs(path: PathLike, docs: Iterable[Doc]) -> int:
    """Write docs with all their data to a .spacy file.

    path (PathLike): The file.
    docs (Iterable[Doc]): The docs.
    RETURNS (int): How many docs were written.
    """
    docbin = DocBin(store_user_data=True, docs=docs)
    with atomic_path(path) as temporary:
        temporary.write_bytes(docbin.to_bytes())
    return len(docbin)


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
