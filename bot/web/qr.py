"""QR codes as a drawing inside a page, and as a picture that platforms fetch."""

from functools import lru_cache
from io import BytesIO

import segno

MODULE = 12
"""Pixels of one module: about 500 for a link, sharp on any phone."""


def qr_svg(content: str) -> str:
    """A drawing that takes the width of its place; black on white in the dark too, for readers of codes want that."""
    drawn = BytesIO()
    _code(content).save(
        drawn,
        kind="svg",
        border=4,
        light="white",
        xmldecl=False,
        svgns=True,
        omitsize=True,
        svgclass=None,
        lineclass=None,
    )
    return drawn.getvalue().decode()


@lru_cache(maxsize=256)  # platforms fetch a picture several times in the minute after it was said
def qr_png(content: str) -> bytes:
    """About 600 bytes; takes 10 ms, so not on the loop."""
    drawn = BytesIO()
    _code(content).save(drawn, kind="png", border=4, scale=MODULE)
    return drawn.getvalue()


def _code(content: str) -> segno.QRCode:
    """A quarter of it may be scratched or dirty ("Q")."""
    return segno.make_qr(content, error="q", boost_error=False)
