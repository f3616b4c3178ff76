"""What a component with a source of candidates adds to saving and loading."""

from pathlib import Path
from typing import Iterable, Union

import srsly

from ..entities.linker_candidates import CandidateSource
from .encoder_pipe import EncoderPipe

_CANDIDATES = "candidates"


class CandidatePipe(EncoderPipe):
    """A trainable component that is saved together with its source of candidates."""

    candidates: CandidateSource

    def to_disk(self, path: Union[str, Path], *, exclude: Iterable[str] = ()) -> None:
        """Serialise the component, its source of candidates included.

        path (str / Path): The component's folder.
        exclude (Iterable[str]): Names of fields to leave out.
        """
        exclude = tuple(exclude)
        super().to_disk(path, exclude=exclude)
        if _CANDIDATES not in exclude:
            self.candidates.to_disk(Path(path) / _CANDIDATES)

    def from_disk(self, path: Union[str, Path], *, exclude: Iterable[str] = ()) -> "CandidatePipe":
        """Load the component.

        path (str / Path): The component's folder.
        exclude (Iterable[str]): Names of fields to leave out.
        RETURNS (CandidatePipe): This component.
        """
        exclude = tuple(exclude)
        super().from_disk(path, exclude=exclude)
        if _CANDIDATES not in exclude:
            self.candidates.from_disk(Path(path) / _CANDIDATES)
        return self

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """RETURNS (bytes): The component, its source of candidates included."""
        exclude = tuple(exclude)
        msg = {"pipe": super().to_bytes(exclude=exclude)}
        if _CANDIDATES not in exclude:
            msg[_CANDIDATES] = self.candidates.to_bytes()
        return srsly.msgpack_dumps(msg)

    def from_bytes(self, bytes_data: bytes, *, exclude: Iterable[str] = ()) -> "CandidatePipe":
        """Load the component from a byte string.

        bytes_data (bytes): What `to_bytes` gave.
        exclude (Iterable[str]): Names of fields to leave out.
        RETURNS (CandidatePipe): This component.
        """
        exclude = tuple(exclude)
        msg = srsly.msgpack_loads(bytes_data)
        super().from_bytes(msg["pipe"], exclude=exclude)
        if _CANDIDATES not in exclude:
            self.candidates.from_bytes(msg.get(_CANDIDATES, b""))
        return self
