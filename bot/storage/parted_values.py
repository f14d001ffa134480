"""What each side of a join tells of its person again; what was told since stays with whoever told it."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, delete, select

from bot.domain.registrations import RegistrationState
from bot.storage.joins import Join, Plain
from bot.storage.merged_values import (
    GIVEN,
    OF_DONOR,
    TOLD,
    WISHES,
    contact_values,
    donor_values,
    write_contact,
    write_donor,
)
from bot.storage.sealing import KeyRing
from bot.storage.tables import donors, registrations

NOBODY: Plain = dict.fromkeys(TOLD) | {"language": "vi"}
NO_DONOR: Plain = dict.fromkeys(OF_DONOR) | {"donations": 0}
VISITED = tuple(
    state.value for state in (RegistrationState.ARRIVED, RegistrationState.DONATED, RegistrationState.DEFERRED)
)


def write_two(connection: Connection, ring: KeyRing, join: Join, places: Sequence[int], any_rows: bool) -> None:
    """Write both contacts and both donors.

    Args:
        places: registrations that go back.
        any_rows: something goes back that wants a contact to hang on.
    """
    _contacts(connection, ring, join, places, any_rows)
    _donors(connection, ring, join, places)


def _contacts(connection: Connection, ring: KeyRing, join: Join, places: Sequence[int], any_rows: bool) -> None:
    present = contact_values(connection, ring, join.kept)
    if present is None:
        return  # neither was known to us, and nobody registered since
    told = join.moved["contact"]
    since = _since(told["merged"], present, TOLD)
    at = join.joined_at.isoformat()
    stamps = {"created_at": at, "updated_at": at}
    theirs_now = bool(since) and _last_registered(connection, join) in places
    new = since | {"updated_at": present["updated_at"]} if since else {}
    write_contact(connection, ring, join.kept, stamps | (told["kept"] or NOBODY) | ({} if theirs_now else new))
    if told["gone"] is not None or theirs_now or any_rows:
        write_contact(connection, ring, join.gone, stamps | (told["gone"] or NOBODY) | (new if theirs_now else {}))


def _donors(connection: Connection, ring: KeyRing, join: Join, places: Sequence[int]) -> None:
    """A blood group told since cannot be told apart: it is asked for again."""
    present = donor_values(connection, ring, join.kept)
    if present is None:
        return
    told = join.moved["donor"]
    since = _since(told["merged"], present, (*GIVEN, "deferred_until", "shown_name", *WISHES))
    theirs_now = bool(since) and _last_visited(connection, join) in places
    for contact, before, new in (
        (join.kept, told["kept"], {} if theirs_now else since),
        (join.gone, told["gone"], since if theirs_now else {}),
    ):
        if before is None and not new:
            connection.execute(delete(donors).where(donors.c.contact_id == contact))
        else:
            write_donor(connection, ring, contact, NO_DONOR | (before or {}) | new)


def _since(merged: Plain | None, present: Plain, fields: Iterable[str]) -> Plain:
    """What is not as the join had written it."""
    known = merged or {}  # a join made before a column was there knows nothing of it
    return {
        name: present[name] for name in fields if merged is None or (present[name] or None) != (known.get(name) or None)
    }


def _last_registered(connection: Connection, join: Join) -> int | None:
    since = registrations.c.contact_id == join.kept, registrations.c.created_at > join.joined_at
    query = (
        select(registrations.c.id).where(*since).order_by(registrations.c.created_at.desc(), registrations.c.id.desc())
    )
    return connection.execute(query.limit(1)).scalar()


def _last_visited(connection: Connection, join: Join) -> int | None:
    since = registrations.c.contact_id == join.kept, registrations.c.updated_at > join.joined_at
    came = select(registrations.c.id).where(*since, registrations.c.state.in_(VISITED))
    return connection.execute(came.order_by(registrations.c.updated_at.desc()).limit(1)).scalar()
