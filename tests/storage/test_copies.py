"""A copy is one moment of a house that goes on; it comes back whole, or not at all."""

# ruff: noqa: ASYNC240 - nothing else runs on the loop of a test

import asyncio
import errno
import os
import re
import sqlite3
import struct
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select, text, update

from bot.channels.base import WebhookRequest
from bot.domain.updates import ChannelKind
from bot.intake.spool import Spool
from bot.intake.spool_files import copy_waiting, merge, waiting_by_key
from bot.storage import copies
from bot.storage.copies import PARTIAL, CopyFailed, CopyStopped, make_copy
from bot.storage.copy_manifest import Manifest
from bot.storage.database import Database
from bot.storage.erasing import erase_person
from bot.storage.ids import new_id
from bot.storage.key_store import open_ring
from bot.storage.restoring import CopyRefused, Restored, restore_copy
from bot.storage.sealed_stream import MAGIC, STREAM_ID
from bot.storage.sealing import KeyRing, LostKey
from bot.storage.tables import (
    accounts,
    addresses,
    consents,
    contacts,
    data_requests,
    metadata,
    outbox,
    registrations,
    seen,
    slots,
)
from tests.intake.conftest import REGISTRATION, Ground, build_intake, capacities, ground  # noqa: F401

KEY = b"k" * 32
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def ring(db: Database) -> KeyRing:
    return open_ring(db, [KEY])


@pytest.fixture
async def house(ground: Ground) -> AsyncIterator[Ground]:  # noqa: F811
    """Six who registered."""
    await asyncio.gather(*(ground.walk(user, *REGISTRATION) for user in range(6)))
    return ground


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The folder of the embedded database."""
    return tmp_path


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Another machine."""
    (tmp_path / "elsewhere").mkdir()
    return tmp_path / "elsewhere" / "giothong.db"


def no_spools(_to: Path) -> Counter[bytes]:
    return Counter()


def no_merge(_copied: Path) -> int:
    return 0


def copy_of(data: Path, to: Path, ring: KeyRing, spools: Callable[[Path], Counter[bytes]] = no_spools) -> Manifest:
    return make_copy(data / "giothong.db", to, ring, lambda: datetime.now(UTC), spools)


def put_back(copy: Path, place: Path, ring: KeyRing, *, replace: bool = False) -> Restored:
    return restore_copy(copy, place, ring, datetime.now(UTC), no_merge, replace=replace)


def everything(db: Database) -> dict[str, list[Any]]:
    """Every row of every table."""
    return {
        name: sorted(map(repr, db.read_now(lambda c, t=table: c.execute(select(t)).all())))  # type: ignore[misc]
        for name, table in metadata.tables.items()
    }


async def test_it_comes_back_as_it_was(house: Ground, data: Path, place: Path, ring: KeyRing) -> None:
    before = everything(house.db)
    manifest = copy_of(data, data / "x.backup", ring)
    assert (data / "x.backup").stat().st_mode & 0o777 == 0o600
    assert manifest.keys == (ring.newest.hex(),)
    await house.walk(7, *REGISTRATION)
    put_back(data / "x.backup", place, ring)
    assert place.stat().st_mode & 0o777 == 0o600
    with Database(f"sqlite:///{place}") as restored:
        assert everything(restored) == before
        assert manifest.rows == {**{name: len(rows) for name, rows in before.items()}, "alembic_version": 1}


async def test_it_is_one_moment_while_people_go_on(
    house: Ground, data: Path, place: Path, ring: KeyRing, now: datetime, tmp_path: Path
) -> None:
    """Every update in it is answered in it, every booking has its seat; and the restored house goes on."""
    known = {(row.address_id, row.update_id) for row in house.db.read_now(lambda c: c.execute(select(seen)).all())}
    stop = asyncio.Event()

    async def keep_coming(first: int) -> None:
        user = first
        while not stop.is_set():
            await house.walk(user, *REGISTRATION)
            user += 10

    coming = [asyncio.create_task(keep_coming(user)) for user in range(100, 110)]
    for number in range(3):
        await asyncio.to_thread(copy_of, data, data / f"{number}.backup", ring)
    stop.set()
    await asyncio.gather(*coming)
    for number in range(3):
        there = place.with_name(f"{number}.db")
        put_back(data / f"{number}.backup", there, ring)
        with Database(f"sqlite:///{there}") as restored:
            assert known <= _ledger(restored, house.db)
    await _goes_on(f"sqlite:///{there}", house, now, tmp_path)


def _ledger(copy: Database, house: Database) -> set[tuple[int, str]]:
    """Check that the copy is one moment of the house; the updates it has seen."""

    def rows(db: Database, table: Any) -> set[Any]:
        return set(db.read_now(lambda c: c.execute(table).all()))

    told = select(seen.c.address_id, seen.c.update_id)
    said = select(outbox.c.id, outbox.c.key, outbox.c.address_id, outbox.c.body_sealed)
    agreed = select(consents)
    for query in (told, said, agreed):
        assert rows(copy, query) <= rows(house, query)
    answered = {key.split(":", 1)[0] for _, key, *_ in rows(copy, said)}
    assert len(rows(copy, said)) >= len(rows(copy, told))
    assert answered
    booked = dict(copy.read_now(lambda c: c.execute(_booked).all()))  # type: ignore[arg-type]
    taken = dict(copy.read_now(lambda c: c.execute(select(slots.c.id, slots.c.taken).where(slots.c.taken > 0)).all()))  # type: ignore[arg-type]
    assert booked == taken
    people = copy.read_now(lambda c: c.execute(select(func.count()).select_from(contacts)).scalar_one())
    assert len(rows(copy, select(registrations.c.contact_id))) == people
    return {(row.address_id, row.update_id) for row in rows(copy, told)}


_booked = (
    select(registrations.c.slot_id, func.count())
    .where(registrations.c.state == "booked")
    .group_by(registrations.c.slot_id)
)


async def _goes_on(url: str, house: Ground, now: datetime, tmp_path: Path) -> None:
    with Database(url) as db:
        intake = build_intake(
            db, open_ring(db, [KEY]), now, tmp_path / "again", {ChannelKind.TELEGRAM: house.channel}, lambda _: None
        )
        await intake.start()
        before = db.read_now(lambda c: c.execute(select(func.count()).select_from(registrations)).scalar_one())
        for words in REGISTRATION:
            request = house.request(999, words)
            await intake.take(request, house.channel.receive(request))
        await intake.close()
        after = db.read_now(lambda c: c.execute(select(func.count()).select_from(registrations)).scalar_one())
        assert after == before + 1


async def test_it_does_not_carry_what_was_deleted(house: Ground, data: Path, place: Path, ring: KeyRing) -> None:
    """A file of SQLite keeps deleted rows in its free places, where they were not overwritten."""
    mark = b"M4RK-of-something-that-was-deleted"
    with sqlite3.connect(data / "giothong.db") as connection:
        connection.execute("PRAGMA secure_delete=OFF")
        connection.executemany(
            "INSERT INTO audit (id, at, who, action) VALUES (?, 0, ?, 'x')", [(n, mark * 20) for n in range(50)]
        )
        connection.commit()
        connection.execute("DELETE FROM audit WHERE action = 'x'")
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    assert mark in (data / "giothong.db").read_bytes()
    copy_of(data, data / "x.backup", ring)
    put_back(data / "x.backup", place, ring)
    assert mark not in place.read_bytes()


async def test_it_opens_only_with_its_key(house: Ground, data: Path, place: Path, ring: KeyRing) -> None:
    copy_of(data, data / "x.backup", ring)
    assert b"SQLite" not in (data / "x.backup").read_bytes()
    with pytest.raises(LostKey, match=ring.newest.hex()):
        put_back(data / "x.backup", place, KeyRing([b"s" * 32]))
    assert not place.exists()


async def test_it_needs_the_keys_of_its_rows_too(house: Ground, data: Path, place: Path, ring: KeyRing) -> None:
    copy_of(data, data / "x.backup", KeyRing([b"n" * 32, KEY]))
    with pytest.raises(LostKey, match=f"needs the key {ring.newest.hex()}"):
        put_back(data / "x.backup", place, KeyRing([b"n" * 32]))


def chunks_of(raw: bytes) -> tuple[bytes, list[bytes]]:
    head, rest, found = raw[: len(MAGIC) + STREAM_ID], raw[len(MAGIC) + STREAM_ID :], []
    while rest:
        end = 5 + struct.unpack(">I?", rest[:5])[0]
        found.append(rest[:end])
        rest = rest[end:]
    return head, found


def joined(head: bytes, chunks: list[bytes]) -> bytes:
    return head + b"".join(chunks)


def flipped(raw: bytes, at: int) -> bytes:
    return raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda raw, _: raw[: len(raw) // 2], id="cut off within a chunk"),
        pytest.param(lambda _, parts: joined(parts[0], parts[1][:-1]), id="cut off between two chunks"),
        pytest.param(lambda _, parts: joined(parts[0], [parts[1][1], parts[1][0], *parts[1][2:]]), id="chunks swapped"),
        pytest.param(lambda _, parts: joined(parts[0], parts[1][1:]), id="the first chunk gone"),
        pytest.param(
            lambda _, parts: joined(parts[0], [*parts[1][:-2], parts[1][-2][:4] + b"\1" + parts[1][-2][5:]]),
            id="an earlier chunk called the last",
        ),
        pytest.param(lambda raw, _: flipped(raw, len(raw) // 2), id="one bit changed"),
        pytest.param(lambda raw, _: flipped(raw, len(MAGIC) + 2), id="another stream's id"),
        pytest.param(lambda raw, _: raw + b"x", id="something behind it"),
        pytest.param(lambda _raw, _: b"", id="empty"),
        pytest.param(lambda _raw, _: b"SQLite format 3\0" * 100, id="not ours"),
    ],
)
async def test_it_is_refused_when_it_was(
    house: Ground, data: Path, place: Path, ring: KeyRing, damage: Callable[..., bytes]
) -> None:
    copy_of(data, data / "x.backup", ring)
    raw = (data / "x.backup").read_bytes()
    (data / "x.backup").write_bytes(damage(raw, chunks_of(raw)))
    with pytest.raises(CopyFailed, match=r"cannot be restored.*Nothing was changed"):
        put_back(data / "x.backup", place, ring)
    assert list(place.parent.iterdir()) == []


async def test_it_is_refused_when_it_says_other_numbers(
    house: Ground, data: Path, place: Path, ring: KeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = copies.manifest_of
    wrong = lambda *a: Manifest.from_json(re.sub(rb'"contacts":\d+', b'"contacts":99', real(*a).to_json()))  # noqa: E731
    monkeypatch.setattr(copies, "manifest_of", wrong)
    copy_of(data, data / "x.backup", ring)
    with pytest.raises(CopyFailed, match="other numbers of rows"):
        put_back(data / "x.backup", place, ring)


async def test_it_is_refused_by_an_older_program(house: Ground, data: Path, place: Path, ring: KeyRing) -> None:
    house.db.write_now(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    copy_of(data, data / "x.backup", ring)
    with pytest.raises(CopyRefused, match="newer program"):
        put_back(data / "x.backup", place, ring)
    assert list(place.parent.iterdir()) == []


async def test_it_overwrites_nothing(house: Ground, data: Path, place: Path, ring: KeyRing) -> None:
    copy_of(data, data / "x.backup", ring)
    with pytest.raises(CopyFailed, match="there already"):
        copy_of(data, data / "x.backup", ring)
    put_back(data / "x.backup", place, ring)
    with pytest.raises(CopyRefused, match="--replace"):
        put_back(data / "x.backup", place, ring)


async def test_it_is_refused_while_a_server_runs(house: Ground, data: Path, ring: KeyRing) -> None:
    copy_of(data, data / "x.backup", ring)
    with pytest.raises(CopyRefused, match="stop it first"):
        put_back(data / "x.backup", data / "giothong.db", ring, replace=True)


class Full:
    """A disk with little room left."""

    def __init__(self, room: int) -> None:
        self.room = room

    def __call__(self, real: Callable[[bytes], int], data: bytes) -> int:
        self.room -= len(data)
        if self.room < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(data)


async def test_it_leaves_nothing_on_a_full_disk(
    house: Ground, data: Path, ring: KeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    full, real = Full(100_000), copies.SealedWriter

    class OnFullDisk(real):  # type: ignore[misc, valid-type]
        def _put(self, chunk: bytes, *, last: bool) -> None:
            full(lambda data: len(data), chunk)
            super()._put(chunk, last=last)

    monkeypatch.setattr(copies, "SealedWriter", OnFullDisk)
    before = set(data.iterdir())
    with pytest.raises(CopyFailed, match="not enough room on the disk"):
        copy_of(data, data / "x.backup", ring)
    assert set(data.iterdir()) == before


@pytest.mark.parametrize("looks", [1, 4])
async def test_it_gives_up_when_the_program_stops(house: Ground, data: Path, ring: KeyRing, looks: int) -> None:
    left = iter(range(looks))
    before = set(data.iterdir())
    with pytest.raises(CopyStopped):
        make_copy(
            data / "giothong.db",
            data / "x.backup",
            ring,
            lambda: datetime.now(UTC),
            no_spools,
            lambda: next(left, None) is None,
        )
    assert set(data.iterdir()) == before


async def test_it_clears_away_what_a_killed_copy_left(house: Ground, data: Path, ring: KeyRing) -> None:
    left = data / "copy-killed"
    left.mkdir()
    (left / "giothong.db").write_bytes(b"x")
    yesterday = datetime.now(UTC).timestamp() - 86400
    os.utime(left, (yesterday, yesterday))
    (data / f"x.backup{PARTIAL}").write_bytes(b"x" * 10_000_000)
    copy_of(data, data / "x.backup", ring)
    assert not left.exists()
    assert [file.name for file in data.glob("x.backup*")] == ["x.backup"]


# --- spools ----------------------------------------------------------------------------------------------------


def spooled(folder: Path, ring: KeyRing, *numbers: int) -> Spool:
    folder.mkdir(exist_ok=True)
    spool = Spool(folder / "spool-8080.bin", ring)
    spool.append([WebhookRequest(ChannelKind.TELEGRAM, {}, str(number).encode(), "1") for number in numbers])
    return spool


def test_it_brings_the_calls_that_waited(db: Database, data: Path, place: Path, ring: KeyRing) -> None:
    """Behind the copy's own calls stand those that came while the database could not be read; none is lost."""
    spool = spooled(data, ring, 1, 2, 3)
    _, position = spool.read(1)
    spool.replayed(1, position)
    with (data / "spool-8080.bin").open("ab") as file:
        file.write(b"\0\0\1\0cut off")
    manifest = copy_of(data, data / "x.backup", ring, partial(copy_waiting, data))
    assert manifest.calls == 2
    spooled(place.parent, ring, 4, 5)
    merged = partial(merge, folder=place.parent)
    done = restore_copy(data / "x.backup", place, ring, datetime.now(UTC), merged, replace=False)
    assert done.calls == 4
    again = Spool(place.parent / "spool-8080.bin", ring)
    assert [int(request.body) for request in again.read(10)[0]] == [2, 3, 4, 5]


def test_it_counts_calls_by_key(data: Path, db: Database) -> None:
    old, new = KeyRing([b"o" * 32]), KeyRing([b"n" * 32, b"o" * 32])
    spooled(data, old, 1, 2)
    spooled(data, new, 3)
    assert waiting_by_key(data / "spool-8080.bin") == {old.newest: 2, new.newest: 1}


# --- replacing -------------------------------------------------------------------------------------------------


async def test_it_takes_over_what_was_wished_since(house: Ground, data: Path, ring: KeyRing) -> None:
    """Who had everything erased after the copy stays erased; who said stop is left alone; what was sent is not again."""
    db, later = house.db, datetime.now(UTC)
    gone, stopped = db.read_now(
        lambda c: c.execute(select(contacts.c.id).order_by(contacts.c.id).limit(2)).scalars().all()
    )
    only_asked = await _only_asked(house)
    copy_of(data, data / "x.backup", ring)

    def go_on(connection: Any) -> int:
        for contact in (gone, only_asked):
            erase_person(connection, ring, contact, later, source="chat")
        said_no = update(consents).where(consents.c.contact_id == stopped).values(withdrawn_at=later)
        of_stopped = outbox.c.contact_id == stopped
        connection.execute(update(outbox).where(of_stopped).values(state="sent", sent_at=later, platform_id="7"))
        others = outbox.c.contact_id.not_in((gone, stopped)) & (outbox.c.state == "waiting")
        connection.execute(update(outbox).where(others).values(state="sending"))
        return int(connection.execute(said_no).rowcount)

    withdrawn = db.write_now(go_on)
    requests = db.read_now(lambda c: c.execute(select(data_requests)).all())
    db.close()
    await house.intake.close()
    done = put_back(data / "x.backup", data / "giothong.db", ring, replace=True)
    assert done.wishes is not None
    assert done.wishes.erased == 2
    assert done.wishes.withdrawn == withdrawn > 0
    assert done.aside is not None
    assert (done.aside / "giothong.db").stat().st_size > 0
    with Database(f"sqlite:///{data / 'giothong.db'}") as restored:

        def look(query: Any) -> list[Any]:
            return restored.read_now(lambda c: list(c.execute(query).all()))

        assert look(select(contacts.c.name_sealed, contacts.c.phone_blind).where(contacts.c.id == gone)) == [
            (None, None)
        ]
        assert look(select(addresses).where(addresses.c.contact_id.in_((gone, only_asked)))) == []
        assert look(select(data_requests)) == requests
        assert look(select(consents.c.withdrawn_at).where(consents.c.contact_id == stopped)) == [(later,)] * withdrawn
        states = {row.state for row in look(select(outbox.c.state).where(outbox.c.contact_id == stopped))}
        assert states == {"sent"}
        assert "waiting" not in {row.state for row in look(select(outbox.c.state))}
        assert "unknown" in {row.state for row in look(select(outbox.c.state))}
        assert dict(look(_booked)) == dict(look(select(slots.c.id, slots.c.taken).where(slots.c.taken > 0)))


async def _only_asked(house: Ground) -> int:
    await house.walk(50, "hiến máu có đau không")
    query = select(addresses.c.contact_id).where(addresses.c.user_id == "50")
    return house.db.read_now(lambda c: int(c.execute(query).scalar_one()))


async def test_it_keeps_the_living_tokens(house: Ground, data: Path, ring: KeyRing) -> None:
    """A refresh token of Zalo works once: the copy's pair is dead by now."""
    at = datetime(2026, 11, 22, tzinfo=UTC)

    def tokens(pair: str, given: datetime) -> Callable[[Any], object]:
        sealed = ring.seal_json({"access": pair, "refresh": pair}, "accounts.tokens")
        values = {"tokens_sealed": sealed, "tokens_at": given, "tokens_expire_at": given + timedelta(hours=25)}
        return lambda c: c.execute(update(accounts).where(accounts.c.id == house.account_id).values(values))

    house.db.write_now(tokens("first", at))
    copy_of(data, data / "x.backup", ring)
    house.db.write_now(tokens("second", at + timedelta(hours=20)))
    house.db.close()
    await house.intake.close()
    put_back(data / "x.backup", data / "giothong.db", ring, replace=True)
    with Database(f"sqlite:///{data / 'giothong.db'}") as restored:
        query = select(accounts.c.tokens_sealed, accounts.c.tokens_at).where(accounts.c.id == house.account_id)
        row = restored.read_now(lambda c: c.execute(query).one())
    assert ring.open_json(row.tokens_sealed, "accounts.tokens")["refresh"] == "second"
    assert row.tokens_at == at + timedelta(hours=20)


async def test_it_replaces_a_database_that_cannot_be_read(
    house: Ground, data: Path, place: Path, ring: KeyRing
) -> None:
    copy_of(data, data / "x.backup", ring)
    place.write_bytes(b"not a database" * 1000)
    place.with_name("giothong.db-wal").write_bytes(b"what was left of its log")
    done = put_back(data / "x.backup", place, ring, replace=True)
    assert done.wishes is None
    assert done.aside is not None
    assert (done.aside / "giothong.db").read_bytes().startswith(b"not a database")
    assert (done.aside / "giothong.db-wal").exists()
    with Database(f"sqlite:///{place}") as restored:
        assert len(restored.read_now(lambda c: c.execute(select(contacts)).all())) == 6


async def test_it_changes_nothing_when_a_replacement_fails(
    house: Ground, data: Path, place: Path, ring: KeyRing
) -> None:
    copy_of(data, data / "x.backup", ring)
    put_back(data / "x.backup", place, ring)
    before = place.read_bytes()
    raw = (data / "x.backup").read_bytes()
    (data / "x.backup").write_bytes(flipped(raw, len(raw) - 5))
    with pytest.raises(CopyFailed):
        put_back(data / "x.backup", place, ring, replace=True)
    assert place.read_bytes() == before
    with Database(f"sqlite:///{place}") as still:
        still.write_now(lambda c: c.execute(insert(data_requests).values(_request())))


def _request() -> dict[str, Any]:
    return {"id": new_id(), "kind": "show", "source": "chat", "asked_at": datetime.now(UTC)}
