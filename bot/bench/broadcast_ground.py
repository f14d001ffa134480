"""A million people who agreed to news, and a broadcast to all of them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection, Table, insert, select, text

from bot import clock
from bot.bench import walk
from bot.domain.broadcasts import Draft
from bot.domain.outbox import MessagePurpose
from bot.storage.broadcast_rows import columns_of
from bot.storage.database import Database
from bot.storage.ids import address_id, new_id
from bot.storage.tables import accounts, addresses, broadcasts, consents, contacts, donors, tags, units

PAGE = 2000
WORDS = (("vi", "Tháng này có hai đợt hiến máu. Mời anh/chị xem lịch."),)


def segments(now: datetime) -> tuple[str, ...]:
    """What staff would ask for."""
    day = (now + timedelta(days=7)).date()
    return (
        "all",
        "unit:bench-7",
        f"eligible:{day}",
        f"unit:bench eligible:{day} not registered:bench-0",
        "channel:telegram language:vi reachable:now",
        f"(tag:thu or donated:never) donated-before:{day} or language:en",
    )


def one_broadcast(connection: Connection, *, code: str, state: str) -> str:
    """To everybody who agreed to news, as if it had been approved; returns its code."""
    top = connection.execute(select(units.c.id).where(units.c.parent_id.is_(None))).scalar_one()
    now, draft = clock.now(), Draft(MessagePurpose.NEWS, top, "all", words=WORDS)
    row = {"id": new_id(), "code": code, "state": state, "created_by": "bench", "created_at": now, "started_at": now}
    connection.execute(insert(broadcasts).values(**row, **columns_of(draft)))
    return code


def fill(db: Database, people: int) -> None:
    """People of forty units with an address each; two of five have given before, one of a hundred bears a tag."""
    account, places = db.write_now(_where)
    for first in range(0, people, PAGE):
        numbers = range(first, min(first + PAGE, people))
        db.write_now(partial(_page, account=account, places=places, numbers=numbers))
    if not db.is_sqlite:
        db.write_now(lambda connection: connection.execute(text("ANALYZE")))


def _where(connection: Connection) -> tuple[int, list[int]]:
    bot = accounts.c.kind == "telegram", accounts.c.external_id == walk.BOT_ID
    account = connection.execute(select(accounts.c.id).where(*bot)).scalar_one()
    return int(account), list(connection.execute(select(units.c.id).where(units.c.parent_id.is_not(None))).scalars())


def _page(connection: Connection, account: int, places: list[int], numbers: range) -> None:
    for table, rows in _rows(account, places, numbers, clock.now()):
        if rows:
            connection.execute(table.insert(), rows)


def _rows(
    account: int, places: list[int], numbers: range, now: datetime
) -> Iterator[tuple[Table, list[dict[str, Any]]]]:
    ids = {number: address_id(account, f"reader-{number}") for number in numbers}
    made, seen = {"created_at": now, "updated_at": now}, {"first_seen_at": now, "last_inbound_at": now}
    yield contacts, [{"id": i, "unit_id": places[n % len(places)], **made} for n, i in ids.items()]
    yield (
        addresses,
        [
            {"id": i, "account_id": account, "user_id": f"reader-{n}", "contact_id": i, "talk_sealed": None, **seen}
            for n, i in ids.items()
        ],
    )
    agreed = {"purpose": "news", "wording": "bench@1", "given_at": now}
    yield consents, [{"id": new_id(), "contact_id": i, "address_id": i, **agreed} for i in ids.values()]
    yield donors, [_donor(n, i, now) for n, i in ids.items() if n % 5 < 2]
    yield tags, [{"contact_id": i, "tag": "thu", "by": "bench", "at": now} for n, i in ids.items() if n % 100 == 0]


def _donor(number: int, contact: int, now: datetime) -> dict[str, Any]:
    given = now.date() - timedelta(days=number % 400)
    return {
        "contact_id": contact,
        "last_given_on": given,
        "last_component": "whole_blood",
        "next_on": given + timedelta(days=84),
        "donations": 1,
    }
