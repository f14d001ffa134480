"""A join undone: everything goes back to the side it came from, and what was done since to where it was done.

The caller holds the locks of every address of the person.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, and_, or_, select, text, update

from bot.domain.registrations import RegistrationState
from bot.storage.audit import note
from bot.storage.claims import move_claims
from bot.storage.held_places import let_go_of_all
from bot.storage.joins import Join, end_join, newest_join
from bot.storage.journey_moves import brought_back, deferrals_going, plan_left_again
from bot.storage.merging import swap_donations
from bot.storage.parted_values import write_two
from bot.storage.sealing import KeyRing
from bot.storage.tables import addresses, consents, data_requests, deferrals, donations, intents, registrations, slots
from bot.storage.tags import tags_back
from bot.storage.talks import begun_anew
from bot.storage.turns import grant_places

Going = Mapping[Table, Sequence[int]]
"""Ids of the rows that leave."""


def part_person(connection: Connection, ring: KeyRing, contact_id: int, now: datetime, *, who: str) -> Join | None:
    """Undo the last join of a person; None when there is none that could be.

    Args:
        who: the login of whoever did it for the person, or "chat".

    Raises:
        LostKey: no key opens what it moved.
    """
    join = newest_join(connection, ring, contact_id, now)
    if join is None:
        return None
    let_go_of_all(connection, (join.kept, join.gone), now)
    _swap_back(connection, join)
    going = _going(connection, join)
    write_two(connection, ring, join, going[registrations], any(going.values()))
    for table, ids in going.items():
        _give(connection, table, ids, join.gone)
    move_claims(connection, join.moved.get("lines", ()), join.gone, whose=join.kept)
    _intents_follow(connection, join)
    _plan_again(connection, join)
    plan_left_again(connection, join)
    brought_back(connection, join)
    tags_back(connection, join)
    _addresses_back(connection, ring, join)
    _consents_stand_again(connection, join)
    _take_places_again(connection, join, now)
    end_join(connection, join.id)
    note(connection, now, who, "people-parted", f"contact {join.kept}")
    return join


# --- what goes -----------------------------------------------------------------------------------------------------


def _going(connection: Connection, join: Join) -> dict[Table, list[int]]:
    moved, homes = join.moved, join.moved["addresses"]
    booked = or_(
        registrations.c.id.in_(moved["registrations"]),
        (registrations.c.created_at > join.joined_at) & registrations.c.address_id.in_(homes),
    )
    agreed = or_(
        consents.c.id.in_(moved["consents"]),
        (consents.c.given_at > join.joined_at) & consents.c.address_id.in_(homes),
    )
    places = _of_kept(connection, registrations, join, booked)
    return {
        registrations: places,
        donations: _donations_going(connection, join, places),
        deferrals: deferrals_going(connection, join, places),
        consents: _of_kept(connection, consents, join, agreed),
        data_requests: _of_kept(connection, data_requests, join, data_requests.c.id.in_(moved["requests"])),
    }


def _of_kept(connection: Connection, table: Table, join: Join, which: Any) -> list[int]:
    query = select(table.c.id).where(table.c.contact_id == join.kept, which)
    return list(connection.execute(query).scalars())


def _donations_going(connection: Connection, join: Join, places: Sequence[int]) -> list[int]:
    """Their own, and those recorded since at a drive where they had the place."""
    there = select(registrations.c.drive_id).where(
        registrations.c.id.in_(places), registrations.c.state != RegistrationState.CANCELLED.value
    )
    since = (donations.c.created_at > join.joined_at) & donations.c.drive_id.in_(there)
    theirs = or_(donations.c.id.in_(join.moved["donations"]), since)
    rows = connection.execute(select(donations).where(donations.c.contact_id == join.kept, theirs))
    left = select(donations.c.given_on, donations.c.component).where(donations.c.contact_id == join.gone)
    known = {(row.given_on, row.component) for row in connection.execute(left)}
    return [row.id for row in rows if (row.given_on, row.component) not in known]


def _give(connection: Connection, table: Table, ids: Sequence[int], to: int) -> None:
    if ids:
        connection.execute(update(table).where(table.c.id.in_(ids)).values(contact_id=to))


# --- what follows --------------------------------------------------------------------------------------------------


def _swap_back(connection: Connection, join: Join) -> None:
    owners = select(donations.c.id, donations.c.contact_id)
    for mine, other in join.moved["swapped"]:
        rows = {row.id: row.contact_id for row in connection.execute(owners.where(donations.c.id.in_((mine, other))))}
        if rows == {mine: join.gone, other: join.kept}:
            swap_donations(connection, mine, other)


def _intents_follow(connection: Connection, join: Join) -> None:
    """What is planned belongs to whoever holds the place or gave the blood; the rest as it was."""
    places = select(registrations.c.id).where(registrations.c.contact_id == join.gone)
    given = select(donations.c.id).where(donations.c.contact_id == join.gone)
    put_off = select(deferrals.c.id).where(deferrals.c.contact_id == join.gone)
    about = intents.c.registration_id, intents.c.donation_id, intents.c.deferral_id
    alone = and_(*(subject.is_(None) for subject in about))
    theirs = or_(
        intents.c.registration_id.in_(places),
        intents.c.donation_id.in_(given),
        intents.c.deferral_id.in_(put_off),
        alone & intents.c.id.in_(join.moved["intents"]),
    )
    going = update(intents).where(intents.c.contact_id == join.kept, theirs)
    connection.execute(going.values(contact_id=join.gone))
    homes = join.moved["addresses"]
    for table in (registrations, intents):
        foreign = or_(
            (table.c.contact_id == join.kept) & table.c.address_id.in_(homes),
            (table.c.contact_id == join.gone) & table.c.address_id.not_in(homes),
        )
        connection.execute(update(table).where(foreign).values(address_id=None))


def _plan_again(connection: Connection, join: Join) -> None:
    """Donations that stood on both sides are reminded of on both again."""
    doubles = [*join.moved["left"], *(other for _, other in join.moved["swapped"])]
    if doubles:
        connection.execute(update(donations).where(donations.c.id.in_(doubles)).values(planned_at=None))


def _addresses_back(connection: Connection, ring: KeyRing, join: Join) -> None:
    """Forms that are open on either side may hold the other's words: they are closed."""
    both = select(addresses).where(addresses.c.contact_id == join.kept).order_by(addresses.c.id)
    for home in connection.execute(both).all():
        values: dict[str, Any] = {"contact_id": join.gone} if home.id in join.moved["addresses"] else {}
        if home.form_touched_at is not None:
            values |= {"talk_sealed": begun_anew(home.talk_sealed, ring), "form_touched_at": None}
        if values:
            connection.execute(update(addresses).where(addresses.c.id == home.id).values(values))


def _consents_stand_again(connection: Connection, join: Join) -> None:
    """What ended only because the two were one; unless something was taken back since."""
    whose = data_requests.c.contact_id.in_((join.kept, join.gone)), data_requests.c.asked_at > join.joined_at
    since = select(data_requests.c.id).where(*whose, data_requests.c.kind == "withdraw").limit(1)
    ended = join.moved["withdrawn"]
    if ended and connection.execute(since).first() is None:
        connection.execute(update(consents).where(consents.c.id.in_(ended)).values(withdrawn_at=None))


def _take_places_again(connection: Connection, join: Join, now: datetime) -> None:
    """Places that were given up because there were two: while the other one stands and there is still room."""
    for one in sorted(join.moved["given_up"], key=lambda one: int(one["slot_id"])):
        row = connection.execute(_given_up(one, now)).first()
        if row is None or _holds_one(connection, row.contact_id, row.drive_id):
            continue
        if grant_places(connection, {one["slot_id"]: 1}).get(one["slot_id"], 0) == 1:
            again = {"state": RegistrationState.BOOKED.value, "updated_at": now, "planned_at": None}
            connection.execute(update(registrations).where(registrations.c.id == one["id"]).values(again))


def _given_up(one: Mapping[str, int], now: datetime) -> Any:
    other = registrations.alias("other")
    return (
        select(registrations.c.contact_id, registrations.c.drive_id)
        .join(slots, slots.c.id == registrations.c.slot_id)
        .join(other, other.c.id == one["stays"])
        .where(
            registrations.c.id == one["id"],
            registrations.c.slot_id == one["slot_id"],
            registrations.c.state == RegistrationState.CANCELLED.value,
            other.c.state != RegistrationState.CANCELLED.value,
            slots.c.starts_at > now,
        )
    )


def _holds_one(connection: Connection, contact_id: int, drive_id: int) -> bool:
    held = registrations.c.contact_id == contact_id, registrations.c.drive_id == drive_id
    booked = select(registrations.c.id).where(*held, text("registrations.state = 'booked'"))
    return connection.execute(booked).first() is not None
