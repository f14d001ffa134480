"""Ways into the console from the command line: the first administrator and one-time links."""

from datetime import datetime

from sqlalchemy import Connection, insert, select

from bot.cli.place import system_user
from bot.storage.audit import note
from bot.storage.ids import new_id
from bot.storage.staff import make_login_link
from bot.storage.tables import staff


def first_admin(connection: Connection) -> str | None:
    """The login of the administrator who came first and is still active."""
    return first_of(connection, "admin")


def first_of(connection: Connection, role: str) -> str | None:
    """The login of whoever came first with this role and is still active."""
    theirs = select(staff.c.login).where(staff.c.role == role, staff.c.disabled_at.is_(None))
    return connection.execute(theirs.order_by(staff.c.id).limit(1)).scalar()


def add_admin(connection: Connection, login: str, name: str, now: datetime) -> None:
    """An administrator of everything; one with this login stays as he is."""
    if connection.execute(select(staff.c.id).where(staff.c.login == login)).first() is None:
        connection.execute(insert(staff).values(id=new_id(), login=login, name=name, role="admin"))
        note(connection, now, system_user(), "staff-added", login)


def new_link(connection: Connection, login: str, base: str, now: datetime) -> str:
    """An address that opens the console once.

    Raises:
        UnknownStaff: no such login, or it was disabled.
    """
    note(connection, now, system_user(), "login-link", login)
    return f"{base}/console/login/{make_login_link(connection, login, now)}"
