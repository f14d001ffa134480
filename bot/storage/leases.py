"""A lease gives one job one owner. Its epoch grows with every change of owner, so a late owner is noticed."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.storage.tables import leases

LASTS = timedelta(seconds=15)
RENEW_EVERY = timedelta(seconds=5)

_insert: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


class LostLease(Exception):
    """Somebody else has taken the lease over: stop, and begin nothing more."""


def take(connection: Connection, name: str, owner: str, now: datetime) -> int | None:
    """Take a lease that is free, run out, or our own from before; returns its new epoch, or None."""
    row = _insert[connection.dialect.name](leases)
    statement = row.on_conflict_do_update(
        index_elements=["name"],
        set_={"owner": row.excluded.owner, "epoch": leases.c.epoch + 1, "expires_at": row.excluded.expires_at},
        where=(leases.c.expires_at <= now) | (leases.c.owner == owner),
    ).returning(leases.c.epoch)
    values = {"name": name, "owner": owner, "epoch": 1, "expires_at": now + LASTS}
    epoch: int | None = connection.execute(statement, values).scalar()
    return epoch


def renew(connection: Connection, name: str, epoch: int, now: datetime) -> bool:
    """Keep it for another while; False when somebody else has it."""
    statement = update(leases).where(leases.c.name == name, leases.c.epoch == epoch).values(expires_at=now + LASTS)
    return connection.execute(statement).rowcount == 1


def release(connection: Connection, name: str, epoch: int, now: datetime) -> None:
    """Let the next owner begin at once. The row stays: its epoch must go on growing."""
    connection.execute(update(leases).where(leases.c.name == name, leases.c.epoch == epoch).values(expires_at=now))


_epoch_kept = select(leases.c.epoch).where(leases.c.name == bindparam("lease")).with_for_update(read=True)


def check(connection: Connection, name: str, epoch: int) -> None:
    """Raises LostLease unless the lease is still of this epoch; nobody can take it before this transaction ends."""
    found = connection.execute(_epoch_kept, {"lease": name}).scalar()
    if found != epoch:
        raise LostLease(f"the lease {name} has another owner")


def live_owner(connection: Connection, name: str, now: datetime) -> str | None:
    """Who holds a lease that has not run out."""
    return connection.execute(
        select(leases.c.owner).where(leases.c.name == name, leases.c.expires_at > now)
    ).scalar_one_or_none()
