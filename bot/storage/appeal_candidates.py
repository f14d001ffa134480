"""Whom an appeal may ask: by blood group, opened page by page and kept nowhere else, in the order in which they are asked."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.appeals import LAPSED_AFTER, Turnout, kinship, order_of, place_of, turnout_of
from bot.domain.drives import DriveState
from bot.domain.registrations import RegistrationState
from bot.domain.tags import STANDBY
from bot.storage.prepared import Prepared, Row
from bot.storage.sealing import KeyRing
from bot.storage.tables import appeal_candidates, donations, donors, drives, registrations, tags

BLOOD = "donors.blood_group"
OWN_DRIVES_OF = timedelta(days=730)
"""Drives of so long count for our own turnout."""

_write = Prepared(
    sqlite.insert(appeal_candidates).on_conflict_do_nothing(),
    postgresql.insert(appeal_candidates).on_conflict_do_nothing(),
    ("broadcast_id", "contact_id", "place"),
)
_donors = select(donors.c.contact_id, donors.c.blood_group_sealed, donors.c.last_given_on).where(
    donors.c.contact_id.in_(bindparam("ids", expanding=True))
)


def of_groups(connection: Connection, ids: Sequence[int], needed: tuple[str, ...], ring: KeyRing) -> Iterator[int]:
    """Of these people, those whose blood serves."""
    if not needed:
        return iter(ids)
    found = {row[0]: ring.text_or_none(row[1], BLOOD) or "" for row in connection.execute(_donors, {"ids": list(ids)})}
    return (one for one in ids if kinship(found.get(one, ""), needed) is not None)


def gather(
    connection: Connection, broadcast_id: int, ids: Sequence[int], needed: tuple[str, ...], ring: KeyRing, today: date
) -> int:
    """Put a page of people into the row, each at their place; returns how many may be asked."""
    known = {row.contact_id: row for row in connection.execute(_donors, {"ids": list(ids)})}
    standby, lately = _on_standby(connection, ids), _given_lately(connection, ids, today)
    rows: list[Row] = []
    for one in ids:
        donor = known.get(one)
        group = ring.text_or_none(donor.blood_group_sealed, BLOOD) if donor is not None and needed else None
        kin = kinship(group or "", needed)
        if kin is not None:
            order = order_of(one in standby, donor.last_given_on if donor else None, lately.get(one, 0), today)
            place = place_of(order, kin, broadcast_id, one)
            rows.append({"broadcast_id": broadcast_id, "contact_id": one, "place": place})
    if rows:
        _write.run(connection, rows)
    return len(rows)


def _on_standby(connection: Connection, ids: Sequence[int]) -> frozenset[int]:
    query = select(tags.c.contact_id).where(tags.c.contact_id.in_(list(ids)), tags.c.tag == STANDBY)
    return frozenset(connection.execute(query).scalars())


def _given_lately(connection: Connection, ids: Sequence[int], today: date) -> Mapping[int, int]:
    query = (
        select(donations.c.contact_id, func.count())
        .where(donations.c.contact_id.in_(list(ids)), donations.c.given_on > today - LAPSED_AFTER)
        .group_by(donations.c.contact_id)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def next_candidates(connection: Connection, broadcast_id: int, most: int) -> list[int]:
    """The first of those who are left; locked until the commit."""
    mine = appeal_candidates.c.broadcast_id == broadcast_id
    query = select(appeal_candidates.c.contact_id).where(mine).order_by(appeal_candidates.c.place).limit(most)
    return list(connection.execute(query.with_for_update(skip_locked=True)).scalars())


def count_candidates(connection: Connection, broadcast_id: int) -> int:
    query = select(func.count()).where(appeal_candidates.c.broadcast_id == broadcast_id)
    return connection.execute(query).scalar_one()


def drop_candidates(connection: Connection, broadcast_id: int, ids: Sequence[int] | None = None) -> None:
    """They have been asked; without `ids`: nobody will be any more."""
    gone = delete(appeal_candidates).where(appeal_candidates.c.broadcast_id == broadcast_id)
    connection.execute(gone if ids is None else gone.where(appeal_candidates.c.contact_id.in_(list(ids))))


def own_turnout(connection: Connection, now: datetime) -> Turnout:
    """Of the places at our own drives of the last two years, the share that came to a bag of blood."""
    ended = (RegistrationState.DONATED, RegistrationState.DEFERRED, RegistrationState.LEFT, RegistrationState.ABSENT)
    query = (
        select(registrations.c.state, func.count())
        .join(drives, drives.c.id == registrations.c.drive_id)
        .where(
            drives.c.ends_at > now - OWN_DRIVES_OF,
            drives.c.ends_at <= now,
            drives.c.state != DriveState.CANCELLED.value,
            registrations.c.state.in_([state.value for state in ended]),
        )
        .group_by(registrations.c.state)
    )
    counts: dict[str, int] = {row[0]: row[1] for row in connection.execute(query)}
    return turnout_of(sum(counts.values()), counts.get(RegistrationState.DONATED.value, 0))
