"""What happened after a copy was made, taken over from the database that the copy replaces: nobody's erasure or refusal
is undone by a restore, no message goes out twice, and an OA keeps its living tokens."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy import bindparam, insert, select, update

from bot.domain.posts import PostState
from bot.storage.columns import to_microseconds
from bot.storage.database import Database
from bot.storage.erasing import erase_again
from bot.storage.later_broadcasts import RESTORED, take_over_broadcasts
from bot.storage.old_rows import Values, pages, rows_of, run, tables_in
from bot.storage.recovery import INTERRUPTED
from bot.storage.schema import migrate
from bot.storage.sealing import KeyRing
from bot.storage.tables import (
    accounts,
    broadcasts,
    consents,
    data_requests,
    drives,
    intents,
    outbox,
    poster_codes,
    posts,
    units,
)

TOKENS = (
    "tokens_sealed",
    "tokens_at",
    "tokens_expire_at",
    "tokens_seed",
    "refresh_state",
    "refresh_at",
    "refresh_tries",
)

OF_A_POST = ("state", "reason", "platform_id", "step_id", "started_at", "posted_at", "look_at")
BEFORE_THE_END = frozenset(PostState) - {PostState.POSTED, PostState.FAILED, PostState.CANCELLED}


@dataclass(frozen=True, slots=True)
class Wishes:
    """How many people had themselves erased, consents were withdrawn and messages had gone out after the copy.

    `held`: broadcasts that wait until somebody has looked.
    """

    erased: int = 0
    withdrawn: int = 0
    settled: int = 0
    held: int = 0


def take_over(old: sqlite3.Connection, copy: Path, ring: KeyRing, now: datetime) -> Wishes | None:
    """Change the copy, before it is put in place, by what the replaced database knows.

    What is missing in the copy is told by its id, not by a clock. An older copy is migrated first.

    Returns:
        None when the old database cannot be read.
    """
    try:
        tables = tables_in(old)
        with Database(f"sqlite:///{copy}") as db:
            migrate(db)
            if accounts.name in tables:
                _tokens(old, db, ring)
            if poster_codes.name in tables:
                _codes(old, db)
            if posts.name in tables:
                _posts(old, db)
            held = take_over_broadcasts(old, db, now) if broadcasts.name in tables else 0
            return Wishes(
                erased=_erasures(old, db, ring, now) if data_requests.name in tables else 0,
                withdrawn=_withdrawals(old, db) if consents.name in tables else 0,
                settled=_messages(old, db) if outbox.name in tables else 0,
                held=held,
            )
    except sqlite3.DatabaseError:
        return None


def _codes(old: sqlite3.Connection, db: Database) -> None:
    """A code that was printed after the copy is never given to another drive, even where its own drive is gone."""
    ours = db.read_now(lambda c: c.execute(select(poster_codes)).all())
    numbers, pairs = {row.number for row in ours}, {(row.drive_id, row.unit_id) for row in ours}
    drive_ids = set(db.read_now(lambda c: c.execute(select(drives.c.id)).scalars().all()))
    unit_ids = set(db.read_now(lambda c: c.execute(select(units.c.id)).scalars().all()))

    def taken_over(row: Values) -> Values:
        drive, unit = row["drive_id"], row["unit_id"]
        stays = drive in drive_ids and unit in unit_ids and (drive, unit) not in pairs
        return row if stays else {**row, "drive_id": None, "unit_id": None}

    missing = (taken_over(row) for row in rows_of(old, poster_codes) if row["number"] not in numbers)
    for page in pages(missing):
        db.write_now(lambda c, rows=page: c.execute(insert(poster_codes), rows))  # type: ignore[misc]


def _erasures(old: sqlite3.Connection, db: Database, ring: KeyRing, now: datetime) -> int:
    known = set(db.read_now(lambda c: c.execute(select(data_requests.c.id)).scalars().all()))
    missing = [row for row in rows_of(old, data_requests) if row["id"] not in known]
    people = [row for row in missing if row["kind"] == "erase" and row["contact_id"] is not None]
    for row in people:
        who = row["by"] or row["source"]
        db.write_now(partial(erase_again, ring=ring, contact_id=row["contact_id"], now=now, who=who))
    for page in pages(iter(missing)):
        db.write_now(lambda c, rows=page: c.execute(insert(data_requests), rows))  # type: ignore[misc]
    return len(people)


def _withdrawals(old: sqlite3.Connection, db: Database) -> int:
    found = ({"row": row["id"], "at": row["withdrawn_at"]} for row in rows_of(old, consents) if row["withdrawn_at"])
    statement = (
        update(consents)
        .where(consents.c.id == bindparam("row"), consents.c.withdrawn_at.is_(None))
        .values(withdrawn_at=bindparam("at"))
    )
    return sum(run(db, statement, page) for page in pages(found))


def _messages(old: sqlite3.Connection, db: Database) -> int:
    """Messages and intents that waited when the copy was made and have had their outcome since."""
    is_open = (outbox.c.state == "waiting") | (outbox.c.state == "sending")
    sent = update(outbox).where(outbox.c.id == bindparam("row"), is_open)
    sent = sent.values({name: bindparam(f"new_{name}") for name in ("state", "reason", "sent_at", "platform_id")})
    judged = update(intents).where(intents.c.id == bindparam("row"), intents.c.state == "waiting")
    judged = judged.values({name: bindparam(f"new_{name}") for name in ("state", "reason", "decided_at")})
    open_rows = db.read_now(lambda c: set(c.execute(select(outbox.c.id).where(is_open)).scalars()))
    open_intents = db.read_now(
        lambda c: set(c.execute(select(intents.c.id).where(intents.c.state == "waiting")).scalars())
    )
    ended = (row for row in rows_of(old, outbox) if row["id"] in open_rows and row["state"] != "waiting")
    decided = (row for row in rows_of(old, intents) if row["id"] in open_intents and row["state"] != "waiting")
    for page in pages(decided):
        run(db, judged, [_new(row, ("state", "reason", "decided_at")) for row in page])
    return sum(run(db, sent, [_outcome(row) for row in page]) for page in pages(ended))


def doubt_posts(copy: Path, now: datetime) -> None:
    """Nothing is known of what went out after the copy: posts whose time has come may stand there already.

    The file is touched as little as can be: an older copy is not migrated here.
    """
    with closing(sqlite3.connect(copy)) as file, file:
        if posts.name in tables_in(file):
            values = (PostState.UNKNOWN.value, RESTORED, PostState.APPROVED.value, to_microseconds(now))
            file.execute("UPDATE posts SET state = ?, reason = ? WHERE state = ? AND due_at <= ?", values)


def _posts(old: sqlite3.Connection, db: Database) -> None:
    """Public posts that were begun, settled or called off after the copy: none of them goes out a second time."""
    on_their_way = posts.c.state.in_([state.value for state in BEFORE_THE_END])
    statement = update(posts).where(posts.c.id == bindparam("row"), on_their_way)
    statement = statement.values({name: bindparam(f"new_{name}") for name in OF_A_POST})
    waiting = {PostState.DRAFT.value, PostState.SUBMITTED.value, PostState.APPROVED.value}
    begun = (row for row in rows_of(old, posts) if row["state"] not in waiting or row["platform_id"])
    for page in pages(begun):
        run(db, statement, [_new(_interrupted(row), OF_A_POST) for row in page])


def _interrupted(row: Values) -> Values:
    return {**row, "state": "unknown", "reason": INTERRUPTED} if row["state"] == "sending" else row


def _outcome(row: Values) -> Values:
    """A call that was under way may have arrived."""
    return _new(_interrupted(row), ("state", "reason", "sent_at", "platform_id"))


def _new(row: Values, names: Sequence[str]) -> Values:
    return {"row": row["id"], **{f"new_{name}": row[name] for name in names}}


def _tokens(old: sqlite3.Connection, db: Database, ring: KeyRing) -> None:
    """A refresh token works once: the pair of the copy is dead when there is a newer one."""
    newer = [row for row in rows_of(old, accounts) if row.get("tokens_at") and ring.holds(row["tokens_sealed"] or b"")]
    statement = update(accounts).where(
        accounts.c.id == bindparam("row"),
        accounts.c.tokens_at.is_(None) | (accounts.c.tokens_at < bindparam("new_tokens_at")),
    )
    statement = statement.values({name: bindparam(f"new_{name}") for name in TOKENS})
    for page in pages(iter(newer)):
        run(db, statement, [_new(row, TOKENS) for row in page])
