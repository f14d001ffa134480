"""Somebody who writes far too fast is told so once; what must get through gets through; everybody else is served."""

from datetime import datetime, timedelta
from itertools import count

import pytest
from sqlalchemy import func, select

from bot.domain.conversations import Conversation
from bot.intake.flood import BURST, Flood, Haste
from bot.storage.ids import address_id
from bot.storage.tables import addresses, outbox, seen
from bot.storage.talks import load_talk
from tests.intake.conftest import Ground

CALM, TOO_FAST, STILL = Haste.CALM, Haste.TOO_FAST, Haste.STILL_TOO_FAST


def test_thirty_at_once_and_then_one_every_two_seconds(now: datetime) -> None:
    flood, ids = Flood(), map(str, count())
    assert {flood.haste(1, next(ids), now) for _ in range(BURST)} == {CALM}
    assert flood.haste(2, next(ids), now) is CALM
    later = now + timedelta(seconds=1)
    assert [flood.haste(1, next(ids), later) for _ in range(3)] == [TOO_FAST, STILL, STILL]
    assert flood.haste(1, next(ids), later + timedelta(seconds=6)) is CALM


def test_the_same_update_is_judged_once_however_often_its_batch_is_tried(now: datetime) -> None:
    flood = Flood()
    assert {flood.haste(1, "one", now) for _ in range(10 * BURST)} == {CALM}
    assert flood.haste(1, "two", now) is CALM


def test_what_comes_late_from_the_spool_keeps_the_pace_at_which_it_was_written(now: datetime) -> None:
    flood = Flood()
    assert {flood.haste(1, str(n), now + timedelta(seconds=5 * n)) for n in range(10 * BURST)} == {CALM}


def test_a_clock_that_jumps_back_shuts_nobody_out(now: datetime) -> None:
    flood = Flood()
    assert flood.haste(1, "1", now) is CALM
    assert flood.haste(1, "2", now - timedelta(days=1)) is CALM


@pytest.mark.parametrize("people", [100, 25_000])
def test_it_remembers_no_more_people_than_it_may(now: datetime, people: int) -> None:
    flood = Flood()
    for person in range(people):
        flood.haste(person, "1", now)
    assert len(flood._buckets) == min(people, 20_000)


async def texts(ground: Ground, user: int) -> list[str]:
    """What the bot said to this person, in order."""
    query = select(outbox.c.body_sealed).where(outbox.c.address_id == address_id(ground.account_id, str(user)))
    rows = await ground.db.read(lambda c: c.execute(query.order_by(outbox.c.id)).scalars().all())
    return [ground.ring.open_json(row, "outbox.body")["text"] for row in rows]


async def test_the_bot_says_so_once_and_hears_what_must_get_through(ground: Ground) -> None:
    for _ in range(BURST + 10):
        await ground.say(7, "menu")
    said = await texts(ground, 7)
    assert len(said) == BURST + 1
    assert "nhanh quá" in said[-1]
    await ground.say(7, "tôi bị ngất, khó thở")
    assert "115" in (await texts(ground, 7))[-1]
    await ground.say(7, "menu")
    assert len(await texts(ground, 7)) == BURST + 2
    await ground.say(8, "menu")
    assert len(await texts(ground, 8)) == 1


async def test_every_update_of_a_flood_is_seen_and_none_changes_the_state(ground: Ground) -> None:
    await ground.say(7, "đăng ký")
    for _ in range(BURST + 5):
        await ground.say(7, "menu")
    before = await talk(ground, 7)
    await ground.say(7, "đồng ý")
    assert await talk(ground, 7) == before
    number = await ground.db.read(lambda c: c.execute(select(func.count()).select_from(seen)).scalar_one())
    assert number == BURST + 7


async def test_words_that_are_never_kept_are_not_kept_in_a_flood_either(ground: Ground) -> None:
    await ground.walk(7, "/biep", "không nói đơn vị")
    for _ in range(BURST + 5):
        await ground.say(7, "tổ trưởng ép")
    kept = select(seen.c.text_sealed).where(seen.c.text_sealed.is_not(None))
    words = [
        ground.ring.open_text(row, "seen.text") for row in await ground.db.read(lambda c: c.execute(kept).scalars())
    ]
    assert "tổ trưởng ép" not in words


async def talk(ground: Ground, user: int) -> Conversation:
    query = select(addresses.c.talk_sealed).where(addresses.c.id == address_id(ground.account_id, str(user)))
    return load_talk(await ground.db.read(lambda c: c.execute(query).scalar_one()), ground.ring)
