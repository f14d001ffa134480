"""Whose row of a hospital's results it is: by ticket, by phone and name, or by name and birth date; never a guess."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from rapidfuzz import fuzz
from sqlalchemy import Connection, Row, select

from bot.domain.registrations import RegistrationState
from bot.storage.sealing import KeyRing
from bot.storage.tables import contacts, drives, registrations
from bot.understanding.folding import fold

LIKE = 85.0
"""Beside a ticket a name may differ by a slip of the pen. Beside a phone it may not: An and Anh may be two of one family."""


class Mismatch(StrEnum):
    """Why a row is nobody's; a reason of `page.results.fault.…`."""

    UNKNOWN_TICKET = "unknown-ticket"
    OTHER_DRIVE = "other-drive"
    NAME_DIFFERS = "name-differs"
    PHONE_DIFFERS = "phone-differs"
    TWO_PEOPLE = "two-people"
    UNKNOWN = "unknown-person"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a row says of its person; "" where it says nothing. `born`: a day in ISO, or a year."""

    ticket: str = field(default="", repr=False)
    name: str = field(default="", repr=False)
    born: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Place:
    """The person, with their place at the drive where they hold one."""

    contact_id: int
    registration_id: int | None
    state: RegistrationState | None
    ticket: str = field(default="", repr=False)
    name: str = field(default="", repr=False)
    born: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class ResultsDrive:
    """The drive that a file of results is of."""

    id: int
    code: str
    name: str
    unit_id: int
    starts_at: datetime
    ends_at: datetime

    def days(self, zone: Any) -> tuple[date, date]:
        return self.starts_at.astimezone(zone).date(), self.ends_at.astimezone(zone).date()


def drive_of(connection: Connection, code: str) -> ResultsDrive | None:
    row = connection.execute(select(drives).where(drives.c.code == code)).first()
    return ResultsDrive(row.id, row.code, row.name, row.unit_id, row.starts_at, row.ends_at) if row else None


class Roll:
    """Everybody with a place at a drive, opened once; others are looked up by phone."""

    def __init__(self, connection: Connection, ring: KeyRing, drive: ResultsDrive) -> None:
        self._ring, self._drive = ring, drive
        self._by_ticket: dict[str, Place] = {}
        self._by_phone: dict[str, list[Place]] = defaultdict(list)
        self._by_name: dict[str, list[Place]] = defaultdict(list)
        for row in connection.execute(_places(drive.id)):
            self._keep(_place(row, ring))

    def _keep(self, place: Place) -> None:
        self._by_ticket[place.ticket] = place
        if place.phone:
            self._by_phone[place.phone].append(place)
        if place.name:
            self._by_name[fold(place.name)].append(place)

    def match(self, connection: Connection, rows: Sequence[Asked]) -> list[Place | Mismatch]:
        """The person of each row of a page, or why there is none."""
        foreign = _known_tickets(connection, {row.ticket for row in rows} - self._by_ticket.keys() - {""})
        strangers = _by_phone(connection, self._ring, {row.phone for row in rows} - self._by_phone.keys() - {""})
        return [self._one(row, foreign, strangers) for row in rows]

    def _one(self, row: Asked, foreign: Collection[str], strangers: dict[str, list[Place]]) -> Place | Mismatch:
        if row.ticket:
            place = self._by_ticket.get(row.ticket)
            if place is None:
                return Mismatch.OTHER_DRIVE if row.ticket in foreign else Mismatch.UNKNOWN_TICKET
            return _not_another(place, row)
        if row.phone and row.name:
            known = self._by_phone.get(row.phone) or strangers.get(row.phone, [])
            found = [place for place in known if _words(place.name) == _words(row.name)]
            if found or not row.born:
                alike = any(_alike(place.name, row.name) for place in known)
                return _only(_of_birth(found, row.born), Mismatch.NAME_DIFFERS if alike else Mismatch.UNKNOWN)
        if row.name and row.born:
            same = [place for place in self._by_name.get(fold(row.name), ()) if _same_birth(place.born, row.born)]
            if row.phone and any(place.phone and place.phone != row.phone for place in same):
                return Mismatch.PHONE_DIFFERS
            return _only(same, Mismatch.UNKNOWN)
        return Mismatch.UNKNOWN


def _only(found: Sequence[Place], none: Mismatch) -> Place | Mismatch:
    """Somebody with two places at a drive is one person; the place that stands counts."""
    people = {place.contact_id for place in found}
    if len(people) > 1:
        return Mismatch.TWO_PEOPLE
    standing = [place for place in found if place.state is not RegistrationState.CANCELLED]
    return next(iter(standing or found), none)


def _not_another(place: Place, row: Asked) -> Place | Mismatch:
    """A ticket alone is enough; beside it nothing may tell of somebody else.

    With the very same name one other thing may differ (a new phone, a slip in a birth date); without it, nothing may.
    """
    if row.name and place.name and not _alike(place.name, row.name):
        return Mismatch.NAME_DIFFERS
    other_birth = bool(row.born and place.born) and not _same_birth(place.born, row.born)
    other_phone = bool(row.phone and place.phone) and place.phone != row.phone
    same_name = bool(row.name) and _words(place.name) == _words(row.name)
    if other_birth and not (same_name and not other_phone):
        return Mismatch.NAME_DIFFERS
    return Mismatch.PHONE_DIFFERS if other_phone and not same_name else place


def _of_birth(found: Sequence[Place], born: str) -> list[Place]:
    """Two of one name behind one phone (a mother's, say) are told apart by their birth dates."""
    if len({place.contact_id for place in found}) < 2 or not born:
        return list(found)
    return [place for place in found if _same_birth(place.born, born)]


def _alike(ours: str, theirs: str) -> bool:
    return fuzz.token_sort_ratio(fold(ours), fold(theirs)) >= LIKE


def _words(name: str) -> list[str]:
    """Accents, capitals and order aside."""
    return sorted(fold(name).split())


def _same_birth(ours: str, theirs: str) -> bool:
    """A year alone fits every day of it."""
    return bool(ours) and (ours == theirs or (len(theirs) == 4 and ours.startswith(theirs)))


def _places(drive_id: int) -> Any:
    return (
        select(
            registrations.c.id,
            registrations.c.contact_id,
            registrations.c.state,
            registrations.c.ticket,
            contacts.c.name_sealed,
            contacts.c.birth_date_sealed,
            contacts.c.phone_sealed,
        )
        .join(contacts, contacts.c.id == registrations.c.contact_id)
        .where(registrations.c.drive_id == drive_id, contacts.c.erased_at.is_(None))
        .order_by(registrations.c.id)
    )


def _place(row: Row[Any], ring: KeyRing) -> Place:
    return Place(row.contact_id, row.id, RegistrationState(row.state), row.ticket, **_opened(row, ring))


def _opened(row: Row[Any], ring: KeyRing) -> dict[str, str]:
    return {
        "name": ring.text_or_none(row.name_sealed, "contacts.name") or "",
        "born": ring.text_or_none(row.birth_date_sealed, "contacts.birth_date") or "",
        "phone": ring.text_or_none(row.phone_sealed, "contacts.phone") or "",
    }


def _known_tickets(connection: Connection, tickets: Collection[str]) -> set[str]:
    if not tickets:
        return set()
    query = select(registrations.c.ticket).where(registrations.c.ticket.in_(tickets))
    return set(connection.execute(query).scalars())


def _by_phone(connection: Connection, ring: KeyRing, phones: Iterable[str]) -> dict[str, list[Place]]:
    """People we know who hold no place at this drive: they came unannounced."""
    blinds = {ring.blind(phone): phone for phone in phones}
    if not blinds:
        return {}
    query = select(contacts).where(contacts.c.phone_blind.in_(list(blinds)), contacts.c.erased_at.is_(None))
    found: dict[str, list[Place]] = defaultdict(list)
    for row in connection.execute(query.order_by(contacts.c.id)):
        found[blinds[row.phone_blind]].append(Place(row.id, None, None, **_opened(row, ring)))
    return found
