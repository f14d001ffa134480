"""Messages of unclear fate on a platform that takes no key: settled by an echo of the same words, never by a guess."""

import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, select, update

from bot.domain.messages import Message
from bot.storage.sealing import KeyRing, LostKey
from bot.storage.tables import attempts, outbox

NEAR = timedelta(minutes=10)
"""How far the echo may be from the start of the call."""


@dataclass(frozen=True, slots=True)
class TextEcho:
    """The platform says that these words went out to this address; `at` is its own time."""

    address_id: int
    platform_id: str
    text: str = field(repr=False)
    at: datetime


@dataclass(frozen=True, slots=True)
class _Unclear:
    id: int
    started_at: datetime
    text: str = field(repr=False)


def settle_by_text(connection: Connection, ring: KeyRing, echoes: Sequence[TextEcho], now: datetime) -> int:
    """Mark as sent what is certain: exactly one message of unclear fate to that address has these words, and no message
    is known to have been that echo already. Returns how many were settled.

    With two of the same words nobody can say which one arrived: staff decide (`/console/unknown`).
    """
    wordy = [echo for echo in echoes if echo.text.strip()]
    unclear = _unclear(connection, ring, sorted({echo.address_id for echo in wordy}))
    settled = 0
    for echo in wordy:
        same = [
            one
            for one in unclear.get(echo.address_id, ())
            if one.text == _plain(echo.text) and abs(echo.at - one.started_at) <= NEAR
        ]
        if len(same) == 1 and not _known(connection, echo):
            settled += _sent(connection, same[0].id, echo.platform_id, now)
            unclear[echo.address_id].remove(same[0])
    return settled


def _unclear(connection: Connection, ring: KeyRing, address_ids: Sequence[int]) -> dict[int, list[_Unclear]]:
    if not address_ids:
        return {}
    query = (
        select(outbox.c.id, outbox.c.address_id, outbox.c.body_sealed, attempts.c.started_at)
        .join(attempts, and_(attempts.c.outbox_id == outbox.c.id, attempts.c.number == outbox.c.attempts))
        .where(outbox.c.address_id.in_(address_ids), outbox.c.state == "unknown")
        .with_for_update(of=outbox)
    )
    found: defaultdict[int, list[_Unclear]] = defaultdict(list)
    for row in connection.execute(query):
        found[row.address_id].append(_Unclear(row.id, row.started_at, _words(row.body_sealed, ring)))
    return found


def _words(sealed: bytes, ring: KeyRing) -> str:
    try:
        return _plain(Message.from_json(ring.open_json(sealed, "outbox.body")).text)
    except LostKey:
        return ""


def _known(connection: Connection, echo: TextEcho) -> bool:
    """The echo of a message whose answer did reach us."""
    query = select(outbox.c.id).where(outbox.c.address_id == echo.address_id, outbox.c.platform_id == echo.platform_id)
    return connection.execute(query.limit(1)).first() is not None


def _sent(connection: Connection, outbox_id: int, platform_id: str, now: datetime) -> int:
    statement = (
        update(outbox)
        .where(outbox.c.id == outbox_id, outbox.c.state == "unknown")
        .values(state="sent", reason="echoed", sent_at=now, platform_id=platform_id)
    )
    return connection.execute(statement).rowcount


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()
