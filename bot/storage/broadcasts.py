"""The life of a broadcast in its row: each step checks, writes and audits in one transaction."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, insert, select

from bot.domain.appeals import Closing
from bot.domain.broadcasts import (
    Broadcast,
    BroadcastState,
    Draft,
    Refusal,
    Refused,
    Step,
    check_approver,
    check_growth,
    check_need,
    check_step,
    drive_serves,
    lasts_until,
)
from bot.domain.drives import DriveState
from bot.domain.ledgers import Ledger, draft_text, is_signed, sign
from bot.domain.outbox import MessagePurpose
from bot.domain.segments import parse
from bot.storage.appeals import appeal_of, close
from bot.storage.audit import note
from bot.storage.broadcast_images import digest_of
from bot.storage.broadcast_queue import hold, recall, release, retry_failed
from bot.storage.broadcast_rows import as_broadcast, change_row, columns_of
from bot.storage.broadcast_sweeps import SYSTEM
from bot.storage.ids import new_id
from bot.storage.staff import StaffMember
from bot.storage.tables import broadcasts, drives, units

CODE = re.compile(r"[a-z0-9][a-z0-9-]{1,39}")
SHOWN_AT_MOST = 200
S = BroadcastState
UNSIGNED: dict[str, Any] = {
    "state": S.DRAFT.value,
    "submitted_by": "",
    "submitted_at": None,
    "approved_by": "",
    "approved_at": None,
    "ledger": "",
    "signature": None,
    "starts_at": None,
    "pause_reason": "",
}
"""A draft again: nobody has looked at it."""

# --- reading ----------------------------------------------------------------------------------------------------------


def broadcasts_of(connection: Connection, member: StaffMember) -> list[Broadcast]:
    """Those of the member's units, the newest first."""
    query = select(broadcasts).order_by(broadcasts.c.id.desc()).limit(SHOWN_AT_MOST)
    if member.scope is not None:
        query = query.where(broadcasts.c.unit_id.in_(member.scope))
    return [as_broadcast(row) for row in connection.execute(query)]


def broadcast_at(connection: Connection, which: int | str) -> Broadcast | None:
    """By its id, or by its code."""
    mine = broadcasts.c.id == which if isinstance(which, int) else broadcasts.c.code == which
    row = connection.execute(select(broadcasts).where(mine)).first()
    return as_broadcast(row) if row else None


def running(connection: Connection) -> list[Broadcast]:
    """Those that go out now."""
    return _in_order(connection, broadcasts.c.state == S.RUNNING.value)


def due_to_start(connection: Connection, now: datetime) -> list[Broadcast]:
    """Those whose time has come (`starts_at` tells how late they are)."""
    return _in_order(connection, and_(broadcasts.c.state == S.SCHEDULED.value, broadcasts.c.starts_at <= now))


def _in_order(connection: Connection, which: Any) -> list[Broadcast]:
    return [as_broadcast(row) for row in connection.execute(select(broadcasts).where(which).order_by(broadcasts.c.id))]


def text_of(connection: Connection, draft: Draft, wording: str) -> str:
    """What an approval of this draft stands for (`ledgers.draft_text`); `wording` is the version of its topic's words."""
    return draft_text(draft, wording, digest_of(connection, draft.image_id))


# --- what must be there -----------------------------------------------------------------------------------------------


def check_rows(connection: Connection, draft: Draft) -> None:
    """Raises:
    Refused: its unit, its drive or its picture is not there, or it needs a drive and has none.
    """
    if connection.execute(select(units.c.id).where(units.c.id == draft.unit_id)).first() is None:
        raise Refused(Refusal.NO_SUCH_UNIT)
    if draft.drive_id is None:
        if draft.purpose is MessagePurpose.DRIVE:
            raise Refused(Refusal.NO_DRIVE)
    elif connection.execute(select(drives.c.id).where(drives.c.id == draft.drive_id)).first() is None:
        raise Refused(Refusal.NO_DRIVE)
    if draft.image_id is not None and not digest_of(connection, draft.image_id):
        raise Refused(Refusal.NO_IMAGE)


def check_drive(connection: Connection, draft: Draft, now: datetime) -> None:
    """Raises:
    Refused: nobody can register at its drive any more, or (for its own registrants) it is over or called off.
    """
    if draft.drive_id is None:
        return
    row = connection.execute(select(drives).where(drives.c.id == draft.drive_id)).first()
    if row is None:
        raise Refused(Refusal.NO_DRIVE)
    over_at = lasts_until(draft.purpose, row.starts_at, row.ends_at)
    if not drive_serves(draft.purpose, DriveState(row.state)) or over_at <= now:
        raise Refused(Refusal.DRIVE_CLOSED, row.code)


def check_appeal(connection: Connection, draft: Draft, now: datetime) -> None:
    """Raises:
    Refused: it is urgent and does not say what is needed, or there is no place in time where people can give it.
    """
    check_need(draft, parse(draft.segment), now)
    if draft.need is None:
        return
    starts_at = connection.execute(select(drives.c.starts_at).where(drives.c.id == draft.drive_id)).scalar()
    if starts_at is None:
        raise Refused(Refusal.NO_DRIVE)
    if starts_at > draft.need.by:
        raise Refused(Refusal.DRIVE_AFTER_NEED)


# --- until somebody has approved it -----------------------------------------------------------------------------------


def create(connection: Connection, login: str, draft: Draft, code: str, now: datetime) -> int:
    """A draft; returns its id. `draft.segment` is canonical already.

    Raises:
        Refused: the code is none or taken, or something it names is not there.
    """
    if not CODE.fullmatch(code):
        raise Refused(Refusal.BAD_CODE, code[:40])
    if connection.execute(select(broadcasts.c.id).where(broadcasts.c.code == code)).first() is not None:
        raise Refused(Refusal.CODE_TAKEN, code)
    check_rows(connection, draft)
    identity = new_id()
    row = {"id": identity, "code": code, "state": S.DRAFT.value, "created_by": login, "created_at": now}
    connection.execute(insert(broadcasts).values(row | columns_of(draft)))
    note(connection, now, login, "broadcast-created", code)
    return identity


def change(connection: Connection, login: str, broadcast: Broadcast, draft: Draft, now: datetime) -> None:
    """Other words or other people: a draft again, whoever had approved it. Whoever wrote last may not approve it.

    Raises:
        Refused: it has begun, somebody was quicker, or something it names is not there.
    """
    check_step(broadcast.state, Step.CHANGE)
    check_rows(connection, draft)
    values = {**columns_of(draft), **UNSIGNED, "created_by": login, "revision": broadcast.revision + 1}
    change_row(connection, broadcast, values)
    _note(connection, now, login, "changed", broadcast)


def submit(connection: Connection, login: str, broadcast: Broadcast, ledger: Ledger, now: datetime) -> None:
    """Ask for approval, with the dry run of this moment.

    Raises:
        Refused: not from this state, to nobody, or its drive takes nobody.
    """
    check_step(broadcast.state, Step.SUBMIT)
    check_rows(connection, broadcast.draft)
    check_drive(connection, broadcast.draft, now)
    check_appeal(connection, broadcast.draft, now)
    if ledger.intended == 0:
        raise Refused(Refusal.NOBODY)
    who = {"submitted_by": login, "submitted_at": now}
    change_row(connection, broadcast, {"state": S.SUBMITTED.value, "ledger": ledger.to_json(), **who})
    _note(connection, now, login, "submitted", broadcast)


def give_back(connection: Connection, login: str, broadcast: Broadcast, now: datetime) -> None:
    """A draft again, for its writer to look at once more."""
    check_step(broadcast.state, Step.RETURN)
    change_row(connection, broadcast, UNSIGNED)
    _note(connection, now, login, "returned", broadcast)


def approve(
    connection: Connection,
    key: bytes,
    login: str,
    above: bool,
    broadcast: Broadcast,
    draft: str,
    ledger: str,
    now: datetime,
) -> None:
    """Sign the draft and the dry run that were looked at.

    Args:
        above: they stand above its unit (or at the top).
        draft: `text_of` what is approved.
        ledger: the dry run, as JSON.

    Raises:
        Refused: not by this person, not from this state, or there was no dry run.
    """
    check_step(broadcast.state, Step.APPROVE)
    check_approver(broadcast, login, above=above)
    if not ledger:
        raise Refused(Refusal.NO_DRY_RUN)
    check_drive(connection, broadcast.draft, now)
    signed = {"ledger": ledger, "signature": sign(key, draft, ledger, login)}
    who = {"approved_by": login, "approved_at": now, "pause_reason": ""}
    change_row(connection, broadcast, {"state": S.APPROVED.value, **signed, **who})
    _note(connection, now, login, "approved", broadcast)


# --- on its way -------------------------------------------------------------------------------------------------------


def start(
    connection: Connection,
    key: bytes,
    login: str,
    broadcast: Broadcast,
    draft: str,
    people: int,
    now: datetime,
    at: datetime | None = None,
) -> None:
    """Now, or at a time.

    Args:
        draft: `text_of` the draft as it stands now; the approval must be one of exactly this.
        people: how many are in the segment now.

    Raises:
        Refused: not from this state, not what was approved, to nobody or to many more, its drive takes nobody, or the
            time is over. Nothing is written.
    """
    check_step(broadcast.state, Step.START)
    signature = connection.execute(select(broadcasts.c.signature).where(broadcasts.c.id == broadcast.id)).scalar()
    if not is_signed(key, signature, draft, broadcast.ledger, broadcast.approved_by):
        raise Refused(Refusal.CHANGED_SINCE)
    check_drive(connection, broadcast.draft, at or now)
    check_appeal(connection, broadcast.draft, now)
    check_growth(Ledger.from_json(broadcast.ledger).segment, people)
    if at is None:
        due_at = broadcast.starts_at if login == SYSTEM else None  # a start by hand is never late
        begun = {"state": S.RUNNING.value, "starts_at": due_at, "started_at": now, "pause_reason": ""}
        change_row(connection, broadcast, begun)
        _note(connection, now, login, "started", broadcast)
        return
    if at <= now:
        raise Refused(Refusal.IN_THE_PAST)
    change_row(connection, broadcast, {"state": S.SCHEDULED.value, "starts_at": at, "pause_reason": ""})
    _note(connection, now, login, "scheduled", broadcast, f"for {at.isoformat(timespec='minutes')}")


def pause(connection: Connection, login: str, broadcast: Broadcast, now: datetime) -> None:
    """Nothing more goes out; what is queued is held."""
    check_step(broadcast.state, Step.PAUSE)
    change_row(connection, broadcast, {"state": S.PAUSED.value, "paused_at": now, "pause_reason": ""})
    hold(connection, broadcast.id)
    _note(connection, now, login, "paused", broadcast)


def resume(connection: Connection, login: str, broadcast: Broadcast, now: datetime) -> None:
    """It goes on where it was; whoever lets it go on has looked, so its brake counts anew."""
    check_step(broadcast.state, Step.RESUME)
    change_row(connection, broadcast, {"state": S.RUNNING.value, "paused_at": now, "pause_reason": ""})
    release(connection, broadcast.id, now)
    _note(connection, now, login, "resumed", broadcast)


def cancel(connection: Connection, login: str, broadcast: Broadcast, now: datetime) -> int:
    """End it. All that is queued ends at once and a page of those who wait; go on with `broadcast_queue.recall`, until
    that returns 0."""
    check_step(broadcast.state, Step.CANCEL)
    change_row(connection, broadcast, {"state": S.CANCELLED.value, "finished_at": now})
    if broadcast.draft.need is not None:
        close(connection, broadcast.id, Closing.RECALLED, now)
    _note(connection, now, login, "cancelled", broadcast)
    return recall(connection, broadcast.id, now)


def meet(connection: Connection, login: str, broadcast: Broadcast, now: datetime) -> int:
    """The need of an appeal is met, says somebody who knows: nobody else is asked, and those asked in vain are thanked. All
    that is queued ends at once and a page of those who wait; go on with `broadcast_queue.recall`, until that returns 0."""
    check_step(broadcast.state, Step.MET)
    if broadcast.draft.need is None:
        raise Refused(Refusal.NO_APPEAL)
    change_row(connection, broadcast, {"state": S.RUNNING.value, "paused_at": now, "pause_reason": ""})
    if close(connection, broadcast.id, Closing.MET, now):
        _note(connection, now, login, "met", broadcast)
    return recall(connection, broadcast.id, now, Closing.MET.value)


def retry(connection: Connection, login: str, broadcast: Broadcast, reasons: Sequence[str], now: datetime) -> int:
    """Let a page of those wait again whose message certainly did not arrive; go on with `broadcast_queue.retry_failed`,
    until that returns 0. A finished one runs again."""
    check_step(broadcast.state, Step.RETRY)
    check_drive(connection, broadcast.draft, now)
    if (appeal := appeal_of(connection, broadcast.id)) is not None and appeal.closed_at is not None:
        raise Refused(Refusal.APPEAL_CLOSED)
    count = retry_failed(connection, broadcast.id, reasons, now)
    if count and broadcast.state is S.FINISHED:
        change_row(connection, broadcast, {"state": S.RUNNING.value, "finished_at": None})
    if count:
        _note(connection, now, login, "retried", broadcast, " ".join(sorted(reasons)))
    return count


def _note(connection: Connection, now: datetime, login: str, what: str, broadcast: Broadcast, detail: str = "") -> None:
    note(connection, now, login, f"broadcast-{what}", broadcast.code, detail or f"was {broadcast.state.value}")
