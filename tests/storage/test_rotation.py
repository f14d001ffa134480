"""Keys come and go beside a running intake: nothing is lost, nothing stays under the old one, and search goes on."""

import ast
import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select, update

from bot.domain.updates import ChannelKind
from bot.intake import Intake
from bot.storage import rotation
from bot.storage.census import NAMED, census
from bot.storage.database import Database
from bot.storage.key_store import open_ring
from bot.storage.people_search import find_people
from bot.storage.rotation import rotate
from bot.storage.sealed_columns import SEALED, pages
from bot.storage.sealing import KeyRing, LostKey
from bot.storage.tables import contacts, house_keys, metadata, outbox, registrations, seen
from tests.intake.conftest import REGISTRATION, Ground, build_intake, capacities, ground  # noqa: F401

OLD, NEW, STRANGE = b"o" * 32, b"n" * 32, b"s" * 32
ROOT = Path(__file__).parents[2]
BY_LABEL = {where.label: where for where in SEALED}
METHODS = {"seal", "open", "seal_text", "open_text", "text_or_none", "seal_json", "open_json", "opened"}


@pytest.fixture
def ring(db: Database) -> KeyRing:
    """The installation as it began: one key."""
    return open_ring(db, [OLD])


@pytest.fixture
def both(ring: KeyRing, db: Database) -> KeyRing:
    """After an administrator put a new key in front."""
    return open_ring(db, [NEW, OLD])


@pytest.fixture
async def people(ground: Ground) -> Ground:  # noqa: F811
    """Twelve who registered under the old key, and three who only asked."""
    await asyncio.gather(*(ground.walk(user, *REGISTRATION) for user in range(12)))
    await asyncio.gather(*(ground.walk(user, "hiến máu có đau không") for user in range(100, 103)))
    return ground


@pytest.fixture
async def server(people: Ground, both: KeyRing, now: datetime, tmp_path: Path) -> AsyncIterator[Intake]:
    """The server after its restart with both keys."""
    await people.intake.close()
    channels = {ChannelKind.TELEGRAM: people.channel}
    intake = build_intake(people.db, both, now, tmp_path / "again", channels, people.committed.append)  # type: ignore[arg-type]
    await intake.start()
    yield intake
    await intake.close()


def left(db: Database, ring: KeyRing) -> dict[str, tuple[int, int]]:
    """Values under older keys and lost ones, where there are any."""
    return {c.where.label: (c.old, c.lost) for c in census(db, ring) if c.old or c.lost}


def no_rest(_seconds: float) -> None:
    """For tests: the intake of a test does not need its turn."""


def test_it_knows_every_sealed_column() -> None:
    columns = {column for table in metadata.tables.values() for column in table.c if column.name.endswith("_sealed")}
    assert {where.column for where in SEALED} == columns


def test_it_knows_the_labels_the_code_uses() -> None:
    used = {label for file in (*ROOT.glob("bot/**/*.py"), *ROOT.glob("scheduler/*.py")) for label in labels_in(file)}
    # Joining and parting seal it by a name put together (`merged_values.py`).
    assert used - {"spool"} == set(BY_LABEL)
    for where in SEALED:
        assert where.label == f"{where.table.name}.{where.column.name.removesuffix('_sealed')}"


def labels_in(file: Path) -> Iterator[str]:
    """What is handed to the ring as a label, as it stands or by the name of a constant of the same file."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    constants = {
        node.targets[0].id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
            label = node.args[1] if len(node.args) > 1 else None
            value = constants.get(label.id) if isinstance(label, ast.Name) else getattr(label, "value", None)
            if isinstance(value, str):
                yield value


async def test_it_seals_everything_anew_and_the_old_key_may_go(people: Ground, both: KeyRing) -> None:
    db = people.db
    found = db.read_now(lambda c: find_people(c, both, phone="0912 345 678", scope=None))
    done = rotate(db, both, no_rest)
    assert done["house_keys.value"] == 1
    assert done["contacts.name"] == done["contacts.phone"] == 12
    assert done["seen.text"] > 12 * 11
    assert left(db, both) == {}
    assert sum(rotate(db, both, no_rest).values()) == 0
    alone = open_ring(db, [NEW])
    assert left(db, alone) == {}
    again = db.read_now(lambda c: find_people(c, alone, phone="0912345678", scope=None))
    assert len(again) == 12
    assert [one.contact_id for one in again] == [one.contact_id for one in found]
    with pytest.raises(LostKey, match="put the old key back"):
        open_ring(db, [OLD])


async def test_it_loses_nothing_that_a_server_writes_meanwhile(
    people: Ground, server: Intake, both: KeyRing, database_url: str
) -> None:
    stop = asyncio.Event()

    async def keep_talking(user: int) -> int:
        """Somebody else every ten turns: who writes too fast is not answered."""
        turns = 0
        while not stop.is_set():
            request = people.request(
                1_000 + user + 6 * (turns // 10), "hiến máu có đau không" if turns % 2 else "đăng ký"
            )
            await server.take(request, people.channel.receive(request))
            turns += 1
        return turns

    async def register(user: int) -> None:
        for text in REGISTRATION:
            request = people.request(user, text)
            await server.take(request, people.channel.receive(request))

    def rotate_beside() -> dict[str, int]:
        with Database(database_url) as beside:
            return rotate(beside, both, no_rest)

    talking = [asyncio.create_task(keep_talking(user)) for user in range(6)]
    done, *_ = await asyncio.gather(asyncio.to_thread(rotate_beside), *(register(user) for user in range(12, 18)))
    stop.set()
    turns = sum(await asyncio.gather(*talking))
    assert done["contacts.name"] == 12
    assert left(people.db, both) == {}
    with people.db.engine.connect() as connection:
        updates = connection.execute(select(seen.c.address_id)).all()
        answered = connection.execute(select(outbox.c.id)).all()
        places = connection.execute(select(registrations.c.id)).all()
    assert len(updates) == 12 * len(REGISTRATION) + 3 + turns + 6 * len(REGISTRATION)
    assert len(answered) >= len(updates)
    assert len(places) == 18


async def test_it_goes_on_where_it_was_killed(people: Ground, both: KeyRing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "pages", lambda db, where, old, _size: pages(db, where, old, 5))
    for alive in (1, 4, 9, 3):
        count = iter(range(alive))

        def rest(_seconds: float, count: Iterator[int] = count) -> None:
            if next(count, None) is None:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            rotate(people.db, both, rest)
    assert left(people.db, both) != {}
    rotate(people.db, both, no_rest)
    assert left(people.db, both) == {}


async def test_it_leaves_what_changed_since_it_looked(people: Ground, both: KeyRing) -> None:
    where = BY_LABEL["contacts.name"]
    page = next(pages(people.db, where))
    newer = both.seal("Lò Thị Mới".encode(), where.label)
    first = contacts.c.id == page[0].row[0]
    people.db.write_now(lambda c: c.execute(update(contacts).where(first).values(name_sealed=newer)))
    assert rotation._swap(people.db, where, rotation._sealed_anew(both, where, page)) == len(page) - 1
    kept = people.db.read_now(lambda c: c.execute(select(contacts.c.name_sealed).where(first)).scalar_one())
    assert bytes(kept) == newer


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_it_never_waits_for_a_row_that_somebody_holds(people: Ground, both: KeyRing) -> None:
    db = people.db
    first = db.read_now(lambda c: c.execute(select(contacts.c.id).order_by(contacts.c.id).limit(1)).scalar_one())
    with db.engine.begin() as holder:
        holder.execute(select(contacts.c.id).where(contacts.c.id == first).with_for_update())
        assert rotate(db, both, no_rest)["contacts.name"] == 11
        assert left(db, both)["contacts.name"] == (1, 0)
    assert rotate(db, both, no_rest)["contacts.name"] == 1


async def test_it_names_the_rows_that_no_key_opens(people: Ground, both: KeyRing) -> None:
    ids = people.db.read_now(lambda c: c.execute(select(contacts.c.id).order_by(contacts.c.id)).scalars().all())
    strange = KeyRing([STRANGE]).seal(b"x", "contacts.name")
    moved = both.seal(b"x", "contacts.phone")
    for identity, value in ((ids[0], strange), (ids[1], moved), (ids[2], b"")):
        change = update(contacts).where(contacts.c.id == identity).values(name_sealed=value)
        people.db.write_now(lambda c, change=change: c.execute(change))  # type: ignore[misc]
    rotate(people.db, both, no_rest)
    count = next(one for one in census(people.db, both) if one.where.label == "contacts.name")
    assert (count.old, count.lost) == (0, 3)
    assert count.named == [f"contacts id {identity}" for identity in ids[:3]]
    assert count.by_key == {both.newest: 10, KeyRing([STRANGE]).newest: 1, b"": 1}


async def test_it_names_only_the_first_of_many(people: Ground, db: Database) -> None:
    count = next(one for one in census(db, KeyRing([STRANGE])) if one.where.label == "seen.text")
    assert count.lost > NAMED == len(count.named)
    assert all(name.startswith("seen address_id ") and ", update_id " in name for name in count.named)


def test_it_keeps_the_index_key_when_keys_change(db: Database, ring: KeyRing, both: KeyRing) -> None:
    assert ring.blind("+84912345678") == both.blind("+84912345678")
    rotate(db, both, no_rest)
    assert open_ring(db, [STRANGE, NEW]).blind("+84912345678") == ring.blind("+84912345678")
    assert len(db.read_now(lambda c: c.execute(select(house_keys)).all())) == 1
