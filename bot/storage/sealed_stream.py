"""A stream of bytes sealed in chunks: each is bound to its stream and its place, so that none can be cut off or swapped."""

import io
import os
import struct
from typing import BinaryIO

from bot.storage.sealing import KEY_ID, VERSION, KeyRing, LostKey, key_id_of

MAGIC = b"GIOTHONG COPY 1\n"
STREAM_ID = 16
CHUNK = 256 * 1024
_HEAD = struct.Struct(">I?")
_MOST = CHUNK + 64


class DamagedStream(Exception):
    """The file is no copy of ours, or it was cut off or changed."""


class SealedWriter(io.RawIOBase):
    """Writes through to a file; `finish` makes it whole. A stream that was not finished is refused by the reader."""

    def __init__(self, file: BinaryIO, ring: KeyRing) -> None:
        self._file, self._ring = file, ring
        self._id = os.urandom(STREAM_ID)
        self._rest = bytearray()
        self._number = 0
        file.write(MAGIC + self._id)

    def writable(self) -> bool:
        return True

    def write(self, data: "bytes | bytearray | memoryview") -> int:  # type: ignore[override]
        self._rest += data
        while len(self._rest) > CHUNK:
            self._put(bytes(self._rest[:CHUNK]), last=False)
            del self._rest[:CHUNK]
        return len(data)

    def finish(self) -> None:
        self._put(bytes(self._rest), last=True)

    def _put(self, chunk: bytes, *, last: bool) -> None:
        sealed = self._ring.seal(chunk, _label(self._id, self._number, last=last))
        self._file.write(_HEAD.pack(len(sealed), last) + sealed)
        self._number += 1


class SealedReader(io.RawIOBase):
    """Reads what a `SealedWriter` wrote.

    Raises:
        DamagedStream: while reading, at the first byte that is not as it was written.
        LostKey: no key of the ring opens it.
    """

    def __init__(self, file: BinaryIO, ring: KeyRing) -> None:
        self._file, self._ring = file, ring
        head = file.read(len(MAGIC) + STREAM_ID)
        if not head.startswith(MAGIC) or len(head) < len(MAGIC) + STREAM_ID:
            raise DamagedStream("this is no copy made by giothong backup")
        self._id = head[len(MAGIC) :]
        self._chunk = memoryview(b"")
        self._number = 0
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        while not self._chunk and not self._ended:
            self._chunk = memoryview(self._next())
        size = min(len(buffer), len(self._chunk))
        buffer[:size] = self._chunk[:size]
        self._chunk = self._chunk[size:]
        return size

    def _next(self) -> bytes:
        head = self._file.read(_HEAD.size)
        if len(head) < _HEAD.size:
            raise DamagedStream("the copy was cut off")
        size, last = _HEAD.unpack(head)
        sealed = self._file.read(size) if size <= _MOST else b""
        if len(sealed) < max(size, 1) or (last and self._file.read(1)):
            raise DamagedStream("the copy was cut off or changed")
        chunk = self._opened(sealed, last=last)
        self._number += 1
        self._ended = last
        return chunk

    def _opened(self, sealed: bytes, *, last: bool) -> bytes:
        if sealed[:1] == VERSION and len(sealed) > KEY_ID and not self._ring.holds(sealed):
            raise LostKey(
                f"The copy was made under the key {key_id_of(sealed).hex()}, which ENCRYPTION_KEYS does not hold: "
                "put that key back, behind the others, separated by a comma."
            )
        try:
            return self._ring.open(sealed, _label(self._id, self._number, last=last))
        except LostKey as error:
            raise DamagedStream("the copy was cut off or changed") from error


def _label(stream: bytes, number: int, *, last: bool) -> str:
    return f"copy {stream.hex()} {number} {'last' if last else 'more'}"
