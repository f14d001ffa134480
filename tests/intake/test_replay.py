"""The moment in which the spool is put away: a call that comes right then is committed like any other."""

import asyncio
import threading

import pytest
from sqlalchemy import func, select

from bot.intake import intake as intake_module
from bot.intake.spool import Spool
from bot.storage.tables import seen
from tests.intake.conftest import Ground


async def test_a_call_while_the_spool_is_being_cleared(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake_module, "REPLAY_EVERY", 0.01)
    clearing, go_on = threading.Event(), threading.Event()
    clear = Spool.clear

    def slowly(spool: Spool) -> None:
        clearing.set()
        go_on.wait(10)
        clear(spool)

    monkeypatch.setattr(Spool, "clear", slowly)
    first = await ground.intake._to_spool(ground.request(520000001, "/start"))
    assert first.spooled
    await asyncio.to_thread(clearing.wait, 10)
    during = asyncio.create_task(ground.say(520000001, "đăng ký"))
    await asyncio.sleep(0.05)
    go_on.set()
    assert (await during).spooled
    async with asyncio.timeout(10):
        while await ground.db.read(lambda it: it.execute(select(func.count()).select_from(seen)).scalar_one()) < 2:
            await asyncio.sleep(0.02)
    async with asyncio.timeout(10):
        while (await ground.say(520000001, "lịch của tôi")).spooled:
            await asyncio.sleep(0.02)
    assert ground.intake.spool_size == 0
