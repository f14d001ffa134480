"""/metrics tells how the service is, cheaply and without naming anybody; the dashboard shows exactly that."""

import asyncio
import json
import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from bot.domain.alarms import Alarm, AlarmKind, CopiesFigures, OwnFigures
from bot.storage.alarms import begin
from bot.storage.database import Database, DatabaseAway
from bot.storage.ids import new_id
from bot.storage.leases import take
from bot.storage.tables import accounts, addresses, kept_aside, outbox
from bot.web.kept import Kept
from bot.web.metrics import Sending
from bot.web.parts import PARTS
from tests.web.house import House

DASHBOARD = Path(__file__).parents[2] / "docs" / "deploy" / "grafana.json"


async def scrape(house: House) -> list[str]:
    async with house.client.get("/metrics") as answer:
        assert answer.status == 200
        return (await answer.text()).splitlines()


def told(house: House, **values: Any) -> None:
    """Give the web floor other sources of figures."""
    parts = house.app[PARTS]
    for name, value in values.items():
        object.__setattr__(parts, name, value)


async def test_it_shows_how_the_way_out_is(house: House) -> None:
    now, zalo, web = house.clock(), house.ids["zalo"], house.ids["web"]

    def furnish(connection: Connection) -> None:
        person = {"id": 5, "user_id": "5", "contact_id": 5, "first_seen_at": now, "last_inbound_at": now}
        connection.execute(addresses.insert().values(person | {"account_id": zalo}))
        message = {"account_id": zalo, "address_id": 5, "contact_id": 5, "purpose": "reply", "priority": 0}
        for state, age in (("waiting", 100), ("waiting", 20), ("sent", 300), ("skipped", 300)):
            moment = now - timedelta(seconds=age)
            row = {"id": new_id(), "key": f"{state}-{age}", "state": state, "created_at": moment, "due_at": moment}
            connection.execute(outbox.insert().values(message | row | {"body_sealed": b"x"}))
        connection.execute(
            accounts.update()
            .where(accounts.c.id == zalo)
            .values(paused_at=now, tokens_expire_at=now + timedelta(hours=3))
        )
        assert take(connection, f"lane:{zalo}", "here", now) == 1
        aside = {"id": new_id(), "channel": "zalo", "received_at": now, "reason": "x", "body_sealed": b"x"}
        connection.execute(kept_aside.insert().values(aside))
        begin(connection, Alarm(AlarmKind.DISK_FULL, "here", "5"), now)

    await house.parts.db.write(furnish)
    own = OwnFigures("here", spool_bytes=12, disk_free=0.25, copies=CopiesFigures(now - timedelta(hours=1), None))
    sending = Sending({zalo: 1}, {("zalo", "sent"): 1_234_567, ("zalo", "throttled"): 1}, {"words": 3})
    told(house, own=lambda _now: own, sending=lambda: sending, clock=lambda: now)
    lines = await scrape(house)
    for line in (
        'giothong_calls_total{channel="zalo",outcome="sent"} 1234567',
        'giothong_retention_dropped_total{kind="words"} 3',
        "giothong_spool_bytes 12",
        "giothong_disk_free_ratio 0.25",
        "giothong_backup_age_seconds 3600",
        "giothong_kept_aside_events 1",
        'giothong_alarms_open{kind="disk-full"} 1',
        'giothong_alarms_open{kind="urgent"} 0',
        'giothong_outbox_messages{state="waiting"} 2',
        'giothong_outbox_messages{state="sending"} 0',
        'giothong_outbox_messages{state="sent"} 1',
        'giothong_outbox_messages{state="skipped"} 1',
        'giothong_outbox_messages{state="unknown"} 0',
        'giothong_lane_running{account="zalo"} 1',
        'giothong_lane_held{account="zalo"} 1',
        'giothong_lane_epoch{account="zalo"} 1',
        'giothong_account_paused{account="zalo"} 1',
        'giothong_account_paused{account="web"} 0',
        'giothong_oldest_waiting_seconds{account="zalo",priority="reply"} 100',
        'giothong_oldest_waiting_seconds{account="web",priority="broadcast"} 0',
        'giothong_token_expires_seconds{account="zalo"} 10800',
    ):
        assert line in lines
    assert not any(line.startswith("giothong_lane") and 'account="web"' in line for line in lines)
    assert web in {row.id for row in await house.rows(accounts.select())}


async def test_it_says_that_the_database_is_away(small_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(work: object) -> None:
        raise DatabaseAway("away")

    monkeypatch.setattr(small_house.parts.db, "read", away)
    lines = await scrape(small_house)
    assert "giothong_database_up 0" in lines
    assert "giothong_spool_calls 0" in lines
    assert not any(line.startswith("giothong_outbox_messages") for line in lines)


def exported(lines: list[str]) -> set[str]:
    return {line.split()[2] for line in lines if line.startswith("# TYPE")}


def expressions(node: object) -> Iterator[str]:
    """Every query of the dashboard, and what its variables ask."""
    if isinstance(node, dict):
        for name, value in node.items():
            if name in ("expr", "definition") and isinstance(value, str):
                yield value
            else:
                yield from expressions(value)
    elif isinstance(node, list):
        for value in node:
            yield from expressions(value)


async def test_it_shows_every_figure_on_the_dashboard_and_no_other(small_house: House) -> None:
    dashboard = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    named = {name for words in expressions(dashboard) for name in re.findall(r"giothong_\w+", words)}
    assert named == exported(await scrape(small_house))


def test_it_has_a_dashboard_grafana_can_read() -> None:
    dashboard = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    panels = dashboard["panels"]
    assert dashboard["schemaVersion"] >= 39
    assert [panel["title"] for panel in panels if panel["type"] == "row"] == ["People", "Way out", "House", "Care"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        grid = panel["gridPos"]
        cells = {
            (x, y) for x in range(grid["x"], grid["x"] + grid["w"]) for y in range(grid["y"], grid["y"] + grid["h"])
        }
        assert grid["x"] + grid["w"] <= 24
        assert not cells & taken
        taken |= cells


async def test_it_keeps_a_reading_and_reads_again_when_it_is_old(
    small_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds, reads = [100.0], []
    monkeypatch.setattr("bot.web.kept.time.monotonic", lambda: seconds[0])
    kept = Kept(lambda _connection: reads.append(1) or len(reads))
    for at, expected in ((100, 1), (104, 1), (105, 2)):
        seconds[0] = at
        assert await kept.value(small_db, 1) == expected


async def test_it_keeps_a_slow_reading_long_and_shows_the_one_before_meanwhile(
    small_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds, reads, go = [100.0], [], threading.Event()
    go.set()
    monkeypatch.setattr("bot.web.kept.time.monotonic", lambda: seconds[0])

    def slow(_connection: Connection) -> int:
        assert go.wait(10)
        seconds[0] += 2
        reads.append(1)
        return len(reads)

    kept = Kept(slow)
    assert await kept.value(small_db, 5) == 1
    seconds[0] += 99
    assert await kept.value(small_db, 5) == 1
    seconds[0] += 2
    go.clear()
    assert await kept.value(small_db, 0) == 1
    go.set()
    async with asyncio.timeout(5):
        while await kept.value(small_db, 1) != 2:
            await asyncio.sleep(0)
    assert len(reads) == 2
    await kept.close()


async def test_it_knows_nothing_before_the_first_reading_is_done(small_db: Database) -> None:
    go = threading.Event()
    kept = Kept(lambda _connection: go.wait(10))
    assert await kept.value(small_db, 0) is None
    go.set()
    assert await kept.value(small_db, 5) is True
