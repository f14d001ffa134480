"""A self-check through the real intake on both databases: afterwards nothing tells what was answered, nor what it came to."""

import logging
import re
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import LargeBinary, select, update

from bot.domain.conversations import SELF_CHECK
from bot.storage.fleeting import due_fleeting, empty_fleeting
from bot.storage.sealed_columns import SEALED
from bot.storage.tables import addresses, metadata, outbox
from bot.storage.talks import load_talk
from tests.intake.conftest import Ground

LABELS = {column.column: column.label for column in SEALED}
LATER = timedelta(minutes=16)
HEALTHY = ("/kiemtra", "28", "52 kg", "chưa", "không", "không", "không", "không")
RUNS = {
    "a doctor should look": ("/kiemtra", "64", "43 kg", "chưa", "không", "không", "không", "có"),
    "a tattoo": ("/kiemtra", "28", "47 kg", "chưa", "không", "không", "em xăm hôm 2/9", "thoát"),
    "a donation, a vaccine": ("/kiemtra", "28", "47 kg", "hôm 2/11", "không", "có", "Vắc-xin sởi, rubella", "hôm qua"),
    "given up in the middle": ("/kiemtra", "28", "47 kg", "chưa", "có", "Đang ốm", "không", "có"),
    "too light": ("/kiemtra", "28", "không rõ", "xin chờ", "ờ", "ờ", "ờ", "40 kg"),
}


async def walked(ground: Ground, user: int, lines: tuple[str, ...], now: datetime) -> Counter[str]:
    """What a walk adds to the database once it is a quarter of an hour old."""
    before = await everything(ground)
    await ground.walk(user, *lines)
    await sent(ground)
    await emptied(ground, now + LATER)
    return await everything(ground) - before


async def sent(ground: Ground) -> None:
    await ground.db.write(lambda c: c.execute(update(outbox).values(state="sent")))


async def emptied(ground: Ground, at: datetime) -> int:
    due = await ground.db.read(lambda c: due_fleeting(c, at))
    return await ground.db.write(lambda c: empty_fleeting(c, ground.ring, due, at)) if due else 0


async def everything(ground: Ground) -> Counter[str]:
    """Every row of every table, sealed values opened, without what names a row or a moment."""
    rows: Counter[str] = Counter()
    for table in metadata.sorted_tables:
        if table.name in ("accounts", "house_keys"):
            continue
        for row in await ground.db.read(lambda c, table=table: c.execute(select(table)).all()):
            told = (f"{column.name}={_opened(ground, column, row)}" for column in table.columns)
            rows[f"{table.name}: {'; '.join(told)}"] += 1
    return rows


def _opened(ground: Ground, column: Any, row: Any) -> str:
    value = row._mapping[column]
    if value is not None and isinstance(column.type, LargeBinary) and column in LABELS:
        value = ground.ring.open(value, LABELS[column]).decode()
    return "a moment" if isinstance(value, datetime) else re.sub(r"\d+", "#", str(value))


@pytest.mark.parametrize("name", RUNS)
async def test_no_row_tells_one_self_check_from_another(ground: Ground, now: datetime, name: str) -> None:
    await ground.walk(1, "/start")
    await ground.walk(2, "/start")
    await sent(ground)
    healthy = await walked(ground, 1, HEALTHY, now)
    other = await walked(ground, 2, RUNS[name], now)
    assert len(RUNS[name]) == len(HEALTHY)
    assert other == healthy
    assert not any("self-check" in row or "kg" in row for row in healthy)


async def test_its_running_outcome_is_sealed_and_no_words_are_kept(ground: Ground, now: datetime) -> None:
    await ground.walk(1, *RUNS["a tattoo"][:-1])
    (sealed,) = await ground.db.read(lambda c: c.execute(select(addresses.c.talk_sealed)).scalars().all())
    talk = load_talk(sealed, ground.ring)
    assert talk.form is not None
    assert talk.form.name == SELF_CHECK
    assert b"until" not in sealed
    rows = await everything(ground)
    assert not any(row.startswith("seen") and "text_sealed=None" not in row for row in rows)
    assert await emptied(ground, now + timedelta(minutes=14)) == 0


async def test_it_waits_for_what_is_still_on_its_way(ground: Ground, now: datetime) -> None:
    await ground.walk(1, *HEALTHY)
    assert await emptied(ground, now + LATER) == 0
    await sent(ground)
    assert await emptied(ground, now + LATER) == len(HEALTHY)
    assert await emptied(ground, now + LATER) == 0


async def test_a_check_that_goes_on_keeps_its_outcome(ground: Ground, now: datetime) -> None:
    await ground.walk(1, "/kiemtra", "28")
    await sent(ground)
    await ground.db.write(lambda c: c.execute(update(addresses).values(form_touched_at=now)))
    assert await emptied(ground, now + LATER) == 2
    (sealed,) = await ground.db.read(lambda c: c.execute(select(addresses.c.talk_sealed)).scalars().all())
    assert load_talk(sealed, ground.ring).form is not None


async def test_logs_tell_nothing(ground: Ground, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        await ground.walk(1, *RUNS["a tattoo"])
    assert not re.search("xăm|47|self-check|kiemtra", caplog.text)
