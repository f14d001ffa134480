"""How many messages by template an account may send a day, as its platform last said, and how many went today."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from bot.domain.ledgers import BY_TEMPLATE, Quota
from bot.storage.ids import id_at
from bot.storage.tables import accounts, outbox, platform_events

TOLD_AS = ("change_oa_daily_quota",)
COUNTED = ("sent", "unknown", "sending", "waiting")


def quotas_of(connection: Connection, now: datetime, zone: ZoneInfo) -> dict[str, Quota]:
    """By account code; only accounts of which something is known."""
    told, today = _told(connection), _today(connection, now, zone)
    codes = {row.id: row.code for row in connection.execute(select(accounts.c.id, accounts.c.code))}
    return {codes[one]: Quota(today.get(one, 0), told.get(one, 0)) for one in sorted({*told, *today}) if one in codes}


def _told(connection: Connection) -> dict[int, int]:
    """The newest word of each platform."""
    query = (
        select(platform_events.c.account_id, platform_events.c.detail)
        .where(platform_events.c.kind.in_(TOLD_AS))
        .order_by(platform_events.c.at, platform_events.c.id)
    )
    return {row.account_id: int(row.detail) for row in connection.execute(query) if row.detail.isdecimal()}


def _today(connection: Connection, now: datetime, zone: ZoneInfo) -> dict[int, int]:
    """Since midnight on the organisation's clock; ids grow with time, so only the newest rows are looked at."""
    midnight = datetime.combine(now.astimezone(zone).date(), time(0), zone)
    query = (
        select(outbox.c.account_id, func.count())
        .where(
            outbox.c.id >= id_at(midnight),
            outbox.c.route.in_([kind.value for kind in BY_TEMPLATE]),
            outbox.c.state.in_(COUNTED),
        )
        .group_by(outbox.c.account_id)
    )
    return {row[0]: row[1] for row in connection.execute(query)}
