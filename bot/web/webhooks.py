"""Where the platforms call us: raw bytes in, 200 only when the effect is durable."""

import hmac

import orjson
from aiohttp import web

from bot.channels.base import BadWebhook, WebhookRequest
from bot.channels.messenger import Messenger
from bot.channels.telegram import Telegram
from bot.domain.updates import ChannelKind
from bot.intake import NotTaken
from bot.web.delivery import take
from bot.web.guard import body_of, refuse_forged
from bot.web.parts import PARTS

BODY_AT_MOST = 1 << 20


def add_routes(app: web.Application) -> None:
    channel = app[PARTS].channels.get(ChannelKind.TELEGRAM)
    for bot_id in channel.bot_ids if isinstance(channel, Telegram) else ():
        # A fixed path is found at once; the pattern below only answers 404 for bots that are not ours.
        app.router.add_post(f"/webhooks/telegram/{bot_id}", telegram)
    app.router.add_post("/webhooks/telegram/{bot_id}", telegram)
    app.router.add_post("/webhooks/messenger", messenger)
    app.router.add_get("/webhooks/messenger", messenger_verification)
    app.router.add_post("/webhooks/zalo", zalo)
    app.router.add_get("/zalo_verifier{code}.html", zalo_verifier)


async def telegram(request: web.Request) -> web.Response:
    bot_id, channel = request.path.rsplit("/", 1)[-1], request.app[PARTS].channels.get(ChannelKind.TELEGRAM)
    if isinstance(channel, Telegram) and not channel.knows(bot_id):
        return web.Response(status=404)
    return await _call(request, ChannelKind.TELEGRAM, bot_id)


async def messenger(request: web.Request) -> web.Response:
    return await _call(request, ChannelKind.MESSENGER)


async def zalo(request: web.Request) -> web.Response:
    return await _call(request, ChannelKind.ZALO)


async def messenger_verification(request: web.Request) -> web.Response:
    """Meta asks once, when the webhook is entered: echo the challenge to whoever knows our verify token."""
    channel = request.app[PARTS].channels.get(ChannelKind.MESSENGER)
    if not isinstance(channel, Messenger):
        return web.Response(status=404)
    challenge = channel.verify(request.query)
    return web.Response(status=403) if challenge is None else web.Response(text=challenge)


async def zalo_verifier(request: web.Request) -> web.Response:
    """Zalo's proof that the domain is ours: the page repeats the code in a meta tag."""
    settings = request.app[PARTS].settings.zalo
    code = request.match_info["code"]
    if settings is None or not settings.verifier or not hmac.compare_digest(code.encode(), settings.verifier.encode()):
        return web.Response(status=404)
    text = f'<!doctype html><html><head><meta name="zalo-platform-site-verification" content="{code}"></head></html>'
    return web.Response(text=text, content_type="text/html")


async def _call(request: web.Request, kind: ChannelKind, path_id: str = "") -> web.Response:
    parts = request.app[PARTS]
    if kind not in parts.channels:
        return web.Response(status=404)
    if (request.content_length or 0) > BODY_AT_MOST:
        return web.Response(status=413)
    body = await body_of(request)
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        received, _taken = await take(parts, WebhookRequest(kind, headers, body, path_id, parts.clock()))
    except BadWebhook:
        parts.metrics.refused[kind] += 1
        return refuse_forged(request)
    except NotTaken:
        return web.Response(status=503, headers={"Retry-After": "5"})
    if received.answer is None:
        return web.Response()
    return web.Response(body=orjson.dumps(received.answer), content_type="application/json")
