"""What Zalo tells of messages that were seen: a number on the broadcast, once a message, and nothing about anybody."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.channels.zalo import Zalo
from bot.domain.broadcasts import Draft
from bot.domain.changing import replace
from bot.domain.outbox import MessagePurpose
from bot.intake import Intake
from bot.storage.broadcast_rows import columns_of
from bot.storage.database import Database
from bot.storage.ids import address_id, new_id
from bot.storage.sealing import KeyRing
from bot.storage.tables import addresses, broadcasts, outbox
from tests.channels.conftest import zalo_account
from tests.facts import ZALO
from tests.intake.conftest import _no_session, build_intake
from tests.platforms import FakeZalo
from tests.storage.ground import add_account, add_unit

ANNA, BINH = "8400000000000000001", "8400000000000000002"


class Wire:
    """An OA of ours whose calls reach a real intake, and two broadcasts that went out through it."""

    def __init__(self, db: Database, oa: FakeZalo, account: int, channel: Zalo, intake: Intake) -> None:
        self.db, self.oa, self.account, self._channel, self._intake = db, oa, account, channel, intake
        self.first, self.second = (
            db.write_now(lambda c, code=code: self._broadcast(c, code)) for code in ("a-1", "b-2")
        )

    def _broadcast(self, connection: Any, code: str) -> int:
        draft = Draft(MessagePurpose.NEWS, add_unit(connection, code), "all", words=(("vi", "Mời anh/chị."),))
        row = {"id": new_id(), "code": code, "state": "running", "created_by": "x", "created_at": self.oa.now}
        connection.execute(broadcasts.insert().values(row | columns_of(draft)))
        return row["id"]  # type: ignore[return-value]

    async def sent(self, user: str, msg_id: str, broadcast: int | None, part: int = 0) -> None:
        at = self.oa.now
        row = {
            "id": new_id(), "key": f"test:{msg_id}", "account_id": self.account, "platform_id": msg_id, "part": part,
            "address_id": address_id(self.account, user), "purpose": "news", "priority": 3, "body_sealed": b"x",
            "state": "sent", "created_at": at, "due_at": at, "sent_at": at, "broadcast_id": broadcast,
        }  # fmt: skip
        await self.db.write(lambda c: c.execute(outbox.insert().values(row)))

    async def take(self, call: Any) -> None:
        request = call.request(self.oa.now)
        await self._intake.take(request, self._channel.receive(request))

    async def saw(self, user: str, *msg_ids: str) -> None:
        sides = {"sender": {"id": self.oa.oa_id}, "recipient": {"id": user}}
        await self.take(self.oa.posted("user_seen_message", {**sides, "message": {"msg_ids": list(msg_ids)}}))

    async def counts(self) -> list[int]:
        rows = await self.db.read(lambda c: c.execute(select(broadcasts.c.seen).order_by(broadcasts.c.id)).all())
        return [row.seen for row in rows]

    async def rows(self, *columns: Any) -> list[Any]:
        return await self.db.read(lambda c: list(c.execute(select(*columns).order_by(columns[0])).all()))


@pytest.fixture
async def wire(db: Database, ring: KeyRing, now: datetime, tmp_path: Path) -> AsyncIterator[Wire]:
    oa = FakeZalo(now=now)
    identity = db.write_now(lambda c: add_account(c, "zalo", oa.oa_id))
    channel = Zalo([replace(zalo_account(oa), id=identity)], _no_session, limits=ZALO)
    ignore: Callable[[object], None] = lambda _: None  # noqa: E731
    intake = build_intake(db, ring, now, tmp_path, {channel.kind: channel}, ignore)
    await intake.start()
    wire = Wire(db, oa, identity, channel, intake)
    for user in (ANNA, BINH):
        await wire.take(oa.webhook(user, "xin chào"))
    yield wire
    await intake.close()


async def test_each_broadcast_counts_its_own_messages_and_other_messages_count_nowhere(wire: Wire) -> None:
    await wire.sent(ANNA, "m1", wire.first)
    await wire.sent(BINH, "m2", wire.first)
    await wire.sent(ANNA, "m3", wire.second)
    await wire.sent(ANNA, "m4", None)
    await wire.saw(ANNA, "m1", "m3", "m4")
    assert await wire.counts() == [1, 1]
    await wire.saw(BINH, "m2")
    assert await wire.counts() == [2, 1]


async def test_a_repeat_counts_once_also_when_it_is_told_again_hours_later(wire: Wire) -> None:
    await wire.sent(ANNA, "m1", wire.first)
    await wire.saw(ANNA, "m1")
    await wire.saw(ANNA, "m1")
    wire.oa.advance(hours=3)
    await wire.saw(ANNA, "m1")
    assert await wire.counts() == [1, 0]


async def test_a_message_in_parts_is_one(wire: Wire) -> None:
    await wire.sent(ANNA, "m1", wire.first)
    await wire.sent(ANNA, "m2", wire.first, part=1)
    await wire.saw(ANNA, "m1")
    await wire.saw(ANNA, "m2")
    assert await wire.counts() == [1, 0]


async def test_what_somebody_else_was_sent_or_nobody_does_not_count(wire: Wire) -> None:
    await wire.sent(ANNA, "m1", wire.first)
    await wire.saw(BINH, "m1")
    await wire.saw(ANNA, "unheard-of")
    await wire.saw("8400000000000000009", "m1")
    assert await wire.counts() == [0, 0]


async def test_nothing_is_kept_of_who_saw_it(wire: Wire) -> None:
    await wire.sent(ANNA, "m1", wire.first)
    # What is sealed is sealed anew with each update, so it reads otherwise every time.
    people = [column for column in addresses.c if column.name != "talk_sealed"]
    before = await wire.rows(*outbox.c), await wire.rows(*people)
    await wire.saw(ANNA, "m1")
    assert (await wire.rows(*outbox.c), await wire.rows(*people)) == before
