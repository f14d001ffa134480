"""Puts the rooms of the house together from the settings, and takes them apart again in the right order."""

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web
from sqlalchemy import Connection, select

from bot import clock
from bot.channels.base import Account, Received, WebhookRequest
from bot.channels.registry import Channels, build_channels
from bot.domain.tokens import sign
from bot.domain.updates import ChannelKind, Update
from bot.intake import Catalogues, Committed, Fixed, Intake
from bot.library.library import Library
from bot.library.reading import content_root
from bot.secrets_of import missing_secrets, secrets_of
from bot.settings import Settings
from bot.storage.account_rows import ensure_accounts
from bot.storage.accounts import AccountRow, load_accounts
from bot.storage.database import Database
from bot.storage.schema import check_schema
from bot.storage.sealing import KeyRing
from bot.storage.tables import units
from bot.understanding.intents import IntentReader
from bot.web.app import build_app
from bot.web.hub import Hub
from bot.web.parts import WebParts

if TYPE_CHECKING:
    from scheduler.jobs import Timetable
    from scheduler.sender import Sender

log = logging.getLogger(__name__)

FORM_LINK_LASTS = timedelta(days=7)
STOP_SENDING_WITHIN = 5.0


@dataclass(frozen=True, slots=True)
class Rooms:
    """What every part of the program stands on."""

    settings: Settings
    db: Database
    ring: KeyRing
    library: Library
    catalogues: Catalogues
    channels: Channels

    @property
    def accounts(self) -> tuple[Account, ...]:
        return self.channels.accounts


@dataclass(slots=True)
class Bell:
    """Tells of commits: open sockets get what was said, the sender of this process, if it has one, wakes up."""

    hub: Hub
    account_ids: frozenset[int]
    sender: "Sender | None" = None

    def committed(self, committed: Committed) -> None:
        self.hub.publish(committed.web)
        if self.sender is not None and committed.accounts:
            self.sender.nudge(committed.accounts)

    def ring(self) -> None:
        if self.sender is not None:
            self.sender.nudge(self.account_ids)


@dataclass(frozen=True, slots=True)
class House:
    """The program as it runs. `tasks` work until the house is closed; one that ends earlier is a fault."""

    settings: Settings
    db: Database
    ring: KeyRing
    library: Library
    channels: Channels
    intake: Intake
    hub: Hub
    app: web.Application
    sender: "Sender | None" = None
    timetable: "Timetable | None" = None
    tasks: tuple[asyncio.Task[None], ...] = ()


@asynccontextmanager
async def open_rooms(settings: Settings) -> AsyncIterator[Rooms]:
    """Database, content, channels; nothing runs yet.

    Raises:
        WrongSchema: the database is older or newer than the program.
        ContentFaults: the content cannot be used.
        DatabaseAway: the database does not answer.
    """
    async with AsyncExitStack() as stack:
        db = stack.enter_context(Database(settings.database_url))
        check_schema(db)
        library = Library.load(content_root())
        rows, organiser = db.write_now(lambda connection: _accounts_and_organiser(connection, settings))
        accounts = usable_accounts(rows, settings)
        channels = build_channels(settings, accounts, phone_label=library.text("label.share-phone", "vi"))
        stack.push_async_callback(channels.close)
        fixed = Fixed(
            words=library,
            reader=IntentReader.build(library.intent_examples, library.topics_by_intent(), library.urgent_phrases),
            zone=settings.timezone,
            form_link=form_link(settings, accounts),
            organiser=organiser,
        )
        yield Rooms(settings, db, KeyRing(settings.encryption_keys), library, Catalogues(db, fixed), channels)


@asynccontextmanager
async def open_house(settings: Settings, data_dir: Path, roles: frozenset[str]) -> AsyncIterator[House]:
    """The running house: the intake, and with their roles the sender and the timetable.

    Closing goes the other way round: nothing new is planned or sent, the batch under way is committed, leases are
    given back, connections closed. Serving `app` is the caller's business, and so is stopping that first.

    Args:
        data_dir: where the spool file lies, one for each port: two processes must not share it.
        roles: some of web, sender, scheduler.

    Raises:
        WrongSchema, ContentFaults, DatabaseAway: as `open_rooms`.
    """
    async with open_rooms(settings) as rooms, AsyncExitStack() as stack:
        hub = Hub()
        bell = Bell(hub, frozenset(account.id for account in rooms.accounts))
        intake = _intake(rooms, data_dir / f"spool-{settings.port}.bin", bell)
        await intake.start()
        stack.push_async_callback(intake.close)
        sender = await _sender(rooms) if "sender" in roles else None
        bell.sender = sender
        timetable = await _timetable(rooms, bell, stack) if "scheduler" in roles else None
        tasks = [asyncio.create_task(sender.run(), name="sender")] if sender else []
        tasks += _polling(rooms, intake) if "web" in roles else []
        stack.push_async_callback(_end, tasks)
        yield House(
            settings=settings,
            db=rooms.db,
            ring=rooms.ring,
            library=rooms.library,
            channels=rooms.channels,
            intake=intake,
            hub=hub,
            app=build_app(_web_parts(rooms, intake, bell)),
            sender=sender,
            timetable=timetable,
            tasks=tuple(tasks),
        )


def usable_accounts(rows: Sequence[AccountRow], settings: Settings) -> tuple[Account, ...]:
    """Accounts that have their secrets; the others are off, which is said once."""
    named = {kind: external_id for kind, external_id in accounts_of(settings)}
    usable: list[Account] = []
    for row in rows:
        environment = settings.environment
        if row.secrets_env:
            missing = missing_secrets(row.kind, row.secrets_env, environment)
            if missing:
                log.warning("channel %s is off: %s is not set", row.code, " and ".join(missing))
                continue
        elif row.kind is not ChannelKind.WEB and named.get(row.kind) != row.external_id:
            log.info("channel %s is off: its settings are no longer there", row.code)
            continue
        secrets = secrets_of(row.secrets_env, environment) if row.secrets_env else {}
        usable.append(Account(row.id, row.kind, row.code, row.external_id, row.unit_id, secrets))
    return tuple(usable)


def accounts_of(settings: Settings) -> list[tuple[ChannelKind, str]]:
    """The accounts that the settings themselves name."""
    found: list[tuple[ChannelKind, str]] = []
    if settings.telegram:
        found.append((ChannelKind.TELEGRAM, settings.telegram.bot_id))
    if settings.messenger:
        found.append((ChannelKind.MESSENGER, settings.messenger.page_id))
    if settings.zalo:
        found.append((ChannelKind.ZALO, settings.zalo.oa_id))
    return found


def form_link(settings: Settings, accounts: Sequence[Account]) -> Callable[[int, datetime], str]:
    """Signed links to the one-page form. Without a public address only the web chat of this computer can open one."""
    only_web = all(account.kind is ChannelKind.WEB for account in accounts)
    base = settings.public_url or (settings.base_url() if only_web else "")

    def link(address_id: int, now: datetime) -> str:
        return f"{base}/form/{sign('form', str(address_id), now + FORM_LINK_LASTS, settings.secret_key)}"

    return link if base else lambda _address_id, _now: ""


def _accounts_and_organiser(connection: Connection, settings: Settings) -> tuple[tuple[AccountRow, ...], str]:
    """All accounts, those of the settings made first, and the name of the union at the top of the tree."""
    ensure_accounts(connection, accounts_of(settings))
    top = select(units.c.name).where(units.c.parent_id.is_(None)).order_by(units.c.id).limit(1)
    return load_accounts(connection), connection.execute(top).scalar() or ""


def _intake(rooms: Rooms, spool: Path, bell: Bell) -> Intake:
    by_kind = rooms.channels.by_kind

    def receive(request: WebhookRequest) -> Received:
        return by_kind[request.kind].receive(request)

    return Intake(
        rooms.db,
        rooms.ring,
        rooms.catalogues,
        {kind: channel.limits for kind, channel in by_kind.items()},
        receive,
        spool,
        clock.now,
        bell.committed,
    )


def _web_parts(rooms: Rooms, intake: Intake, bell: Bell) -> WebParts:
    return WebParts(
        settings=rooms.settings,
        db=rooms.db,
        ring=rooms.ring,
        clock=clock.now,
        channels=rooms.channels.by_kind,
        intake=intake,
        catalogues=rooms.catalogues,
        hub=bell.hub,
        nudge=bell.ring,
    )


def _polling(rooms: Rooms, intake: Intake) -> list[asyncio.Task[None]]:
    """A task for each Telegram bot when TELEGRAM_MODE is polling. The offset moves on only after the commit."""
    telegram = rooms.channels.telegram
    if telegram is None or rooms.settings.telegram is None or rooms.settings.telegram.mode != "polling":
        return []
    from bot.channels.telegram_polling import poll

    async def deliver(updates: Sequence[Update]) -> None:
        await intake.take(None, Received(tuple(updates)))

    bots = [account for account in rooms.accounts if account.kind is ChannelKind.TELEGRAM]
    return [asyncio.create_task(poll(telegram, bot, deliver), name=f"polling {bot.code}") for bot in bots]


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
