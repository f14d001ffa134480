"""When a timing in the content changes, the subjects of waiting intents are planned again, page by page."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Table, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.storage.tables import deferrals, donations, donors, intents, marks, registrations

PAGE = 200
NAME = "schedule"


def planned_by(connection: Connection) -> str:
    """The fingerprint of the schedule that the waiting intents were planned by; "" when none is known."""
    return connection.execute(select(marks.c.value).where(marks.c.name == NAME)).scalar() or ""


def set_planned_by(connection: Connection, fingerprint: str) -> None:
    row = {"name": NAME, "value": fingerprint}
    connection.execute(_put[connection.dialect.name], row)


def forget_plans(connection: Connection, behind: int) -> tuple[int, int | None]:
    """One page of waiting intents: what they are about is unplanned. Returns how many, and where the next page begins."""
    query = (
        select(
            intents.c.id, intents.c.contact_id, intents.c.registration_id, intents.c.donation_id, intents.c.deferral_id
        )
        .where(text("intents.state = 'waiting'"), intents.c.id > behind)
        .order_by(intents.c.id)
        .limit(PAGE)
    )
    rows = connection.execute(query).all()
    _unplan(connection, registrations, (row.registration_id for row in rows))
    _unplan(connection, donations, (row.donation_id for row in rows))
    _unplan(connection, deferrals, (row.deferral_id for row in rows))
    people = sorted({row.contact_id for row in rows})
    if people:
        connection.execute(update(donors).where(donors.c.contact_id.in_(people)).values(asked_planned_at=None))
    return len(rows), rows[-1].id if len(rows) == PAGE else None


def _unplan(connection: Connection, table: Table, ids: Iterable[int | None]) -> None:
    known = sorted({one for one in ids if one is not None})
    if known:
        connection.execute(update(table).where(table.c.id.in_(known)).values(planned_at=None))


def _upsert(insert: Any) -> Any:
    row = insert(marks)
    return row.on_conflict_do_update(index_elements=["name"], set_={"value": row.excluded.value})


_put = {"sqlite": _upsert(sqlite.insert), "postgresql": _upsert(postgresql.insert)}
