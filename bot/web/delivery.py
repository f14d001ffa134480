"""From one decoded call to the intake and its answer: the same way for webhooks, the web chat and the form."""

import logging
import traceback

from bot.channels.base import BadWebhook, Received, UnreadableBody, WebhookRequest
from bot.intake import NotTaken, Taken
from bot.web.parts import WebParts

log = logging.getLogger(__name__)


async def take(parts: WebParts, request: WebhookRequest) -> tuple[Received, Taken]:
    """Decode a call and bring it to where it is durable.

    Whatever goes wrong behind a right signature is kept aside for staff instead of being lost.

    Raises:
        BadWebhook: the signature is wrong.
        NotTaken: neither the database nor the spool took it.
    """
    received = _receive(parts, request)
    try:
        taken = await parts.intake.take(request, received)
    except NotTaken:
        parts.metrics.not_taken[request.kind] += 1
        raise
    except Exception as error:
        log.error("A %s call was kept aside: %s", request.kind, where(error))
        received = Received(faulty=((f"{request.kind}: not answered, {type(error).__name__}", request.body),))
        taken = await _keep_aside(parts, request, received)
    _count(parts, request, received, taken)
    return received, taken


def _receive(parts: WebParts, request: WebhookRequest) -> Received:
    try:
        return parts.channels[request.kind].receive(request)
    except UnreadableBody as error:
        return Received(faulty=((f"{request.kind}: {error}", request.body),))
    except BadWebhook:
        raise
    except Exception as error:  # signatures are checked first, so this is a fault of our decoding
        log.error("A %s call could not be decoded: %s", request.kind, where(error))
        return Received(faulty=((f"{request.kind}: not decoded, {type(error).__name__}", request.body),))


async def _keep_aside(parts: WebParts, request: WebhookRequest, received: Received) -> Taken:
    try:
        return await parts.intake.take(request, received)
    except Exception as error:
        parts.metrics.not_taken[request.kind] += 1
        raise NotTaken("the call could not be kept aside") from error


def _count(parts: WebParts, request: WebhookRequest, received: Received, taken: Taken) -> None:
    parts.metrics.count(request.kind, taken)
    if received.faulty:
        parts.metrics.kept_aside[request.kind] += len(received.faulty)
    if received.left_alone:
        parts.metrics.left_alone[request.kind] += len(received.left_alone)


def where(error: BaseException) -> str:
    """An exception for the log: its class and its place, never its words (they may hold what a person wrote)."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"
