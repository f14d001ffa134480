"""Small true pictures, drawn here: no file, nobody on them."""

import struct
import zlib

from bot.library import content_root


def png(width: int = 300, height: int = 200) -> bytes:
    """A grey PNG of this size."""

    def part(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\x80" * width) * height)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", rows) + part(b"IEND", b"")


def jpeg(width: int = 300, height: int = 200) -> bytes:
    """The frame of a JPEG of this size; nobody decodes it here."""
    app = b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0\1\1\0\0\1\0\1\0\0"
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\1\x11\0"
    return b"\xff\xd8" + app + frame + b"\xff\xda\0\2\0\0\xff\xd9"


def of_the_content(name: str = "why.png") -> bytes:
    return (content_root() / "images" / name).read_bytes()
