"""The whole web floor on a real database, with the real intake, dialogue and words; only the platforms are absent."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import ClientWebSocketResponse, web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import Connection

from bot.bootstrap.rooms import granted
from bot.channels.base import Account, Channel
from bot.channels.messenger import Messenger
from bot.channels.telegram import Telegram
from bot.channels.webchat import WebChat
from bot.channels.zalo import Zalo
from bot.domain.contacts import Address
from bot.domain.tokens import sign
from bot.domain.updates import ChannelKind
from bot.intake import Catalogues, Committed, Fixed, Intake
from bot.library import Library, content_root
from bot.reports.poster_doors import doors_of
from bot.reports.posters import Press
from bot.settings import Settings, load_settings
from bot.storage.database import Database
from bot.storage.ids import new_id
from bot.storage.sealing import KeyRing
from bot.storage.tables import accounts, staff, units
from bot.understanding.intents import IntentReader
from bot.web.app import build_app
from bot.web.hub import Hub
from bot.web.parts import WebParts
from tests.facts import MESSENGER, TELEGRAM, WEB, ZALO
from tests.platforms import FakeMessenger, FakeTelegram, FakeZalo
from tests.storage.ground import add_drive

SECRET_KEY = "secret-key-for-tests-only-0123456789"
ENCRYPTION_KEY = "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="


@cache
def library() -> Library:
    return Library.load(content_root())


@cache
def reader() -> IntentReader:
    words = library()
    return IntentReader.build(words.intent_examples, words.topics_by_intent(), words.urgent_phrases)


@dataclass
class Clock:
    """The wall clock, which a test may set forward."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class House:
    """Everything a web test may reach."""

    client: TestClient[web.Request, web.Application]
    app: web.Application
    parts: WebParts
    clock: Clock
    telegram: FakeTelegram
    messenger: FakeMessenger
    zalo: FakeZalo
    ids: dict[str, int]
    slots: list[int]
    nudges: list[str]

    def form_link(self, address: int, minutes: float = 60) -> str:
        until = self.clock() + timedelta(minutes=minutes)
        return f"/form/{sign('form', str(address), until, SECRET_KEY)}"

    async def rows(self, query: Any) -> list[Any]:
        return list(await self.parts.db.read(lambda connection: connection.execute(query).all()))

    async def chat(self, token: str | None = None, **hello: object) -> "Chat":
        """An open page that has said hello."""
        ws = await self.client.ws_connect("/chat/ws")
        page = Chat(ws)
        await ws.send_json({"type": "hello", "token": token, **hello})
        page.token = (await page.until("welcome"))["token"]
        return page


@dataclass
class Chat:
    """One open chat page."""

    ws: ClientWebSocketResponse
    token: str = ""
    number: int = 0

    async def until(self, kind: str) -> dict[str, Any]:
        """The next frame of this type; others are passed over."""
        while True:
            frame: dict[str, Any] = await self.ws.receive_json(timeout=5)
            if frame["type"] == kind:
                return frame

    async def message(self) -> dict[str, Any]:
        return await self.until("message")

    async def say(self, text: str) -> dict[str, Any]:
        """Say something and get the last message of the answer."""
        return await self.send({"type": "text", "text": text})

    async def press(self, choice: Mapping[str, str]) -> dict[str, Any]:
        return await self.send({"type": "choice", "payload": choice["payload"]})

    async def send(self, frame: Mapping[str, Any]) -> dict[str, Any]:
        self.number += 1
        await self.ws.send_json({"id": f"{id(self)}-{self.number}", **frame})
        message: dict[str, Any] = {}
        while True:
            got: dict[str, Any] = await self.ws.receive_json(timeout=5)
            if got["type"] == "message":
                message = got
            elif got["type"] in ("taken", "error"):
                return message or (await self.message() if got["type"] == "taken" else got)


@asynccontextmanager
async def open_house(
    db: Database, folder: Path, env: Mapping[str, str] | None = None, port: int | None = None
) -> AsyncIterator[House]:
    """Serve the web floor on loopback."""
    clock, ring, hub = Clock(), KeyRing([b"k" * 32]), Hub()
    fakes = FakeTelegram(), FakeMessenger(), FakeZalo()
    settings = load_settings(
        {"SECRET_KEY": SECRET_KEY, "ENCRYPTION_KEYS": ENCRYPTION_KEY, **_env(*fakes), **(env or {})}
    )
    ids, slots = db.write_now(lambda connection: furnish(connection, clock(), *fakes))
    channels = _channels(ids, *fakes)
    nudges: list[str] = []
    base = f"http://127.0.0.1:{port}" if port else "https://giothong.example"

    def link(address: Address, now: datetime) -> str:
        return f"{base}/form/{sign('form', str(address.id), now + timedelta(hours=2), SECRET_KEY)}"

    fixed = Fixed(
        granted(library(), settings),
        reader(),
        ZoneInfo("Asia/Ho_Chi_Minh"),
        link,
        "Liên đoàn Lao động tỉnh Mẫu",
        scrubber=library().scrubber(),
    )
    catalogues = Catalogues(db, fixed)

    def committed(what: Committed) -> None:
        hub.publish(what.web)

    intake = Intake(
        db,
        ring,
        catalogues,
        {kind: channel.limits for kind, channel in channels.items()},
        lambda request: channels[request.kind].receive(request),
        folder / "spool",
        clock,
        committed,
    )
    parts = WebParts(
        settings,
        db,
        ring,
        clock,
        channels,
        intake,
        catalogues,
        hub,
        nudge=lambda: nudges.append("nudge"),
        posters=_posters(db, settings, ids),
    )
    app = build_app(parts)
    await intake.start()
    try:
        async with TestClient(TestServer(app, port=port)) as client:
            yield House(client, app, parts, clock, *fakes, ids, slots, nudges)
    finally:
        await intake.close()


def _posters(db: Database, settings: Settings, ids: Mapping[str, int]) -> Callable[[str, datetime], Awaitable[bytes]]:
    """Real posters; only the web chat stands on them."""
    doors = doors_of([Account(ids[ChannelKind.WEB], ChannelKind.WEB, "web", "web")], settings)
    press = Press(library(), "vi", ZoneInfo("Asia/Ho_Chi_Minh"), settings.public_url, doors)

    async def pdf(drive_code: str, now: datetime) -> bytes:
        return (await press.pdf(db, drive_code, "", now))[1]

    return pdf


def _env(telegram: FakeTelegram, messenger: FakeMessenger, zalo: FakeZalo) -> dict[str, str]:
    return {
        "TELEGRAM_BOT_TOKEN": telegram.token,
        "TELEGRAM_WEBHOOK_SECRET": telegram.secret,
        "MESSENGER_PAGE_ID": messenger.page_id,
        "MESSENGER_PAGE_TOKEN": messenger.token,
        "MESSENGER_APP_SECRET": messenger.app_secret,
        "MESSENGER_VERIFY_TOKEN": messenger.verify_token,
        "ZALO_APP_ID": zalo.app_id,
        "ZALO_APP_SECRET": "app-secret",
        "ZALO_OA_ID": zalo.oa_id,
        "ZALO_OA_SECRET": zalo.oa_secret,
        "ZALO_VERIFIER": "CodeOfTheDomain123",
    }


def _channels(
    ids: Mapping[str, int], telegram: FakeTelegram, messenger: FakeMessenger, zalo: FakeZalo
) -> dict[ChannelKind, Channel]:
    def account(kind: ChannelKind, external: str, **secrets: str) -> Account:
        return Account(ids[kind], kind, kind, external, secrets=secrets)

    def no_session() -> Any:
        raise AssertionError("the web floor never calls a platform")

    bot = account(ChannelKind.TELEGRAM, telegram.bot_id, token=telegram.token, secret=telegram.secret)
    page = account(
        ChannelKind.MESSENGER,
        messenger.page_id,
        token=messenger.token,
        app_secret=messenger.app_secret,
        verify_token=messenger.verify_token,
    )
    oa = account(ChannelKind.ZALO, zalo.oa_id, app_id=zalo.app_id, secret=zalo.oa_secret)
    return {
        ChannelKind.WEB: WebChat([account(ChannelKind.WEB, "web")], limits=WEB),
        ChannelKind.TELEGRAM: Telegram([bot], no_session, limits=TELEGRAM),
        ChannelKind.MESSENGER: Messenger([page], no_session, limits=MESSENGER),
        ChannelKind.ZALO: Zalo([oa], no_session, limits=ZALO),
    }


ROLES = ("admin", "organiser", "approver", "volunteer", "viewer", "health")


def furnish(
    connection: Connection, now: datetime, telegram: FakeTelegram, messenger: FakeMessenger, zalo: FakeZalo
) -> tuple[dict[str, int], list[int]]:
    """A province with two grassroots unions, an account of each kind, two drives, and one person of each role."""
    ids: dict[str, int] = {}
    for code, name, level, parent in (
        ("ldld-mau", "Liên đoàn Lao động tỉnh Mẫu", "province", None),
        ("cdcs-che", "CĐCS Công ty Chè Hoa Ban", "grassroots", "ldld-mau"),
        ("cdcs-may", "CĐCS Công ty May Lụa Hồng", "grassroots", "ldld-mau"),
    ):
        ids[code] = new_id()
        parent_id = ids[parent] if parent else None
        connection.execute(units.insert().values(id=ids[code], code=code, name=name, level=level, parent_id=parent_id))
    for kind, external in (
        (ChannelKind.WEB, "web"),
        (ChannelKind.TELEGRAM, telegram.bot_id),
        (ChannelKind.MESSENGER, messenger.page_id),
        (ChannelKind.ZALO, zalo.oa_id),
    ):
        ids[kind] = new_id()
        connection.execute(accounts.insert().values(id=ids[kind], kind=kind, code=kind, external_id=external))
    morning = (now.astimezone(ZoneInfo("Asia/Ho_Chi_Minh")) + timedelta(days=12)).replace(
        hour=7, minute=30, second=0, microsecond=0
    )
    starts = morning.astimezone(UTC)
    ids["drive"], slots = add_drive(
        connection, ids["ldld-mau"], starts, capacities=(20, 20, 2, 20, 20, 20, 20, 20), code="mau-1"
    )
    ids["drive-2"], more = add_drive(
        connection, ids["cdcs-che"], starts + timedelta(days=7), capacities=(10, 10, 10), code="mau-2"
    )
    for role in ROLES:
        ids[role] = new_id()
        unit = None if role == "admin" else ids["ldld-mau"]
        connection.execute(
            staff.insert().values(id=ids[role], login=role, name=f"Người {role}", role=role, unit_id=unit)
        )
    ids["organiser-che"] = new_id()
    connection.execute(
        staff.insert().values(
            id=ids["organiser-che"], login="organiser-che", name="Thuỷ", role="organiser", unit_id=ids["cdcs-che"]
        )
    )
    return ids, [*slots, *more]
