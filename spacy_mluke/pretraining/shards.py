"""Instances on disk: flat arrays, memory-mapped, with metadata and checksums."""

from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any, Callable, Dict, Iterator, List, Mapping, Tuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..entities.mapped_folder import METADATA, read_metadata, verify_files, write_metadata
from ..errors import Errors
from ..files import PathLike, written_whole
from ..text.arrays import ragged_arange
from .instances import Instance

KIND, VERSION = "dataset", 1
_BUFFER = 4096  # instances between writes
_CHUNK = 8192  # instances read at once

# File -> (type of its numbers, columns). Pieces are narrower where the vocabulary allows.
_FILES: Dict[str, Tuple[DTypeLike, int]] = {
    "pieces": (np.int32, 1),
    "piece_ends": (np.int64, 1),
    "entities": (np.int32, 1),
    "ranges": (np.uint16, 2),
    "entity_ends": (np.int64, 1),
}


class ShardWriter:
    """Appends instances to the files of a shard that is being written, see `write_shard`."""

    def __init__(self, files: Mapping[str, IO[bytes]], dtypes: Mapping[str, DTypeLike]) -> None:
        self.instances = self.pieces = self.entities = 0
        self._files = files
        self._dtypes = dtypes
        self._waiting: List[Instance] = []

    def add(self, instance: Instance) -> None:
        """instance (Instance): Written with the next few thousand."""
        self._waiting.append(instance)
        if len(self._waiting) == _BUFFER:
            self.flush()

    def flush(self) -> None:
        """Write what is waiting."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        pieces = np.array([len(instance.pieces) for instance in waiting]).cumsum() + self.pieces
        entities = np.array([len(instance.entities) for instance in waiting]).cumsum()
        parts = {
            "pieces": np.concatenate([instance.pieces for instance in waiting]),
            "piece_ends": pieces,
            "entities": np.concatenate([instance.entities for instance in waiting]),
            "ranges": np.concatenate([instance.ranges for instance in waiting]),
            "entity_ends": entities + self.entities,
        }
        for name, values in parts.items():
            self._files[name].write(values.astype(self._dtypes[name]).tobytes())
        self.instances += len(waiting)
        self.pieces = int(pieces[-1])
        self.entities += int(entities[-1])


@contextmanager
def write_shard(
    folder: PathLike, *, vocab_size: int, describe: Callable[[], Mapping[str, Any]]
) -> Iterator[ShardWriter]:
    """Write a shard, completely or not at all.

    folder (PathLike): Where to. An existing folder is replaced.
    vocab_size (int): Piece ids are below it.
    describe (Callable[[], Mapping[str, Any]]): More for the metadata, asked for at the end; with
        "language".
    YIELDS (ShardWriter): Takes the instances.
    """
    dtypes = {name: dtype for name, (dtype, _) in _FILES.items()}
    if vocab_size <= 1 << 16:
        dtypes["pieces"] = np.uint16
    with written_whole(Path(folder)) as new:
        with ExitStack() as stack:
            files = {name: stack.enter_context((new / f"{name}.bin").open("wb")) for name in _FILES}
            writer = ShardWriter(files, dtypes)
            yield writer
            writer.flush()
        values = {
            "instances": writer.instances,
            "pieces": writer.pieces,
            "entities": writer.entities,
            "dtypes": {name: np.dtype(dtype).name for name, dtype in dtypes.items()},
            **describe(),
        }
        write_metadata(new, KIND, VERSION, values)


class Shard:
    """Instances of one language, read from disk as they are asked for.

    folder (PathLike): What `write_shard` wrote.
    verify (bool): Compare the checksums, which reads everything.
    RAISES (ValueError): If the folder is no shard, or is damaged.
    """

    def __init__(self, folder: PathLike, *, verify: bool = False) -> None:
        self.folder = Path(folder)
        self.metadata = read_metadata(self.folder, KIND, VERSION)
        self.language = str(self.metadata["language"])
        rows = {
            "pieces": self.metadata["pieces"],
            "piece_ends": self.metadata["instances"],
            "entities": self.metadata["entities"],
            "ranges": self.metadata["entities"],
            "entity_ends": self.metadata["instances"],
        }
        arrays = {name: self._map(name, number) for name, number in rows.items()}
        if verify:
            verify_files(self.folder, self.metadata)
        self.pieces, self.entities = arrays["pieces"], arrays["entities"]
        self.ranges = arrays["ranges"]
        self._piece_ends, self._entity_ends = arrays["piece_ends"], arrays["entity_ends"]

    def __len__(self) -> int:
        return int(self.metadata["instances"])

    def __getitem__(self, index: int) -> Instance:
        pieces, lengths, entities, ranges, _ = self.gather(np.array([index]))
        return Instance(pieces, entities, ranges)

    def lengths(self) -> NDArray[np.int64]:
        """RETURNS (NDArray[np.int64]): (n_instances,) pieces of each instance."""
        return np.diff(self._piece_ends, prepend=0)

    def entity_counts(self) -> NDArray[np.int64]:
        """RETURNS (NDArray[np.int64]): (n_instances,) entities of each instance."""
        return np.diff(self._entity_ends, prepend=0)

    def gather(self, indices: NDArray[np.int64]) -> Tuple[NDArray[np.int32], ...]:
        """Read instances, one after the other.

        indices (NDArray[np.int64]): (n,) which ones.
        RETURNS: Pieces (P,), pieces of each instance (n,), entities (E,), their ranges (E, 2),
            entities of each instance (n,); all int32.
        """
        pieces, n_pieces = _stretches(self._piece_ends, indices)
        entities, n_entities = _stretches(self._entity_ends, indices)
        found = (
            self.pieces[pieces],
            n_pieces,
            self.entities[entities],
            self.ranges[entities],
            n_entities,
        )
        return tuple(np.asarray(values).astype(np.int32) for values in found)

    def chunks(self, size: int = _CHUNK) -> Iterator[Tuple[NDArray[np.int32], ...]]:
        """Read all instances in order.

        size (int): How many at once.
        YIELDS: What `gather` gives.
        """
        for start in range(0, len(self), size):
            yield self.gather(np.arange(start, min(start + size, len(self))))

    def _map(self, name: str, rows: int) -> NDArray[Any]:
        dtype = np.dtype(self.metadata["dtypes"][name])
        columns = _FILES[name][1]
        shape = (rows, columns) if columns > 1 else (rows,)
        if not rows:
            return np.empty(shape, dtype=dtype)
        mapped = np.memmap(self.folder / f"{name}.bin", dtype=dtype, mode="r", shape=shape)
        return mapped.view(np.ndarray)  # a memmap is slow to index


def find_shards(folder: PathLike) -> List[Path]:
    """RETURNS (List[Path]): The shards in a folder, at any depth, in order of name.
    RAISES (ValueError): If there is none.
    """
    found = sorted(
        path.parent
        for path in Path(folder).rglob(METADATA)
        if not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
    if not found:
        raise ValueError(Errors.M732.format(folder=folder))
    return found


def _stretches(
    ends: NDArray[np.int64], indices: NDArray[np.int64]
) -> Tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Places of the numbers of some instances in a flat array, and how many each has."""
    stops = ends[indices]
    starts = np.where(indices > 0, ends[np.maximum(indices - 1, 0)], 0)
    lengths = stops - starts
    return ragged_arange(starts, lengths), lengths
