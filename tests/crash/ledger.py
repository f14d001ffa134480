"""What must be true in the tables after every run."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, Select, func, select

from bot.bench import walk
from bot.domain.messages import Message
from bot.storage.database import Database
from bot.storage.sealing import KeyRing
from bot.storage.tables import accounts, addresses, outbox, registrations, seen, slots
from tests.platforms.server import Sent

OPEN = ("waiting", "sending")


def check_intake(db: Database, people: int) -> None:
    """Every person exactly one place, every update an answer, every place accounted for."""
    updates = people * len(walk.steps(0))

    def count(query: object) -> int:
        return int(db.read_now(lambda connection: connection.execute(query).scalar_one()))  # type: ignore[call-overload]

    assert count(select(func.count()).select_from(seen)) == updates
    assert count(select(func.count()).select_from(addresses)) == people
    assert count(select(func.count(registrations.c.contact_id.distinct()))) == people
    assert count(select(func.count()).select_from(registrations)) == people
    assert count(select(func.sum(slots.c.taken))) == people
    keys = db.read_now(lambda c: c.execute(select(outbox.c.key)).scalars().all())
    assert len(keys) == len(set(keys))
    assert len({key.rsplit(":", 1)[0] for key in keys}) == updates


def still_open(db: Database) -> int:
    """Messages without an outcome."""
    query = select(func.count()).select_from(outbox).where(outbox.c.state.in_(OPEN))
    return int(db.read_now(lambda c: c.execute(query).scalar_one()))


def check_outgoing(db: Database, ring: KeyRing, sent: Mapping[str, Sequence[Sent]], most_unknown: int) -> int:
    """Nobody got a message twice, none is said to be sent that never arrived; returns how many are unknown.

    Args:
        sent: what people got, by the account's code.
    """
    rows = db.read_now(lambda c: c.execute(_outgoing()).all())
    states = [row.state for row in rows]
    assert set(states) <= {"sent", "unknown"}, set(states)
    assert states.count("unknown") <= most_unknown
    for code, messages in sent.items():
        of_account = [row for row in rows if row.code == code]
        arrived = sorted((message.user_id, message.text) for message in messages)
        assert _without(arrived, _words(of_account, ring)) == [], "somebody got something twice"
        certain = [row for row in of_account if row.state == "sent"]
        assert _without(_words(certain, ring), arrived) == [], "something is said to be sent and never arrived"
        assert len({row.platform_id for row in certain}) == len(certain)
        assert {row.platform_id for row in certain} <= {message.platform_id for message in messages}
    return states.count("unknown")


def _outgoing() -> Select[Any]:
    return (
        select(outbox.c.state, outbox.c.platform_id, outbox.c.body_sealed, addresses.c.user_id, accounts.c.code)
        .join(addresses, addresses.c.id == outbox.c.address_id)
        .join(accounts, accounts.c.id == outbox.c.account_id)
    )


def _words(rows: Sequence[Row[Any]], ring: KeyRing) -> list[tuple[str, str]]:
    bodies = [(row.user_id, ring.open_json(row.body_sealed, "outbox.body")) for row in rows]
    return sorted((user, Message.from_json(body).text) for user, body in bodies)


def _without(left: list[tuple[str, str]], right: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """What stands on the left more often than on the right."""
    return sorted((Counter(left) - Counter(right)).elements())
