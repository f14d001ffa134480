"""The thank-you card behind a signed link. Nothing of its owner stands in the address."""

from aiohttp import web

from bot.domain.tokens import BadToken, verify
from bot.storage.cards import card_facts
from bot.web.guard import may_see_pages
from bot.web.parts import PARTS

CARD = "card"
HEADERS = {"Cache-Control": "private, max-age=600", "X-Robots-Tag": "noindex"}


def add_routes(app: web.Application) -> None:
    app.router.add_get("/card/{token}", picture)


async def picture(request: web.Request) -> web.Response:
    """The card as it is now: whoever took their name off has none on it."""
    parts = request.app[PARTS]
    if not may_see_pages(request):
        return web.Response(status=429)
    try:
        address = int(verify(CARD, request.match_info["token"][:200], parts.clock(), parts.settings.secret_key))
    except (BadToken, ValueError):
        return web.Response(status=404)
    facts = await parts.db.read(lambda connection: card_facts(connection, parts.ring, address))
    if facts is None or parts.cards is None:
        return web.Response(status=404)
    return web.Response(body=await parts.cards(facts), content_type="image/png", headers=HEADERS)
