"""One person as organisers see them: places, consents that stand, the last donation. Never reasons, never words."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, select

from bot.domain.consents import Purpose
from bot.domain.registrations import RegistrationState
from bot.domain.updates import ChannelKind
from bot.storage.joins import joined_lately
from bot.storage.people_search import FoundPerson
from bot.storage.tables import accounts, addresses, consents, donors, drives, registrations, slots
from bot.storage.tags import tags_of


@dataclass(frozen=True, slots=True)
class Place:
    """One registration, past ones too."""

    drive: str
    starts_at: datetime
    state: RegistrationState
    ticket: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A consent that was not withdrawn."""

    purpose: Purpose
    given_at: datetime


@dataclass(frozen=True, slots=True)
class OpenTalk:
    """A talk that the person handed over to staff."""

    address_id: int
    channel: ChannelKind


@dataclass(frozen=True, slots=True)
class DeskPerson:
    """What an organiser may know of one person."""

    person: FoundPerson
    places: tuple[Place, ...]
    consents: tuple[Standing, ...]
    talks: tuple[OpenTalk, ...]
    last_given_on: date | None
    tags: tuple[str, ...]
    joined_at: datetime | None


def desk_person(connection: Connection, person: FoundPerson, now: datetime) -> DeskPerson:
    """The rest of somebody who was found within the scope; `joined_at` while that can still be undone."""
    given = select(donors.c.last_given_on).where(donors.c.contact_id == person.contact_id)
    return DeskPerson(
        person=person,
        places=_places(connection, person.contact_id),
        consents=_consents(connection, person.contact_id),
        talks=_talks(connection, person.contact_id),
        last_given_on=connection.execute(given).scalar(),
        tags=tags_of(connection, person.contact_id),
        joined_at=joined_lately(connection, person.contact_id, now),
    )


def _places(connection: Connection, contact_id: int) -> tuple[Place, ...]:
    query = (
        select(registrations, drives.c.name, slots.c.starts_at)
        .join(drives, drives.c.id == registrations.c.drive_id)
        .join(slots, slots.c.id == registrations.c.slot_id)
        .where(registrations.c.contact_id == contact_id)
        .order_by(slots.c.starts_at.desc(), registrations.c.id.desc())
    )
    return tuple(
        Place(row.name, row.starts_at, RegistrationState(row.state), row.ticket) for row in connection.execute(query)
    )


def _consents(connection: Connection, contact_id: int) -> tuple[Standing, ...]:
    """The newest of each purpose."""
    query = (
        select(consents.c.purpose, consents.c.given_at)
        .where(consents.c.contact_id == contact_id, consents.c.withdrawn_at.is_(None))
        .order_by(consents.c.given_at)
    )
    newest = {Purpose(row.purpose): row.given_at for row in connection.execute(query)}
    return tuple(Standing(purpose, newest[purpose]) for purpose in Purpose if purpose in newest)


def _talks(connection: Connection, contact_id: int) -> tuple[OpenTalk, ...]:
    query = (
        select(addresses.c.id, accounts.c.kind)
        .join(accounts, accounts.c.id == addresses.c.account_id)
        .where(addresses.c.contact_id == contact_id, addresses.c.handoff != "none")
        .order_by(addresses.c.id)
    )
    return tuple(OpenTalk(row.id, ChannelKind(row.kind)) for row in connection.execute(query))
