"""Facebook's data deletion callback, and the page that tells what became of a request."""

import base64
import hashlib
import hmac
from urllib.parse import parse_qsl

from aiohttp import web
from sqlalchemy.exc import IntegrityError

from bot.channels.base import BadWebhook
from bot.channels.messenger import Messenger
from bot.channels.messenger_deletion import read_signed_request
from bot.domain.updates import ChannelKind
from bot.storage.data_requests import request_by_code
from bot.storage.database import DatabaseAway
from bot.storage.platform_erasure import erase_for_platform
from bot.web.guard import body_of, refuse_forged
from bot.web.pages import page, show
from bot.web.parts import PARTS

BODY_AT_MOST = 1 << 16
LONGEST_CODE = 64
CODE_BYTES = 15


def add_routes(app: web.Application) -> None:
    app.router.add_post("/webhooks/messenger/data-deletion", asked)
    app.router.add_get("/deletion/{code}", status_page)


async def asked(request: web.Request) -> web.Response:
    """Verify, erase or note, and tell Facebook where to look; a repeat of the same call gets the same answer."""
    parts = request.app[PARTS]
    channel = parts.channels.get(ChannelKind.MESSENGER)
    if not isinstance(channel, Messenger):
        return web.Response(status=404)
    if (request.content_length or 0) > BODY_AT_MOST:
        return web.Response(status=413)
    body = await body_of(request)
    try:
        signed = signed_request_in(body)
        user_id, right = read_signed_request(
            signed, (account.secrets.get("app_secret", "") for account in channel.accounts)
        )
    except BadWebhook:
        parts.metrics.refused[ChannelKind.MESSENGER] += 1
        return refuse_forged(request)
    pages = [account.id for account in channel.accounts if account.secrets.get("app_secret") in right]
    code, now = code_of(signed, parts.settings.secret_key), parts.clock()
    try:
        await parts.db.write(lambda connection: erase_for_platform(connection, parts.ring, pages, user_id, code, now))
    except IntegrityError:
        pass  # the same call at the same moment: the other one noted it
    except DatabaseAway:
        return web.Response(status=503, headers={"Retry-After": "5"})
    return web.json_response({"url": f"{parts.settings.base_url()}/deletion/{code}", "confirmation_code": code})


@page
async def status_page(request: web.Request) -> web.Response:
    """Done, waiting or unknown; nothing about anybody."""
    parts, code = request.app[PARTS], request.match_info["code"][:LONGEST_CODE]
    found = await parts.db.read(lambda connection: request_by_code(connection, code))
    state = "unknown" if found is None else "done" if found.done_at else "waiting"
    return show(
        request,
        "deletion.html",
        status=404 if state == "unknown" else 200,
        state=state,
        backup_days=parts.settings.backup_keep_days,
        contact=parts.settings.privacy_contact,
    )


def signed_request_in(body: bytes) -> str:
    """The form field `signed_request`, or ""."""
    try:
        return dict(parse_qsl(body.decode("latin-1"), max_num_fields=20)).get("signed_request", "")
    except ValueError:
        return ""


def code_of(signed: str, key: str) -> str:
    """What the person may ask with; it follows from the signed payload, so a repeat finds the same request."""
    payload = signed.partition(".")[2]
    digest = hmac.digest(key.encode(), f"deletion\n{payload}".encode(), hashlib.sha256)
    return base64.b32encode(digest[:CODE_BYTES]).decode().lower()
