"""Sheets of paper: QR codes, and pages that typst sets from a template, in a process of their own."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from io import BytesIO
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import segno

TEMPLATES = Path(__file__).parent
PART = 50
DROP = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="8 2 32 44">'
    '<path fill="#c62828" d="M24 3C19.6 11.2 9 19.4 9 29.3 9 38 15.7 45 24 45s15-7 15-15.7C39 19.4 28.4 11.2 24 3z"/>'
    '<path fill="#fff" d="M24 38.2l-1.3-1.1c-4.5-3.9-7.4-6.4-7.4-9.6 0-2.5 2-4.5 4.6-4.5 1.6 0 3.1.7 4.1 1.9 1-1.2 '
    '2.5-1.9 4.1-1.9 2.6 0 4.6 2 4.6 4.5 0 3.2-2.9 5.7-7.4 9.6L24 38.2z"/></svg>'
)

Sheet = Mapping[str, Any]


def qr_svg(content: str) -> str:
    """A QR code with its quiet zone; a quarter of it may be dirty or torn ("Q")."""
    drawn = BytesIO()
    segno.make(content, error="q", micro=False, boost_error=False).save(
        drawn, kind="svg", border=4, light="white", xmldecl=False, svgns=True
    )
    return drawn.getvalue().decode()


def posters_pdf(sheets: Sequence[Sheet], title: str, language: str) -> bytes:
    """The PDF, one page for each sheet; readable aloud (tagged)."""
    return _typeset(sheets, title, language, "pdf")[0]


def poster_pictures(sheets: Sequence[Sheet], title: str, language: str, per_inch: float = 60) -> list[bytes]:
    """The same pages as PNG pictures."""
    return _typeset(sheets, title, language, "png", per_inch)


def joined(parts: Sequence[bytes], title: str, language: str) -> bytes:
    """One PDF of several."""
    from pypdf import PdfWriter
    from pypdf.generic import NameObject, TextStringObject

    writer, whole = PdfWriter(), BytesIO()
    for part in parts:
        writer.append(BytesIO(part), import_outline=False)
    writer.compress_identical_objects()
    writer.add_metadata({"/Title": title})
    writer.root_object[NameObject("/Lang")] = TextStringObject(language)
    writer.write(whole)
    return whole.getvalue()


def _typeset(sheets: Sequence[Sheet], title: str, language: str, kind: str, per_inch: float = 60) -> list[bytes]:
    """Only typst's own letters, which have every Vietnamese one: a poster looks the same from every machine."""
    import typst  # 70 MB of program: only where pages are made

    made: Any = typst.compile(
        TEMPLATES / "poster.typ",
        root=TEMPLATES,
        ignore_system_fonts=True,
        format="png" if kind == "png" else "pdf",
        ppi=per_inch if kind == "png" else None,
        sys_inputs={"posters": json.dumps(sheets), "drop": DROP, "title": title, "language": language},
    )
    return made if isinstance(made, list) else [made]


async def printed(sheets: Sequence[Sheet], title: str, language: str) -> bytes:
    """The PDF, made apart: nothing holds the loop. A page takes typst 2 MB until its process ends, so a process makes
    no more than `PART` of them."""
    loop = asyncio.get_running_loop()
    pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1)
    try:
        parts = [
            await loop.run_in_executor(pool, posters_pdf, sheets[at : at + PART], title, language)
            for at in range(0, len(sheets), PART)
        ]
        if len(parts) == 1:
            return parts[0]
        return await loop.run_in_executor(pool, joined, parts, title, language)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
