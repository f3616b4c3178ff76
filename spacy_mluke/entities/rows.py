"""Rows of the entity table by key."""

from typing import Callable, Dict, Iterator, Mapping, Optional


class EntityRows(Mapping[str, int]):
    """Rows of special entities, and those of all others read when one is first asked for.

    special (Mapping[str, int]): Rows of [MASK], [UNK], [PAD] and [MASK2].
    read (Optional[Callable]): Reads the rows of all entities; `None` if there are no others.
    """

    def __init__(
        self, special: Mapping[str, int], read: Optional[Callable[[], Mapping[str, int]]] = None
    ) -> None:
        self.special: Dict[str, int] = dict(special)
        self._read = read
        self._rows: Optional[Dict[str, int]] = None if read is not None else self.special

    def _all(self) -> Dict[str, int]:
        if self._rows is None:
            assert self._read is not None
            self._rows = {**self._read(), **self.special}
        return self._rows

    def __getitem__(self, key: str) -> int:
        return self.special[key] if key in self.special else self._all()[key]

    def __contains__(self, key: object) -> bool:
        return key in self.special or key in self._all()

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())
