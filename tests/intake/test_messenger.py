"""Messenger through the intake: what people change or take back follows, comments and the page's own news are kept."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from bot.channels.messenger import Messenger
from bot.domain.changing import replace
from bot.intake import Intake, Taken
from bot.storage.database import Database
from bot.storage.ids import new_id
from bot.storage.sealing import KeyRing
from bot.storage.tables import accounts, addresses, outbox, platform_events, seen, templates
from tests.channels.conftest import messenger_account
from tests.facts import MESSENGER
from tests.intake.conftest import _no_session, build_intake
from tests.platforms import FakeMessenger, Webhook
from tests.storage.ground import add_account

USER = "7300000000000042"


class Wire:
    """A page of ours whose calls reach a real intake."""

    def __init__(self, db: Database, ring: KeyRing, meta: FakeMessenger, channel: Messenger, intake: Intake) -> None:
        self.db, self.ring, self.meta, self._channel, self._intake = db, ring, meta, channel, intake

    async def post(self, call: Webhook) -> Taken:
        request = call.request(self.meta.now)
        return await self._intake.take(request, self._channel.receive(request))

    async def item(self, **event: Any) -> Taken:
        return await self.post(self.meta.posted(self.meta.item(USER, **event)))

    async def say(self, mid: str, text: str) -> Taken:
        return await self.item(message={"mid": mid, "text": text})

    async def kept(self) -> list[str | None]:
        """What staff could read of what was said, in order."""
        rows = await self.db.read(lambda c: c.execute(select(seen.c.text_sealed).order_by(seen.c.received_at)).all())
        return [self.ring.open_text(row.text_sealed, "seen.text") for row in rows]

    async def values(self, *columns: Any) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await self.db.read(lambda c: c.execute(select(*columns)).all())]


@pytest.fixture
async def wire(db: Database, ring: KeyRing, now: datetime, tmp_path: Path) -> AsyncIterator[Wire]:
    meta = FakeMessenger(now=now)
    identity = db.write_now(lambda c: add_account(c, "messenger", meta.page_id))
    channel = Messenger([replace(messenger_account(meta), id=identity)], _no_session, limits=MESSENGER)
    ignore: Callable[[object], None] = lambda _: None  # noqa: E731
    intake = build_intake(db, ring, now, tmp_path, {channel.kind: channel}, ignore)
    await intake.start()
    yield Wire(db, ring, meta, channel, intake)
    await intake.close()


async def test_an_edit_changes_our_copy_and_says_what_it_does_not_change(wire: Wire) -> None:
    await wire.say("m_1", "em bị tiểu đường")
    await wire.item(message_edit={"mid": "m_1", "text": "em khoẻ ạ", "num_edit": 1})
    assert await wire.kept() == ["em khoẻ ạ", None]
    assert len(await wire.values(outbox.c.id)) >= 2


@pytest.mark.parametrize(
    "event",
    [
        pytest.param({"message": {"mid": "m_1", "is_deleted": True}}, id="taken back"),
        pytest.param({"message_edit": {"mid": "m_1", "text": "", "num_edit": 1}}, id="edited away"),
    ],
)
async def test_what_is_taken_back_goes_without_a_word(wire: Wire, event: dict[str, Any]) -> None:
    await wire.say("m_1", "em bị tiểu đường")
    before = await wire.values(outbox.c.id)
    await wire.item(**event)
    assert await wire.kept() == [None, None]
    assert await wire.values(outbox.c.id) == before


@pytest.mark.parametrize("mid", ["m_1", "m_3"])
async def test_an_edit_never_brings_words_into_our_copy_that_are_not_kept(wire: Wire, mid: str) -> None:
    """While somebody tells in confidence, neither into these words nor into earlier ones."""
    await wire.say("m_1", "xin chào")
    await wire.say("m_2", "/biep")
    await wire.say("m_3", "trưởng phòng ép em đi")
    await wire.item(message_edit={"mid": mid, "text": "giám đốc ép em đi", "num_edit": 1})
    assert "ép em đi" not in str(await wire.kept())


async def test_a_talk_that_the_platform_gave_away_is_silent_until_it_comes_back(wire: Wire) -> None:
    await wire.say("m_1", "xin chào")
    before = len(await wire.values(outbox.c.id))
    await wire.post(wire.meta.webhook_routed(USER, "take_thread_control", "263902037430900"))
    await wire.say("m_2", "hiến máu có đau không?")
    assert await wire.values(addresses.c.handoff) == [("talking",)]
    assert len(await wire.values(outbox.c.id)) == before
    await wire.post(wire.meta.webhook_routed(USER, "pass_thread_control", wire.meta.app_id))
    await wire.say("m_3", "hiến máu có đau không?")
    assert len(await wire.values(outbox.c.id)) > before


async def test_routing_opens_no_window(wire: Wire) -> None:
    await wire.say("m_1", "xin chào")
    before = await wire.values(addresses.c.last_inbound_at)
    wire.meta.advance(hours=2)
    await wire.post(wire.meta.webhook_routed(USER, "pass_thread_control", wire.meta.app_id))
    assert await wire.values(addresses.c.last_inbound_at) == before


async def test_a_comment_is_kept_by_its_ids_and_a_reply_is_owed_to_who_asks(wire: Wire, now: datetime) -> None:
    calls = [wire.meta.webhook_comment("77_1", "em muốn đăng ký"), wire.meta.webhook_comment("77_2", "hay quá")]
    for call in calls * 2:
        await wire.post(call)
    kept = await wire.values(platform_events.c.kind, platform_events.c.subject, platform_events.c.detail)
    post = f"{wire.meta.page_id}_77"
    assert sorted(kept) == [("comment", "77_1", post), ("comment", "77_2", post), ("reply-owed", "77_1", post)]
    assert await wire.values(addresses.c.id) == await wire.values(outbox.c.id) == []


async def test_the_pages_own_news_have_their_effect(wire: Wire) -> None:
    row = {"id": new_id(), "purpose": "drive-eve", "channel": "messenger", "name": "drive_eve_v1", "language": "vi"}
    await wire.db.write(lambda c: c.execute(insert(templates).values({**row, "status": "pending"})))
    await wire.post(wire.meta.webhook_template("drive_eve_v1", "APPROVED"))
    assert await wire.values(templates.c.status) == [("approved",)]
    await wire.post(wire.meta.webhook_policy("block"))
    assert await wire.values(accounts.c.paused_reason) == [("restricted policy_enforcement",)]
    wire.meta.advance(days=1)
    await wire.post(wire.meta.webhook_policy("unblock"))
    assert await wire.values(accounts.c.paused_at) == [(None,)]
