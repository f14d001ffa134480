"""Pictures that staff hand in: what they are by their first bytes, and whether platforms would take them. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from struct import unpack

LARGEST = 5 << 20
"""Bytes: under Messenger's 8 MB for a picture by its address, and Telegram's 5 MB."""

SMALLEST_SIDE, LONGEST_SIDE = 200, 5000
"""Pixels; Telegram takes width and height of 10,000 together."""

STEEPEST = 20
"""Telegram refuses a picture that is longer than twenty times its width."""

_PNG = b"\x89PNG\r\n\x1a\n"
_FRAMES = frozenset((0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF))
"""Markers of a JPEG behind which its height and width stand."""


class ImageFault(StrEnum):
    """Why a picture is not taken; the id of a sentence (`page.picture.<word>`)."""

    MISSING = "missing"
    NO_IMAGE = "no-image"
    TOO_LARGE = "too-large"
    SIZE = "size"


class NotTaken(Exception):
    """The picture is not taken; nothing was kept."""

    def __init__(self, why: ImageFault) -> None:
        super().__init__(why.value)
        self.why = why


@dataclass(frozen=True, slots=True)
class Shape:
    """What a picture is: `image/png` or `image/jpeg`, and its size in pixels."""

    kind: str
    width: int
    height: int


def check_image(body: bytes) -> Shape:
    """What the picture is.

    Raises:
        NotTaken: no platform would take it.
    """
    if not body:
        raise NotTaken(ImageFault.MISSING)
    if len(body) > LARGEST:
        raise NotTaken(ImageFault.TOO_LARGE)
    shape = _png(body) or _jpeg(body)
    if shape is None:
        raise NotTaken(ImageFault.NO_IMAGE)
    short, long = sorted((shape.width, shape.height))
    if short < SMALLEST_SIDE or long > LONGEST_SIDE or long > STEEPEST * short:
        raise NotTaken(ImageFault.SIZE)
    return shape


def _png(body: bytes) -> Shape | None:
    whole = body.startswith(_PNG) and body[12:16] == b"IHDR" and len(body) > 33 and b"IEND" in body[-12:]
    return Shape("image/png", *unpack(">II", body[16:24])) if whole else None


def _jpeg(body: bytes) -> Shape | None:
    """Goes from marker to marker up to the frame's own; a picture that was cut off has no end."""
    if not body.startswith(b"\xff\xd8\xff") or b"\xff\xd9" not in body[-64:]:
        return None
    at = 2
    while at + 9 <= len(body) and body[at] == 0xFF:
        marker, length = body[at + 1], int.from_bytes(body[at + 2 : at + 4], "big")
        if marker in _FRAMES:
            height, width = unpack(">HH", body[at + 5 : at + 9])
            return Shape("image/jpeg", width, height)
        if marker == 0xFF:
            at += 1
            continue
        if length < 2:
            return None
        at += 2 + length
    return None
