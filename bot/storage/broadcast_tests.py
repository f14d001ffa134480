"""A broadcast sent to whoever writes it, for a look at it where people will read it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select

from bot.domain.broadcasts import Broadcast
from bot.domain.messages import Message
from bot.domain.outbox import PRIORITIES, MessagePurpose
from bot.domain.updates import ChannelKind
from bot.storage.audit import note
from bot.storage.ids import new_id
from bot.storage.sealing import KeyRing
from bot.storage.staff import StaffMember
from bot.storage.tables import accounts, addresses, outbox, staff_addresses

LASTS = timedelta(minutes=15)


def send_to_oneself(
    connection: Connection,
    ring: KeyRing,
    member: StaffMember,
    broadcast: Broadcast,
    messages: Mapping[ChannelKind, Sequence[Message]],
    now: datetime,
) -> int:
    """Into the queue of every chat that this member has linked; returns how many there are. It counts for no figure."""
    theirs = (
        select(addresses.c.id, addresses.c.account_id, addresses.c.contact_id, accounts.c.kind)
        .join(staff_addresses, staff_addresses.c.address_id == addresses.c.id)
        .join(accounts, accounts.c.id == addresses.c.account_id)
        .where(
            staff_addresses.c.staff_id == member.id, addresses.c.erased_at.is_(None), addresses.c.blocked_at.is_(None)
        )
    )
    rows = [row for row in connection.execute(theirs) if ChannelKind(row.kind) in messages]
    for row in rows:
        tried = new_id()
        for part, message in enumerate(messages[ChannelKind(row.kind)]):
            at_once = row.kind == ChannelKind.WEB.value
            connection.execute(
                insert(outbox).values(
                    id=new_id(),
                    key=f"test:{broadcast.id}:{tried}:{part}",
                    account_id=row.account_id,
                    address_id=row.id,
                    contact_id=row.contact_id,
                    purpose=MessagePurpose.STAFF.value,
                    priority=PRIORITIES[MessagePurpose.STAFF],
                    part=part,
                    body_sealed=ring.seal_json(message.to_json(), "outbox.body"),
                    state="sent" if at_once else "waiting",
                    sent_at=now if at_once else None,
                    created_at=now,
                    due_at=now,
                    expires_at=now + LASTS,
                )
            )
    if rows:
        note(connection, now, member.login, "broadcast-tested", broadcast.code)
    return len(rows)
