"""Claiming one's line of an old list, through the whole intake on both engines."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.domain.donations import Component
from bot.domain.listed import Basis, ListedDonor
from bot.domain.messages import Message
from bot.storage.ids import address_id
from bot.storage.listed_donors import Listing, keep_lines, line_hash, line_rows
from bot.storage.tables import addresses, donations, donors, listed_donors, outbox, units
from tests.intake.conftest import REGISTRATION, Ground

USER, OTHER = 520000001, 520000002
PHONE = "+84912345678"
LAST = date(2026, 3, 14)


async def lists(ground: Ground, now: datetime, *changes: Mapping[str, Any]) -> list[bytes]:
    """A list with one line for each of these, read in for the unit of the ground."""
    unit = await ground.db.read(lambda c: c.execute(select(units.c.id)).scalar_one())
    plain: dict[str, Any] = {
        "name": "LÒ VĂN THỬ", "born": "1990", "phone": PHONE, "unit_id": unit, "donations": 4, "last_given_on": LAST,
        "component": Component.WHOLE_BLOOD, "blood_group": "O+",
    }  # fmt: skip
    lines = [ListedDonor(**plain | dict(change)) for change in changes]
    hashed = [(line_hash(ground.ring, line, f"unit-{number}"), line) for number, line in enumerate(lines)]
    listing = Listing(Basis.ON_PAPER, "thuy", now, now + timedelta(days=90))
    rows = line_rows(ground.ring, hashed, listing)
    assert await ground.db.write(lambda c: keep_lines(c, rows)) == len(lines)
    return [one for one, _ in hashed]


async def said(ground: Ground, user: int = USER) -> list[str]:
    """What the bot has said to them, the last at the end."""
    query = select(outbox.c.body_sealed).where(outbox.c.address_id == address_id(ground.account_id, str(user)))
    rows = await ground.db.read(lambda c: c.execute(query.order_by(outbox.c.id)).scalars().all())
    return [Message.from_json(ground.ring.open_json(row, "outbox.body")).text for row in rows]


async def asked(ground: Ground, user: int = USER) -> bool:
    return "danh sách người hiến máu" in (await said(ground, user))[-1]


async def line(ground: Ground) -> Any:
    return await ground.db.read(lambda c: c.execute(select(listed_donors)).one())


async def contact_of(ground: Ground, user: int = USER) -> int:
    query = select(addresses.c.contact_id).where(addresses.c.id == address_id(ground.account_id, str(user)))
    return int(await ground.db.read(lambda c: c.execute(query).scalar_one()))


async def test_it_asks_once_the_place_is_taken_and_tells_nothing_of_the_line(ground: Ground, now: datetime) -> None:
    await lists(ground, now, {})
    await ground.walk(USER, *REGISTRATION)
    assert await asked(ground)
    everything = "\n".join(await said(ground))
    assert "14/03/2026" not in everything
    assert "4 lần" not in everything
    assert "Mã" in everything or "phiếu" in everything.lower()


@pytest.mark.parametrize("yes", ["gan vao giup toi", "1", "da co a", "đồng ý"])
async def test_it_makes_the_line_theirs_after_a_yes(ground: Ground, now: datetime, yes: str) -> None:
    await lists(ground, now, {})
    await ground.walk(USER, *REGISTRATION, yes)
    last = (await said(ground))[-1]
    assert "Đã hiến 4 lần" in last
    assert "14/03/2026" in last
    contact = await contact_of(ground)
    found = await line(ground)
    assert (found.claimed_by, found.donations, found.last_given_on) == (contact, 4, LAST)
    assert [found.name_sealed, found.phone_sealed, found.phone_blind, found.birth_date_sealed] == [None] * 4
    given = await ground.db.read(lambda c: c.execute(select(donations)).one())
    assert (given.contact_id, given.given_on, given.verified, given.source) == (contact, LAST, False, "list")
    donor = await ground.db.read(lambda c: c.execute(select(donors)).one())
    assert (donor.donations, donor.last_given_on, donor.blood_group_sealed) == (0, LAST, None)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"name": "Lò Văn Thứ Hai"}, id="another name"),
        pytest.param({"born": "1991"}, id="another year"),
        pytest.param({"born": "1990-05-13"}, id="another day"),
        pytest.param({"phone": "+84912345679"}, id="another phone"),
    ],
)
async def test_it_asks_nobody_whom_the_line_does_not_fit(ground: Ground, now: datetime, change: dict[str, str]) -> None:
    await lists(ground, now, change)
    await ground.walk(USER, *REGISTRATION)
    assert not await asked(ground)
    await ground.say(USER, "có")
    assert (await line(ground)).claimed_by is None


async def test_it_asks_nobody_when_two_lines_fit(ground: Ground, now: datetime) -> None:
    await lists(ground, now, {}, {"born": "1990-05-12"})
    await ground.walk(USER, *REGISTRATION)
    assert not await asked(ground)


async def test_it_asks_nobody_about_a_line_whose_time_is_over(ground: Ground, now: datetime) -> None:
    await lists(ground, now - timedelta(days=91), {})
    await ground.walk(USER, *REGISTRATION)
    assert not await asked(ground)


async def test_a_no_leaves_the_line_and_is_not_asked_again(ground: Ground, now: datetime) -> None:
    await lists(ground, now, {})
    await ground.walk(USER, *REGISTRATION, "không")
    assert "không hỏi lại" in (await said(ground))[-1]
    found = await line(ground)
    assert found.claimed_by is None
    assert found.phone_blind is not None
    await ground.walk(
        USER, "/huy", "Huỷ chỗ này", "đăng ký", "đồng ý", "có", "Dùng thông tin này", "không", "1", "xác nhận"
    )
    assert not await asked(ground)


@pytest.mark.parametrize("words", ["xoa dong do di", "Xoá dòng đó đi", "3"])
async def test_it_erases_the_line_when_told_to(ground: Ground, now: datetime, words: str) -> None:
    (known,) = await lists(ground, now, {})
    await ground.walk(USER, *REGISTRATION, words)
    assert "xoá rồi" in (await said(ground))[-1]
    found = await line(ground)
    assert found.line_hash == known
    personal = (found.name_sealed, found.birth_date_sealed, found.phone_sealed, found.phone_blind, found.donations)
    assert personal == (None,) * 5


async def test_a_second_person_comes_too_late(ground: Ground, now: datetime) -> None:
    await lists(ground, now, {})
    await ground.walk(USER, *REGISTRATION)
    await ground.walk(OTHER, *REGISTRATION)
    assert await asked(ground)
    assert await asked(ground, OTHER)
    await ground.say(USER, "1")
    await ground.say(OTHER, "1")
    assert any("không còn dòng nào" in text for text in (await said(ground, OTHER))[-2:])
    assert (await line(ground)).claimed_by == await contact_of(ground)
    assert await ground.db.read(lambda c: c.execute(select(func.count()).select_from(donations)).scalar_one()) == 1


async def test_erasing_everything_takes_the_claimed_line_along(ground: Ground, now: datetime) -> None:
    await lists(ground, now, {})
    await ground.walk(USER, *REGISTRATION, "1", "/xoa", "Xoá hết")
    found = await line(ground)
    assert (found.claimed_by, found.claimed_at, found.donations, found.last_given_on) == (None, None, None, None)


async def test_erasing_everything_takes_an_unclaimed_line_along(ground: Ground, now: datetime) -> None:
    await lists(ground, now, {})
    await ground.walk(USER, *REGISTRATION, "/xoa", "Xoá hết")
    found = await line(ground)
    assert (found.phone_blind, found.name_sealed) == (None, None)
