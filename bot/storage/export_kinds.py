"""What each export holds: its columns, where the rows come from, and how values become words."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Row, Select, exists, select

from bot.storage.sealing import KeyRing
from bot.storage.tables import (
    accounts,
    addresses,
    contacts,
    donations,
    donors,
    drives,
    intents,
    outbox,
    registrations,
    slots,
    units,
)

Cells = dict[str, str]


@dataclass(frozen=True, slots=True)
class Reading:
    """How stored values become words."""

    ring: KeyRing
    zone: ZoneInfo

    def moment(self, at: datetime | None) -> str:
        return "" if at is None else at.astimezone(self.zone).isoformat(timespec="seconds")

    def opened(self, sealed: bytes | None, label: str) -> str:
        return self.ring.open_text(sealed, label) or ""


@dataclass(frozen=True, slots=True)
class Export:
    """One kind of export.

    Args:
        query: gives rows with an `id`, to page by.
        of_drive, of_units: the condition for one drive, for these units.
        values: the cells of a row by column name, in the order of the columns.
    """

    columns: tuple[str, ...]
    query: Select[Any]
    by: ColumnElement[int]
    of_drive: Callable[[int], ColumnElement[bool]]
    of_units: Callable[[Collection[int]], ColumnElement[bool]]
    values: Callable[[Row[Any], Reading], Cells]


def _registration(row: Row[Any], how: Reading) -> Cells:
    return {
        "ticket": row.ticket,
        "contact_id": str(row.contact_id),
        "channel": row.channel or "",
        "user_id": row.user_id or "",
        "name": how.opened(row.name_sealed, "contacts.name"),
        "phone": how.opened(row.phone_sealed, "contacts.phone"),
        "unit": row.unit or "",
        "drive": row.drive,
        "slot_start": how.moment(row.slot_start),
        "state": row.state,
        "created_at": how.moment(row.created_at),
        "updated_at": how.moment(row.updated_at),
    }


def _message(row: Row[Any], how: Reading) -> Cells:
    return {
        "id": str(row.id),
        "contact_id": str(row.contact_id or ""),
        "channel": row.channel,
        "account": row.account,
        "user_id": row.user_id,
        "purpose": row.purpose,
        "key": row.key,
        "state": row.state,
        "reason": row.reason,
        "due_at": how.moment(row.due_at),
        "sent_at": how.moment(row.sent_at),
        "platform_id": row.platform_id or "",
    }


def _donation(row: Row[Any], how: Reading) -> Cells:
    return {
        "contact_id": str(row.contact_id),
        "unit": row.unit or "",
        "drive": row.drive or "",
        "given_on": row.given_on.isoformat(),
        "component": row.component,
        "ml": str(row.ml or ""),
        "verified": "yes" if row.verified else "no",
    }


def _donor(row: Row[Any], how: Reading) -> Cells:
    return {
        "contact_id": str(row.id),
        "name": how.opened(row.name_sealed, "contacts.name"),
        "phone": how.opened(row.phone_sealed, "contacts.phone"),
        "unit": row.unit or "",
        "donations": str(row.donations),
        "last_given_on": row.last_given_on.isoformat() if row.last_given_on else "",
        "next_on": row.next_on.isoformat() if row.next_on else "",
    }


_unit = units.c.code.label("unit")
_channel = accounts.c.kind.label("channel")

EXPORTS: Mapping[str, Export] = {
    "registrations": Export(
        columns=(
            "ticket", "contact_id", "channel", "user_id", "name", "phone", "unit", "drive", "slot_start", "state",
            "created_at", "updated_at",
        ),
        query=select(
            registrations,
            _channel,
            addresses.c.user_id,
            contacts.c.name_sealed,
            contacts.c.phone_sealed,
            _unit,
            drives.c.code.label("drive"),
            slots.c.starts_at.label("slot_start"),
        )
        .join(contacts, contacts.c.id == registrations.c.contact_id)
        .join(drives, drives.c.id == registrations.c.drive_id)
        .join(slots, slots.c.id == registrations.c.slot_id)
        .outerjoin(addresses, addresses.c.id == registrations.c.address_id)
        .outerjoin(accounts, accounts.c.id == addresses.c.account_id)
        .outerjoin(units, units.c.id == registrations.c.unit_id),
        by=registrations.c.id,
        of_drive=lambda drive: registrations.c.drive_id == drive,
        of_units=registrations.c.unit_id.in_,
        values=_registration,
    ),
    "messages": Export(
        columns=(
            "id", "contact_id", "channel", "account", "user_id", "purpose", "key", "state", "reason", "due_at",
            "sent_at", "platform_id",
        ),
        query=select(outbox, _channel, accounts.c.code.label("account"), addresses.c.user_id)
        .join(accounts, accounts.c.id == outbox.c.account_id)
        .join(addresses, addresses.c.id == outbox.c.address_id)
        .outerjoin(contacts, contacts.c.id == outbox.c.contact_id)
        .outerjoin(intents, intents.c.id == outbox.c.intent_id)
        .outerjoin(registrations, registrations.c.id == intents.c.registration_id),
        by=outbox.c.id,
        of_drive=lambda drive: registrations.c.drive_id == drive,
        of_units=contacts.c.unit_id.in_,
        values=_message,
    ),
    "donations": Export(
        columns=("contact_id", "unit", "drive", "given_on", "component", "ml", "verified"),
        query=select(donations, _unit, drives.c.code.label("drive"))
        .join(contacts, contacts.c.id == donations.c.contact_id)
        .outerjoin(units, units.c.id == contacts.c.unit_id)
        .outerjoin(drives, drives.c.id == donations.c.drive_id),
        by=donations.c.id,
        of_drive=lambda drive: donations.c.drive_id == drive,
        of_units=contacts.c.unit_id.in_,
        values=_donation,
    ),
    "donors": Export(
        columns=("contact_id", "name", "phone", "unit", "donations", "last_given_on", "next_on"),
        query=select(
            contacts.c.id,
            contacts.c.name_sealed,
            contacts.c.phone_sealed,
            _unit,
            donors.c.donations,
            donors.c.last_given_on,
            donors.c.next_on,
        )
        .join(donors, donors.c.contact_id == contacts.c.id)
        .outerjoin(units, units.c.id == contacts.c.unit_id),
        by=contacts.c.id,
        # A donor belongs to a drive by having given there.
        of_drive=lambda drive: exists().where(donations.c.contact_id == contacts.c.id, donations.c.drive_id == drive),
        of_units=contacts.c.unit_id.in_,
        values=_donor,
    ),
}  # fmt: skip
