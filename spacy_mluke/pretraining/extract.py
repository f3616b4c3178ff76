"""A Wikipedia dump to a folder of paragraphs with links."""

import hashlib
import os
import re
import sys
import warnings
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional

import numpy as np
from tqdm import tqdm  # type: ignore[import-untyped]

from .. import __version__
from ..errors import Errors, Warnings
from ..files import PathLike
from ..report import Report
from .dump import DumpReader
from .locks import locked
from .resume import WorkFolder
from .scan import Scan, scan_dump
from .workers import import_ray, read_blocks

# Bytes of XML: a file of the result, and what a process gets at a time. What is in a file must not
# depend on the number of processes, so neither may these.
PART = 64 << 20
BLOCK = 1 << 19
# What identifies a dump: its size, and so many bytes at its beginning and end.
ENDS = 1 << 20

_WIKI = re.compile(r"^([a-z][a-z_]*?)wiki[-.]")


def extract_dump(
    dump_path: PathLike,
    output_folder: PathLike,
    *,
    lang: str = "",
    processes: int = 0,
    ray: bool = False,
    limit: int = 0,
    part_size: int = PART,
    progress: bool = False,
) -> Report:
    """Read the articles of a dump, or go on where a run was broken off.

    The result is the same, byte by byte, whatever the number of processes, and however often it
    was broken off: `paragraphs-NNNNN.jsonl.gz` (see `entities.paragraphs`; links are "lang:Title",
    redirects followed), `pages.tsv.gz` (title, number, 1 for a disambiguation page),
    `redirects.tsv.gz` (title, title of the article) and `metadata.json`.

    dump_path (PathLike): pages-articles.xml, plain or packed by bzip2, gzip or xz.
    output_folder (PathLike): The folder.
    lang (str): Language of the wiki, if the dump is wrong about it.
    processes (int): How many processes parse pages; 0 for one a processor.
    ray (bool): Parse pages on a Ray cluster; needs the extra `ray`.
    limit (int): Read this many articles at most; 0 for all.
    part_size (int): Bytes of XML for each file of paragraphs.
    progress (bool): Show progress bars.
    RETURNS (Report): Pages, paragraphs, links, and what is not in the result, by reason.
    RAISES (ValueError): If the dump cannot be read, or another run or the beginning of another
        extraction is in the folder.
    """
    for name, value, least in (
        ("processes", processes, 0),
        ("limit", limit, 0),
        ("part_size", part_size, 1),
    ):
        if value < least:
            raise ValueError(Errors.M708.format(name=name, value=value, least=least))
    if ray:
        import_ray()
    elif not processes:
        processes = os.cpu_count() or 1
    path, folder = Path(dump_path), Path(output_folder)
    reader = DumpReader(path, lang=lang)
    _warn_of_language(reader)
    settings = {"lang": lang, "limit": limit, "part_size": part_size, "version": __version__}
    identity = {**_identity(path), **settings}
    with locked(folder):
        work = WorkFolder(folder, identity)
        report = work.finished()
        if report is not None:
            return report
        if not work.scanned():
            with _Progress(f"{path.name}: titles", reader, progress) as bar:
                scan = scan_dump(reader, limit=limit, progress=bar.update)
            work.save_scan(
                scan,
                _parts(scan, part_size),
                reader.archive.sha256(),
                reader.siteinfo,
                reader.report,
            )
            del scan
        return _read_parts(reader, work, processes, ray, progress)


def _read_parts(
    reader: DumpReader, work: WorkFolder, processes: int, ray: bool, progress: bool
) -> Report:
    parts = work.parts()
    n_parts = int(parts.max(initial=-1)) + 1
    done = np.array([work.is_done(part) for part in range(n_parts)] + [True])  # -1: no part
    todo = ~done[parts]
    if todo.any():
        with _Progress(f"{reader.path.name}: text", reader, progress) as bar:
            blocks = _blocks(reader, parts, todo, bar)
            results = read_blocks(
                blocks, reader.siteinfo, work.targets, processes=processes, ray=ray
            )
            for part, numbered in groupby(results, key=itemgetter(0)):
                work.write_part(part, (block for _, block in numbered))
    if not all(work.is_done(part) for part in range(n_parts)):
        raise ValueError(
            Errors.M709.format(
                path=reader.path, found="fewer", expected=len(parts), folder=work.folder
            )
        )
    return work.finish(n_parts)


def _blocks(
    reader: DumpReader, parts: np.ndarray, todo: np.ndarray, bar: "_Progress"
) -> Iterator[Any]:
    """YIELDS (Tuple[int, List[bytes]]): Part and pages. No block has pages of two parts."""
    pages: List[bytes] = []
    size = 0
    last = int(np.flatnonzero(todo)[-1])
    part = -1
    for number, raw in enumerate(reader.raw_pages()):
        if todo[number]:
            if pages and (parts[number] != part or size >= BLOCK):
                yield part, pages
                pages, size = [], 0
            part = int(parts[number])
            pages.append(raw)
            size += len(raw)
            bar.update(reader.archive.read)
        if number == last:
            break
    if pages:
        yield part, pages


def _parts(scan: Scan, part_size: int) -> np.ndarray:
    """RETURNS (np.ndarray): For each page of the dump the part it belongs to, -1 for none."""
    before = np.cumsum(np.where(scan.kept, scan.sizes, 0)) - np.where(scan.kept, scan.sizes, 0)
    _, parts = np.unique((before // part_size)[scan.kept], return_inverse=True)
    result = np.full(len(scan.kept), -1, dtype=np.int32)
    result[scan.kept] = parts
    return result


def _identity(path: Path) -> Dict[str, Any]:
    size = path.stat().st_size
    ends = hashlib.sha256()
    with path.open("rb") as file:
        ends.update(file.read(ENDS))
        file.seek(max(0, size - ENDS))
        ends.update(file.read(ENDS))
    return {"dump": path.name, "size": size, "sha256_of_ends": ends.hexdigest()}


def _warn_of_language(reader: DumpReader) -> None:
    siteinfo = reader.siteinfo
    found = _WIKI.match(reader.path.name)
    expected = found.group(1).replace("_", "-") if found else siteinfo.lang
    if expected != siteinfo.lang:
        warnings.warn(
            Warnings.W702.format(
                path=reader.path, found=siteinfo.lang, expected=f"{expected}wiki", lang=expected
            ),
            stacklevel=3,
        )
    if not siteinfo.known:
        warnings.warn(Warnings.W703.format(lang=siteinfo.lang), stacklevel=3)


class _Progress:
    """A bar over the bytes of the file."""

    def __init__(self, name: str, reader: DumpReader, shown: bool) -> None:
        self._bar = tqdm(
            total=reader.archive.size,
            desc=name,
            unit="B",
            unit_scale=True,
            file=sys.stderr,
            disable=not shown,
        )

    def __enter__(self) -> "_Progress":
        return self

    def __exit__(self, *error: Optional[object]) -> None:
        self._bar.close()

    def update(self, read: int) -> None:
        """Show how far the file is read."""
        self._bar.update(read - self._bar.n)
