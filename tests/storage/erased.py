"""Somebody with one of everything, for the tests of erasure and retention; and a look at all that is left."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from bot.channels.base import Account
from bot.domain.consents import Purpose
from bot.domain.conversations import Conversation, FormState
from bot.storage.erasing import erase_person
from bot.storage.forgetting import forget_erased
from bot.storage.ids import new_id
from bot.storage.tables import (
    contacts,
    donors,
    kept_aside,
    metadata,
    pressure_reports,
    registrations,
    seen,
    slots,
    staff,
    staff_addresses,
    tags,
)
from bot.storage.talks import dump_talk
from tests.scheduler.ground import Rows

NAME, PHONE, TICKET, WORDS = "Lò Văn Thử", "+84912345678", "ABCDE23456", "lời riêng"


@dataclass
class Someone:
    """`address` is the contact id too; `booked` and `came` are registrations."""

    account: Account
    address: int
    user: str
    slots: list[int]
    booked: int
    came: int


def somebody(rows: Rows, account: Account, user: str = "520000001", slots_: list[int] | None = None) -> Someone:
    """They are booked at one drive and were at another, and there is a row of theirs in every table that has any."""
    form = FormState("registration", 1, "phone", {"name": NAME}, touched_at=rows.now)
    talk = dump_talk(Conversation("en", True, form), rows.ring)
    address = rows.person(account, user, talk_sealed=talk, form_touched_at=rows.now, handoff="waiting")
    seal = rows.ring.seal_text
    rows.change(
        contacts,
        address,
        language="en",
        name_sealed=seal(NAME, "contacts.name"),
        birth_date_sealed=seal("1990-05-12", "contacts.birth_date"),
        phone_sealed=seal(PHONE, "contacts.phone"),
        phone_blind=rows.ring.blind(PHONE),
        name_words="a b c",
    )
    coming = slots_ or rows.drive(rows.now + timedelta(days=5), code=f"coming-{new_id()}")
    past = rows.drive(rows.now - timedelta(days=9), code=f"past-{new_id()}")
    booked, came = _register(rows, address, coming[0], "booked"), _register(rows, address, past[0], "donated")
    rows.give(address, date(2026, 11, 13))
    for purpose in (Purpose.REGISTRATION, Purpose.REMINDER):
        rows.consent(address, purpose)
    _odds_and_ends(rows, account, address)
    return Someone(account, address, user, coming, booked, came)


def _register(rows: Rows, address: int, slot: int, state: str) -> int:
    identity = rows.book(address, slot)
    ticket = f"{TICKET}{identity}"
    rows.change(registrations, identity, state=state, ticket=ticket, dangerous_work=True)
    if state == "booked":
        rows.change(slots, slot, taken=slots.c.taken + 1)
    return identity


def _odds_and_ends(rows: Rows, account: Account, address: int) -> None:
    member, seal = new_id(), rows.ring.seal
    told = rows.ring.seal_text(WORDS, "seen.text")
    said = {"address_id": address, "received_at": rows.now - timedelta(hours=1), "kind": "said", "text_sealed": told}
    aside = {
        "channel": "telegram",
        "received_at": rows.now,
        "reason": "x",
        "body_sealed": seal(b"x", "kept_aside.body"),
    }
    wanted = (
        (donors.insert(), {"contact_id": address, "blood_group_sealed": seal(b"O+", "donors.blood_group")}),
        (seen.insert(), said | {"update_id": "1"}),
        (kept_aside.insert(), aside | {"id": new_id(), "account_id": account.id, "address_id": address}),
        (staff.insert(), {"id": member, "login": f"thu-{member}", "name": "Thử", "role": "viewer"}),
        (staff_addresses.insert(), {"address_id": address, "staff_id": member, "linked_at": rows.now}),
        (tags.insert(), {"contact_id": address, "tag": "nhan-thu", "by": "mai", "at": rows.now}),
        (pressure_reports.insert(), {"id": new_id(), "said_on": rows.now, "address_id": address}),
    )
    for statement, values in wanted:
        rows.db.write_now(lambda c, statement=statement, values=values: c.execute(statement.values(values)))


def erase(rows: Rows, contact_id: int, at: datetime | None = None, source: str = "chat") -> None:
    rows.db.write_now(lambda c: erase_person(c, rows.ring, contact_id, at or rows.now, source=source))


def forget_all(rows: Rows, at: datetime | None = None) -> list[int]:
    """The sweep to its end; rows of each page."""
    pages: list[int] = []
    while done := rows.db.write_now(lambda c: forget_erased(c, rows.ring, at or rows.now)):
        pages.append(done)
    return pages


def everything(rows: Rows) -> str:
    """Every value of every row, sealed ones opened, as one text; but for the proofs' hashes and what is not a person's."""
    labels = {
        "name_sealed": "contacts.name",
        "birth_date_sealed": "contacts.birth_date",
        "phone_sealed": "contacts.phone",
        "talk_sealed": "addresses.talk",
        "text_sealed": "seen.text",
        "body_sealed": "outbox.body",
    }
    found: list[str] = []
    for table in metadata.sorted_tables:
        if table.name in ("staff", "accounts", "house_keys", "kept_aside"):
            continue
        for row in rows.db.read_now(lambda c, table=table: c.execute(select(table)).mappings().all()):
            for name, value in row.items():
                label = labels.get(name)
                opened = rows.ring.open(value, label).decode() if label and value is not None else value
                found.append(f"{table.name}.{name}={opened!r}")
    return "\n".join(found)


def count(rows: Rows, table: Any) -> int:
    query = select(func.count()).select_from(table)
    return int(rows.db.read_now(lambda c: c.execute(query).scalar_one()))
