"""Broadcasts and a restore: all that could go on waits for a person, and nobody gets twice what can be known of."""

import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.channels.base import Account
from bot.domain.broadcasts import BroadcastState
from bot.storage.broadcasts import resume
from bot.storage.database import Database
from bot.storage.later_broadcasts import hold_broadcasts
from bot.storage.later_wishes import take_over
from bot.storage.schema import migrate
from bot.storage.sealing import KeyRing
from bot.storage.tables import appeal_candidates, broadcasts, outbox, recipients
from scheduler.expansion import expand
from scheduler.feeding import feed
from scheduler.parts import Parts
from tests.scheduler.conftest import Stage
from tests.scheduler.ground import Rows, SetClock, Tape
from tests.scheduler.test_broadcasting import NOON, current, go, people, progress, running
from tests.storage.ground import add_unit

PEOPLE = 12
S = BroadcastState


@dataclass
class House:
    """One database file with a bot, its people, and the tape that all houses of the test share."""

    file: Path
    ring: KeyRing
    tape: Tape
    account: Account | None = None

    def open(self) -> Stage:
        db = Database(f"sqlite:///{self.file}")
        return Stage(db, self.ring, SetClock(NOON), Rows(db, self.ring, NOON))

    def parts(self, stage: Stage) -> Parts:
        assert self.account is not None
        return stage.with_tape(self.tape, self.account)

    def copied(self, to: Path) -> "House":
        with closing(sqlite3.connect(self.file)) as source, closing(sqlite3.connect(to)) as target:
            source.backup(target)
        return House(to, self.ring, self.tape, self.account)


@pytest.fixture
def house(tmp_path: Path, ring: KeyRing) -> House:
    """One broadcast runs; nobody has had it yet."""
    house = House(tmp_path / "old.db", ring, Tape())
    stage = house.open()
    migrate(stage.db)
    house.account = stage.rows.account()
    unit = stage.db.write_now(lambda c: add_unit(c, code="ldld-mau"))
    people(stage, house.account, unit, PEOPLE)
    running(stage, unit)
    stage.db.close()
    return house


async def some_get_it(house: House, how_many: int) -> None:
    """So many have it then; the others wait."""
    stage = house.open()
    parts = house.parts(stage)
    await expand(parts)
    ids = stage.db.read_now(lambda c: c.execute(select(recipients.c.contact_id)).scalars().all())
    for some, hours in ((ids[:how_many], 0), (ids[how_many:], 1)):
        theirs = update(recipients).where(recipients.c.contact_id.in_(some), recipients.c.state == "waiting")
        at = NOON + timedelta(hours=hours)
        stage.db.write_now(lambda c, theirs=theirs, at=at: c.execute(theirs.values(due_at=at)))  # type: ignore[misc]
    await feed(parts)
    await parts.sender.send_due()
    stage.db.close()


def carried_over(old: House, copy: House) -> int:
    with closing(sqlite3.connect(old.file)) as replaced:
        wishes = take_over(replaced, copy.file, old.ring, NOON)
    assert wishes is not None
    return wishes.held


async def goes_on(copy: House) -> Stage:
    """Somebody has looked, and the hour of those who waited has come."""
    stage = copy.open()
    assert (current(stage).state, current(stage).pause_reason) == (S.PAUSED, "restored")
    parts = copy.parts(stage)
    await go(parts)
    stage.clock.now = NOON + timedelta(hours=2)
    stage.db.write_now(lambda c: resume(c, "duyet", current(stage), stage.clock.now))
    await go(parts)
    return stage


@pytest.mark.parametrize("before", [0, 4])
async def test_who_had_it_after_the_copy_does_not_get_it_again(house: House, tmp_path: Path, before: int) -> None:
    if before:
        await some_get_it(house, before)
    copy = house.copied(tmp_path / "copy.db")
    await some_get_it(house, 7)
    assert len(house.tape.calls) == 7
    assert carried_over(house, copy) == 1
    stage = await goes_on(copy)
    assert Counter(Counter(user for user, _ in house.tape.calls).values()) == {1: PEOPLE}
    done = progress(stage)
    had_it = 7 - before
    assert (done.intended, done.sent, dict(done.reasons)) == (PEOPLE, PEOPLE - had_it, {"restored": had_it})
    stage.db.close()


async def test_nothing_of_it_moves_before_somebody_has_looked(house: House, tmp_path: Path) -> None:
    stage = house.open()
    await expand(house.parts(stage))
    await feed(house.parts(stage))
    stage.db.close()
    copy = house.copied(tmp_path / "copy.db")
    assert hold_broadcasts(copy.file, NOON) == 1
    stage = copy.open()
    await go(copy.parts(stage))
    assert house.tape.calls == []
    assert {row.reason for row in stage.rows.outbox()} == {"paused"}
    stage.db.close()
    stage = await goes_on(copy)
    assert len(house.tape.calls) == PEOPLE
    stage.db.close()


@pytest.mark.parametrize(
    ("was", "since", "state", "reason"),
    [
        pytest.param({"state": "approved"}, {}, "approved", "restored", id="approved"),
        pytest.param({"state": "scheduled", "starts_at": NOON}, {}, "approved", "restored", id="scheduled"),
        pytest.param({"state": "draft"}, {}, "draft", "", id="a draft"),
        pytest.param({"state": "submitted"}, {}, "submitted", "", id="submitted"),
        pytest.param({"state": "paused", "started_at": NOON}, {}, "paused", "restored", id="paused by staff"),
        pytest.param({"state": "finished", "started_at": NOON}, {}, "finished", "", id="finished before"),
        pytest.param(
            {"state": "approved"}, {"state": "running", "started_at": NOON}, "paused", "restored", id="started since"
        ),
        pytest.param(
            {"state": "running", "started_at": NOON},
            {"state": "finished", "started_at": NOON, "finished_at": NOON},
            "finished",
            "",
            id="finished since",
        ),
        pytest.param(
            {"state": "scheduled", "starts_at": NOON},
            {"state": "cancelled", "started_at": NOON, "finished_at": NOON},
            "cancelled",
            "",
            id="recalled since",
        ),
        pytest.param(
            {"state": "draft"},
            {"state": "running", "started_at": NOON},
            "cancelled",
            "restored",
            id="approved and begun since: these words were never approved",
        ),
    ],
)
def test_what_stands_in_the_copy_waits(
    house: House, tmp_path: Path, was: dict[str, Any], since: dict[str, Any], state: str, reason: str
) -> None:
    def set_to(values: dict[str, Any]) -> Callable[[Any], object]:
        nothing = {"started_at": None, "starts_at": None, "finished_at": None}
        return lambda c: c.execute(update(broadcasts).values(nothing | values))

    stage = house.open()
    stage.db.write_now(set_to(was))
    copy = house.copied(tmp_path / "copy.db")
    stage.db.write_now(set_to(since or was))
    stage.db.close()
    held = carried_over(house, copy)
    stage = copy.open()
    assert (current(stage).state.value, current(stage).pause_reason) == (state, reason)
    assert held == (reason == "restored" and state != "cancelled")
    stage.db.close()


@pytest.mark.parametrize(
    ("was", "state", "reason", "held"),
    [
        pytest.param("running", "paused", "restored", 1, id="running"),
        pytest.param("scheduled", "approved", "restored", 1, id="scheduled"),
        pytest.param("approved", "approved", "restored", 1, id="approved"),
        pytest.param("draft", "draft", "", 0, id="a draft"),
        pytest.param("finished", "finished", "", 0, id="finished"),
    ],
)
def test_without_the_old_database_it_waits_too(house: House, was: str, state: str, reason: str, held: int) -> None:
    stage = house.open()
    stage.db.write_now(lambda c: c.execute(update(broadcasts).values(state=was)))
    stage.db.close()
    assert hold_broadcasts(house.file, NOON) == held
    stage = house.open()
    assert (current(stage).state.value, current(stage).pause_reason) == (state, reason)
    stage.db.close()


async def test_an_appeals_candidates_who_were_asked_since_are_none_any_more(house: House, tmp_path: Path) -> None:
    stage = house.open()
    ids = people(stage, *_another_bot(stage), 3)
    one = current(stage).id
    places = [{"broadcast_id": one, "contact_id": who, "place": who} for who in ids]
    stage.db.write_now(lambda c: c.execute(appeal_candidates.insert(), places))
    copy = house.copied(tmp_path / "copy.db")
    asked = {"broadcast_id": one, "contact_id": ids[0], "state": "queued", "decided_at": NOON}
    stage.db.write_now(lambda c: c.execute(recipients.insert().values(asked)))
    stage.db.close()
    carried_over(house, copy)
    stage = copy.open()
    left = stage.db.read_now(lambda c: c.execute(select(appeal_candidates.c.contact_id)).scalars().all())
    assert sorted(left) == sorted(ids[1:])
    assert stage.db.read_now(lambda c: c.execute(select(outbox.c.id)).all()) == []
    stage.db.close()


def _another_bot(stage: Stage) -> tuple[Account, int]:
    unit = stage.db.write_now(lambda c: add_unit(c, code="khac"))
    return stage.rows.account(external_id="7000000002"), unit


def test_a_copy_from_before_there_were_broadcasts_is_left_as_it_is(tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    assert hold_broadcasts(copy, NOON) == 0
    with closing(sqlite3.connect(copy)) as file:
        assert file.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
