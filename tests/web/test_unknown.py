"""The page of messages that may have arrived: administrators say what became of them, once, and it is noted."""

import re
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.domain.updates import ChannelKind
from bot.storage.tables import audit, outbox
from tests.scheduler.ground import Rows
from tests.web.house import ROLES, House
from tests.web.test_console import Desk

TEXT = "Mời anh đến lúc 8 giờ ngày mai"


@pytest.fixture
async def unclear(small_house: House) -> int:
    """A reminder whose answer was lost."""
    parts = small_house.parts
    rows = Rows(parts.db, parts.ring, parts.clock())
    oa: Any = parts.channels[ChannelKind.ZALO]
    account = next(iter(oa._accounts.values()))
    return rows.message(account, rows.person(account, "2000000000000000001"), TEXT, state="unknown")


async def state(house: House, message: int) -> tuple[str, str]:
    (row,) = await house.rows(select(outbox).where(outbox.c.id == message))
    return row.state, row.reason


@pytest.mark.parametrize("role", ROLES)
async def test_only_administrators_see_it(small_house: House, unclear: int, role: str) -> None:
    async with await Desk(small_house).enter(role) as desk:
        status, page = await desk.get("/console/unknown")
        assert (status, TEXT in page) == ((200, True) if role == "admin" else (403, False))


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        pytest.param("arrived", ("sent", "by-staff"), id="it arrived"),
        pytest.param("again", ("waiting", "again-by-staff"), id="send again"),
        pytest.param("leave", ("failed", "by-staff"), id="leave it"),
    ],
)
async def test_what_staff_say_is_carried_out_and_noted(
    small_house: House, unclear: int, verdict: str, expected: tuple[str, str]
) -> None:
    async with await Desk(small_house).enter("admin") as desk:
        await desk.post(f"/console/unknown/{unclear}", {"verdict": verdict})
        assert await state(small_house, unclear) == expected
        _, page = await desk.get("/console/unknown")
        assert not re.search(rf"/console/unknown/{unclear}\b", page)
    notes = await small_house.rows(select(audit.c.who, audit.c.action).where(audit.c.subject == f"message {unclear}"))
    assert [tuple(note) for note in notes] == [("admin", f"unknown-{verdict}")]


async def test_what_was_settled_meanwhile_stays_as_it_is(small_house: House, unclear: int) -> None:
    async with await Desk(small_house).enter("admin") as desk:
        await desk.get("/console/unknown")
        settled = update(outbox).where(outbox.c.id == unclear).values(state="sent", reason="echoed")
        await small_house.parts.db.write(lambda c: c.execute(settled))
        await desk.post(f"/console/unknown/{unclear}", {"verdict": "again"})
    assert await state(small_house, unclear) == ("sent", "echoed")


async def test_a_word_we_do_not_know_changes_nothing(small_house: House, unclear: int) -> None:
    async with await Desk(small_house).enter("admin") as desk:
        await desk.post(f"/console/unknown/{unclear}", {"verdict": "twice"})
    assert await state(small_house, unclear) == ("unknown", "")
