"""What became of a registration at the site: the one place that writes donations, deferrals and who came.

The check-in, the import of a hospital's results and tests all record through here. Whatever changes is planned anew.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, delete, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.donations import Component, Donation, Intervals, ReasonGroup, Source, next_on
from bot.domain.registrations import RegistrationState
from bot.storage.ids import new_id
from bot.storage.intent_rows import REPLANNED
from bot.storage.sealing import KeyRing
from bot.storage.tables import deferrals, donations, donors, intents, registrations

REASON = "deferrals.reason_group"
"""The label that a sealed reason is bound to."""


def settle(connection: Connection, registration_id: int, state: RegistrationState, now: datetime) -> bool:
    """Write what became of a place: arrived, donated, deferred, left, absent. False where it stands so already.

    A place of somebody who cancelled is theirs again when they come all the same. Its slot's count stays as it is: the
    slot is about to be over. What it was before is kept, so that a slip can be taken back (`step_back`).
    """
    row = {"state": state.value, "was": registrations.c.state, "updated_at": now, "planned_at": None}
    if state is RegistrationState.ARRIVED:
        row["arrived_at"] = now
    else:
        row["settled_at"] = now
    unlike = registrations.c.id == registration_id, registrations.c.state != state.value
    return connection.execute(update(registrations).where(*unlike).values(row)).rowcount == 1


def record_donation(
    connection: Connection,
    contact_id: int,
    donation: Donation,
    source: Source,
    intervals: Intervals,
    now: datetime,
    drive_id: int | None = None,
    registration_id: int | None = None,
) -> bool:
    """Keep one donation, once for each day and component; False where nothing changed by it.

    A verified one takes the place of what the person told of the same day; a blood bank's volume that of the site's.
    """
    known = donations.c.contact_id == contact_id, donations.c.given_on == donation.given_on
    same = connection.execute(
        select(donations).where(*known, donations.c.component == donation.component.value).with_for_update()
    ).first()
    row = {
        "drive_id": drive_id,
        "registration_id": registration_id,
        "ml": donation.ml,
        "verified": source.verified,
        "source": source.value,
    }
    if same is None:
        given = {"given_on": donation.given_on, "component": donation.component.value}
        connection.execute(
            donations.insert().values(id=new_id(), contact_id=contact_id, created_at=now, **given, **row)
        )
    elif not _betters(same, row):
        return False
    else:
        kept = {name: value if value is not None else getattr(same, name) for name, value in row.items()}
        connection.execute(update(donations).where(donations.c.id == same.id).values(**kept, planned_at=None))
    sum_up_donor(connection, contact_id, intervals)
    return True


def record_deferral(
    connection: Connection,
    ring: KeyRing,
    contact_id: int,
    decided_on: date,
    until: date | None,
    reason: ReasonGroup | None,
    now: datetime,
    drive_id: int | None = None,
    registration_id: int | None = None,
) -> None:
    """Keep "not today"; a second word on the same day takes the place of the first.

    Args:
        until: the first day to come again; None where only a doctor can say.
    """
    row = {
        "drive_id": drive_id,
        "registration_id": registration_id,
        "until": until,
        "reason_group_sealed": ring.seal_text(reason, REASON) if reason else None,
        "planned_at": None,
    }
    key = {"contact_id": contact_id, "decided_on": decided_on}
    connection.execute(_put_deferral[connection.dialect.name], {"id": new_id(), "created_at": now, **key, **row})
    sum_up_deferral(connection, contact_id)


def stands_given(connection: Connection, contact_id: int, donation: Donation) -> bool:
    """Whether the blood bank has told of this very donation already; a list without a volume does not take one away."""
    given = donations.c.contact_id == contact_id, donations.c.given_on == donation.given_on
    of_bank = donations.c.component == donation.component.value, donations.c.source == Source.RESULTS.value
    row = connection.execute(select(donations.c.ml).where(*given, *of_bank)).first()
    return row is not None and donation.ml in (None, row.ml)


def stands_deferred(
    connection: Connection,
    ring: KeyRing,
    contact_id: int,
    decided_on: date,
    until: date | None,
    reason: ReasonGroup | None,
) -> bool:
    """Whether this very "not today" is kept already; a list without a reason does not take one away."""
    known = select(deferrals).where(deferrals.c.contact_id == contact_id, deferrals.c.decided_on == decided_on)
    row = connection.execute(known).first()
    if row is None or row.until != until:
        return False
    opened = ring.text_or_none(row.reason_group_sealed, REASON)
    return reason is None or (opened is not None and ReasonGroup(opened) is reason)


def step_back(connection: Connection, registration_id: int, intervals: Intervals, now: datetime) -> bool:
    """Take the last step of a place back with all it wrote: a donation or a deferral of the site. False where there is
    none, and where the blood bank's own word stands: that one is not ours to take back."""
    place = select(registrations).where(registrations.c.id == registration_id).with_for_update()
    row = connection.execute(place).first()
    if row is None or not row.was or _told_by_bank(connection, row):
        return False
    left = RegistrationState(row.state)
    gone = {"arrived_at": None} if left is RegistrationState.ARRIVED else {"settled_at": None}
    back = {"state": row.was, "was": "", "updated_at": now, "planned_at": None, **gone}
    connection.execute(update(registrations).where(registrations.c.id == registration_id).values(back))
    if left is RegistrationState.DONATED:
        _forget(connection, donations, intents.c.donation_id, row, now)
        sum_up_donor(connection, row.contact_id, intervals)
    elif left is RegistrationState.DEFERRED:
        _forget(connection, deferrals, intents.c.deferral_id, row, now)
        sum_up_deferral(connection, row.contact_id)
    return True


def _told_by_bank(connection: Connection, place: Row[Any]) -> bool:
    given = donations.c.source != Source.SITE.value
    return connection.execute(select(donations.c.id).where(*_of(donations, place), given).limit(1)).first() is not None


def _of(table: Table, place: Row[Any]) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """What a place left behind; asked for by its person, for whom there is an index."""
    return table.c.contact_id == place.contact_id, table.c.registration_id == place.id


def _forget(
    connection: Connection, table: Table, subject: ColumnElement[int | None], place: Row[Any], now: datetime
) -> None:
    """The row goes; what was planned because of it ends."""
    ids = connection.execute(select(table.c.id).where(*_of(table, place))).scalars().all()
    ended = {"state": "skipped", "reason": REPLANNED, "decided_at": now}
    waiting = subject.in_(ids), text("intents.state = 'waiting'")
    connection.execute(update(intents).where(*waiting).values(ended))
    connection.execute(update(intents).where(subject.in_(ids)).values({subject.name: None}))
    connection.execute(delete(table).where(table.c.id.in_(ids)))


def sum_up_donor(connection: Connection, contact_id: int, intervals: Intervals) -> None:
    """Write what a donor's donations come to: the last one, the next day, how many are verified."""
    rows = connection.execute(
        select(donations).where(donations.c.contact_id == contact_id).order_by(donations.c.given_on.desc())
    ).all()
    row = {"contact_id": contact_id, **_summary(rows, intervals)}
    connection.execute(_put_donor[connection.dialect.name], row)


def sum_up_deferral(connection: Connection, contact_id: int) -> None:
    """The latest word of a site counts; one without a day leaves none."""
    latest = (
        select(deferrals.c.until)
        .where(deferrals.c.contact_id == contact_id)
        .order_by(deferrals.c.decided_on.desc())
        .limit(1)
    )
    until = connection.execute(latest).scalar()
    connection.execute(_put_deferred[connection.dialect.name], {"contact_id": contact_id, "deferred_until": until})


def _summary(rows: Sequence[Row[Any]], intervals: Intervals) -> dict[str, Any]:
    if not rows:
        return {"last_given_on": None, "last_component": None, "next_on": None, "donations": 0}
    last = rows[0]
    return {
        "last_given_on": last.given_on,
        "last_component": last.component,
        "next_on": next_on(Donation(last.given_on, Component(last.component)), intervals),
        "donations": sum(row.verified for row in rows),
    }


def _betters(known: Row[Any], new: dict[str, Any]) -> bool:
    """Whether a second record tells more than the first: verified, or by the blood bank, or with a volume."""
    if known.verified and not new["verified"]:
        return False
    told_by_bank = new["source"] == Source.RESULTS and known.source != Source.RESULTS
    corrected = new["source"] == known.source and new["ml"] is not None and new["ml"] != known.ml
    return (new["verified"] and not known.verified) or told_by_bank or corrected


def _upsert(table: Any, key: Sequence[str], names: Sequence[str]) -> dict[str, Any]:
    def of(insert: Any) -> Any:
        row = insert(table)
        return row.on_conflict_do_update(index_elements=list(key), set_={name: row.excluded[name] for name in names})

    return {"sqlite": of(sqlite.insert), "postgresql": of(postgresql.insert)}


_put_donor = _upsert(donors, ["contact_id"], ["last_given_on", "last_component", "next_on", "donations"])
_put_deferred = _upsert(donors, ["contact_id"], ["deferred_until"])
_put_deferral = _upsert(
    deferrals,
    ["contact_id", "decided_on"],
    ["drive_id", "registration_id", "until", "reason_group_sealed", "planned_at"],
)
