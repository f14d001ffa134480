"""A code from the console links one chat, once and soon; guessing does not help."""

from datetime import datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import Connection, event, select, update

from bot.storage.database import Database
from bot.storage.ids import address_id, new_id
from bot.storage.staff_addresses import LENGTH, SIGNS, link_staff, linked_addresses, new_staff_code, unlink_staff
from bot.storage.tables import addresses, audit, staff, staff_addresses, staff_keys
from tests.storage.ground import add_account

CHAT, OTHER = 11, 12


def furnish(connection: Connection) -> tuple[int, int]:
    ids = new_id(), new_id()
    for identity, login in zip(ids, ("an", "binh"), strict=True):
        connection.execute(staff.insert().values(id=identity, login=login, name=login.title(), role="admin"))
    return ids


@pytest.fixture
def members(db: Database) -> tuple[int, int]:
    return db.write_now(furnish)


def code_of(db: Database, member: int, now: datetime) -> str:
    return db.write_now(lambda c: new_staff_code(c, member, now))


def link(db: Database, code: str, now: datetime, chat: int = CHAT) -> bool:
    return db.write_now(lambda c: link_staff(c, code, chat, now))


def linked(db: Database) -> dict[int, int]:
    rows = db.read_now(lambda c: c.execute(select(staff_addresses)).all())
    return {row.address_id: row.staff_id for row in rows}


def test_it_makes_codes_people_can_read(db: Database, members: tuple[int, int], now: datetime) -> None:
    code = code_of(db, members[0], now)
    assert len(code.replace("-", "")) == LENGTH
    assert set(code.replace("-", "")) <= set(SIGNS)
    (row,) = db.read_now(lambda c: c.execute(select(staff_keys)).all())
    assert code.encode() not in row.secret_hash


@pytest.mark.parametrize("typed", ["{}", " {} ", "lower", "spaced"])
def test_it_links_however_it_is_typed(db: Database, members: tuple[int, int], now: datetime, typed: str) -> None:
    code = code_of(db, members[0], now)
    words = {"lower": code.lower(), "spaced": code.replace("-", " ")}.get(typed, typed.format(code))
    assert link(db, words, now)
    assert linked(db) == {CHAT: members[0]}
    assert [row.action for row in db.read_now(lambda c: c.execute(select(audit)).all())] == ["alarm-chat-linked"]


def test_it_works_once(db: Database, members: tuple[int, int], now: datetime) -> None:
    code = code_of(db, members[0], now)
    assert link(db, code, now)
    assert not link(db, code, now, OTHER)
    assert linked(db) == {CHAT: members[0]}


@pytest.mark.parametrize(("minutes", "good"), [(14, True), (15, False)])
def test_it_lasts_a_quarter_of_an_hour(
    db: Database, members: tuple[int, int], now: datetime, minutes: int, good: bool
) -> None:
    code = code_of(db, members[0], now)
    assert link(db, code, now + timedelta(minutes=minutes)) is good


def test_it_takes_the_newest_code_only(db: Database, members: tuple[int, int], now: datetime) -> None:
    old, new = code_of(db, members[0], now), code_of(db, members[0], now)
    assert not link(db, old, now)
    assert link(db, new, now)


def test_it_refuses_those_who_no_longer_work_here(db: Database, members: tuple[int, int], now: datetime) -> None:
    code = code_of(db, members[0], now)
    db.write_now(lambda c: c.execute(update(staff).where(staff.c.id == members[0]).values(disabled_at=now)))
    assert not link(db, code, now)
    assert linked(db) == {}


def test_it_moves_an_address_to_the_newer_member(db: Database, members: tuple[int, int], now: datetime) -> None:
    for member in members:
        assert link(db, code_of(db, member, now), now)
    assert linked(db) == {CHAT: members[1]}


def test_it_does_not_take_a_login_key_for_a_code(db: Database, members: tuple[int, int], now: datetime) -> None:
    code = code_of(db, members[0], now)
    db.write_now(lambda c: c.execute(update(staff_keys).values(kind="link")))
    assert not link(db, code, now)


def test_it_makes_guessers_wait(db: Database, members: tuple[int, int], now: datetime) -> None:
    code = code_of(db, members[0], now)
    for _ in range(5):
        assert not link(db, "AAAA-AAAA", now)
    assert not link(db, code, now)
    assert link(db, code, now, OTHER)
    later = now + timedelta(minutes=15)
    assert link(db, code_of(db, members[0], later), later)


def test_it_counts_anew_after_a_while(db: Database, members: tuple[int, int], now: datetime) -> None:
    for _ in range(4):
        assert not link(db, "AAAA-AAAA", now)
    later = now + timedelta(minutes=15)
    for _ in range(4):
        assert not link(db, "AAAA-AAAA", later)
    assert link(db, code_of(db, members[0], later), later)


def test_it_costs_the_same_few_statements(db: Database, members: tuple[int, int], now: datetime) -> None:
    statements: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    code = code_of(db, members[0], now)
    for typed in ("AAAA-AAAA", code):
        statements.clear()
        link(db, typed, now)
        assert len([one for one in statements if not one.startswith("BEGIN")]) <= 6


def test_it_shows_and_unlinks_ones_own_chats_only(db: Database, members: tuple[int, int], now: datetime) -> None:
    account = db.write_now(lambda c: add_account(c, "telegram", "7000000001"))
    chat = address_id(account, "5")
    row = {"id": chat, "account_id": account, "user_id": "5", "contact_id": 1, "first_seen_at": now}
    db.write_now(lambda c: c.execute(addresses.insert().values(row | {"last_inbound_at": now})))
    assert link(db, code_of(db, members[0], now), now, chat)
    (shown,) = db.read_now(lambda c: linked_addresses(c, members[0]))
    assert (shown.address_id, shown.channel, shown.linked_at) == (chat, "telegram", now)
    assert not db.write_now(partial(unlink_staff, staff_id=members[1], login="binh", address_id=chat, now=now))
    assert db.write_now(partial(unlink_staff, staff_id=members[0], login="an", address_id=chat, now=now))
    assert linked(db) == {}
