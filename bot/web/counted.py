"""Links of a broadcast: counted as they are opened, never by whom, and led on to where staff meant them to lead."""

import re

from aiohttp import web

from bot.storage.counted_links import open_link, target_of
from bot.web.guard import may_see_pages
from bot.web.parts import PARTS

CODE = re.compile(r"[0-9a-f]{12}")

LOOKERS = re.compile(
    r"facebookexternalhit|facebot|telegrambot|zalo.*(?:bot|preview|crawl)|bot\b|crawl|spider|preview", re.IGNORECASE
)
"""Programs that fetch a link to draw its picture, as they name themselves: nobody has read anything yet. Those of Meta
and Telegram are documented; others pass uncounted when their name says what they are, and are counted when it does not."""

HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


def add_routes(app: web.Application) -> None:
    app.router.add_get("/l/{code}", lead_on)


async def lead_on(request: web.Request) -> web.Response:
    """302 to the address that stood in the words; whoever opens too many is led on, but not counted again."""
    parts, code = request.app[PARTS], request.match_info["code"]
    if not CODE.fullmatch(code):
        return web.Response(status=404)
    if may_see_pages(request) and _is_a_person(request):
        target = await parts.db.write(lambda connection: open_link(connection, code))
    else:
        target = await parts.db.read(lambda connection: target_of(connection, code))
    if target is None:
        return web.Response(status=404)
    return web.Response(status=302, headers={"Location": target, **HEADERS})


def _is_a_person(request: web.Request) -> bool:
    early = "prefetch" in request.headers.get("Sec-Purpose", request.headers.get("Purpose", "")).lower()
    return request.method == "GET" and not early and not LOOKERS.search(request.headers.get("User-Agent", ""))
