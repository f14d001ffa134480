"""The templates that platforms have approved for us, as the rows of `templates:` tell them."""

import json
from typing import Any

from sqlalchemy import Connection, select

from bot.domain.platforms import RouteKind
from bot.domain.templates import Approved, Templates
from bot.domain.updates import ChannelKind
from bot.storage.tables import templates

WAYS = {"uid": RouteKind.TEMPLATE_UID, "phone": RouteKind.TEMPLATE_PHONE}
_query = select(templates).order_by(templates.c.purpose, templates.c.channel, templates.c.language)


def approved_templates(connection: Connection) -> Templates:
    """By what they are for; those with another status than approved are among them, and not usable."""
    found: dict[str, tuple[Approved, ...]] = {}
    for row in connection.execute(_query):
        found[row.purpose] = (*found.get(row.purpose, ()), _approved(row))
    return found


def _approved(row: Any) -> Approved:
    channel = ChannelKind(row.channel)
    return Approved(
        name=row.purpose,
        channel=channel,
        language=row.language,
        template_id=row.name,
        ways=_ways(channel, row.ways),
        places=_places(row.params),
        price_vnd=row.price_vnd,
        phone_price_vnd=row.phone_price_vnd,
        status=row.status,
    )


def _ways(channel: ChannelKind, words: str) -> frozenset[RouteKind]:
    """Zalo's go to the person's id unless the row says otherwise."""
    if channel is not ChannelKind.ZALO:
        return frozenset((RouteKind.UTILITY,))
    return frozenset(WAYS[word] for word in words.split()) or frozenset((RouteKind.TEMPLATE_UID,))


def _places(params: str) -> tuple[tuple[str, str], ...]:
    """The platform's names and ours; a list names both alike, in order."""
    told = json.loads(params) if params else []
    if isinstance(told, dict):
        return tuple((str(theirs), str(ours)) for theirs, ours in told.items())
    return tuple((str(name), str(name)) for name in told)
