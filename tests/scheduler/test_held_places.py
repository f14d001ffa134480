"""The sweep of held places: what nobody took in time is free again, page after page, and nothing else is."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, select

from bot.storage.held_places import hold_place
from bot.storage.tables import addresses, registrations, slots
from scheduler import held_places
from scheduler.held_places import free_held
from tests.scheduler.conftest import Stage
from tests.scheduler.ground import Tape

DAY = timedelta(days=1)


async def test_it_frees_what_is_over_and_then_rests(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held_places, "PAGE", 2)
    account = stage.rows.account()
    parts = stage.with_tape(Tape(), account)
    assert await free_held(parts) == 0
    now = parts.clock()
    (slot,) = stage.rows.drive(now + 9 * DAY)
    for number in range(4):
        hold(stage, stage.rows.person(account, str(number)), slot, now - DAY, now + (DAY if number == 3 else -DAY / 2))
    assert await free_held(parts) == 3
    assert await free_held(parts) == 0
    states = stage.db.read_now(lambda c: c.execute(select(registrations.c.state)).scalars().all())
    assert sorted(states) == ["cancelled", "cancelled", "cancelled", "held"]
    assert stage.db.read_now(lambda c: c.execute(select(slots.c.taken)).scalar_one()) == 1


def hold(stage: Stage, home: int, slot: int, at: object, until: object) -> None:
    def work(connection: Connection) -> int | None:
        contact = connection.execute(select(addresses.c.contact_id).where(addresses.c.id == home)).scalar_one()
        drive = connection.execute(select(slots.c.drive_id).where(slots.c.id == slot)).scalar_one()
        return hold_place(connection, contact, home, drive, slot, until, at)  # type: ignore[arg-type]

    assert stage.db.write_now(work) is not None
