"""The pictures of answers and campaigns, drawn by the project: chats and platforms fetch them here."""

from aiohttp import web

from bot.library import content_root
from bot.library.reading import IMAGES
from bot.web import broadcast_pictures

CACHED = {"Cache-Control": "public, max-age=86400", "X-Content-Type-Options": "nosniff"}

_PICTURES: web.AppKey[dict[str, bytes]] = web.AppKey("pictures", dict)
"""By name, kept in memory: they are few and small."""


def add_routes(app: web.Application) -> None:
    app[_PICTURES] = {file.name: file.read_bytes() for file in sorted((content_root() / IMAGES).glob("*.png"))}
    app.router.add_get("/pictures/{name}", picture)
    broadcast_pictures.add_routes(app)


async def picture(request: web.Request) -> web.Response:
    body = request.app[_PICTURES].get(request.match_info["name"])
    if body is None:
        return web.Response(status=404)
    return web.Response(body=body, content_type="image/png", headers=CACHED)
