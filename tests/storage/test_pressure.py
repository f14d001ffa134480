"""Reports of "I felt made to come": who hears of them, and how little they hold; on both databases."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, select, update

from bot.domain.tree import below
from bot.storage.catalogue import all_units
from bot.storage.database import Database
from bot.storage.ids import FIRST_MS, new_id
from bot.storage.pressure import (
    call_back_of,
    close_report,
    hears_of_pressure,
    open_pressure,
    pressure_reports_for,
    report_pressure,
)
from bot.storage.sealing import KeyRing
from bot.storage.staff import StaffMember
from bot.storage.tables import addresses, audit, pressure_reports, units
from tests.storage.ground import add_account

TREE = {"top": None, "middle": "top", "leaf": "middle", "other": "top"}


@pytest.fixture
def ids(db: Database) -> dict[str, int]:
    made = {code: new_id() for code in TREE}

    def write(connection: Connection) -> None:
        for code, parent in TREE.items():
            row = {"id": made[code], "code": code, "name": code, "level": "upper", "parent_id": made.get(parent or "")}
            connection.execute(units.insert().values(row))

    db.write_now(write)
    return made


def member(db: Database, role: str, unit_id: int | None, *, at_top: bool = False) -> StaffMember:
    tree = db.read_now(all_units)
    scope = None if role == "admin" else below(tree, unit_id) if unit_id else frozenset[int]()
    return StaffMember(1, role, role, role, unit_id, False, scope, at_top or role == "admin")


def told(
    db: Database, ring: KeyRing, unit_id: int | None, words: str, now: datetime, address: int | None = None
) -> int:
    before = db.read_now(lambda c: set(c.execute(select(pressure_reports.c.id)).scalars()))
    db.write_now(lambda c: report_pressure(c, ring, unit_id, words, address, now))
    (identity,) = db.read_now(lambda c: set(c.execute(select(pressure_reports.c.id)).scalars())) - before
    return identity


def heard(db: Database, ring: KeyRing, who: StaffMember) -> set[str]:
    return {report.words for report in db.read_now(lambda c: pressure_reports_for(c, ring, who))}


@pytest.mark.parametrize(
    ("role", "unit", "at_top", "words"),
    [
        pytest.param("admin", None, True, {"top", "middle", "leaf", "other", "none"}, id="an administrator"),
        pytest.param("approver", "top", True, {"middle", "leaf", "other", "none"}, id="the top, not of itself"),
        pytest.param("organiser", "middle", False, {"leaf"}, id="a unit above"),
        pytest.param("organiser", "leaf", False, set(), id="never the unit itself"),
        pytest.param("organiser", "other", False, set(), id="nor its neighbour"),
        pytest.param("viewer", "top", True, set(), id="not a viewer"),
        pytest.param("health", "top", True, set(), id="not the health role"),
        pytest.param("volunteer", "middle", False, set(), id="not a volunteer"),
        pytest.param("approver", None, False, set(), id="nobody without a unit"),
    ],
)
def test_it_is_heard_by(
    db: Database,
    ring: KeyRing,
    ids: dict[str, int],
    now: datetime,
    role: str,
    unit: str | None,
    at_top: bool,
    words: set[str],
) -> None:
    for code in TREE:
        told(db, ring, ids[code], code, now)
    told(db, ring, None, "none", now)
    who = member(db, role, ids.get(unit or ""), at_top=at_top)
    assert heard(db, ring, who) == words
    assert hears_of_pressure(who) is bool(words)
    assert db.read_now(lambda c: open_pressure(c, who)) == len(words)


def test_it_betrays_neither_the_minute_nor_the_words(
    db: Database, ring: KeyRing, ids: dict[str, int], now: datetime
) -> None:
    made = [told(db, ring, ids["leaf"], "tổ trưởng bắt đi", now) for _ in range(20)]
    rows = db.read_now(lambda c: c.execute(select(pressure_reports)).all())
    assert {row.said_on for row in rows} == {datetime(2026, 11, 22, tzinfo=UTC)}
    assert all("bắt đi".encode() not in row.words_sealed for row in rows)
    assert made != sorted(made)
    assert max(made) < 1 << 62
    at = int(datetime.now(UTC).timestamp() * 1000) - FIRST_MS
    assert not any(abs((identity >> 22) - at) < 60_000 for identity in made)


def test_it_needs_no_words(db: Database, ring: KeyRing, ids: dict[str, int], now: datetime) -> None:
    told(db, ring, ids["leaf"], "", now)
    (report,) = db.read_now(lambda c: pressure_reports_for(c, ring, member(db, "admin", None)))
    assert (report.unit, report.words, report.call_back) == ("leaf", "", False)


@pytest.fixture
def address(db: Database, now: datetime) -> int:
    identity = new_id()

    def write(connection: Connection) -> None:
        account = add_account(connection, "telegram", "7000000001")
        row = {"id": identity, "account_id": account, "user_id": "5001", "contact_id": new_id()}
        connection.execute(addresses.insert().values(row | {"first_seen_at": now, "last_inbound_at": now}))

    db.write_now(write)
    return identity


def test_it_leads_to_the_person_only_where_they_asked(
    db: Database, ring: KeyRing, ids: dict[str, int], now: datetime, address: int
) -> None:
    silent, asked = told(db, ring, ids["leaf"], "a", now), told(db, ring, ids["leaf"], "b", now, address)
    above, itself = member(db, "organiser", ids["middle"]), member(db, "organiser", ids["leaf"])
    person = db.read_now(lambda c: call_back_of(c, ring, above, asked))
    assert person is not None
    assert person.address_id == address
    assert db.read_now(lambda c: call_back_of(c, ring, above, silent)) is None
    assert db.read_now(lambda c: call_back_of(c, ring, itself, asked)) is None


def test_it_forgets_the_person_when_it_is_closed(
    db: Database, ring: KeyRing, ids: dict[str, int], now: datetime, address: int
) -> None:
    report = told(db, ring, ids["leaf"], "b", now, address)
    above, itself = member(db, "organiser", ids["middle"]), member(db, "organiser", ids["leaf"])
    assert not db.write_now(lambda c: close_report(c, itself, report, now))
    assert db.write_now(lambda c: close_report(c, above, report, now))
    assert not db.write_now(lambda c: close_report(c, above, report, now))
    assert db.read_now(lambda c: call_back_of(c, ring, above, report)) is None
    (row,) = db.read_now(lambda c: c.execute(select(pressure_reports)).all())
    assert (row.closed_at, row.address_id) == (now, None)
    noted = db.read_now(lambda c: c.execute(select(audit.c.action, audit.c.subject)).all())
    assert [tuple(one) for one in noted] == [("pressure-closed", f"report {report}")]


def test_it_shows_the_open_ones_first(db: Database, ring: KeyRing, ids: dict[str, int], now: datetime) -> None:
    admin = member(db, "admin", None)
    done = told(db, ring, ids["leaf"], "done", now)
    told(db, ring, ids["leaf"], "old", now.replace(day=2))
    told(db, ring, ids["leaf"], "new", now.replace(day=9))
    db.write_now(lambda c: close_report(c, admin, done, now))
    assert [one.words for one in db.read_now(lambda c: pressure_reports_for(c, ring, admin))] == ["new", "old", "done"]
    assert db.read_now(lambda c: open_pressure(c, admin)) == 2


def test_it_shows_others_although_one_key_is_lost(
    db: Database, ring: KeyRing, ids: dict[str, int], now: datetime
) -> None:
    lost = told(db, ring, ids["leaf"], "lost", now)
    told(db, ring, ids["leaf"], "kept", now)
    sealed = KeyRing([b"x" * 32]).seal_text("lost", "pressure_reports.words")
    change = update(pressure_reports).where(pressure_reports.c.id == lost).values(words_sealed=sealed)
    db.write_now(lambda c: c.execute(change))
    assert heard(db, ring, member(db, "admin", None)) == {"", "kept"}
