"""The timetable: every sweep runs by itself, and none stops because one failed."""

import asyncio
import logging

import pytest

from bot.storage.database import DatabaseAway
from scheduler.jobs import TIMETABLE, Timetable, run
from scheduler.parts import Parts
from tests.scheduler.conftest import Stage
from tests.scheduler.ground import Tape, local


async def test_it_takes_a_registration_to_the_persons_screen_by_itself(stage: Stage) -> None:
    account = stage.rows.account()
    slot = stage.rows.drive(local(5, "09:30"))[0]
    stage.rows.book(stage.rows.person(account, "1"), slot)
    tape = Tape()
    parts = stage.with_tape(tape, account)
    stage.clock.now = local(4, "18:00")
    sending = asyncio.create_task(parts.sender.run())
    timetable = Timetable(parts)
    timetable.start()
    async with asyncio.timeout(10):
        while not tape.calls:
            await asyncio.sleep(0.02)
    timetable.stop()
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    assert [user for user, _ in tape.calls] == ["1"]


@pytest.mark.parametrize(
    "error", [pytest.param(DatabaseAway("away"), id="the database is away"), pytest.param(KeyError("x"), id="a bug")]
)
async def test_it_goes_on_when(stage: Stage, error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    async def sweep(parts: Parts) -> None:
        raise error

    with caplog.at_level(logging.WARNING):
        await run("due", sweep, stage.with_tape(Tape(), stage.rows.account()))
    assert "The sweep due" in caplog.text


def test_it_fits_on_one_screen() -> None:
    names = [name for name, _, _ in TIMETABLE]
    assert names[:3] == ["plan", "replan", "due"]
    assert len(set(names)) == len(names) <= 22


async def test_it_counts_what_retention_let_go(stage: Stage) -> None:
    async def sweep(_parts: Parts) -> dict[str, int]:
        return {"words": 2}

    parts = stage.with_tape(Tape(), stage.rows.account())
    for _ in range(2):
        await run("tidy", sweep, parts)
    assert parts.dropped == {"words": 4}
