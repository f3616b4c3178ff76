"""One run at a time in a folder."""

from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

from filelock import FileLock, Timeout

from ..errors import Errors

# The workers of a run that was killed need a moment to notice.
LOCK_SECONDS = 3.0


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other runs out of a folder. The lock of a run that was killed is gone with it.

    folder (Path): The folder, made if need be.
    RAISES (ValueError): If another run has it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".lock", timeout=LOCK_SECONDS)
    try:
        lock.acquire()
    except Timeout as error:
        raise ValueError(Errors.M705.format(path=folder)) from error
    try:
        yield
    finally:
        lock.release()
