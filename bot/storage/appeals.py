"""How far an appeal is: who was gathered, which wave went out, what was promised, why it ended; and who is thanked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, func, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.appeals import Closing, Standing
from bot.domain.broadcasts import Broadcast, BroadcastState
from bot.domain.registrations import RegistrationState
from bot.storage.appeal_candidates import drop_candidates
from bot.storage.prepared import Prepared
from bot.storage.tables import appeals, broadcasts, outbox, recipients, registrations, slots

R = RegistrationState
TOOK_A_PLACE = (R.BOOKED, R.ARRIVED, R.DONATED, R.DEFERRED, R.LEFT, R.ABSENT)
AHEAD = (R.BOOKED, R.ARRIVED)

_open = Prepared(
    sqlite.insert(appeals).on_conflict_do_nothing(),
    postgresql.insert(appeals).on_conflict_do_nothing(),
    ("broadcast_id", "wave"),
)


@dataclass(frozen=True, slots=True)
class Appeal:
    """One appeal as its row stands."""

    broadcast_id: int
    cursor: int = 0
    gathered_at: datetime | None = None
    wave: int = 0
    still_to_ask: int = 0
    next_wave_at: datetime | None = None
    closed_at: datetime | None = None
    close_reason: str = ""
    thanked_at: datetime | None = None


def appeal_of(connection: Connection, broadcast_id: int) -> Appeal | None:
    row = connection.execute(select(appeals).where(appeals.c.broadcast_id == broadcast_id)).mappings().first()
    return Appeal(**row) if row else None


def open_appeal(connection: Connection, broadcast_id: int) -> Appeal:
    """Its row, made if it is not there."""
    _open.run(connection, [{"broadcast_id": broadcast_id, "wave": 0}])
    return appeal_of(connection, broadcast_id) or Appeal(broadcast_id)


def note_gathered(connection: Connection, came_from: Appeal, goes_to: int, done_at: datetime | None) -> bool:
    """So far its candidates are gathered; False when another process was faster, or it runs no more."""
    if not _runs(connection, came_from.broadcast_id):
        return False
    values = {"cursor": goes_to, "gathered_at": done_at, "next_wave_at": done_at}
    return _change(connection, came_from, values, appeals.c.cursor == came_from.cursor)


def begin_wave(connection: Connection, appeal: Appeal, size: int, next_at: datetime) -> bool:
    """The next wave, of so many people; False when somebody else has begun it, or it runs no more."""
    if not _runs(connection, appeal.broadcast_id):
        return False
    values = {"wave": appeal.wave + 1, "still_to_ask": size, "next_wave_at": next_at}
    return _change(connection, appeal, values, appeals.c.wave == appeal.wave)


def lock_wave(connection: Connection, broadcast_id: int) -> Appeal | None:
    """The wave that is being filled, ours until the commit; None where there is none, or it runs no more."""
    if not _runs(connection, broadcast_id):
        return None
    found = appeal_of(connection, broadcast_id)
    return found if found is not None and found.closed_at is None and found.still_to_ask > 0 else None


def note_asked(connection: Connection, appeal: Appeal, left: int) -> None:
    """So many of the wave are still to be asked."""
    _change(connection, appeal, {"still_to_ask": left}, appeals.c.wave == appeal.wave)


def look_again_at(connection: Connection, appeal: Appeal, at: datetime) -> None:
    """No wave before then: people have not had time to answer, or there is no place for them."""
    _change(connection, appeal, {"next_wave_at": at}, appeals.c.wave == appeal.wave)


def close(connection: Connection, broadcast_id: int, why: Closing, now: datetime) -> bool:
    """Nobody else is asked; False when it was closed before."""
    nobody_to_thank = {} if why is Closing.MET else {"thanked_at": now}
    values = {"closed_at": now, "close_reason": why.value, "next_wave_at": None, "still_to_ask": 0, **nobody_to_thank}
    drop_candidates(connection, broadcast_id)
    return _change(connection, open_appeal(connection, broadcast_id), values)


def _change(connection: Connection, appeal: Appeal, values: dict[str, Any], *more: Any) -> bool:
    mine = appeals.c.broadcast_id == appeal.broadcast_id, appeals.c.closed_at.is_(None)
    return connection.execute(update(appeals).where(*mine, *more).values(values)).rowcount == 1


def _runs(connection: Connection, broadcast_id: int) -> bool:
    """And it goes on running until this transaction ends."""
    query = select(broadcasts.c.state).where(broadcasts.c.id == broadcast_id).with_for_update()
    return connection.execute(query).scalar() == BroadcastState.RUNNING.value


# --- what was promised ------------------------------------------------------------------------------------------------


def standing_of(connection: Connection, broadcast: Broadcast) -> Standing:
    """By blood group only the places of those who were asked count: of others the group is not known. Without one
    everybody's since the start."""
    need, counts = broadcast.draft.need, _places(connection, broadcast)
    asked = _count(connection, recipients.c.broadcast_id == broadcast.id, recipients.c.state.in_(("waiting", "queued")))
    lost = _count(
        connection,
        outbox.c.broadcast_id == broadcast.id,
        outbox.c.part == 0,
        outbox.c.state.in_(("failed", "skipped")),
    )
    theirs, others = counts["asked"], counts["others"] if need is not None and not need.groups else {}
    return Standing(
        asked=max(0, asked - lost),
        agreed=sum(theirs.values()),
        pledged=sum(some.get(state.value, 0) for some in (theirs, others) for state in AHEAD),
        given=sum(some.get(R.DONATED.value, 0) for some in (theirs, others)),
    )


def _places(connection: Connection, broadcast: Broadcast) -> dict[str, dict[str, int]]:
    """Places at its drive that were taken since it began, by state: of those who were asked, and of others."""
    asked = _is_recipient(broadcast.id)
    query = (
        select(asked.label("asked"), registrations.c.state, func.count())
        .where(
            registrations.c.drive_id == broadcast.draft.drive_id,
            registrations.c.created_at >= broadcast.started_at,
            registrations.c.state.in_([state.value for state in TOOK_A_PLACE]),
        )
        .group_by(asked, registrations.c.state)
    )
    found: dict[str, dict[str, int]] = {"asked": {}, "others": {}}
    for was_asked, state, count in connection.execute(query):
        found["asked" if was_asked else "others"][state] = count
    return found


def _is_recipient(broadcast_id: int) -> Any:
    return (
        exists()
        .where(
            recipients.c.broadcast_id == broadcast_id,
            recipients.c.contact_id == registrations.c.contact_id,
            recipients.c.state == "queued",
        )
        .correlate(registrations)
    )


def is_under_way(connection: Connection, appeal: Appeal) -> bool:
    """Whether most of the last wave has not gone out yet: it is night, or an account stands still."""
    of_wave = recipients.c.broadcast_id == appeal.broadcast_id, recipients.c.wave == appeal.wave
    waiting = _count(connection, *of_wave, text("recipients.state = 'waiting'"))
    return waiting * 2 > _count(connection, *of_wave, recipients.c.state.in_(("waiting", "queued")))


def places_left(connection: Connection, drive_id: int | None, now: datetime) -> int:
    """At slots that are still ahead."""
    left = func.coalesce(func.sum(slots.c.capacity - slots.c.taken), 0)
    query = select(left).where(slots.c.drive_id == drive_id, slots.c.starts_at > now, slots.c.capacity > slots.c.taken)
    return int(connection.execute(query).scalar_one())


def _count(connection: Connection, *where: Any) -> int:
    return connection.execute(select(func.count()).where(*where)).scalar_one()


# --- those who were asked in vain -------------------------------------------------------------------------------------


def unthanked(connection: Connection, broadcast_id: int, behind: int, most: int) -> list[int]:
    """The next people who were asked and of whom it is not decided whether they are told that the need is met."""
    mine = recipients.c.broadcast_id == broadcast_id, recipients.c.contact_id > behind
    query = (
        select(recipients.c.contact_id)
        .where(*mine, recipients.c.state == "queued", recipients.c.thanks == "")
        .order_by(recipients.c.contact_id)
        .limit(most)
    )
    return list(connection.execute(query.with_for_update(skip_locked=True)).scalars())


def reached(connection: Connection, broadcast_id: int, ids: Sequence[int]) -> tuple[frozenset[int], frozenset[int]]:
    """Of these, those whose message arrived or may have arrived; and those whose call is under way."""
    theirs = outbox.c.contact_id.in_(list(ids)), outbox.c.broadcast_id == broadcast_id, outbox.c.part == 0
    rows = connection.execute(select(outbox.c.contact_id, outbox.c.state).where(*theirs)).all()
    heard = frozenset(row.contact_id for row in rows if row.state in ("sent", "unknown"))
    return heard, frozenset(row.contact_id for row in rows if row.state in ("waiting", "sending")) - heard


def at_drive(connection: Connection, drive_id: int | None, ids: Sequence[int]) -> frozenset[int]:
    """Of these, those who took a place there."""
    query = select(registrations.c.contact_id).where(
        registrations.c.contact_id.in_(list(ids)),
        registrations.c.drive_id == drive_id,
        registrations.c.state.in_([state.value for state in TOOK_A_PLACE]),
    )
    return frozenset(connection.execute(query).scalars())


def note_thanks(connection: Connection, broadcast_id: int, word: str, ids: Sequence[int]) -> None:
    """What became of the thanks: queued, or why not."""
    if ids:
        theirs = recipients.c.broadcast_id == broadcast_id, recipients.c.contact_id.in_(list(ids))
        connection.execute(update(recipients).where(*theirs).values(thanks=word))


def note_thanked(connection: Connection, broadcast_id: int, now: datetime) -> None:
    """Everybody has been; from now on it can be finished."""
    mine = appeals.c.broadcast_id == broadcast_id
    connection.execute(update(appeals).where(mine, appeals.c.thanked_at.is_(None)).values(thanked_at=now))
