"""People, bookings and messages that the tests of outgoing stand on; and a channel that plays a part."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Table, func, select, update

from bot.channels.base import Account, Health, Receipt, Received, WebhookRequest
from bot.domain.consents import Purpose
from bot.domain.conversations import Conversation
from bot.domain.messages import Message
from bot.domain.outbox import PRIORITIES, MessagePurpose
from bot.domain.platforms import Limits
from bot.domain.quiet_hours import QuietHours
from bot.domain.registrations import RegistrationState
from bot.domain.updates import ChannelKind
from bot.storage.database import Database
from bot.storage.ids import address_id, new_id
from bot.storage.sealing import KeyRing
from bot.storage.tables import (
    accounts,
    addresses,
    consents,
    contacts,
    deferrals,
    donations,
    intents,
    outbox,
    registrations,
    slots,
)
from bot.storage.talks import dump_talk
from tests.storage.ground import add_account, add_drive, add_unit

HERE = ZoneInfo("Asia/Ho_Chi_Minh")
QUIET = QuietHours(HERE)


def local(day: int, clock: str) -> datetime:
    """A moment of December 2026 on Vietnam's clock."""
    return datetime.combine(date(2026, 12, day), time.fromisoformat(clock), HERE).astimezone(UTC)


@dataclass
class SetClock:
    """The wall clock of a test: it stands still until it is set."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Tape:
    """A channel that notes every call and ends it as the test says: `answer` may raise, wait, or do nothing."""

    kind: ChannelKind = ChannelKind.TELEGRAM
    limits: Limits = field(default_factory=lambda: Limits(text=4096, choices=100, label=60, per_minute=600_000))
    answer: Callable[[str, Message], Awaitable[None]] | None = None
    calls: list[tuple[str, str]] = field(default_factory=list)
    busy: int = 0
    most_busy: int = 0

    def receive(self, request: WebhookRequest) -> Received:
        raise AssertionError("nobody writes to this channel")

    async def send(self, account: Account, user_id: str, message: Message, key: str) -> Receipt:
        self.calls.append((user_id, message.text))
        self.busy += 1
        self.most_busy = max(self.most_busy, self.busy)
        try:
            await asyncio.sleep(0)
            if self.answer is not None:
                await self.answer(user_id, message)
        finally:
            self.busy -= 1
        return Receipt(f"m-{len(self.calls)}")

    async def check(self, account: Account) -> Health:
        return Health(True, {})

    @property
    def texts(self) -> list[str]:
        return [text for _, text in self.calls]


@dataclass
class Rows:
    """Writes rows as the intake and the console would."""

    db: Database
    ring: KeyRing
    now: datetime

    def account(self, kind: ChannelKind = ChannelKind.TELEGRAM, external_id: str = "7000000001") -> Account:
        identity = self.db.write_now(lambda c: add_account(c, kind.value, external_id))
        return Account(identity, kind, f"{kind}-{external_id}", external_id)

    def drive(self, slot: datetime, *, code: str = "mau-1", capacities: tuple[int, ...] = (20,)) -> list[int]:
        """A drive whose first slot begins then; the ids of its slots."""

        def write(connection: Connection) -> list[int]:
            unit = add_unit(connection, code=f"unit-{code}")
            return add_drive(connection, unit, slot, capacities=capacities, code=code)[1]

        return self.db.write_now(write)

    def person(self, account: Account, user_id: str, *, wrote_at: datetime | None = None, **columns: Any) -> int:
        """A contact with one address; returns the address id (the contact has the same)."""
        identity = address_id(account.id, user_id)

        def write(connection: Connection) -> None:
            connection.execute(contacts.insert().values(id=identity, created_at=self.now, updated_at=self.now))
            connection.execute(
                addresses.insert().values(
                    {
                        "id": identity,
                        "account_id": account.id,
                        "user_id": user_id,
                        "contact_id": identity,
                        "first_seen_at": self.now,
                        "last_inbound_at": wrote_at or self.now,
                        "talk_sealed": dump_talk(Conversation(greeted=True), self.ring),
                    }
                    | columns
                )
            )

        self.db.write_now(write)
        return identity

    def book(self, address: int, slot_id: int, registered_at: datetime | None = None) -> int:
        """Without a moment they registered so late that nothing is planned some days ahead."""
        identity = new_id()

        def write(connection: Connection) -> None:
            slot = connection.execute(select(slots).where(slots.c.id == slot_id)).one()
            drive_id, at = slot.drive_id, registered_at or max(self.now, slot.starts_at - timedelta(days=4))
            connection.execute(
                registrations.insert().values(
                    id=identity,
                    contact_id=address,
                    address_id=address,
                    drive_id=drive_id,
                    slot_id=slot_id,
                    ticket=f"{identity % 10**10:010d}",
                    state=RegistrationState.BOOKED.value,
                    created_at=at,
                    updated_at=at,
                )
            )

        self.db.write_now(write)
        self.agree(address, Purpose.REGISTRATION)
        return identity

    def agree(self, address: int, purpose: Purpose) -> None:
        """A consent that stands, unless there was one already."""
        any_of = select(consents.c.id).where(consents.c.contact_id == address, consents.c.purpose == purpose.value)
        if self.db.read_now(lambda c: c.execute(any_of).first()) is None:
            self.consent(address, purpose)

    def change(self, table: Table, identity: int, **values: Any) -> None:
        self.db.write_now(lambda c: c.execute(update(table).where(table.c.id == identity).values(**values)))

    def move(self, registration: int, slot_id: int, at: datetime | None = None) -> None:
        moved = {"updated_at": at} if at else {}
        self.change(registrations, registration, slot_id=slot_id, planned_at=None, **moved)

    def slot_begins(self, slot_id: int) -> datetime:
        query = select(slots.c.starts_at).where(slots.c.id == slot_id)
        return self.db.read_now(lambda c: c.execute(query).scalar_one())

    def has_place(self, contact: int, slot_id: int) -> bool:
        query = select(registrations.c.id).where(
            registrations.c.contact_id == contact, registrations.c.slot_id == slot_id
        )
        return self.db.read_now(lambda c: c.execute(query).first()) is not None

    def newest_donation(self, contact: int) -> int:
        return self._newest(donations, contact)

    def newest_deferral(self, contact: int) -> int:
        return self._newest(deferrals, contact)

    def was_put_off(self, contact: int, day: date) -> bool:
        query = select(deferrals.c.id).where(deferrals.c.contact_id == contact, deferrals.c.decided_on == day)
        return self.db.read_now(lambda c: c.execute(query).first()) is not None

    def _newest(self, table: Table, contact: int) -> int:
        query = select(func.max(table.c.id)).where(table.c.contact_id == contact)
        return self.db.read_now(lambda c: c.execute(query).scalar_one())

    def cancel(self, registration: int) -> None:
        self.change(registrations, registration, state="cancelled", planned_at=None)

    def give(self, address: int, given_on: date, component: str = "whole_blood") -> int:
        identity = new_id()
        row = {
            "id": identity,
            "contact_id": address,
            "given_on": given_on,
            "component": component,
            "verified": True,
            "created_at": self.now,
        }
        self.db.write_now(lambda c: c.execute(donations.insert().values(row)))
        return identity

    def consent(self, address: int, purpose: Purpose, withdrawn_at: datetime | None = None) -> int:
        identity = new_id()
        row = {
            "id": identity,
            "contact_id": address,
            "purpose": purpose.value,
            "wording": f"consent.{purpose}@1",
            "given_at": self.now,
            "address_id": address,
            "withdrawn_at": withdrawn_at,
        }
        self.db.write_now(lambda c: c.execute(consents.insert().values(row)))
        return identity

    def message(
        self, account: Account, address: int, text: str, purpose: MessagePurpose = MessagePurpose.REPLY, **columns: Any
    ) -> int:
        return self.messages([(account, address, text, purpose)], **columns)[0]

    def messages(self, wanted: list[tuple[Account, int, str, MessagePurpose]], **columns: Any) -> list[int]:
        rows = []
        for address, purpose in {(one[1], one[3]) for one in wanted if not one[3].answers}:
            self.agree(address, Purpose.REGISTRATION if purpose is MessagePurpose.DRIVE else Purpose(purpose.value))
        for account, address, text, purpose in wanted:
            identity = new_id()
            rows.append(
                {
                    "id": identity,
                    "key": f"test:{identity}:0",
                    "account_id": account.id,
                    "address_id": address,
                    "contact_id": address,
                    "purpose": purpose.value,
                    "priority": PRIORITIES[purpose],
                    "body_sealed": self.ring.seal_json(Message(text).to_json(), "outbox.body"),
                    "state": "waiting",
                    "created_at": self.now,
                    "due_at": self.now,
                }
                | columns
            )
        self.db.write_now(lambda c: c.execute(outbox.insert(), rows))
        return [row["id"] for row in rows]

    def outbox(self, *ids: int) -> list[Any]:
        statement = select(outbox).order_by(outbox.c.id)
        return self.db.read_now(
            lambda c: list(c.execute(statement.where(outbox.c.id.in_(ids)) if ids else statement).all())
        )

    def states(self, *ids: int) -> list[str]:
        return [row.state for row in self.outbox(*ids)]

    def intents(self) -> list[Any]:
        statement = select(intents).order_by(intents.c.due_at, intents.c.key)
        return self.db.read_now(lambda c: list(c.execute(statement).all()))

    def body(self, row: Any) -> Message:
        return Message.from_json(self.ring.open_json(row.body_sealed, "outbox.body"))


def days(number: float) -> timedelta:
    return timedelta(days=number)


__all__ = ["HERE", "QUIET", "Rows", "SetClock", "Tape", "accounts", "days", "local"]
