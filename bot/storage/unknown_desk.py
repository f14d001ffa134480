"""Messages that may have arrived: staff who looked at the phone or the platform's inbox say what became of them."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, select, update

from bot.domain.messages import Message
from bot.storage.audit import note
from bot.storage.sealing import KeyRing, LostKey
from bot.storage.staff import StaffMember
from bot.storage.tables import accounts, outbox

SHOWN_AT_MOST = 100
BEGINNING = 160


class Verdict(StrEnum):
    """What staff found out."""

    ARRIVED = "arrived"
    AGAIN = "again"
    LEAVE = "leave"


@dataclass(frozen=True, slots=True)
class UnknownMessage:
    """One message; `text` is its beginning, "" where the words are gone."""

    id: int
    account: str
    channel: str
    purpose: str
    route: str
    tried_at: datetime
    contact_id: int | None
    text: str = field(repr=False)


def unknown_messages(connection: Connection, ring: KeyRing) -> list[UnknownMessage]:
    """The newest first."""
    query = (
        select(outbox, accounts.c.code, accounts.c.kind)
        .join(accounts, accounts.c.id == outbox.c.account_id)
        .where(outbox.c.state == "unknown", outbox.c.address_id.is_not(None))
        .order_by(outbox.c.id.desc())
        .limit(SHOWN_AT_MOST)
    )
    return [
        UnknownMessage(
            row.id,
            row.code,
            row.kind,
            row.purpose,
            row.route,
            row.due_at,
            row.contact_id,
            _beginning(row.body_sealed, ring),
        )
        for row in connection.execute(query)
    ]


def decide(connection: Connection, member: StaffMember, outbox_id: int, verdict: Verdict, now: datetime) -> bool:
    """Carry out what staff found out; False when the message was settled meanwhile. Sending again is theirs to decide:
    the program itself never does."""
    verdicts: dict[Verdict, dict[str, object]] = {
        Verdict.ARRIVED: {"state": "sent", "reason": "by-staff", "sent_at": now},
        Verdict.AGAIN: {"state": "waiting", "reason": "again-by-staff", "due_at": now, "judged_at": None},
        Verdict.LEAVE: {"state": "failed", "reason": "by-staff"},
    }
    statement = update(outbox).where(outbox.c.id == outbox_id, outbox.c.state == "unknown").values(verdicts[verdict])
    if not connection.execute(statement).rowcount:
        return False
    note(connection, now, member.login, f"unknown-{verdict}", f"message {outbox_id}")
    return True


def _beginning(sealed: bytes, ring: KeyRing) -> str:
    try:
        text = Message.from_json(ring.open_json(sealed, "outbox.body")).text
    except LostKey:
        return ""
    return text if len(text) <= BEGINNING else text[:BEGINNING] + "…"
