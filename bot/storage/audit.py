"""Who did what, when: one row for each change that staff make."""

from datetime import datetime

from sqlalchemy import Connection

from bot.storage.ids import new_id
from bot.storage.tables import audit


def note(connection: Connection, at: datetime, who: str, action: str, subject: str = "", detail: str = "") -> None:
    """Write it in the transaction of the change itself. Never names, phones or message texts.

    Args:
        who: the login, or the system user of a command.
        action: one of our own words, such as `drive-opened`.
        subject: what it was done to: a code, or an id of ours.
    """
    connection.execute(
        audit.insert().values(id=new_id(), at=at, who=who, action=action, subject=subject, detail=detail)
    )
