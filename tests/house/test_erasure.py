"""Somebody says hello, asks, registers, looks at their data and has it erased: then nothing leads to them any more."""

import asyncio
import base64
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import select

from bot.storage.database import Database
from bot.storage.key_store import open_ring
from bot.storage.proofs import proofs_of
from bot.storage.sealed_columns import SEALED
from bot.storage.sealing import KeyRing
from bot.storage.tables import accounts, addresses, metadata, registrations, seen
from tests.house.town import USERS, WIRES, Town, register
from tests.platforms.server import Webhook

ASKED = "em so kim tiem lam co dau khong"
PATIENCE = 120.0
"""Seconds at most; nothing waits for them."""

SPELLINGS = (
    *("lo van thu", "lò văn thử", "lo_van_thu"),
    *("0912345678", "0912 345 678", "+84912345678", "84912345678", "912345678", "84 912", "912 345 678"),
    *("12-5-1990", "1990-05-12", "12/5/1990", "12/05/1990", "12.5.1990"),
    *(ASKED, "dang ky hien mau"),
)


def ring_of(town: Town, db: Database) -> KeyRing:
    return open_ring(db, [base64.b64decode(town.env["ENCRYPTION_KEYS"])])


def opened(db: Database, ring: KeyRing) -> dict[str, str]:
    """Each table as text: every value of every row, the sealed ones opened."""
    labels = {one.column: one.label for one in SEALED}
    found = {}
    for table in metadata.sorted_tables:
        rows = db.read_now(lambda c, table=table: c.execute(select(table)).all())  # type: ignore[misc]
        values = (
            ring.open(value, labels[column]).decode("utf-8", "replace")
            if column in labels and value is not None and column.table.name != "house_keys"
            else str(value)
            for row in rows
            for column, value in zip(table.columns, row, strict=True)
        )
        found[table.name] = "\n".join(values).casefold()
    return found


def traces(wanted: tuple[str, ...], tables: dict[str, str]) -> set[tuple[str, str]]:
    return {(name, one) for name, text in tables.items() for one in wanted if one.casefold() in text}


def raw_traces(wanted: tuple[str, ...], folder: Path) -> set[tuple[str, str]]:
    """In the bytes of every file: the database and its log, the spools, what the program printed."""
    files = {str(path.relative_to(folder)): path.read_bytes().lower() for path in _files(folder)}
    return {(name, one) for name, raw in files.items() for one in wanted if one.lower().encode() in raw}


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "keys.env")


async def command(town: Town, *arguments: str, database: str = "") -> str:
    env = {**os.environ, **town.env, "DATABASE_URL": database or town.env["DATABASE_URL"]}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "--debug", *arguments,
        cwd=town.folder, env=env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    out, _ = await process.communicate()
    assert process.returncode == 0, out.decode()
    return out.decode()


async def post(town: Town, call: Webhook) -> None:
    url = f"http://127.0.0.1:{town.server.port}{call.path}"
    async with aiohttp.ClientSession() as session, session.post(url, data=call.body, headers=call.headers) as answer:
        assert answer.status == 200


async def gone(town: Town, address: int) -> None:
    """Wait until the sweep has taken the address and cut the log."""
    theirs = select(addresses.c.id).where(addresses.c.id == address)
    async with asyncio.timeout(PATIENCE):
        while town.db.read_now(lambda c: c.execute(theirs).first()) is not None:
            await asyncio.sleep(0.05)
        while town.db.is_sqlite and _size(f"{town.db.url.database}-wal"):
            await asyncio.sleep(0.05)


def _size(file: str) -> int:
    return Path(file).stat().st_size


@pytest.mark.parametrize("channel", ["telegram", "messenger", "zalo"])
async def test_it_leaves_nothing_but_the_proof(town: Town, channel: str) -> None:
    wire, ring = town.wire(channel), ring_of(town, town.db)
    others = [
        WIRES[channel](wire.platform, f"{USERS[channel][:-3]}{n}", town.server.port, town.settled)
        for n in (901, 902, 903)
    ]
    for other in others:
        await other.type("xin chào")
    hello = wire.platform.webhook(wire.user, "xin chào")
    await wire._exchange(hello)
    await wire.type(ASKED)
    await register(wire)
    await wire.type("/dulieu")
    ticket, address = town.db.read_now(
        lambda c: c.execute(select(registrations.c.ticket, registrations.c.address_id)).one()
    )
    wanted = (*SPELLINGS, USERS[channel], ticket, f"{ticket[:5]}-{ticket[5:]}")
    before = traces(wanted, opened(town.db, ring))
    assert {"contacts", "addresses", "seen", "outbox", "registrations"} <= {table for table, _ in before}
    held = {"lo van thu", "+84912345678", "1990-05-12", "12-5-1990", ASKED, ticket, USERS[channel]}
    assert held <= {trace for _, trace in before}
    if town.db.is_sqlite:
        assert {USERS[channel], ticket} <= {trace for _, trace in raw_traces(wanted, town.folder)}

    await wire.type("/xoa")
    await wire.choose("Xoá hết")
    await gone(town, address)
    await post(town, hello)  # a platform that repeats a call brings nobody back
    await _look(town, ring, wanted, address)

    repeats = select(seen.c.update_id).where(seen.c.address_id == address, seen.c.text_sealed.is_(None))
    assert len(town.db.read_now(lambda c: c.execute(repeats).all())) > 10
    users = town.db.read_now(lambda c: c.execute(select(addresses.c.user_id)).scalars().all())
    assert set(users) == {other.user for other in others}
    account = town.db.read_now(
        lambda c: c.execute(select(accounts.c.id).where(accounts.c.kind == channel)).scalar_one()
    )
    proofs = town.db.read_now(lambda c: proofs_of(c, ring, account, USERS[channel]))
    assert {proof.purpose for proof in proofs} == {"registration", "reminder"}
    assert all(proof.withdrawn_at and proof.erased_at <= datetime.now(UTC) for proof in proofs)

    if town.db.is_sqlite:
        await _look_into_a_copy(town, wanted)
    assert await town.server.stop() == 0
    await _look(town, ring, wanted, address)


async def _look(town: Town, ring: KeyRing, wanted: tuple[str, ...], address: int) -> None:
    tables = opened(town.db, ring)
    assert traces(wanted, tables) == set()
    # The address's number says that an update was seen, until platforms no longer repeat it.
    assert {table for table, _ in traces((str(address),), tables)} <= {"seen"}
    assert raw_traces(wanted, town.folder) == set()


async def _look_into_a_copy(town: Town, wanted: tuple[str, ...]) -> None:
    """A backup made after the erasure, put back elsewhere and opened."""
    await command(town, "backup", "after.copy")
    place = town.folder / "restored" / "giothong.db"
    await command(town, "restore", "after.copy", database=f"sqlite:///{place}")
    with Database(f"sqlite:///{place}") as restored:
        assert traces(wanted, opened(restored, ring_of(town, restored))) == set()
