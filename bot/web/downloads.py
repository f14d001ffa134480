"""A file to take away, sent piece by piece."""

import asyncio
import logging
from collections.abc import Iterator

from aiohttp import web

from bot.web.delivery import where
from bot.web.pages import SAFE_HEADERS

log = logging.getLogger(__name__)


async def download(request: web.Request, chunks: Iterator[bytes], content_type: str, name: str) -> web.StreamResponse:
    """Read in a thread, page by page. A fault on the way cuts the connection, so that no half file looks whole."""
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Type": f"{content_type}; charset=utf-8",
    }
    response = web.StreamResponse(
        headers={**SAFE_HEADERS, **headers, "Content-Security-Policy": "default-src 'none'; sandbox"}
    )
    chunk = await asyncio.to_thread(next, chunks, b"")
    await response.prepare(request)
    try:
        while chunk:
            await response.write(chunk)
            chunk = await asyncio.to_thread(next, chunks, b"")
        await response.write_eof()
    except ConnectionError:
        pass  # whoever downloads has gone
    except Exception as error:
        log.error("A download was cut off: %s", where(error))
        if request.transport is not None:
            request.transport.abort()
    return response
