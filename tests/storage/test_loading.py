"""Loading is an upsert by code: all or nothing, twice the same as once, and nobody loses a place."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, select, update

from bot.domain.loads import BadLoad, Loaded
from bot.domain.passwords import is_password
from bot.library.loadfile import read_load_file
from bot.library.reading import content_root
from bot.storage.account_rows import ensure_accounts
from bot.storage.database import Database
from bot.storage.loading import load
from bot.storage.tables import (
    accounts,
    audit,
    campaigns,
    contacts,
    drives,
    metadata,
    registrations,
    slots,
    staff,
    templates,
    units,
)

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
SAMPLE = (content_root() / "sample" / "lai-chau.yaml").read_text(encoding="utf-8")
BASE = """
units:
  - {code: top, name: Trên cùng, level: province}
drives:
  - {code: d1, name: Ngày hội, unit: top, place: Nhà văn hoá, starts: 2026-12-05T07:30+07:00,
     ends: 2026-12-05T09:30+07:00, slot_minutes: 30, slot_capacity: 20, open: true}
"""
START = datetime(2026, 12, 5, 0, 30, tzinfo=UTC)


def put(db: Database, text: str, now: datetime, environment: dict[str, str] | None = None) -> Loaded:
    file = read_load_file(text, "x.yaml")
    return db.write_now(lambda c: load(c, file, now=now, zone=ZONE, environment=environment or {}, who="tester"))


def everything(db: Database) -> dict[str, list[Any]]:
    def read(connection: Any) -> dict[str, list[Any]]:
        return {table.name: connection.execute(select(table)).all() for table in metadata.sorted_tables}

    return db.read_now(read)


def one(db: Database, table: Any, **where: Any) -> Any:
    query = select(table).where(*(table.c[name] == value for name, value in where.items()))
    return db.read_now(lambda connection: connection.execute(query).one())


def starts_of(db: Database) -> dict[datetime, int]:
    rows = db.read_now(lambda c: c.execute(select(slots).order_by(slots.c.starts_at)).all())
    return {row.starts_at: row.capacity for row in rows}


def book(db: Database, start: datetime, now: datetime, state: str = "booked") -> None:
    """One person at this slot."""

    def write(connection: Any) -> None:
        slot = connection.execute(select(slots).where(slots.c.starts_at == start)).one()
        connection.execute(insert(contacts).values(id=slot.id, created_at=now, updated_at=now))
        connection.execute(
            insert(registrations).values(
                id=slot.id, contact_id=slot.id, drive_id=slot.drive_id, slot_id=slot.id, ticket=f"T{slot.id}",
                state=state, created_at=now, updated_at=now, planned_at=now,
            )
        )  # fmt: skip
        if state == "booked":
            connection.execute(update(slots).where(slots.c.id == slot.id).values(taken=1))

    db.write_now(write)


def test_it_loads_the_sample_and_twice_is_the_same_as_once(db: Database, now: datetime) -> None:
    first = put(db, SAMPLE, now)
    assert {name: tally.added for name, tally in first.tallies.items()} == {
        "units": 37, "staff": 5, "campaigns": 1, "drives": 2,
    }  # fmt: skip
    before = everything(db)
    again = put(db, SAMPLE, now + timedelta(days=3))
    assert not again.changed_anything
    assert everything(db) == before


def test_it_builds_the_tree_with_its_dates_though_children_come_first(db: Database, now: datetime) -> None:
    put(db, SAMPLE, now)
    old, new = one(db, units, code="ldld-than-uyen"), one(db, units, code="cd-xa-than-uyen")
    assert old.valid_to == new.valid_from == date(2025, 7, 1)
    assert old.successor_id == new.id
    assert one(db, units, id=old.parent_id).code == "ldld-laichau"


def test_it_counts_relative_days_in_local_time_from_the_first_loading(db: Database) -> None:
    late_evening = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)  # already the 23rd in Lai Châu
    put(db, SAMPLE, late_evening)
    assert one(db, drives, code="lc-ngay-hoi").starts_at == datetime(2026, 12, 6, 0, 30, tzinfo=UTC)
    assert one(db, campaigns, code="giot-hong-mua-dong").starts_on == date(2026, 10, 24)
    assert len(starts_of(db)) == 14


def test_it_audits_a_change_and_only_a_change(db: Database, now: datetime) -> None:
    put(db, BASE, now)
    put(db, BASE, now)
    rows = everything(db)["audit"]
    assert [(row.who, row.action, row.subject) for row in rows] == [("tester", "load", "x.yaml")]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        pytest.param(
            "units:\n  - {code: a, name: A, level: upper}\n  - {code: b, name: B, level: upper, parent: zz}\n",
            "x.yaml:3: parent: zz stands neither in this file nor in the database",
            id="unknown parent",
        ),
        pytest.param(
            "units:\n  - {code: a, name: A, level: upper, parent: b}\n"
            "  - {code: b, name: B, level: upper, parent: a}\n",
            "x.yaml:2: parent: makes a circle: a would stand above itself",
            id="circle",
        ),
        pytest.param(
            "units:\n  - {code: a, name: A, level: upper, successor: b}\n"
            "  - {code: b, name: B, level: upper, successor: a}\n",
            "x.yaml:3: successor: makes a circle: b would stand above itself",
            id="circle of successors",
        ),
        pytest.param(
            "staff:\n  - {login: a, name: A, role: admin, password_env: A_PASSWORD}\n",
            "x.yaml:2: password_env: the variable A_PASSWORD is not set",
            id="password not set",
        ),
        pytest.param(
            "staff:\n  - {login: a, name: A, role: admin, unit: zz}\n", "x.yaml:2: unit: zz stands", id="staff's unit"
        ),
        pytest.param(BASE.replace("unit: top", "unit: zz"), "x.yaml:5: unit: zz stands", id="drive's unit"),
        pytest.param(
            "channels:\n  - {kind: zalo, code: web, oa_id: 1, secrets_env: A}\n",
            "x.yaml:2: code: web is the code of a channel of another kind",
            id="code of the web chat",
        ),
        pytest.param(
            "channels:\n  - {kind: zalo, code: a, oa_id: 1, secrets_env: A}\n"
            "  - {kind: zalo, code: b, oa_id: 1, secrets_env: B}\n",
            "x.yaml:3: oa_id: 1 is known under the code a already",
            id="one OA under two codes",
        ),
    ],
)
def test_it_tells_what_does_not_fit_and_changes_nothing(db: Database, now: datetime, text: str, fault: str) -> None:
    before = everything(db)
    with pytest.raises(BadLoad) as caught:
        put(db, text, now)
    assert any(line.startswith(fault) for line in str(caught.value).splitlines()), str(caught.value)
    assert everything(db) == before


def test_it_changes_what_the_file_says_and_leaves_the_rest(db: Database, now: datetime) -> None:
    put(db, BASE.replace("level: province", "level: province, members: 500"), now)
    done = put(db, "units:\n  - {code: top, name: Tên mới, level: province}\n", now)
    assert done.of("units").changed == 1
    row = one(db, units, code="top")
    assert (row.name, row.members) == ("Tên mới", 500)


def test_it_moves_a_drive_nobody_has_booked(db: Database, now: datetime) -> None:
    put(db, BASE, now)
    put(db, BASE.replace("12-05T", "12-06T"), now)
    assert starts_of(db) == {START + timedelta(days=1, minutes=30 * n): 20 for n in range(4)}
    assert one(db, drives, code="d1").revision == 2


def test_it_refuses_to_take_a_place_from_somebody(db: Database, now: datetime) -> None:
    put(db, BASE, now)
    book(db, START, now)
    before = everything(db)
    with pytest.raises(BadLoad, match=r"x\.yaml:5: starts: 1 person is booked into slots that would vanish"):
        put(db, BASE.replace("T07:30", "T08:00"), now)
    assert everything(db) == before


def test_it_keeps_booked_slots_when_a_drive_grows_and_plans_their_messages_again(db: Database, now: datetime) -> None:
    put(db, BASE, now)
    book(db, START, now)
    put(db, BASE.replace("T09:30", "T10:30").replace("slot_capacity: 20", "slot_capacity: 25"), now)
    assert starts_of(db) == {START + timedelta(minutes=30 * n): 25 for n in range(6)}
    assert one(db, slots, starts_at=START).taken == 1
    assert one(db, registrations).planned_at is None


def test_it_keeps_a_slot_that_a_cancelled_registration_names_but_without_places(db: Database, now: datetime) -> None:
    put(db, BASE, now)
    book(db, START, now, state="cancelled")
    put(db, BASE.replace("T07:30", "T08:00"), now)
    assert starts_of(db) == {START: 0, **{START + timedelta(minutes=30 * n): 20 for n in range(1, 4)}}


@pytest.mark.parametrize(
    ("state", "wish", "after"),
    [
        pytest.param("draft", "true", "open", id="opens a draft"),
        pytest.param("open", "true", "open", id="leaves an open one"),
        pytest.param("closed", "true", "closed", id="does not reopen what staff closed"),
        pytest.param("cancelled", "true", "cancelled", id="does not revive what staff cancelled"),
        pytest.param("open", "false", "closed", id="closes an open one"),
    ],
)
def test_it_moves_a_drive_on_but_never_back(db: Database, now: datetime, state: str, wish: str, after: str) -> None:
    put(db, BASE, now)
    db.write_now(lambda c: c.execute(update(drives).values(state=state)))
    put(db, BASE.replace("open: true", f"open: {wish}"), now)
    assert one(db, drives, code="d1").state == after


def test_it_keeps_a_password_as_a_hash_and_changes_it_only_with_the_variable(db: Database, now: datetime) -> None:
    text = "staff:\n  - {login: a, name: A, role: admin, password_env: A_PASSWORD}\n"
    put(db, text, now, {"A_PASSWORD": "một hai ba"})
    stored = one(db, staff, login="a").password_hash
    assert "một" not in stored
    assert is_password("một hai ba", stored)
    assert not put(db, text, now, {"A_PASSWORD": "một hai ba"}).changed_anything
    assert not put(db, text, now).changed_anything
    put(db, text, now, {"A_PASSWORD": "bốn năm sáu"})
    assert is_password("bốn năm sáu", one(db, staff, login="a").password_hash)


def test_it_takes_over_an_account_that_came_from_the_environment(db: Database, now: datetime) -> None:
    from bot.domain.updates import ChannelKind

    db.write_now(lambda c: ensure_accounts(c, [(ChannelKind.ZALO, "123")]))
    before = one(db, accounts, code="zalo")
    put(db, 'channels:\n  - {kind: zalo, code: oa-laichau, oa_id: "123", secrets_env: OA_LAICHAU}\n', now)
    row = one(db, accounts, code="oa-laichau")
    assert (row.id, row.secrets_env) == (before.id, "OA_LAICHAU")
    with pytest.raises(BadLoad, match="oa_id: oa-laichau is 123 already"):
        put(db, 'channels:\n  - {kind: zalo, code: oa-laichau, oa_id: "124", secrets_env: OA_LAICHAU}\n', now)


def test_it_writes_the_audit_in_the_same_commit(db: Database, now: datetime) -> None:
    put(db, BASE, now)
    assert (
        one(db, audit).detail == "units: 1 added, 0 changed, 0 as they were; drives: 1 added, 0 changed, 0 as they were"
    )


TEMPLATES = """
templates:
  - {purpose: reminder, channel: zalo, template_id: "300123", by: [uid, phone], params: {name: short_name}, price_vnd: 200}
  - {purpose: drive-eve, channel: messenger, name: drive_eve, language: vi, params: [drive, time, place]}
"""


def test_it_keeps_approved_templates_and_changes_their_price(db: Database, now: datetime) -> None:
    assert put(db, TEMPLATES, now).of("templates").added == 2
    assert put(db, TEMPLATES, now).of("templates").same == 2
    assert put(db, TEMPLATES.replace("200}", "300}"), now).of("templates").changed == 1
    zalo = one(db, templates, channel="zalo")
    assert (zalo.name, zalo.ways, zalo.price_vnd, zalo.phone_price_vnd) == ("300123", "uid phone", 300, None)


def test_it_keeps_a_price_for_each_way(db: Database, now: datetime) -> None:
    put(db, TEMPLATES.replace("price_vnd: 200", "price_vnd: {uid: 160, phone: 200}"), now)
    zalo = one(db, templates, channel="zalo")
    assert (zalo.price_vnd, zalo.phone_price_vnd) == (160, 200)


def test_it_makes_passes_and_moves_them_with_the_end(db: Database, now: datetime) -> None:
    def passes() -> list[tuple[datetime, int]]:
        rows = db.read_now(lambda c: c.execute(select(slots.c.starts_at, slots.c.capacity)).all())
        return [(at, capacity) for at, capacity in rows if at.second]

    put(db, BASE.replace("slot_capacity: 20", "slot_capacity: 20, walk_ins: 15"), now)
    ((at, capacity),) = passes()
    assert (at.minute, capacity) == (30, 15)
    put(db, BASE.replace("T09:30", "T10:30").replace("slot_capacity: 20", "slot_capacity: 20, walk_ins: 5"), now)
    ((later, capacity),) = passes()
    assert (later - at, capacity) == (timedelta(hours=1), 5)
