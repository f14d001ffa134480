"""Login links, sessions and what they see, on both databases."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, select, update

from bot.storage.database import Database
from bot.storage.ids import new_id
from bot.storage.staff import (
    UnknownStaff,
    close_session,
    link_is_good,
    make_login_link,
    session_staff,
    set_on_duty,
    use_login_link,
)
from bot.storage.tables import audit, staff, staff_keys, units


def furnish(connection: Connection) -> dict[str, int]:
    ids = {code: new_id() for code in ("top", "middle", "leaf", "other")}
    parents = {"top": None, "middle": "top", "leaf": "middle", "other": "top"}
    for code, parent in parents.items():
        values = {"id": ids[code], "code": code, "name": code, "level": "upper", "parent_id": ids.get(parent or "")}
        connection.execute(units.insert().values(values))
    for login, role, unit in (
        ("an", "admin", None),
        ("binh", "organiser", "middle"),
        ("chi", "approver", "top"),
        ("dung", "viewer", None),
    ):
        values = {"id": new_id(), "login": login, "name": login.title(), "role": role, "unit_id": ids.get(unit or "")}
        connection.execute(staff.insert().values(values))
    return ids


@pytest.fixture
def ids(db: Database) -> dict[str, int]:
    return db.write_now(furnish)


def logged_in(db: Database, login: str, now: datetime) -> str:
    secret = db.write_now(lambda connection: make_login_link(connection, login, now))
    session = db.write_now(lambda connection: use_login_link(connection, secret, now))
    assert session is not None
    return session


def test_it_opens_once(db: Database, ids: dict[str, int], now: datetime) -> None:
    secret = db.write_now(lambda connection: make_login_link(connection, "an", now))
    assert db.read_now(lambda connection: link_is_good(connection, secret, now))
    assert db.write_now(lambda connection: use_login_link(connection, secret, now))
    assert not db.read_now(lambda connection: link_is_good(connection, secret, now))
    assert db.write_now(lambda connection: use_login_link(connection, secret, now)) is None


@pytest.mark.parametrize(("minutes", "good"), [(14, True), (15, False)])
def test_it_lasts_a_quarter_of_an_hour(
    db: Database, ids: dict[str, int], now: datetime, minutes: int, good: bool
) -> None:
    secret = db.write_now(lambda connection: make_login_link(connection, "an", now))
    later = now + timedelta(minutes=minutes)
    assert (db.write_now(lambda connection: use_login_link(connection, secret, later)) is not None) is good


def test_it_keeps_only_hashes(db: Database, ids: dict[str, int], now: datetime) -> None:
    secret = db.write_now(lambda connection: make_login_link(connection, "an", now))
    (row,) = db.read_now(lambda connection: connection.execute(select(staff_keys)).all())
    assert secret.encode() not in row.secret_hash
    assert len(row.secret_hash) == 32


def test_it_makes_links_for_active_staff_only(db: Database, ids: dict[str, int], now: datetime) -> None:
    disable = update(staff).where(staff.c.login == "an").values(disabled_at=now)
    db.write_now(lambda connection: connection.execute(disable))
    for login in ("an", "nobody"):
        with pytest.raises(UnknownStaff, match=login):
            db.write_now(lambda connection, login=login: make_login_link(connection, login, now))  # type: ignore[misc]


def test_it_does_not_take_a_link_for_a_session(db: Database, ids: dict[str, int], now: datetime) -> None:
    secret = db.write_now(lambda connection: make_login_link(connection, "an", now))
    assert db.read_now(lambda connection: session_staff(connection, secret, now)) is None


@pytest.mark.parametrize(
    ("ending", "hours"), [("time", 12), ("logout", 0), ("disabled", 0)], ids=["12 hours", "logging out", "disabling"]
)
def test_it_ends_a_session(db: Database, ids: dict[str, int], now: datetime, ending: str, hours: int) -> None:
    session = logged_in(db, "an", now)
    assert db.read_now(lambda connection: session_staff(connection, session, now)) is not None
    if ending == "logout":
        db.write_now(lambda connection: close_session(connection, session, now))
    if ending == "disabled":
        db.write_now(lambda connection: connection.execute(update(staff).values(disabled_at=now)))
    later = now + timedelta(hours=hours)
    assert db.read_now(lambda connection: session_staff(connection, session, later)) is None


@pytest.mark.parametrize(
    ("login", "sees", "top"),
    [
        pytest.param("an", {"top", "middle", "leaf", "other"}, True, id="an administrator everything"),
        pytest.param("chi", {"top", "middle", "leaf", "other"}, True, id="the top its whole tree"),
        pytest.param("binh", {"middle", "leaf"}, False, id="the middle itself and below"),
        pytest.param("dung", set(), False, id="nobody's member nothing"),
    ],
)
def test_it_shows(db: Database, ids: dict[str, int], now: datetime, login: str, sees: set[str], top: bool) -> None:
    session = logged_in(db, login, now)
    member = db.read_now(lambda connection: session_staff(connection, session, now))
    assert member is not None
    assert {code for code, unit in ids.items() if member.may_see(unit)} == sees
    assert member.may_see(None) is top


def test_it_notes_who_is_on_duty(db: Database, ids: dict[str, int], now: datetime) -> None:
    session = logged_in(db, "an", now)
    member = db.read_now(lambda connection: session_staff(connection, session, now))
    assert member is not None
    db.write_now(lambda connection: set_on_duty(connection, member, True, now))
    again = db.read_now(lambda connection: session_staff(connection, session, now))
    assert again is not None
    assert again.on_duty
    noted = db.read_now(lambda connection: connection.execute(select(audit.c.who, audit.c.action)).all())
    assert [tuple(row) for row in noted] == [("an", "logged-in"), ("an", "on-duty")]
