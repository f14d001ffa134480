"""`export recognition`: those who agree to be honoured, with their verified donations and the step they came to.

Nobody else stands in it, and no place in it says who gave more than whom: rows come by the age of their entry.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Row, Text, cast, exists, func, select

from bot.domain.consents import Purpose
from bot.domain.recognition import Steps, reached
from bot.storage.export_kinds import Cells, Export, Reading
from bot.storage.tables import consents, contacts, donations, donors, units

RECOGNITION = "recognition"
COLUMNS = ("contact_id", "name", "unit", "donations", "last_given_on", "step", "since")

_agrees = exists().where(
    consents.c.contact_id == contacts.c.id,
    consents.c.purpose == Purpose.HONOUR.value,
    consents.c.withdrawn_at.is_(None),
)


def recognition_export(steps: Steps) -> Export:
    """The export by these steps; `since` is the day of the donation that came to the step."""
    return Export(
        columns=COLUMNS,
        query=_query(),
        by=contacts.c.id,
        of_drive=lambda drive: exists().where(donations.c.contact_id == contacts.c.id, donations.c.drive_id == drive),
        of_units=_of_units,
        values=lambda row, how: _cells(row, how, steps),
    )


def _query() -> Any:
    """The days of their verified donations come along, oldest first, in one text: at most a few hundred."""
    days = (
        select(func.aggregate_strings(cast(donations.c.given_on, Text), " "))
        .where(donations.c.contact_id == contacts.c.id, donations.c.verified)
        .correlate(contacts)
        .scalar_subquery()
    )
    return (
        select(
            contacts.c.id,
            contacts.c.name_sealed,
            units.c.code.label("unit"),
            donors.c.donations,
            days.label("days"),
        )
        .join(donors, donors.c.contact_id == contacts.c.id)
        .outerjoin(units, units.c.id == contacts.c.unit_id)
        .where(donors.c.donations > 0, _agrees, contacts.c.erased_at.is_(None))
    )


def _of_units(ids: Collection[int]) -> ColumnElement[bool]:
    return contacts.c.unit_id.in_(ids)


def _cells(row: Row[Any], how: Reading, steps: Steps) -> Cells:
    days = sorted((row.days or "").split())
    step = reached(steps, len(days))
    return {
        "contact_id": str(row.id),
        "name": how.opened(row.name_sealed, "contacts.name"),
        "unit": row.unit or "",
        "donations": str(len(days)),
        "last_given_on": days[-1] if days else "",
        "step": step.id if step else "",
        "since": days[step.at - 1] if step else "",
    }
