"""Staff: one-time login links, console sessions, duty. Only hashes of secrets are kept."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select, update

from bot.domain.tree import below
from bot.storage.audit import note
from bot.storage.catalogue import all_units
from bot.storage.tables import staff, staff_keys

LINK, SESSION = "link", "session"
LINK_LASTS = timedelta(minutes=15)
SESSION_LASTS = timedelta(hours=12)


class UnknownStaff(LookupError):
    """There is no such login, or it was disabled."""


@dataclass(frozen=True, slots=True)
class StaffMember:
    """Somebody who is logged in.

    Args:
        scope: the units they may see: their own and all below; None means every unit.
        at_top: their unit stands at the top of the tree (or they see every unit).
    """

    id: int
    login: str
    name: str
    role: str
    unit_id: int | None
    on_duty: bool
    scope: frozenset[int] | None
    at_top: bool

    def may_see(self, unit_id: int | None) -> bool:
        """Whether something of this unit is theirs to see; what has no unit belongs to the top."""
        if self.scope is None:
            return True
        return self.at_top if unit_id is None else unit_id in self.scope


def make_login_link(connection: Connection, login: str, now: datetime) -> str:
    """A secret that opens the console once within 15 minutes, for `/console/login/{secret}`.

    Raises:
        UnknownStaff: no such login, or it was disabled.
    """
    query = select(staff.c.id).where(staff.c.login == login, staff.c.disabled_at.is_(None))
    staff_id = connection.execute(query).scalar_one_or_none()
    if staff_id is None:
        raise UnknownStaff(f"there is no active staff account {login}")
    return _new_key(connection, staff_id, LINK, now + LINK_LASTS)


def link_is_good(connection: Connection, secret: str, now: datetime) -> bool:
    """Whether the link would still open the console; looking at it does not use it up."""
    query = select(staff_keys.c.staff_id).where(_usable(secret, LINK, now))
    return connection.execute(query).first() is not None


def use_login_link(connection: Connection, secret: str, now: datetime) -> str | None:
    """Use a link up and open a session: its secret, or None if the link is unknown, used or too old."""
    used = connection.execute(update(staff_keys).where(_usable(secret, LINK, now)).values(used_at=now))
    if used.rowcount != 1:
        return None
    query = select(staff_keys.c.staff_id).where(staff_keys.c.secret_hash == _hash(secret))
    return open_session(connection, connection.execute(query).scalar_one(), now)


def password_of(connection: Connection, login: str) -> tuple[int, str] | None:
    """The id and password hash of an active login that has one."""
    query = select(staff.c.id, staff.c.password_hash).where(
        staff.c.login == login, staff.c.disabled_at.is_(None), staff.c.password_hash.is_not(None)
    )
    row = connection.execute(query).first()
    return (row.id, row.password_hash) if row else None


def open_session(connection: Connection, staff_id: int, now: datetime) -> str:
    """A new session's secret, for the cookie."""
    login = connection.execute(select(staff.c.login).where(staff.c.id == staff_id)).scalar_one()
    note(connection, now, login, "logged-in")
    return _new_key(connection, staff_id, SESSION, now + SESSION_LASTS)


def close_session(connection: Connection, secret: str, now: datetime) -> None:
    """Log out."""
    connection.execute(update(staff_keys).where(_usable(secret, SESSION, now)).values(used_at=now))


def session_staff(connection: Connection, secret: str, now: datetime) -> StaffMember | None:
    """Who is behind a session that has not ended."""
    query = (
        select(staff)
        .join(staff_keys, staff_keys.c.staff_id == staff.c.id)
        .where(_usable(secret, SESSION, now), staff.c.disabled_at.is_(None))
    )
    row = connection.execute(query).first()
    return _member(connection, row) if row else None


def member_of(connection: Connection, login: str) -> StaffMember | None:
    """Who has this login, unless it was disabled."""
    row = connection.execute(select(staff).where(staff.c.login == login, staff.c.disabled_at.is_(None))).first()
    return _member(connection, row) if row else None


def set_on_duty(connection: Connection, member: StaffMember, on_duty: bool, now: datetime) -> None:
    connection.execute(update(staff).where(staff.c.id == member.id).values(on_duty=on_duty))
    note(connection, now, member.login, "on-duty" if on_duty else "off-duty")


def set_disabled(connection: Connection, login: str, now: datetime, who: str, *, disabled: bool) -> None:
    """Shut a login out with its links and open sessions, or let it have new ones.

    Raises:
        UnknownStaff: no such login.
    """
    staff_id = connection.execute(select(staff.c.id).where(staff.c.login == login)).scalar_one_or_none()
    if staff_id is None:
        raise UnknownStaff(f"there is no staff account {login}")
    changed = {"disabled_at": now, "on_duty": False} if disabled else {"disabled_at": None}
    connection.execute(update(staff).where(staff.c.id == staff_id).values(changed))
    if disabled:
        unused = (staff_keys.c.staff_id == staff_id) & staff_keys.c.used_at.is_(None)
        connection.execute(update(staff_keys).where(unused).values(used_at=now))
    note(connection, now, who, "staff-disabled" if disabled else "staff-enabled", login)


def _member(connection: Connection, row: Row[Any]) -> StaffMember:
    scope, at_top = _scope(connection, row.role, row.unit_id)
    return StaffMember(row.id, row.login, row.name, row.role, row.unit_id, row.on_duty, scope, at_top)


def _scope(connection: Connection, role: str, unit_id: int | None) -> tuple[frozenset[int] | None, bool]:
    if role == "admin":
        return None, True
    if unit_id is None:
        return frozenset(), False
    tree = all_units(connection)
    parent = next((unit.parent_id for unit in tree if unit.id == unit_id), None)
    return below(tree, unit_id), parent is None


def _new_key(connection: Connection, staff_id: int, kind: str, expires_at: datetime) -> str:
    secret = secrets.token_urlsafe(32)
    row = {"secret_hash": _hash(secret), "staff_id": staff_id, "kind": kind, "expires_at": expires_at}
    connection.execute(staff_keys.insert().values(row))
    return secret


def _usable(secret: str, kind: str, now: datetime) -> ColumnElement[bool]:
    return (
        (staff_keys.c.secret_hash == _hash(secret))
        & (staff_keys.c.kind == kind)
        & staff_keys.c.used_at.is_(None)
        & (staff_keys.c.expires_at > now)
    )


def _hash(secret: str) -> bytes:
    """A fast hash is enough: the secret is 256 random bits."""
    return hashlib.sha256(secret.encode()).digest()
