"""Two people who are one: everything of `gone` goes over to `kept`, and what moved is noted so that it can part again.

The caller holds the locks of every address of both. The contact of `gone` stays as a shell, so no key breaks.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Table, delete, select, text, update

from bot.domain.consents import BY_CHOICE
from bot.domain.registrations import RegistrationState
from bot.storage.audit import note
from bot.storage.claims import claims_of, move_claims
from bot.storage.held_places import let_go_of_all
from bot.storage.intent_rows import REPLANNED
from bot.storage.joins import Plain, keep_join
from bot.storage.journey_moves import leave_deferrals, move_brought
from bot.storage.merged_values import (
    contact_values,
    donor_values,
    is_newer,
    leave_shell,
    one_contact,
    one_donor,
    write_contact,
    write_donor,
)
from bot.storage.recipient_people import move_recipient
from bot.storage.sealing import KeyRing
from bot.storage.tables import (
    addresses,
    consents,
    contacts,
    data_requests,
    deferrals,
    donations,
    donors,
    intents,
    registrations,
)
from bot.storage.tags import move_tags
from bot.storage.turns import grant_places


def merge(connection: Connection, ring: KeyRing, kept: int, gone: int, new_address: int, now: datetime) -> None:
    """Make one person of two.

    Args:
        new_address: an address that may not be written yet; it counts as of `gone` unless its row says otherwise.

    Raises:
        LostKey: what must be noted cannot be read.
    """
    _lock_contacts(connection, kept, gone)
    let_go_of_all(connection, (kept, gone), now)
    moved: Plain = {"addresses": _addresses(connection, gone, new_address)}
    moved["given_up"] = _give_up_doubles(connection, kept, gone, now)
    moved |= _settle_doubles(connection, kept, gone, now)
    left = moved["left"]
    moved |= _merge_words(connection, ring, kept, gone, len(left), now)
    moved["registrations"] = _move(connection, registrations, kept, gone)
    moved["donations"] = _move(connection, donations, kept, gone, but=left)
    moved["deferrals_left"] = leave_deferrals(connection, kept, gone, now)
    moved["deferrals"] = _move(connection, deferrals, kept, gone, but=moved["deferrals_left"])
    moved["brought"] = move_brought(connection, kept, gone)
    moved |= move_tags(connection, kept, gone)
    move_recipient(connection, kept, gone, now)
    moved["consents"] = _move(connection, consents, kept, gone)
    moved["withdrawn"] = _withdraw_older(connection, kept)
    moved["intents"] = _move_intents(connection, kept, gone, left, moved["deferrals_left"])
    moved["requests"] = _move(connection, data_requests, kept, gone)
    moved["lines"] = move_claims(connection, claims_of(connection, gone), kept)
    connection.execute(update(addresses).where(addresses.c.contact_id == gone).values(contact_id=kept))
    keep_join(connection, ring, kept, gone, moved, now)
    note(connection, now, "chat", "people-joined", f"contact {kept}")


def _lock_contacts(connection: Connection, *ids: int) -> None:
    """Not so strongly that a plan made at the same moment, which only refers to them, would have to wait."""
    rows = select(contacts.c.id).where(contacts.c.id.in_(ids)).order_by(contacts.c.id)
    connection.execute(rows.with_for_update(key_share=True)).all()


def _addresses(connection: Connection, gone: int, new_address: int) -> list[int]:
    theirs = select(addresses.c.id).where(addresses.c.contact_id == gone).order_by(addresses.c.id)
    found = list(connection.execute(theirs).scalars())
    written = connection.execute(select(addresses.c.id).where(addresses.c.id == new_address)).first()
    return found if written else [*found, new_address]


def _ids(connection: Connection, table: Table, contact_id: int) -> list[int]:
    return list(connection.execute(select(table.c.id).where(table.c.contact_id == contact_id)).scalars())


def _move(connection: Connection, table: Table, kept: int, gone: int, but: Sequence[int] = ()) -> list[int]:
    ids = [one for one in _ids(connection, table, gone) if one not in but]
    if ids:
        connection.execute(update(table).where(table.c.id.in_(ids)).values(contact_id=kept))
    return ids


# --- places --------------------------------------------------------------------------------------------------------


def _give_up_doubles(connection: Connection, kept: int, gone: int, now: datetime) -> list[Plain]:
    """One place at a drive for one person: who has come already keeps it, else the earlier; the other one is free."""
    places = (
        select(registrations)
        .where(registrations.c.contact_id.in_((kept, gone)), registrations.c.state != RegistrationState.CANCELLED.value)
        .order_by(registrations.c.created_at, registrations.c.id)
        .with_for_update()
    )
    by_drive: dict[int, list[Row[Any]]] = {}
    for row in connection.execute(places):
        by_drive.setdefault(row.drive_id, []).append(row)
    given_up = [_given_up(row, best) for rows in by_drive.values() for row, best in _doubles(rows)]
    for one in given_up:
        changed = {"state": RegistrationState.CANCELLED.value, "updated_at": now, "planned_at": None}
        connection.execute(update(registrations).where(registrations.c.id == one["id"]).values(changed))
    freed = [one["slot_id"] for one in given_up]
    grant_places(connection, {slot: -freed.count(slot) for slot in freed})
    return given_up


def _doubles(rows: Sequence[Row[Any]]) -> Iterable[tuple[Row[Any], Row[Any]]]:
    """Bookings that give way, each with the place of the other side that stays."""
    best = min(rows, key=lambda row: row.state == RegistrationState.BOOKED)  # the first of those who have come
    for row in rows:
        if row.state == RegistrationState.BOOKED and row.contact_id != best.contact_id:
            yield row, best


def _given_up(row: Row[Any], best: Row[Any]) -> Plain:
    return {"id": row.id, "slot_id": row.slot_id, "stays": best.id}


# --- consents ------------------------------------------------------------------------------------------------------


def _withdraw_older(connection: Connection, kept: int) -> list[int]:
    """Of each purpose the newest word counts, wherever it was said: what was given before it was taken back stands no
    more. The registration's own consent goes with its places. Ids of the consents that ended so."""
    query = select(consents).where(consents.c.contact_id == kept, consents.c.purpose.in_(BY_CHOICE))
    rows = connection.execute(query).all()
    ended: list[int] = []
    for purpose in BY_CHOICE:
        of_purpose = [row for row in rows if row.purpose == purpose]
        standing = [row for row in of_purpose if row.withdrawn_at is None]
        last = max((row.withdrawn_at for row in of_purpose if row.withdrawn_at is not None), default=None)
        if last is not None and standing and max(row.given_at for row in standing) <= last:
            ids = [row.id for row in standing]
            connection.execute(update(consents).where(consents.c.id.in_(ids)).values(withdrawn_at=last))
            ended += ids
    return ended


# --- donations -----------------------------------------------------------------------------------------------------


def _settle_doubles(connection: Connection, kept: int, gone: int, now: datetime) -> Plain:
    """A donation that stands on both sides is counted once: the other row stays on the shell. One that was recorded
    goes before one that was only told; neither becomes the other."""
    theirs = select(donations).where(donations.c.contact_id.in_((kept, gone))).with_for_update()
    by_day: dict[tuple[Any, str], dict[int, Row[Any]]] = {}
    for row in connection.execute(theirs):
        by_day.setdefault((row.given_on, row.component), {})[row.contact_id] = row
    pairs = [(both[kept], both[gone]) for both in by_day.values() if len(both) > 1]
    swapped = [[mine.id, other.id] for mine, other in pairs if other.verified and not mine.verified]
    for mine, other in swapped:
        swap_donations(connection, mine, other)
    first = {mine for mine, _ in swapped}
    left = [mine.id if mine.id in first else other.id for mine, other in pairs]
    if left:
        _plan_no_more(connection, left, now)
    return {"left": left, "swapped": swapped}


def swap_donations(connection: Connection, one: int, other: int) -> None:
    """Two donations of the same day change owners; for a moment one of them is of no known kind, for the unique key."""
    query = select(donations.c.id, donations.c.contact_id, donations.c.component).where(
        donations.c.id.in_((one, other))
    )
    owner = {row.id: row for row in connection.execute(query)}
    aside, kind = "?", owner[one].component
    for identity, values in (
        (one, {"component": aside, "contact_id": owner[other].contact_id}),
        (other, {"contact_id": owner[one].contact_id}),
        (one, {"component": kind}),
    ):
        connection.execute(update(donations).where(donations.c.id == identity).values(values))


def _plan_no_more(connection: Connection, left: Sequence[int], now: datetime) -> None:
    """Nobody is reminded twice of one day; planning makes it wait again when the two part."""
    # The state is written out, so that the partial index of waiting intents can serve.
    waiting = intents.c.donation_id.in_(left), text("intents.state = 'waiting'")
    ended = {"state": "skipped", "reason": REPLANNED, "decided_at": now}
    connection.execute(update(intents).where(*waiting).values(ended))
    connection.execute(update(donations).where(donations.c.id.in_(left)).values(planned_at=now))


def _move_intents(
    connection: Connection, kept: int, gone: int, left: Sequence[int], put_off: Sequence[int]
) -> list[int]:
    """All but those of donations and deferrals that stay on the shell."""
    theirs = select(intents.c.id, intents.c.donation_id, intents.c.deferral_id).where(intents.c.contact_id == gone)
    rows = connection.execute(theirs)
    ids = [row.id for row in rows if row.donation_id not in left and row.deferral_id not in put_off]
    if ids:
        connection.execute(update(intents).where(intents.c.id.in_(ids)).values(contact_id=kept))
    return ids


# --- words ---------------------------------------------------------------------------------------------------------


def _merge_words(connection: Connection, ring: KeyRing, kept: int, gone: int, twice: int, now: datetime) -> Plain:
    """Name, phone, birth date and what is known of the donor; both sides as they were, and what became of them."""
    ours, theirs = contact_values(connection, ring, kept), contact_values(connection, ring, gone)
    giver, other_giver = donor_values(connection, ring, kept), donor_values(connection, ring, gone)
    contact = one_contact(ours, theirs)
    first, second = (other_giver, giver) if is_newer(theirs, ours) else (giver, other_giver)
    donor = one_donor(first, second, twice)
    if contact is not None and theirs is not None:
        leave_shell(connection, gone, now)
        write_contact(connection, ring, kept, contact)
    if donor is not None and other_giver is not None:
        connection.execute(delete(donors).where(donors.c.contact_id == gone))
        write_donor(connection, ring, kept, donor)
    return {
        "contact": {"kept": ours, "gone": theirs, "merged": contact},
        "donor": {"kept": giver, "gone": other_giver, "merged": donor},
    }
