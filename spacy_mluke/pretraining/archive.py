"""The bytes of a dump, plain or compressed, as far as they can be read."""

import bz2
import hashlib
import lzma
import zlib
from pathlib import Path
from typing import Any, Callable, Dict, Iterator

CHUNK = 1 << 18
# A broken piece gives nothing, so little is lost when pieces are small.
PIECE = 1 << 14

_MAGIC: Dict[bytes, Callable[[], Any]] = {
    b"BZh": bz2.BZ2Decompressor,
    b"\x1f\x8b": lambda: zlib.decompressobj(wbits=31),
    b"\xfd7zXZ\x00": lzma.LZMADecompressor,
}


class Archive:
    """A file that is read once from beginning to end.

    Compression is recognised by the first bytes; files of several streams (multistream .bz2,
    .gz of many members) are one text. The modules of the standard library drop what they have
    unpacked when the file turns out to be broken, so the decompressors are driven here.

    path (Path): The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = path.stat().st_size
        self.read = 0
        self.error = ""
        self._hash = hashlib.sha256()

    def sha256(self) -> str:
        """RETURNS (str): Checksum of what was read, compressed as it is."""
        return self._hash.hexdigest()

    def __iter__(self) -> Iterator[bytes]:
        """YIELDS (bytes): The unpacked text in order. `error` says why it ended too early."""
        with self.path.open("rb") as file:
            data = file.read(PIECE)
            make = next((make for magic, make in _MAGIC.items() if data.startswith(magic)), None)
            size = PIECE if make else CHUNK
            unpacker = make() if make else None
            while data:
                self.read += len(data)
                self._hash.update(data)
                if make is None:
                    yield data
                else:
                    # After an error the rest is still read for the checksum, but not unpacked.
                    while data and not self.error:
                        if unpacker is None:
                            data = data.lstrip(b"\0")  # padding between streams
                            if not data:
                                break
                            unpacker = make()
                        unpacked = self._unpack(unpacker, data)
                        if unpacked:
                            yield unpacked
                        data = unpacker.unused_data if unpacker.eof else b""
                        if unpacker.eof:
                            unpacker = None
                data = file.read(size)
            if unpacker is not None and not self.error:
                self.error = "the compressed data end too early"

    def _unpack(self, unpacker: Any, data: bytes) -> bytes:
        try:
            return bytes(unpacker.decompress(data))
        except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError) as error:
            self.error = str(error)
            return b""
