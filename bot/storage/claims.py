"""Somebody's own line of an old list: found by phone, name and birth date together, claimed once, or erased."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from bot.domain.consents import Purpose
from bot.domain.contacts import Person
from bot.domain.donations import Component, Donation, Intervals, Source
from bot.domain.listed import born_so
from bot.storage.audit import note
from bot.storage.listed_donors import BLOOD, BORN, NAME, is_open
from bot.storage.outcomes import record_donation
from bot.storage.sealing import KeyRing
from bot.storage.tables import consents, contacts, donors, listed_donors
from bot.understanding.folding import fold

_PERSONAL: dict[str, Any] = dict.fromkeys(
    ("name_sealed", "birth_date_sealed", "phone_sealed", "phone_blind", "blood_group_sealed")
)
_NOTHING: dict[str, Any] = _PERSONAL | dict.fromkeys(
    ("donations", "last_given_on", "component", "claimed_at", "claimed_by")
)


@dataclass(frozen=True, slots=True)
class Claimed:
    """What the line told: how often, and the last time where it has a day."""

    donations: int | None
    last_given_on: date | None


def fit_one(connection: Connection, ring: KeyRing, people: Sequence[Person], now: datetime) -> list[bool]:
    """For each person whether exactly one line fits; one look-up for all of them."""
    found = _of_phones(connection, {ring.blind(person.phone) for person in people}, now)
    return [len(_fitting(found, ring, person)) == 1 for person in people]


def claim_line(
    connection: Connection, ring: KeyRing, contact_id: int, person: Person, intervals: Intervals, now: datetime
) -> Claimed | None:
    """Make the one line that fits this person theirs; None when there is none (any more), or two.

    What it says of a last donation is kept as told by a list, never as verified. Name, birth date and phone leave the
    line: the contact has them.
    """
    rows = _fitting(_of_phones(connection, {ring.blind(person.phone)}, now), ring, person)
    if len(rows) != 1:
        return None
    (row,) = rows
    mine = update(listed_donors).where(listed_donors.c.id == row.id, is_open)
    if connection.execute(mine.values(**_PERSONAL, claimed_at=now, claimed_by=contact_id)).rowcount != 1:
        return None
    if row.last_given_on is not None:
        given = Donation(row.last_given_on, Component(row.component or Component.WHOLE_BLOOD), verified=False)
        record_donation(connection, contact_id, given, Source.LIST, intervals, now)
    _keep_blood_group(connection, ring, contact_id, row.blood_group_sealed)
    note(connection, now, "chat", "line-claimed", f"contact {contact_id}")
    return Claimed(row.donations, row.last_given_on)


def next_on_of(connection: Connection, contact_id: int) -> date | None:
    """The day in the donor's row, after all that is known of them."""
    return connection.execute(select(donors.c.next_on).where(donors.c.contact_id == contact_id)).scalar()


def erase_line(connection: Connection, ring: KeyRing, person: Person, now: datetime) -> int:
    """ "Xoá dòng đó đi": every open line that fits; returns how many."""
    found = _of_phones(connection, {ring.blind(person.phone)}, now)
    ids = [row.id for row in _fitting(found, ring, person)]
    _empty(connection, ids)
    if ids:
        note(connection, now, "chat", "line-erased", f"{len(ids)}")
    return len(ids)


def forget_claims(connection: Connection, contact_id: int) -> None:
    """The person goes, and what they claimed goes with them."""
    _empty(connection, claims_of(connection, contact_id))


def claims_of(connection: Connection, contact_id: int) -> list[int]:
    """Ids of the lines that somebody claimed."""
    mine = select(listed_donors.c.id).where(listed_donors.c.claimed_by == contact_id)
    return list(connection.execute(mine).scalars())


def move_claims(connection: Connection, ids: Sequence[int], to: int, whose: int | None = None) -> list[int]:
    """They follow their person into a join, and out of it again (those that are `whose` still)."""
    if ids:
        still = listed_donors.c.claimed_by.is_not(None) if whose is None else listed_donors.c.claimed_by == whose
        moving = update(listed_donors).where(listed_donors.c.id.in_(ids), still)
        connection.execute(moving.values(claimed_by=to))
    return list(ids)


def erase_lines_of(connection: Connection, ring: KeyRing, contact_id: int) -> None:
    """Who erases everything means the lines too that carry their phone and name, claimed or not; before the contact
    itself is emptied."""
    who = connection.execute(
        select(contacts.c.name_sealed, contacts.c.phone_blind).where(contacts.c.id == contact_id)
    ).first()
    name = ring.text_or_none(who.name_sealed, "contacts.name") if who else None
    if who is None or name is None or who.phone_blind is None:
        return
    same = listed_donors.c.phone_blind == who.phone_blind, is_open
    rows = connection.execute(select(listed_donors).where(*same).with_for_update()).all()
    _empty(connection, [row.id for row in rows if _name(ring, row) == fold(name)])


def _of_phones(connection: Connection, blinds: Collection[bytes], now: datetime) -> Sequence[Row[Any]]:
    wanted = listed_donors.c.phone_blind.in_(list(blinds)), is_open, listed_donors.c.expires_at > now
    return connection.execute(select(listed_donors).where(*wanted).order_by(listed_donors.c.id)).all() if blinds else []


def _fitting(rows: Sequence[Row[Any]], ring: KeyRing, person: Person) -> list[Row[Any]]:
    """Phone, folded name, and the birth date or year, all three."""
    blind, name = ring.blind(person.phone), fold(person.name)
    return [
        row
        for row in rows
        if row.phone_blind == blind
        and _name(ring, row) == name
        and born_so(ring.text_or_none(row.birth_date_sealed, BORN) or "", person.birth_date)
    ]


def _name(ring: KeyRing, row: Row[Any]) -> str:
    return fold(ring.text_or_none(row.name_sealed, NAME) or "")


def _empty(connection: Connection, ids: Sequence[int]) -> None:
    """Only the hash stays, until the line would have gone anyway."""
    if ids:
        connection.execute(update(listed_donors).where(listed_donors.c.id.in_(ids)).values(_NOTHING))


def _keep_blood_group(connection: Connection, ring: KeyRing, contact_id: int, sealed: bytes | None) -> None:
    """Only of somebody who agreed to appeals and has told none themselves: there is nothing else to keep it for."""
    group = ring.text_or_none(sealed, BLOOD)
    urgent = consents.c.contact_id == contact_id, consents.c.purpose == Purpose.URGENT.value
    agreed = select(consents.c.id).where(*urgent, consents.c.withdrawn_at.is_(None)).limit(1)
    if group is None or connection.execute(agreed).first() is None:
        return
    theirs = {"blood_group_sealed": ring.seal_text(group, "donors.blood_group")}
    known = connection.execute(
        select(donors.c.blood_group_sealed).where(donors.c.contact_id == contact_id).with_for_update()
    ).first()
    if known is None:
        connection.execute(donors.insert().values(contact_id=contact_id, **theirs))
    elif known.blood_group_sealed is None:
        connection.execute(update(donors).where(donors.c.contact_id == contact_id).values(theirs))
