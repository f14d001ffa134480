"""A fault stays with the update that has it; a missing database loses nothing."""

import asyncio
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.exc import OperationalError

from bot.domain.updates import ChannelKind
from bot.intake import NotTaken
from bot.intake import intake as intake_module
from bot.storage.database import Database
from bot.storage.sealing import KeyRing
from bot.storage.tables import kept_aside, outbox, registrations, seen
from tests.intake.conftest import REGISTRATION, Ground, build_intake


async def number_of(ground: Ground, table: object) -> int:
    return int(await ground.db.read(lambda c: c.execute(select(func.count()).select_from(table)).scalar_one()))


class Outage:
    """The database refuses every write while `on`: what a stopped server looks like from here."""

    def __init__(self, db: Database) -> None:
        self.on = False
        event.listen(db.engine, "before_cursor_execute", self._refuse)

    def _refuse(self, _connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if self.on and "INSERT" in statement:
            raise OperationalError(statement, {}, Exception("away"))


async def test_it_serves_the_others_when_one_update_breaks_the_dialogue(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.intake import handling

    honest = handling.respond

    def breaking(talk: object, update: object) -> object:
        if getattr(getattr(update, "event", None), "text", "") == "phá":
            raise RuntimeError("a bug")
        return honest(talk, update)  # type: ignore[arg-type]

    # The bug is planted in our own function: no input is known that breaks the dialogue.
    monkeypatch.setattr(handling, "respond", breaking)
    await asyncio.gather(*(ground.say(n, "phá" if n == 5 else "xin chào") for n in range(1, 11)))
    assert await number_of(ground, seen) == 10
    assert await number_of(ground, kept_aside) == 1
    keys = await ground.db.read(lambda c: c.execute(select(outbox.c.address_id).distinct()).scalars().all())
    assert len(keys) == 10


async def test_it_halves_a_batch_until_the_faulty_update_stands_alone(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.intake import handling

    honest = handling.fill

    def breaking(writes: object, update: object, *rest: object) -> object:
        if getattr(update, "user_id", "") == "5" and not rest[2]:
            raise ValueError("a row that cannot be written")
        return honest(writes, update, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(handling, "fill", breaking)
    await asyncio.gather(*(ground.say(n, "xin chào") for n in range(1, 11)))
    assert await number_of(ground, seen) == 10
    reasons = await ground.db.read(lambda c: c.execute(select(kept_aside.c.reason)).scalars().all())
    assert list(reasons) == ["ValueError in the batch"]


async def test_it_spools_while_the_database_is_away_and_answers_everything_afterwards(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake_module, "REPLAY_EVERY", 0.02)
    await ground.walk(520000001, *REGISTRATION[:4])
    outage = Outage(ground.db)
    outage.on = True
    taken = [await ground.say(520000001, text) for text in REGISTRATION[4:]]
    taken.append(await ground.say(520000001, REGISTRATION[4], 12))  # the platform sends one again
    assert all(one.spooled for one in taken)
    assert ground.intake.spool_size == len(taken)
    outage.on = False
    async with asyncio.timeout(20):
        while ground.intake.spool_size:
            await asyncio.sleep(0.02)
    assert await number_of(ground, registrations) == 1
    keys = await ground.db.read(lambda c: c.execute(select(outbox.c.key)).scalars().all())
    assert len({key.rsplit(":", 1)[0] for key in keys}) == await number_of(ground, seen)


async def test_it_replays_after_a_restart(
    ground: Ground, tmp_path: Path, ring: KeyRing, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake_module, "REPLAY_EVERY", 0.02)
    outage = Outage(ground.db)
    outage.on = True
    assert (await ground.say(1, "xin chào")).spooled
    await ground.intake.close()
    outage.on = False
    again = build_intake(ground.db, ring, now, tmp_path, {ChannelKind.TELEGRAM: ground.channel}, lambda _: None)
    assert again.spool_size == 1
    await again.start()
    async with asyncio.timeout(20):
        while again.spool_size:
            await asyncio.sleep(0.02)
    await again.close()
    assert await number_of(ground, seen) == 1


async def test_it_says_no_when_neither_database_nor_spool_take_a_call(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    outage = Outage(ground.db)
    outage.on = True

    def full(_requests: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ground.intake._spool, "append", full)
    with pytest.raises(NotTaken):
        await ground.say(1, "xin chào")


async def test_it_tells_a_page_to_try_again_while_the_database_is_away(ground: Ground) -> None:
    outage = Outage(ground.db)
    outage.on = True
    with pytest.raises(NotTaken):
        await ground.intake.take(None, ground.channel.receive(ground.request(1, "xin chào")))
