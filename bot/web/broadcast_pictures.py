"""Pictures of broadcasts and posts, by their digest: platforms and the console fetch them here."""

import re

from aiohttp import web

from bot.storage.broadcast_images import PATH, image_at
from bot.web.parts import PARTS

KEPT = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
"""What a digest stands for never changes."""

_DIGEST = re.compile(r"[0-9a-f]{40}")


def add_routes(app: web.Application) -> None:
    app.router.add_get(PATH + "{digest}", kept_picture)


async def kept_picture(request: web.Request) -> web.Response:
    digest = request.match_info["digest"]
    if not _DIGEST.fullmatch(digest):
        return web.Response(status=404)
    image = await request.app[PARTS].db.read(lambda connection: image_at(connection, digest))
    if image is None:
        return web.Response(status=404)
    return web.Response(body=image.body, content_type=image.kind, headers=KEPT)
