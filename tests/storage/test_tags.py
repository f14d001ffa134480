"""Tags of people: put on, taken off, joined, parted, erased; on both engines."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from bot.domain.tags import AT_MOST, TagFault
from bot.domain.updates import ChannelKind
from bot.storage.database import Database
from bot.storage.personal_copy import held_of
from bot.storage.sealing import KeyRing
from bot.storage.tables import audit, tags
from bot.storage.tags import put_tag, tags_of, take_tag_off
from tests.scheduler.ground import Rows
from tests.storage.erased import erase
from tests.storage.test_joining import address, contact_at, join, part

Row = tuple[str, str]


@pytest.fixture
def rows(db: Database, ring: KeyRing, now: datetime) -> Rows:
    return Rows(db, ring, now)


def put(rows: Rows, contact: int, *words: str, who: str = "mai") -> list[TagFault | None]:
    return [rows.db.write_now(lambda c, word=word: put_tag(c, contact, word, rows.now, who=who)) for word in words]


def of(rows: Rows, contact: int) -> tuple[str, ...]:
    return rows.db.read_now(lambda c: tags_of(c, contact))


def written(rows: Rows, contact: int) -> list[Row]:
    query = select(tags.c.tag, tags.c.by).where(tags.c.contact_id == contact).order_by(tags.c.tag)
    return [(row.tag, row.by) for row in rows.db.read_now(lambda c: c.execute(query).all())]


def test_it_puts_them_on_and_takes_them_off_and_notes_each_once(rows: Rows) -> None:
    person = rows.person(rows.account(), "520000001")
    assert put(rows, person, "standby", "standby", "k65") == [None, None, None]
    assert of(rows, person) == ("k65", "standby")
    for _ in range(2):
        rows.db.write_now(lambda c: take_tag_off(c, person, "k65", rows.now, who="mai"))
    assert of(rows, person) == ("standby",)
    noted = rows.db.read_now(lambda c: c.execute(select(audit).order_by(audit.c.id)).all())
    assert [(row.action, row.subject, row.detail) for row in noted] == [
        ("tag-put", f"contact {person}", "standby"),
        ("tag-put", f"contact {person}", "k65"),
        ("tag-taken-off", f"contact {person}", "k65"),
    ]


def test_it_refuses_health_and_more_than_ten(rows: Rows) -> None:
    person = rows.person(rows.account(), "520000001")
    assert put(rows, person, "hiv") == [TagFault.HEALTH]
    assert put(rows, person, *(f"lop-{number}" for number in range(AT_MOST + 1))) == [*[None] * AT_MOST, TagFault.MANY]
    assert len(of(rows, person)) == AT_MOST


def test_it_puts_none_on_whoever_was_erased(rows: Rows) -> None:
    person = rows.person(rows.account(), "520000001")
    put(rows, person, "standby")
    erase(rows, person)
    assert of(rows, person) == ()
    assert put(rows, person, "standby") == [None]
    assert of(rows, person) == ()


def test_it_tells_them_in_the_personal_copy(rows: Rows) -> None:
    person = rows.person(rows.account(), "520000001")
    put(rows, person, "standby")
    held = rows.db.read_now(lambda c: held_of(c, rows.ring, person))
    assert held is not None
    assert [one["tag"] for one in held["tags"]] == ["standby"]


@pytest.mark.parametrize("erased", [False, True])
def test_joining_makes_one_set_and_parting_two_again(rows: Rows, erased: bool) -> None:
    telegram, zalo = rows.account(), rows.account(ChannelKind.ZALO, "4001")
    one, other = rows.person(telegram, "520000001"), rows.person(zalo, "520000002")
    put(rows, one, "standby", "k65", who="mai")
    put(rows, other, "standby", "doan", who="lan")
    before = {one: written(rows, one), other: written(rows, other)}
    join(rows, one, address(rows, zalo, other))
    kept = contact_at(rows, one)
    gone = other if kept == one else one
    assert (of(rows, kept), of(rows, gone)) == (("doan", "k65", "standby"), ())
    if erased:
        erase(rows, kept, rows.now + timedelta(hours=1))
        assert rows.db.read_now(lambda c: c.execute(select(tags)).all()) == []
    else:
        assert part(rows, kept)
        assert {one: written(rows, one), other: written(rows, other)} == before


def test_what_was_taken_off_since_does_not_come_back(rows: Rows) -> None:
    telegram, zalo = rows.account(), rows.account(ChannelKind.ZALO, "4001")
    one, other = rows.person(telegram, "520000001"), rows.person(zalo, "520000002")
    for person in (one, other):
        put(rows, person, "standby", f"rieng-{person}")
    join(rows, one, address(rows, zalo, other))
    kept = contact_at(rows, one)
    gone = other if kept == one else one
    for word in ("standby", f"rieng-{gone}"):
        rows.db.write_now(lambda c, word=word: take_tag_off(c, kept, word, rows.now, who="mai"))
    assert part(rows, kept)
    assert (of(rows, kept), of(rows, gone)) == ((f"rieng-{kept}",), ())
