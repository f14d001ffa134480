"""Every page: safe headers, friendly errors, both languages; and the probes."""

import asyncio
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text, update

from bot.storage.database import Database
from bot.storage.tables import accounts
from tests.web.house import House, open_house

PAGES = ["/chat", "/privacy", "/console/login", "/nothing-here", "/form/nonsense", "/console/login/nonsense"]


@pytest.mark.parametrize("path", PAGES)
async def test_it_carries_safe_headers(small_house: House, path: str) -> None:
    async with small_house.client.get(path) as answer:
        headers = answer.headers
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        policy = headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy
        assert "unsafe-inline" not in policy
        page = await answer.text()
    assert "style=" not in page
    assert "<script>" not in page
    assert " onclick=" not in page


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/nothing-here", "Không có trang này"),
        ("/nothing-here?lang=en", "There is no such page"),
        ("/nothing-here?lang=fr", "Không có trang này"),
    ],
    ids=["as set", "English", "neither"],
)
async def test_it_speaks_vietnamese_unless_asked(small_house: House, address: str, words: str) -> None:
    async with small_house.client.get(address, headers={"Accept-Language": "en-GB,en;q=0.9"}) as answer:
        assert answer.status == 404
        assert words in await answer.text()


async def test_it_leads_from_the_root_to_the_chat(small_house: House) -> None:
    async with small_house.client.get("/") as answer:
        assert answer.url.path == "/chat"
        assert answer.status == 200


async def test_it_tells_who_keeps_the_data(small_house: House) -> None:
    async with small_house.client.get("/privacy") as answer:
        page = await answer.text()
    assert "Liên đoàn Lao động tỉnh Mẫu" in page
    assert "30 ngày" in page


async def test_it_is_live_and_ready(house: House) -> None:
    async with house.client.get("/healthz") as answer:
        assert answer.status == 200
    async with house.client.get("/readyz") as answer:
        body = await answer.json()
    assert answer.status == 200
    assert body["checks"] == {
        "database": "ok",
        "schema": "ok",
        "channels": {"web": "on", "telegram": "on", "messenger": "on", "zalo": "on"},
    }


async def test_it_says_why_it_is_not_ready(house: House) -> None:
    paused = update(accounts).where(accounts.c.kind == "zalo").values(paused_at=house.clock(), paused_reason="token")
    await house.parts.db.write(lambda connection: connection.execute(paused))
    async with house.client.get("/readyz") as answer:
        assert answer.status == 200
        assert (await answer.json())["checks"]["channels"]["zalo"] == "paused: token"
    newer = text("UPDATE alembic_version SET version_num = '9999'")
    await house.parts.db.write(lambda connection: connection.execute(newer))
    async with house.client.get("/readyz") as answer:
        assert answer.status == 503
        assert "newer" in (await answer.json())["checks"]["schema"]


async def test_it_serves_the_chat_page_while_the_database_is_held(small_db: Database, tmp_path: Path) -> None:
    async with open_house(small_db, tmp_path) as house:
        holder = sqlite3.connect(tmp_path / "small.db", isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        try:
            chat = await house.chat()  # the greeting goes to the spool
            await chat.ws.send_json({"type": "text", "id": "1", "text": "xin chào"})
            assert (await chat.until("taken"))["id"] == "1"
            assert house.parts.intake.spool_size == 2
        finally:
            holder.execute("ROLLBACK")
            holder.close()
        async with asyncio.timeout(10):
            assert (await chat.message())["text"]
            assert (await chat.message())["text"]


@pytest.mark.parametrize(
    ("env", "headers", "status"),
    [
        pytest.param({}, {}, 200, id="on this machine"),
        pytest.param({}, {"X-Forwarded-For": "198.51.100.7"}, 401, id="through a proxy"),
        pytest.param({"PUBLIC_URL": "https://hm.example"}, {}, 401, id="in public"),
        pytest.param({"METRICS_TOKEN": "t"}, {}, 401, id="with a token set and none told"),
        pytest.param({"METRICS_TOKEN": "t"}, {"Authorization": "Bearer x"}, 401, id="a wrong token"),
        pytest.param(
            {"METRICS_TOKEN": "t", "PUBLIC_URL": "https://hm.example"},
            {"Authorization": "Bearer t"},
            200,
            id="the token",
        ),
    ],
)
async def test_it_shows_figures_to(
    small_db: Database, tmp_path: Path, env: dict[str, str], headers: dict[str, str], status: int
) -> None:
    async with open_house(small_db, tmp_path, env) as house, house.client.get("/metrics", headers=headers) as answer:
        assert answer.status == status


async def test_it_counts(house: House) -> None:
    chat = await house.chat()
    await chat.say("gặp cán bộ")
    call = house.telegram.webhook(5001, "xin chào")
    path = f"/webhooks/telegram/{house.telegram.bot_id}"
    for headers in (dict(call.headers), dict(call.headers), {}):
        await house.client.post(path, data=call.body, headers=headers)
    async with house.client.get("/metrics") as answer:
        lines = (await answer.text()).splitlines()
    for line in (
        'giothong_updates_total{channel="web"} 2',
        'giothong_updates_total{channel="telegram"} 1',
        'giothong_repeats_total{channel="telegram"} 1',
        'giothong_refused_calls_total{channel="telegram"} 1',
        "giothong_spool_calls 0",
        "giothong_web_sockets 1",
        "giothong_waiting_humans 1",
        "giothong_database_up 1",
    ):
        assert line in lines
    assert any(line.startswith('giothong_outbox_messages{state="waiting"}') for line in lines)
