"""What the year happens on: strict Zalo and Telegram in virtual time, the wire to them, and the house that is killed."""

import asyncio
import base64
import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select

from bot.domain.token_life import REFRESH_AT, TRY_AGAIN
from bot.domain.updates import ChannelKind, Said, Update
from bot.library.loadfile import read_load_file
from bot.settings import Settings, load_settings
from bot.storage.loading import load
from bot.storage.tables import accounts, addresses, contacts, intents, outbox, slots, units
from tests.platforms.server import Refusal, Sent, Webhook
from tests.platforms.telegram import FakeTelegram
from tests.platforms.zalo import FakeZalo
from tests.platforms.zalo_oauth import FakeZaloOAuth
from tests.year.house import KEY, House
from tests.year.virtual import VirtualClock, VirtualLoop
from tests.year.wire import Wire

IDLE_AT_MOST = timedelta(hours=24)
PAUSED_AT_MOST = timedelta(minutes=10)


class _Live:
    """The platform's time is the year's."""

    year: Callable[[], datetime]

    @property
    def now(self) -> datetime:
        return self.year()

    @now.setter
    def now(self, moment: datetime) -> None:
        """Nobody sets the year's clock."""


class LiveZalo(_Live, FakeZalo):  # type: ignore[misc]
    """Tells whoever waits that a message has arrived.

    Attributes:
        refusals: how often which number was answered.
        keys: which of our messages each delivered one was; the real Zalo never knows.
    """

    on_sent: Callable[[Sent], None] = staticmethod(lambda _sent: None)

    def __init__(self) -> None:
        super().__init__()
        self.refusals: Counter[int] = Counter()
        self.keys: dict[str, str] = {}

    async def answer(self, request: Any, body: Any) -> Any:
        before = len(self.sent)
        try:
            answer = await super().answer(request, body)
        except Refusal as refusal:
            self.refusals[refusal.body["error"]] += 1
            raise
        for sent in self.sent[before:]:
            self.keys[sent.platform_id] = KEY.get()
            self.on_sent(sent)
        return answer


class LiveTelegram(_Live, FakeTelegram):  # type: ignore[misc]
    pass


class LiveOAuth(_Live, FakeZaloOAuth):  # type: ignore[misc]
    pass


class Town:
    """The platforms, the clock, and the house with whatever happens to it."""

    def __init__(self, url: str, folder: Path, clock: VirtualClock, loop: VirtualLoop, seed: int) -> None:
        self.clock, self.loop, self.chance = clock, loop, random.Random(seed)
        self.counts: Counter[str] = Counter()
        for kind in (LiveZalo, LiveTelegram, LiveOAuth):
            kind.year = staticmethod(clock)  # type: ignore[assignment]
        self.oauth, self.zalo, self.telegram = LiveOAuth(), LiveZalo(), LiveTelegram()
        self.zalo.oauth = self.oauth
        self.purse = self.zalo.wallet = 5_000_000
        grant = self.oauth.give()
        hosts = {"openapi": self.zalo, "business": self.zalo, "oauth": self.oauth, "telegram": self.telegram}
        self.wire = Wire(hosts, random.Random(seed + 1))
        self.settings = _settings(url, self, grant.refresh, self.chance)
        self._folder = folder
        self.house: House | None = None

    async def open(self) -> None:
        self.house = House(self.settings, self._folder, self.clock, self.loop)
        await self.house.open()
        self.oa = next(a for a in self.house.rooms.accounts if a.kind is ChannelKind.ZALO)

    @property
    def here(self) -> House:
        assert self.house is not None
        return self.house

    async def kill(self, away: float) -> None:
        """The process dies now; another one starts after a while. Returns when it runs."""
        house, self.house = self.here, None
        await house.kill()
        self.counts["kills"] += 1
        self.zalo.calls.clear()
        await asyncio.sleep(away)
        await self.open()

    async def take(self, hook: Webhook) -> bool:
        return self.house is not None and await self.house.take(hook)

    async def submit(self, update: Update) -> bool:
        return self.house is not None and await self.house.submit(update)

    def read(self, work: Callable[[Connection], Any]) -> Any:
        """A look at the rows from outside."""
        return self.here.db.read_now(work)

    def write(self, work: Callable[[Connection], Any]) -> Any:
        return self.here.db.write_now(work)

    def load(self, text: str) -> None:
        """`giothong load`."""
        file, zone = read_load_file(text, "year.yaml"), self.settings.timezone
        self.write(lambda c: load(c, file, now=self.clock(), zone=zone, environment={}, who="year"))
        self.here.rooms.catalogues.forget()

    def update_of(self, user_id: str) -> Update:
        return Update(self.oa.id, ChannelKind.ZALO, user_id, "", self.clock(), Said(""))

    def choices(self, number: int) -> tuple[str, str]:
        """A unit's and an open slot's ids, as the page sends them."""
        now = self.clock()
        unit = self.read(lambda c: c.execute(select(units.c.id).where(units.c.parent_id.is_not(None))).scalars().all())
        free = select(slots.c.id).where(slots.c.starts_at > now, slots.c.taken < slots.c.capacity).order_by(slots.c.id)
        slot = self.read(lambda c: c.execute(free).scalars().all())
        return str(unit[number % len(unit)]), str(slot[number % len(slot)])

    def knows(self, user_id: str) -> bool:
        """Do we hold this person's name, so that the page offers to use it again?"""
        query = (
            select(contacts.c.id)
            .join(addresses, addresses.c.contact_id == contacts.c.id)
            .where(addresses.c.user_id == user_id, contacts.c.name_sealed.is_not(None))
        )
        return self.read(lambda c: c.execute(query).first()) is not None

    # --- when to go on ---------------------------------------------------------------------------------------------

    def busy(self) -> bool:
        """Is anything due that could go out or be judged now?"""
        return self.house is not None and bool(self.read(lambda c: _due(c, self.clock())))

    def next_due(self) -> datetime:
        """The next moment at which the house has something to do by itself."""
        return min(self.clock() + IDLE_AT_MOST, *self.read(lambda c: _moments(c, self.clock())))


def _due(connection: Connection, now: datetime) -> bool:
    waiting = (
        select(outbox.c.id)
        .join(accounts, accounts.c.id == outbox.c.account_id)
        .where(outbox.c.state.in_(("waiting", "sending")), outbox.c.due_at <= now, accounts.c.paused_at.is_(None))
    )
    judged = select(intents.c.id).where(intents.c.state == "waiting", intents.c.due_at <= now)
    return any(connection.execute(query.limit(1)).first() for query in (waiting, judged))


def _moments(connection: Connection, now: datetime) -> list[datetime]:
    queries = (
        select(func.min(intents.c.due_at)).where(intents.c.state == "waiting", intents.c.due_at > now),
        select(func.min(outbox.c.due_at)).where(outbox.c.state == "waiting", outbox.c.due_at > now),
    )
    found = [moment for query in queries if (moment := connection.execute(query).scalar()) is not None]
    issued = connection.execute(
        select(accounts.c.tokens_at).where(accounts.c.tokens_at.is_not(None), accounts.c.refresh_state == "")
    ).scalars()
    found += [max(at + REFRESH_AT + timedelta(minutes=1), now + TRY_AGAIN) for at in issued]
    if connection.execute(select(accounts.c.id).where(accounts.c.paused_at.is_not(None))).first():
        found.append(now + PAUSED_AT_MOST)
    return [now + IDLE_AT_MOST, *found]


def _settings(url: str, town: Town, refresh: str, chance: random.Random) -> Settings:
    zalo, telegram = town.zalo, town.telegram
    return load_settings(
        {
            "DATABASE_URL": url,
            "PUBLIC_URL": "https://bot.example",
            "SECRET_KEY": base64.urlsafe_b64encode(chance.randbytes(32)).decode(),
            "ENCRYPTION_KEYS": base64.urlsafe_b64encode(chance.randbytes(32)).decode(),
            "TELEGRAM_BOT_TOKEN": telegram.token,
            "TELEGRAM_WEBHOOK_SECRET": telegram.secret,
            "ZALO_APP_ID": zalo.app_id,
            "ZALO_APP_SECRET": town.oauth.app_secret,
            "ZALO_OA_ID": zalo.oa_id,
            "ZALO_OA_SECRET": zalo.oa_secret,
            "ZALO_REFRESH_TOKEN": refresh,
            "ZALO_API_BASE": "http://openapi",
            "ZALO_BUSINESS_BASE": "http://business",
            "ZALO_OAUTH_BASE": "http://oauth",
            "TELEGRAM_API_BASE": "http://telegram",
        }
    )
