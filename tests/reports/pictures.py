"""Reads what was printed: grey pixels of a PNG, and the QR codes in them."""

import struct
import zlib

import zxingcpp


def qr_codes(png: bytes) -> set[str]:
    """The words of every QR code in a picture, read by a decoder that knows nothing of us."""
    return {found.text for found in zxingcpp.read_barcodes(_grey(png), formats=zxingcpp.BarcodeFormat.QRCode)}


def _grey(png: bytes) -> memoryview:
    """The picture's green values as rows of bytes."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    at, packed, wide, high = 8, b"", 0, 0
    while at < len(png):
        size, kind = struct.unpack(">I4s", png[at : at + 8])
        body = png[at + 8 : at + 8 + size]
        if kind == b"IHDR":
            wide, high, depth, colour = struct.unpack(">IIBB", body[:10])
            assert (depth, colour) == (8, 6), "eight bits of red, green, blue, alpha"
        packed += body if kind == b"IDAT" else b""
        at += size + 12
    lines, before = zlib.decompress(packed), bytes(4 * wide)
    grey = bytearray()
    for row in range(high):
        begins = row * (4 * wide + 1)
        before = _line(lines[begins], lines[begins + 1 : begins + 1 + 4 * wide], before)
        grey += before[1::4]
    return memoryview(bytes(grey)).cast("B", (high, wide))


def _line(kind: int, line: bytes, above: bytes) -> bytes:
    """Undo a line's filter."""
    if kind == 0:
        return line
    if kind == 2:
        return bytes((a + b) & 255 for a, b in zip(line, above, strict=True))
    done = bytearray(4) + bytearray(line)
    corner = bytes(4) + above
    for at in range(4, len(done)):
        left, up, diagonal = done[at - 4], corner[at], corner[at - 4]
        guess = {1: left, 3: (left + up) // 2, 4: _paeth(left, up, diagonal)}[kind]
        done[at] = (done[at] + guess) & 255
    return bytes(done[4:])


def _paeth(left: int, up: int, diagonal: int) -> int:
    nearest = left + up - diagonal
    return min((left, up, diagonal), key=lambda value: abs(nearest - value))
