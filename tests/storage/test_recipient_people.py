"""Recipients of a broadcast who are erased, or who turn out to be one person."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.storage.database import Database
from bot.storage.expiry import drop_recipients
from bot.storage.ids import new_id
from bot.storage.recipient_people import chosen_for, forget_recipient, move_recipient
from bot.storage.tables import appeal_candidates, broadcasts, recipients, units

KEPT, GONE = 501, 502


@pytest.fixture
def sent(db: Database, now: datetime) -> tuple[int, int]:
    """Two broadcasts."""
    unit, ids = new_id(), (new_id(), new_id())
    rows = [
        {"id": one, "code": f"tin-{one}", "unit_id": unit, "purpose": "news", "segment": "everyone", "state": "running"}
        | {"created_by": "mai", "created_at": now}
        for one in ids
    ]
    place = {"id": unit, "code": f"dv-{unit}", "name": "Đơn vị thử", "level": "grassroots"}
    db.write_now(lambda c: (c.execute(units.insert().values(place)), c.execute(broadcasts.insert(), rows)))
    return ids


def put(db: Database, broadcast: int, contact: int, state: str, now: datetime) -> None:
    row = {"broadcast_id": broadcast, "contact_id": contact, "address_id": contact + 1, "state": state, "due_at": now}
    db.write_now(lambda c: c.execute(recipients.insert().values(row)))


def rows_of(db: Database, broadcast: int) -> dict[int, tuple[Any, ...]]:
    query = select(recipients).where(recipients.c.broadcast_id == broadcast)
    return {
        row.contact_id: (row.state, row.reason, row.address_id) for row in db.read_now(lambda c: c.execute(query).all())
    }


def test_an_erased_person_waits_for_nothing_and_the_row_is_still_counted(
    db: Database, sent: tuple[int, int], now: datetime
) -> None:
    put(db, sent[0], GONE, "waiting", now)
    put(db, sent[1], GONE, "queued", now)
    put(db, sent[0], KEPT, "waiting", now)
    for _ in range(2):
        db.write_now(lambda c: forget_recipient(c, GONE, now))
    assert rows_of(db, sent[0]) == {GONE: ("skipped", "erased", None), KEPT: ("waiting", "", KEPT + 1)}
    assert rows_of(db, sent[1]) == {GONE: ("queued", "", None)}


def test_two_who_are_one_get_it_once(db: Database, sent: tuple[int, int], now: datetime) -> None:
    put(db, sent[0], GONE, "waiting", now)
    put(db, sent[0], KEPT, "queued", now)
    put(db, sent[1], GONE, "waiting", now)
    db.write_now(lambda c: move_recipient(c, KEPT, GONE, now))
    assert rows_of(db, sent[0]) == {GONE: ("skipped", "joined", GONE + 1), KEPT: ("queued", "", KEPT + 1)}
    assert rows_of(db, sent[1]) == {KEPT: ("waiting", "", GONE + 1)}
    told = db.read_now(lambda c: c.execute(chosen_for(KEPT)).mappings().all())
    assert [(one["broadcast"], one["state"]) for one in told] == [
        (f"tin-{sent[0]}", "queued"),
        (f"tin-{sent[1]}", "waiting"),
    ]


def test_they_go_at_the_age_of_their_messages_and_never_while_it_runs(
    db: Database, sent: tuple[int, int], now: datetime
) -> None:
    for one in sent:
        put(db, one, KEPT, "queued", now)
    over = update(broadcasts).where(broadcasts.c.id == sent[0]).values(state="finished", finished_at=now)
    db.write_now(lambda c: c.execute(over))
    assert db.write_now(lambda c: drop_recipients(c, now - timedelta(seconds=1))) == 0
    assert db.write_now(lambda c: drop_recipients(c, now)) == 1
    assert (rows_of(db, sent[0]), len(rows_of(db, sent[1]))) == ({}, 1)


def test_a_candidate_of_an_appeal_goes_with_the_person(db: Database, sent: tuple[int, int], now: datetime) -> None:
    rows = [{"broadcast_id": sent[0], "contact_id": one, "place": one} for one in (KEPT, GONE)]
    db.write_now(lambda c: c.execute(appeal_candidates.insert(), rows))
    told = db.read_now(lambda c: c.execute(chosen_for(GONE)).mappings().all())
    assert [(one["broadcast"], one["state"], one["decided_at"]) for one in told] == [
        (f"tin-{sent[0]}", "in-line", None)
    ]
    left = select(appeal_candidates.c.contact_id)
    db.write_now(lambda c: move_recipient(c, KEPT, GONE, now))
    assert db.read_now(lambda c: c.execute(left).scalars().all()) == [KEPT]
    db.write_now(lambda c: forget_recipient(c, KEPT, now))
    assert db.read_now(lambda c: c.execute(left).scalars().all()) == []
