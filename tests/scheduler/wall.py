"""Public posts on strict platforms over loopback: accounts, a drive, drafts that another person has approved."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, update

from bot.channels.base import Account, Channel
from bot.channels.http import SharedSession
from bot.channels.messenger import Messenger
from bot.channels.telegram import Telegram
from bot.channels.zalo import Zalo
from bot.domain.posts import KIND_ON, Aim, PostDraft, PostStep
from bot.domain.updates import ChannelKind
from bot.storage.broadcast_images import keep_image
from bot.storage.posts import Post, approve, create, post_at, take_step
from bot.storage.tables import accounts, drives, posts
from scheduler.parts import Parts
from tests.channels.conftest import messenger_account, telegram_account, zalo_account
from tests.facts import MESSENGER, TELEGRAM, ZALO
from tests.pictures import png
from tests.platforms import FakeMessenger, FakeTelegram, FakeZalo
from tests.scheduler.conftest import Stage
from tests.storage.ground import add_account, add_drive, add_unit

HOME = "https://giothong.example"
WORDS = "Mời anh chị em đoàn viên cùng hiến máu.\n\nNgày hội mở lúc 7 giờ 30."


@dataclass
class Wall:
    """The platforms, and the rows that lead to them."""

    stage: Stage
    parts: Parts
    page: FakeMessenger
    channel: FakeTelegram
    oa: FakeZalo
    ids: dict[ChannelKind, int]
    unit: int
    drive: int
    picture: int
    session: SharedSession = field(repr=False)

    def draft(self, kind: ChannelKind, **other: Any) -> PostDraft:
        aim = Aim(channel="@congdoanmau") if kind is ChannelKind.TELEGRAM else Aim()
        title = "Ngày hội Giọt hồng" if kind is ChannelKind.ZALO else ""
        draft = PostDraft(self.ids[kind], self.unit, KIND_ON[kind], WORDS, title, self.picture, self.drive, aim)
        return replace(draft, **other)

    def write(self, draft: PostDraft) -> int:
        return self.stage.db.write_now(lambda c: create(c, "lan", draft, self.stage.clock()))

    def approved(self, kind: ChannelKind, **other: Any) -> int:
        """A post that goes out at its time."""
        post_id = self.write(self.draft(kind, **other))
        self.step(post_id, PostStep.SUBMIT)
        now = self.stage.clock()
        self.stage.db.write_now(lambda c: approve(c, "minh", self.post(post_id), above=True, now=now))
        return post_id

    def post(self, post_id: int) -> Post:
        found = self.stage.db.read_now(lambda c: post_at(c, post_id, self.stage.clock()))
        assert found is not None
        return found

    def state(self, post_id: int) -> str:
        return self.post(post_id).state.value

    def step(self, post_id: int, step: PostStep) -> None:
        post = self.post(post_id)
        self.stage.db.write_now(lambda c: take_step(c, "minh", post, step, self.stage.clock()))

    def wait(self, **time: float) -> None:
        """Our clock and the platforms'."""
        self.stage.clock.now += timedelta(**time)
        self.set_platforms(self.stage.clock.now)

    def set_platforms(self, now: datetime) -> None:
        for platform in (self.page, self.channel, self.oa):
            platform.now = now

    def close_drive(self) -> None:
        self.change_row(drives, self.drive, state="closed")

    def pause(self, kind: ChannelKind) -> None:
        self.change_row(accounts, self.ids[kind], paused_at=self.stage.clock(), paused_reason="test")

    def change_row(self, table: Any, row_id: int, **values: Any) -> None:
        self.stage.db.write_now(lambda c: c.execute(update(table).where(table.c.id == row_id).values(values)))

    def other_process(self) -> Parts:
        """The same rows and platforms under another name."""
        return parts_of(self.stage, list(self.parts.accounts), self.session, self, "there")


@pytest.fixture
async def wall(stage: Stage) -> AsyncIterator[Wall]:
    session = SharedSession()
    async with FakeMessenger() as page, FakeTelegram() as channel, FakeZalo() as oa:
        built = stage.db.write_now(lambda c: rows_of(c, stage, page, channel, oa))
        ids, unit, drive, picture = built
        channel.channels["@congdoanmau"] = True
        made = Wall(stage, None, page, channel, oa, ids, unit, drive, picture, session)  # type: ignore[arg-type]
        own = [
            replace(account, id=ids[account.kind])
            for account in (messenger_account(page), telegram_account(channel), zalo_account(oa))
        ]
        made.parts = parts_of(stage, own, session, made, "here")
        made.set_platforms(stage.clock())
        yield made
    await session.close()


def rows_of(
    connection: Connection, stage: Stage, page: FakeMessenger, channel: FakeTelegram, oa: FakeZalo
) -> tuple[dict[ChannelKind, int], int, int, int]:
    now = stage.clock()
    unit = add_unit(connection)
    drive, _ = add_drive(connection, unit, now + timedelta(days=12))
    external = {
        ChannelKind.MESSENGER: page.page_id,
        ChannelKind.TELEGRAM: channel.bot_id,
        ChannelKind.ZALO: oa.oa_id,
    }
    ids = {kind: add_account(connection, kind.value, name) for kind, name in external.items()}
    return ids, unit, drive, keep_image(connection, "image/png", png(), now)


def parts_of(stage: Stage, own: list[Account], session: SharedSession, wall: Wall, owner: str) -> Parts:
    by_kind = {account.kind: account for account in own}
    page, bot, oa = (by_kind[k] for k in (ChannelKind.MESSENGER, ChannelKind.TELEGRAM, ChannelKind.ZALO))
    base = wall.oa.base_url
    channels: dict[ChannelKind, Channel] = {
        ChannelKind.MESSENGER: Messenger([page], session, limits=MESSENGER, base=wall.page.base_url),
        ChannelKind.TELEGRAM: Telegram([bot], session, limits=TELEGRAM, base=wall.channel.base_url),
        ChannelKind.ZALO: Zalo([oa], session, limits=ZALO, base=base, business=base, clock=stage.clock),
    }

    def link(account_id: int, code: str) -> str:
        of = {page.id: f"https://m.me/trang?ref={code}", oa.id: "https://zalo.me/oa"}
        return of.get(account_id, f"https://t.me/bot?start={code}")

    parts = stage.parts(channels, own, owner)
    return replace(parts, accounts=tuple(own), channels=channels, console=HOME, post_link=link)


__all__ = ["HOME", "WORDS", "Wall", "posts", "wall"]
