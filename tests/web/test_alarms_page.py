"""The console's page of alarms: who sees which, the code for a chat, and an account that sends again."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import Connection, select, update

from bot.domain.alarms import Alarm, AlarmKind
from bot.storage.alarms import begin, end
from bot.storage.staff_addresses import link_staff
from bot.storage.tables import accounts, addresses, audit, staff, staff_addresses
from tests.web.house import House
from tests.web.test_console import Desk

ALARMS = "/console/alarms"


async def page(desk: Desk, path: str = ALARMS) -> str:
    status, words = await desk.get(path)
    assert status == 200
    return words


async def furnish(house: House) -> None:
    """One alarm of each sort, and one that is over."""
    now, che = house.clock(), str(house.ids["cdcs-che"])

    def write(connection: Connection) -> None:
        for alarm in (
            Alarm(AlarmKind.URGENT, "123456", che),
            Alarm(AlarmKind.HANDOFF_WAITING, che, "3"),
            Alarm(AlarmKind.ACCOUNT_PAUSED, "zalo", "misconfigured 216"),
        ):
            begin(connection, alarm, now)
        over = begin(connection, Alarm(AlarmKind.DISK_FULL, "may-1:8080", "6"), now - timedelta(hours=1))
        assert over is not None
        end(connection, over, now)
        connection.execute(update(accounts).where(accounts.c.code == "zalo").values(paused_at=now, paused_reason="x"))

    await house.parts.db.write(write)


@pytest.mark.parametrize(
    ("login", "sees", "count"),
    [
        pytest.param("admin", {"khẩn", "chờ quá lâu", "ngừng gửi", "gần đầy"}, 3, id="an administrator everything"),
        pytest.param("organiser", {"khẩn", "chờ quá lâu"}, 2, id="an organiser their people"),
        pytest.param("organiser-may", set(), 0, id="an organiser of other people nothing"),
        pytest.param("health", {"khẩn"}, 1, id="the health role urgent words"),
    ],
)
async def test_it_shows(house: House, login: str, sees: set[str], count: int) -> None:
    await furnish(house)
    if login == "organiser-may":
        login = "organiser-che"
        elsewhere = update(staff).values(unit_id=house.ids["cdcs-may"])
        await house.parts.db.write(lambda connection: connection.execute(elsewhere))
    async with Desk(house) as desk:
        await desk.enter(login)
        words = await page(desk)
        titles = {"khẩn", "chờ quá lâu", "ngừng gửi", "gần đầy"}
        main = words.partition("<main")[2].lower()
        assert {title for title in titles if f"{title}</h2>" in main or f"{title}</strong>" in main} == sees
        badge = re.search(r'id="alarms-count"[^>]*>(?:<b class="count">(\d+))?', words)
        assert badge is not None
        assert int(badge.group(1) or 0) == count
        assert ("/resume" in words) is (login == "admin")


@pytest.mark.parametrize("login", ["viewer", "volunteer"])
async def test_it_is_shut_to(small_house: House, login: str) -> None:
    async with Desk(small_house) as desk:
        await desk.enter(login)
        async with desk.session.get(ALARMS) as answer:
            assert answer.status == 403
        assert ALARMS not in await page(desk, "/console/drives")


async def test_it_links_a_chat_by_a_code_and_lets_it_go(house: House) -> None:
    async with Desk(house) as desk:
        await desk.enter("health")
        assert "Chưa nối chat nào" in await page(desk)
        _, shown = await desk.post(f"{ALARMS}/code")
        code = re.search(r"/canbo ([0-9A-Z]{4}-[0-9A-Z]{4})", shown)
        assert code is not None
        now = house.clock()
        chat = {"id": 77, "account_id": house.ids["messenger"], "user_id": "77", "contact_id": 77, "first_seen_at": now}
        await house.parts.db.write(
            lambda connection: connection.execute(addresses.insert().values(chat | {"last_inbound_at": now}))
        )
        assert await house.parts.db.write(lambda connection: link_staff(connection, code[1], 77, now))
        words = await page(desk)
        assert "Messenger" in words
        assert "nhận được" in words
        assert code[1] not in words
        house.clock.ahead = timedelta(hours=2)
        late = update(addresses).values(last_inbound_at=now - timedelta(hours=23))
        await house.parts.db.write(lambda connection: connection.execute(late))
        assert "quá 24 giờ" in await page(desk)
        await desk.post(f"{ALARMS}/chats/77/unlink")
        assert await house.rows(select(staff_addresses)) == []


async def test_it_does_not_unlink_somebody_elses_chat(small_house: House) -> None:
    row = {"address_id": 77, "staff_id": small_house.ids["admin"], "linked_at": small_house.clock()}
    await small_house.parts.db.write(lambda connection: connection.execute(staff_addresses.insert().values(row)))
    async with Desk(small_house) as desk:
        await desk.enter("health")
        assert (await desk.post(f"{ALARMS}/chats/77/unlink"))[0] == 404
        assert len(await small_house.rows(select(staff_addresses))) == 1


async def test_it_lets_an_administrator_start_an_account_again(house: House) -> None:
    await furnish(house)
    async with Desk(house) as desk:
        await desk.enter("admin")
        await desk.post(f"{ALARMS}/accounts/zalo/resume")
        rows = await house.rows(select(accounts.c.paused_at, accounts.c.paused_reason).where(accounts.c.code == "zalo"))
        assert [tuple(row) for row in rows] == [(None, None)]
        assert house.nudges == ["nudge"]
        noted = await house.rows(select(audit.c.who, audit.c.subject).where(audit.c.action == "account-resumed"))
        assert [tuple(row) for row in noted] == [("admin", "zalo")]
        assert (await desk.post(f"{ALARMS}/accounts/nothing/resume"))[0] == 404


async def test_it_lets_nobody_else_start_an_account(small_house: House) -> None:
    await furnish(small_house)
    async with Desk(small_house) as desk:
        await desk.enter("organiser")
        assert (await desk.post(f"{ALARMS}/accounts/zalo/resume"))[0] == 403
        rows = await small_house.rows(select(accounts.c.paused_at).where(accounts.c.code == "zalo"))
        assert rows[0].paused_at is not None


async def test_it_makes_codes_by_pressing_only(small_house: House) -> None:
    async with Desk(small_house) as desk:
        await desk.enter("admin")
        async with desk.session.get(f"{ALARMS}/code") as answer:
            assert answer.url.path == ALARMS
            assert "/canbo" not in await answer.text()
