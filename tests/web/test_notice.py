"""The notice says what this installation really does: its periods, its channels, whom to ask."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from html import unescape
from pathlib import Path

import pytest

from bot.domain.consents import Purpose
from bot.domain.updates import ChannelKind
from bot.storage.database import Database
from tests.web.house import House, library, open_house

PERIODS = {
    "RETENTION_DAYS": "11",
    "RETENTION_REGISTRATION_DAYS": "22",
    "RETENTION_UNREPORTED_DAYS": "133",
    "RETENTION_IDLE_DAYS": "244",
    "RETENTION_PROOF_DAYS": "955",
    "RETENTION_FIGURES_DAYS": "366",
    "RETENTION_LISTED_DAYS": "88",
    "BACKUP_KEEP_DAYS": "17",
}


async def notice(house: House, query: str = "") -> str:
    async with house.client.get(f"/privacy{query}") as answer:
        assert answer.status == 200
        return unescape(await answer.text())


@asynccontextmanager
async def noticed(db: Database, folder: Path, env: Mapping[str, str]) -> AsyncIterator[House]:
    async with open_house(db, folder, env) as house:
        yield house


@pytest.mark.parametrize(("query", "days"), [("", "ngày"), ("?lang=en", "days")])
async def test_it_tells_the_periods_as_they_are_set(small_db: Database, tmp_path: Path, query: str, days: str) -> None:
    async with noticed(small_db, tmp_path, PERIODS) as house:
        page = await notice(house, query)
    for count in PERIODS.values():
        assert f"{count} {days}" in page


async def test_it_names_the_channels_that_are_on_and_no_others(small_house: House) -> None:
    page = await notice(small_house)
    assert "Zalo, Facebook Messenger, Telegram" in page
    for kind in (ChannelKind.ZALO, ChannelKind.TELEGRAM):
        del small_house.parts.channels[kind]  # type: ignore[attr-defined]
    page = await notice(small_house)
    assert "qua Facebook Messenger cũng" in page
    assert "Zalo" not in page
    assert "Telegram" not in page
    del small_house.parts.channels[ChannelKind.MESSENGER]  # type: ignore[attr-defined]
    page = await notice(small_house)
    assert "Facebook" not in page
    assert "chỉ đi giữa trình duyệt" in page


async def test_it_tells_whom_to_ask(small_db: Database, tmp_path: Path) -> None:
    async with noticed(small_db, tmp_path, {"PRIVACY_CONTACT": "0213 3877 000, <b>baomat@mau.example"}) as house:
        async with house.client.get("/privacy") as answer:
            raw = await answer.text()
        assert "Liên đoàn Lao động tỉnh Mẫu: 0213 3877 000, &lt;b&gt;baomat@mau.example" in raw
        assert "two working days" in await notice(house, "?lang=en")


async def test_it_tells_whom_to_ask_where_no_contact_is_set(small_house: House) -> None:
    assert "nhắn “gặp cán bộ” trong cuộc trò chuyện; cán bộ trả lời trong hai ngày làm việc" in await notice(
        small_house
    )


@pytest.mark.parametrize("query", ["", "?lang=en"])
async def test_it_names_every_purpose_right_and_its_own_version(small_house: House, query: str) -> None:
    page, words = await notice(small_house, query), library()
    language = "en" if query else "vi"
    for purpose in Purpose:
        assert words.text(f"page.privacy.purpose.{purpose}", language) in page
    for told in ("/dulieu", "/xoa", "91/2025/QH15", "356/2025", "26/2013/TT-BYT"):
        assert told in page
    version = words.wording("page.privacy.who").rpartition("@")[2]
    assert ("Version" if query else "Bản") + f" {version}" in page
    assert words.text("page.privacy.date", language) in page
