"""Erasure as the person sees it: after this one transaction nothing of ours leads to them; `forgetting.py` follows."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    Text,
    bindparam,
    cast,
    delete,
    func,
    literal,
    select,
    text,
    tuple_,
    update,
)

from bot.storage.audit import note
from bot.storage.claims import erase_lines_of, forget_claims
from bot.storage.data_requests import note_request
from bot.storage.ids import new_id
from bot.storage.joins import forget_joins, person_now
from bot.storage.proofs import turn_into_proofs
from bot.storage.recipient_people import forget_recipient
from bot.storage.sealing import KeyRing
from bot.storage.tables import (
    addresses,
    contacts,
    deferrals,
    donations,
    donors,
    intents,
    join_codes,
    join_tries,
    kept_aside,
    outbox,
    pressure_reports,
    registrations,
    seen,
    staff_addresses,
    staff_code_tries,
)
from bot.storage.tags import erase_tags
from bot.storage.turns import grant_places

ERASED = "erased"
"""Reason of what was skipped because its person is gone."""

WORDS_AT_ONCE = 200

Homes = Sequence[Row[Any]]
"""A person's addresses, locked."""


def erase_person(
    connection: Connection,
    ring: KeyRing,
    contact_id: int,
    now: datetime,
    *,
    source: str,
    by: str = "",
    code: str | None = None,
) -> None:
    """Erase a person in the caller's transaction, whatever there is of them: a contact, addresses, both or neither.

    Answers written at this very moment (the goodbye) still go out; their rows are wiped after.

    Args:
        source: chat, page, platform, staff or retention.
        by: the login of whoever did it for the person.
        code: with which the person may ask later what became of it.
    """
    for other in erase_again(connection, ring, contact_id, now, who=by or source):
        note_request(connection, "erase", source, now, contact_id=other, by=by)
    note_request(connection, "erase", source, now, contact_id=contact_id, by=by, code=code)


def erase_again(connection: Connection, ring: KeyRing, contact_id: int, now: datetime, *, who: str) -> list[int]:
    """Carry out a request that stands in the record already, where a copy brought the person back.

    Returns:
        the other ids that they went by, for the record: an older copy knows them under these.
    """
    asked, (contact_id, homes) = contact_id, _lock_person(connection, contact_id)
    others = {contact_id, *forget_joins(connection, contact_id)} - {asked}
    _give_places_back(connection, contact_id, now)
    turn_into_proofs(connection, ring, contact_id, homes, now, withdrawn_at=now)
    erase_lines_of(connection, ring, contact_id)
    empty_contact(connection, contact_id, now)
    part_addresses(connection, homes, now)
    note(connection, now, who, ERASED, f"contact {contact_id}")
    return sorted(others)


def _lock_person(connection: Connection, contact_id: int) -> tuple[int, Homes]:
    """Under the id that they go by now, and their addresses; a join that came first is waited for."""
    while True:
        contact_id = person_now(connection, contact_id)
        homes = lock_homes(connection, contact_id)
        if person_now(connection, contact_id) == contact_id:
            return contact_id, homes


_lock = text("SELECT count(pg_advisory_xact_lock(k)) FROM unnest(CAST(:ids AS bigint[])) AS k")


def lock_homes(connection: Connection, contact_id: int) -> Homes:
    """The person's addresses, locked as the intake locks them: first by their number, in ascending order; then the
    person, so that two erasures at the same moment do not both find everything."""
    of_person = addresses.c.contact_id == contact_id
    if connection.dialect.name != "sqlite":
        ids = connection.execute(select(addresses.c.id).where(of_person).order_by(addresses.c.id)).scalars().all()
        connection.execute(_lock, {"ids": list(ids)})
    homes = connection.execute(select(addresses).where(of_person).order_by(addresses.c.id).with_for_update()).all()
    person = select(contacts.c.id).where(contacts.c.id == contact_id)
    connection.execute(person.with_for_update(key_share=True)).first()
    return homes


def _give_places_back(connection: Connection, contact_id: int, now: datetime) -> None:
    """A place, booked or only held, is given back by whoever turned it into a cancellation, so never twice."""
    cancelled = (
        update(registrations)
        .where(registrations.c.contact_id == contact_id, registrations.c.state.in_(("booked", "held")))
        .values(state="cancelled", updated_at=now)
        .returning(registrations.c.slot_id)
    )
    places = Counter(connection.execute(cancelled).scalars())
    grant_places(connection, {slot: -count for slot, count in places.items()})


def strip_registrations(connection: Connection, which: Any, now: datetime) -> int:
    """Registrations stay as counts by unit, drive and slot; nothing on them leads to a person."""
    nobody = {
        "ticket": literal(f"{ERASED}-") + cast(registrations.c.id, Text),
        "address_id": None,
        "dangerous_work": False,
        "planned_at": func.coalesce(registrations.c.planned_at, bindparam("at", now, registrations.c.planned_at.type)),
    }
    return connection.execute(update(registrations).where(which).values(nobody)).rowcount


def empty_contact(connection: Connection, contact_id: int, now: datetime) -> None:
    """The contact becomes a shell that only holds counts together; nothing is planned for it any more."""
    nobody: dict[str, Any] = dict.fromkeys(
        ("name_sealed", "birth_date_sealed", "phone_sealed", "phone_blind", "name_words")
    )
    nobody |= {"language": "vi", "rhythm": "", "updated_at": now, "erased_at": now}
    connection.execute(update(contacts).where(contacts.c.id == contact_id).values(nobody))
    forget_joins(connection, contact_id)
    forget_claims(connection, contact_id)
    connection.execute(delete(donors).where(donors.c.contact_id == contact_id))
    connection.execute(delete(deferrals).where(deferrals.c.contact_id == contact_id))
    erase_tags(connection, (contact_id,))
    forget_recipient(connection, contact_id, now)
    # The places that they took for colleagues stay, and nobody knows any more who took them.
    brought = update(registrations).where(registrations.c.brought_by == contact_id)
    connection.execute(brought.values(brought_by=None, address_id=None))
    strip_registrations(connection, registrations.c.contact_id == contact_id, now)
    unplanned = donations.c.contact_id == contact_id, donations.c.planned_at.is_(None)
    connection.execute(update(donations).where(*unplanned).values(planned_at=now))
    theirs = intents.c.contact_id == contact_id
    ended = {"state": "skipped", "reason": ERASED, "decided_at": now}
    connection.execute(update(intents).where(theirs, text("intents.state = 'waiting'")).values(ended))
    connection.execute(update(intents).where(theirs, intents.c.address_id.is_not(None)).values(address_id=None))


def part_addresses(connection: Connection, homes: Homes, now: datetime) -> None:
    """Cut addresses off from their person and stop everything on its way to them; `forget_erased` does the rest."""
    ids = [home.id for home in homes]
    if not ids:
        return
    _end_messages(connection, ids, now)
    _wipe_words(connection, ids)
    connection.execute(delete(kept_aside).where(kept_aside.c.address_id.in_(ids)))
    for table in (staff_addresses, staff_code_tries, join_codes, join_tries):
        connection.execute(delete(table).where(table.c.address_id.in_(ids)))
    call_back = pressure_reports.c.address_id.in_(ids)
    connection.execute(update(pressure_reports).where(call_back).values(address_id=None))
    _mark(connection, ids, now)


def _end_messages(connection: Connection, ids: Sequence[int], now: datetime) -> None:
    """What waits is skipped. A call under way ends by itself; should it have to be repeated, it is too late for that."""
    goodbye = (outbox.c.purpose == "reply") & (outbox.c.created_at >= now)
    waiting = outbox.c.address_id.in_(ids), outbox.c.state == "waiting", ~goodbye
    connection.execute(update(outbox).where(*waiting).values(state="skipped", reason=ERASED))
    sending = outbox.c.address_id.in_(ids), outbox.c.state == "sending"
    connection.execute(update(outbox).where(*sending).values(expires_at=now))


def _wipe_words(connection: Connection, ids: Sequence[int]) -> None:
    told = (
        select(seen.c.address_id, seen.c.update_id)
        .where(seen.c.address_id.in_(ids), seen.c.text_sealed.is_not(None))
        .limit(WORDS_AT_ONCE)
    )
    connection.execute(
        update(seen).where(tuple_(seen.c.address_id, seen.c.update_id).in_(told)).values(text_sealed=None)
    )


_part = (
    update(addresses)
    .where(addresses.c.id == bindparam("row"))
    .values(
        contact_id=bindparam("nobody"),
        erased_at=bindparam("at"),
        talk_sealed=None,
        form_touched_at=None,
        handoff="none",
        handoff_since=None,
        handoff_urgent=False,
        asked_route_at=None,
    )
)


def _mark(connection: Connection, ids: Sequence[int], now: datetime) -> None:
    """An erasure is never earlier than what it erases, even if the clock was put back since: whatever came later means
    that the person came back."""
    newest = select(seen.c.address_id, func.max(seen.c.received_at)).where(seen.c.address_id.in_(ids))
    last = {row[0]: row[1] for row in connection.execute(newest.group_by(seen.c.address_id))}
    rows = [{"row": one, "nobody": new_id(), "at": max(now, last.get(one, now))} for one in ids]
    connection.execute(_part, rows)
