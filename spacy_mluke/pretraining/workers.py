"""Blocks of pages read by many processes, or on the machines of a Ray cluster, in order."""

import os
import threading
from collections import deque
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import cycle
from multiprocessing import connection, parent_process
from pathlib import Path
from typing import Any, Callable, Deque, Iterable, Iterator, List, Optional, Tuple, TypeVar

from ..errors import Errors
from .blocks import Block, BlockReader
from .siteinfo import SiteInfo

# Blocks that wait for each process: enough that none is idle, few enough for the memory.
WAITING = 3

# A number to carry along, and pages
Numbered = Tuple[int, List[bytes]]
ResultT = TypeVar("ResultT")

_reader: Optional[BlockReader] = None


def read_blocks(
    blocks: Iterable[Numbered],
    siteinfo: SiteInfo,
    targets: Path,
    *,
    processes: int,
    ray: bool = False,
) -> Iterator[Tuple[int, Block]]:
    """Read blocks, several at a time.

    blocks (Iterable[Numbered]): Number and pages. Taken one by one, as processes get free.
    siteinfo (SiteInfo): The wiki.
    targets (Path): The file of `blocks.save_targets`.
    processes (int): How many at a time; with Ray, 0 for all processors of the cluster.
    ray (bool): Use the Ray cluster that is configured, or one on this machine.
    YIELDS (Tuple[int, Block]): Number and result, in the order of the blocks.
    RAISES (ChildProcessError): If a process was killed.
    """
    if ray:
        yield from _with_ray(blocks, siteinfo, targets, processes)
    elif processes == 1:
        reader = BlockReader(siteinfo, targets)
        for number, pages in blocks:
            yield number, reader.read(pages)
    else:
        with ProcessPoolExecutor(
            processes, initializer=_start_worker, initargs=(siteinfo, targets)
        ) as pool:
            results: "Iterator[Tuple[int, Future[Block]]]" = _ahead(
                blocks, lambda pages: pool.submit(_read, pages), WAITING * processes
            )
            for number, future in results:
                try:
                    block = future.result()
                except BrokenProcessPool as error:
                    raise ChildProcessError(Errors.M710) from error
                yield number, block


def import_ray() -> Any:
    """RETURNS (Module): The package ray.
    RAISES (ValueError): If it is not installed.
    """
    try:
        import ray  # type: ignore[import-not-found, unused-ignore]
    except ImportError as error:
        raise ValueError(Errors.M707) from error
    return ray


def _with_ray(
    blocks: Iterable[Numbered], siteinfo: SiteInfo, targets: Path, processes: int
) -> Iterator[Tuple[int, Block]]:
    ray = import_ray()
    if not ray.is_initialized():
        ray.init(log_to_driver=False, include_dashboard=False)
    number_of_actors = processes or max(1, int(ray.cluster_resources().get("CPU", 1)))
    # Other machines need not see this folder.
    content = ray.put(targets.read_bytes())
    remote = ray.remote(BlockReader).options(num_cpus=1)
    actors = [remote.remote(siteinfo, targets, content) for _ in range(number_of_actors)]
    turns = cycle(actors)
    try:
        submitted = _ahead(
            blocks, lambda pages: next(turns).read.remote(pages), WAITING * number_of_actors
        )
        for number, reference in submitted:
            yield number, ray.get(reference)
    finally:
        for actor in actors:
            ray.kill(actor)


def _ahead(
    blocks: Iterable[Numbered], submit: Callable[[List[bytes]], ResultT], most: int
) -> Iterator[Tuple[int, ResultT]]:
    """Hand in blocks before their results are asked for, but not too many."""
    waiting: Deque[Tuple[int, ResultT]] = deque()
    for number, pages in blocks:
        waiting.append((number, submit(pages)))
        if len(waiting) >= most:
            yield waiting.popleft()
    yield from waiting


def _start_worker(siteinfo: SiteInfo, targets: Path) -> None:
    global _reader
    _reader = BlockReader(siteinfo, targets)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    # A process that is killed cannot stop its workers, and they would wait for ever.
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _read(pages: List[bytes]) -> Block:
    assert _reader is not None
    return _reader.read(pages)
