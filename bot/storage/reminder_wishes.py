"""What a person wishes of our reminders: "ask me later", and the hours in which they sleep."""

from datetime import date

from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.registrations import RegistrationState
from bot.domain.rhythms import RHYTHMS
from bot.storage.tables import contacts, deferrals, donations, donors, registrations


def ask_later(connection: Connection, contact_id: int, until: date) -> None:
    """Not before this day; what was planned of giving again is planned anew."""
    row = {"contact_id": contact_id, "ask_again_on": until, "asked_planned_at": None}
    connection.execute(_put[connection.dialect.name], row)
    _plan_last_anew(connection, contact_id)


def keep_rhythm(connection: Connection, contact_id: int, rhythm: str) -> None:
    """Everything that is still to come is planned anew for the new hours.

    Raises:
        ValueError: no preset of ours.
    """
    if rhythm not in RHYTHMS:
        raise ValueError("no such rhythm")
    living = contacts.c.id == contact_id, contacts.c.erased_at.is_(None)
    connection.execute(update(contacts).where(*living).values(rhythm=rhythm))
    booked = registrations.c.contact_id == contact_id, registrations.c.state == RegistrationState.BOOKED.value
    connection.execute(update(registrations).where(*booked).values(planned_at=None))
    _plan_last_anew(connection, contact_id)


def _plan_last_anew(connection: Connection, contact_id: int) -> None:
    """The last donation and the last deferral: what came of those before is over."""
    for table, day in ((donations, donations.c.given_on), (deferrals, deferrals.c.decided_on)):
        last = select(func.max(day)).where(table.c.contact_id == contact_id).scalar_subquery()
        rows = update(table).where(table.c.contact_id == contact_id, day == last)
        connection.execute(rows.values(planned_at=None))


def _later(insert: type[sqlite.Insert] | type[postgresql.Insert]) -> sqlite.Insert | postgresql.Insert:
    new = insert(donors)
    wish = {name: new.excluded[name] for name in ("ask_again_on", "asked_planned_at")}
    return new.on_conflict_do_update(index_elements=["contact_id"], set_=wish)


_put = {"sqlite": _later(sqlite.Insert), "postgresql": _later(postgresql.Insert)}
