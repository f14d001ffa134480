"""People who wait for a human, and what staff write to them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select, update

from bot.domain.messages import Message
from bot.domain.outbox import ANSWERS_LAST
from bot.domain.platforms import RouteKind
from bot.domain.updates import ChannelKind
from bot.storage.audit import note
from bot.storage.chat_history import CONFIDENTIAL
from bot.storage.ids import new_id
from bot.storage.sealing import KeyRing
from bot.storage.staff import StaffMember
from bot.storage.tables import accounts, addresses, contacts, outbox, seen

SHOWN_AT_MOST = 100


@dataclass(frozen=True, slots=True)
class Person:
    """One talk as staff see it. `name` and `phone` are None until the person registered."""

    address_id: int
    account_id: int
    channel: ChannelKind
    account: str
    user_id: str
    contact_id: int
    unit_id: int | None
    handoff: str
    since: datetime | None
    urgent: bool
    last_inbound_at: datetime
    blocked_at: datetime | None
    name: str | None = field(repr=False)
    phone: str | None = field(repr=False)
    last_words: str | None = field(default=None, repr=False)


def waiting_people(connection: Connection, ring: KeyRing, member: StaffMember, *, urgent_only: bool) -> list[Person]:
    """Who waits or talks with staff: waiting first, urgent on top, the longest wait first."""
    query = _people().where(addresses.c.handoff != "none")
    if urgent_only:
        query = query.where(addresses.c.handoff_urgent)
    order = (addresses.c.handoff == "waiting").desc(), addresses.c.handoff_urgent.desc(), addresses.c.handoff_since
    rows = [row for row in connection.execute(query.order_by(*order)) if member.may_see(row.of_unit)][:SHOWN_AT_MOST]
    words = _last_words(connection, ring, [row.id for row in rows])
    return [_person(row, ring, words.get(row.id)) for row in rows]


def count_waiting(connection: Connection, member: StaffMember, *, urgent_only: bool) -> int:
    """How many wait for the first answer."""
    query = _people().where(addresses.c.handoff == "waiting")
    if urgent_only:
        query = query.where(addresses.c.handoff_urgent)
    return sum(member.may_see(row.of_unit) for row in connection.execute(query))


def person_at(
    connection: Connection, ring: KeyRing, member: StaffMember, address_id: int, *, urgent_only: bool
) -> Person | None:
    """One talk, if it is theirs to read: only talks that were handed over are."""
    row = connection.execute(_people().where(addresses.c.id == address_id, addresses.c.handoff != "none")).first()
    if row is None or not member.may_see(row.of_unit) or (urgent_only and not row.handoff_urgent):
        return None
    return _person(row, ring, None)


def person_behind(connection: Connection, ring: KeyRing, address_id: int) -> Person | None:
    """One talk in whatever state; whether it may be opened is the caller's to judge."""
    row = connection.execute(_people().where(addresses.c.id == address_id)).first()
    return _person(row, ring, None) if row else None


def reply(
    connection: Connection,
    ring: KeyRing,
    member: StaffMember,
    person: Person,
    reply_id: int,
    parts: Sequence[Message],
    now: datetime,
    *,
    own: bool = True,
    route: RouteKind = RouteKind.TEXT,
) -> list[tuple[int, Message]]:
    """Write a staff member's words to the outbox and own the talk; the ids of the rows.

    `route` is what `windows.judge_staff` has found for words that a person typed; the lane judges it once more.
    Without `own` the talk stays the assistant's and does not stand on the list that the person's own unit reads.
    A reply with the same id was sent twice by an impatient click: nothing is written again.
    """
    locked = connection.execute(select(addresses.c.id).where(addresses.c.id == person.address_id).with_for_update())
    locked.scalar_one()
    keys = [f"{'staff' if own else CONFIDENTIAL}:{reply_id}:{part}" for part in range(len(parts))]
    if connection.execute(select(outbox.c.id).where(outbox.c.key == keys[0])).first():
        return []
    at_once = person.channel is ChannelKind.WEB
    rows: list[dict[str, Any]] = [
        {
            "id": new_id(),
            "key": key,
            "account_id": person.account_id,
            "address_id": person.address_id,
            "contact_id": person.contact_id,
            "purpose": "staff",
            "priority": 0,
            "route": route.value,
            "part": part,
            "body_sealed": ring.seal_json(message.to_json(), "outbox.body"),
            "state": "sent" if at_once else "waiting",
            "created_at": now,
            "due_at": now,
            "expires_at": now + ANSWERS_LAST,
            "sent_at": now if at_once else None,
        }
        for part, (key, message) in enumerate(zip(keys, parts, strict=True))
    ]
    connection.execute(outbox.insert(), rows)
    if own:
        _own(connection, person.address_id, now)
        note(connection, now, member.login, "replied", f"address {person.address_id}")
    return [(row["id"], message) for row, message in zip(rows, parts, strict=True)]


def hand_back(connection: Connection, member: StaffMember, address_id: int, now: datetime) -> None:
    """The assistant answers again."""
    values: dict[str, Any] = {"handoff": "none", "handoff_since": None, "handoff_urgent": False}
    connection.execute(update(addresses).where(addresses.c.id == address_id).values(values))
    note(connection, now, member.login, "handed-back", f"address {address_id}")


def _own(connection: Connection, address_id: int, now: datetime) -> None:
    values = {"handoff": "talking", "handoff_since": now}
    connection.execute(update(addresses).where(addresses.c.id == address_id).values(values))


def _people() -> Select[Any]:
    return select(
        addresses,
        accounts.c.kind,
        accounts.c.code,
        contacts.c.name_sealed,
        contacts.c.phone_sealed,
        func.coalesce(contacts.c.unit_id, accounts.c.unit_id).label("of_unit"),
    ).select_from(
        addresses.join(accounts, accounts.c.id == addresses.c.account_id).outerjoin(
            contacts, contacts.c.id == addresses.c.contact_id
        )
    )


def _last_words(connection: Connection, ring: KeyRing, ids: Sequence[int]) -> dict[int, str]:
    place = func.row_number().over(partition_by=seen.c.address_id, order_by=seen.c.received_at.desc()).label("place")
    newest = (
        select(seen.c.address_id, seen.c.text_sealed, place)
        .where(seen.c.address_id.in_(ids), seen.c.text_sealed.is_not(None), seen.c.kind == "said")
        .subquery()
    )
    rows = connection.execute(select(newest).where(newest.c.place == 1))
    return {row.address_id: ring.open(row.text_sealed, "seen.text").decode() for row in rows}


def _person(row: Row[Any], ring: KeyRing, last_words: str | None) -> Person:
    return Person(
        address_id=row.id,
        account_id=row.account_id,
        channel=ChannelKind(row.kind),
        account=row.code,
        user_id=row.user_id,
        contact_id=row.contact_id,
        unit_id=row.of_unit,
        handoff=row.handoff,
        since=row.handoff_since,
        urgent=row.handoff_urgent,
        last_inbound_at=row.last_inbound_at,
        blocked_at=row.blocked_at,
        name=ring.open_text(row.name_sealed, "contacts.name"),
        phone=ring.open_text(row.phone_sealed, "contacts.phone"),
        last_words=last_words,
    )
