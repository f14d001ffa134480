"""Events that were kept aside: the list, one opened, one dropped."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from bot.storage.audit import note
from bot.storage.sealing import KeyRing, LostKey
from bot.storage.staff import StaffMember
from bot.storage.tables import accounts, kept_aside

LABEL = "kept_aside.body"
SHOWN_AT_MOST = 100


@dataclass(frozen=True, slots=True)
class KeptEvent:
    """One event. `account` is empty where nobody could read for which account it was."""

    id: int
    channel: str
    account: str
    received_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class KeptKind:
    """How many events of one kind there are: one fault usually has many."""

    channel: str
    reason: str
    count: int


def kept_events(connection: Connection) -> list[KeptEvent]:
    """The newest first."""
    query = (
        select(kept_aside, accounts.c.code)
        .outerjoin(accounts, accounts.c.id == kept_aside.c.account_id)
        .order_by(kept_aside.c.received_at.desc(), kept_aside.c.id.desc())
        .limit(SHOWN_AT_MOST)
    )
    return [
        KeptEvent(row.id, row.channel, row.code or "", row.received_at, row.reason) for row in connection.execute(query)
    ]


def kept_kinds(connection: Connection) -> list[KeptKind]:
    """The most frequent first."""
    many = func.count().label("many")
    query = select(kept_aside.c.channel, kept_aside.c.reason, many).group_by(kept_aside.c.channel, kept_aside.c.reason)
    return [KeptKind(*row) for row in connection.execute(query.order_by(many.desc(), kept_aside.c.reason))]


def open_kept(
    connection: Connection, ring: KeyRing, member: StaffMember, event_id: int, now: datetime
) -> tuple[KeptEvent, str | None] | None:
    """One event with its content, noted in the audit; the content is None where no key opens it."""
    query = (
        select(kept_aside, accounts.c.code)
        .outerjoin(accounts, accounts.c.id == kept_aside.c.account_id)
        .where(kept_aside.c.id == event_id)
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    note(connection, now, member.login, "kept-aside-opened", f"event {event_id}")
    event = KeptEvent(row.id, row.channel, row.code or "", row.received_at, row.reason)
    try:
        return event, ring.open(row.body_sealed, LABEL).decode("utf-8", "replace")
    except LostKey:
        return event, None


def drop_kept(connection: Connection, member: StaffMember, event_id: int, now: datetime) -> bool:
    """False when it was gone already."""
    gone = connection.execute(delete(kept_aside).where(kept_aside.c.id == event_id)).rowcount
    if gone:
        note(connection, now, member.login, "kept-aside-dropped", f"event {event_id}")
    return bool(gone)
