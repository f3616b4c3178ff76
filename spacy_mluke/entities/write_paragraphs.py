"""Writing of paragraphs, one JSON object a line."""

import gzip
from pathlib import Path
from typing import Iterable

from ..files import PathLike, atomic_path
from .paragraphs import Paragraph


def write_paragraphs(path: PathLike, paragraphs: Iterable[Paragraph]) -> int:
    """Write a file of paragraphs, compressed if its name ends in .gz. It appears once it is whole.

    path (PathLike): The file.
    paragraphs (Iterable[Paragraph]): What to write.
    RETURNS (int): How many there were.
    """
    number = 0
    with atomic_path(path) as part, part.open("wb") as raw:
        # Without a time in it, equal paragraphs make equal files.
        packed = Path(path).suffix == ".gz"
        file = gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) if packed else raw
        for paragraph in paragraphs:
            file.write(f"{paragraph.to_json()}\n".encode("utf8"))
            number += 1
        if packed:
            file.close()
    return number
