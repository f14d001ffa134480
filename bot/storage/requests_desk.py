"""Requests about people's data as staff see them: that a right was used, never with what."""

from datetime import datetime

from sqlalchemy import Connection, func, select, update

from bot.storage.audit import note
from bot.storage.data_requests import COLUMNS, DataRequest
from bot.storage.staff import StaffMember
from bot.storage.tables import data_requests

SHOWN_AT_MOST = 200


def list_requests(connection: Connection) -> list[DataRequest]:
    """The open ones first, the oldest on top because they wait; then the newest of those that are done."""
    waiting = select(*COLUMNS).where(data_requests.c.done_at.is_(None)).order_by(data_requests.c.asked_at)
    done = select(*COLUMNS).where(data_requests.c.done_at.is_not(None)).order_by(data_requests.c.asked_at.desc())
    rows = [row for query in (waiting, done) for row in connection.execute(query.limit(SHOWN_AT_MOST))]
    return [DataRequest(*row) for row in rows]


def open_requests(connection: Connection) -> int:
    query = select(func.count()).select_from(data_requests).where(data_requests.c.done_at.is_(None))
    return connection.execute(query).scalar_one()


def end_request(connection: Connection, member: StaffMember, request_id: int, now: datetime) -> bool:
    """Staff did by hand what was asked; False when it was done already."""
    changed = connection.execute(
        update(data_requests)
        .where(data_requests.c.id == request_id, data_requests.c.done_at.is_(None))
        .values(done_at=now, by=member.login)
    )
    if changed.rowcount:
        note(connection, now, member.login, "request-done", f"request {request_id}")
    return bool(changed.rowcount)
