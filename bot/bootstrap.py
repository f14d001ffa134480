"""Puts the rooms of the house together from the settings, and takes them apart again in the right order."""

import asyncio
import gc
import logging
import os
import secrets
import socket
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web
from sqlalchemy import Connection, select

from bot import clock
from bot.channels.base import Account, Received, WebhookRequest
from bot.channels.http import SharedSession
from bot.channels.registry import Channels, build_channels
from bot.channels.zalo_oauth import ZaloOAuth
from bot.domain.alarms import OwnFigures
from bot.domain.contacts import Address
from bot.domain.quiet_hours import QuietHours
from bot.domain.tokens import sign
from bot.domain.updates import ChannelKind
from bot.intake import Catalogues, Committed, Fixed, Intake
from bot.library.library import Library
from bot.library.reading import content_root
from bot.lookout import Lookout, no_copies
from bot.secrets_of import missing_secrets, secrets_of
from bot.settings import Settings
from bot.storage.account_rows import ensure_accounts
from bot.storage.accounts import AccountRow, load_accounts
from bot.storage.database import Database
from bot.storage.key_store import open_ring
from bot.storage.schema import check_schema
from bot.storage.sealing import KeyRing
from bot.storage.tables import units
from bot.web.app import build_app
from bot.web.consents import Consents
from bot.web.hub import Hub
from bot.web.metrics import Metrics, Sending
from bot.web.parts import WebParts

if TYPE_CHECKING:
    from scheduler.copies import NightlyCopies
    from scheduler.jobs import Timetable
    from scheduler.parts import Parts
    from scheduler.sender import Sender
    from scheduler.tokens import TokenKeeper

log = logging.getLogger(__name__)

FORM_LINK_LASTS = timedelta(days=7)
ME_LINK_LASTS = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Rooms:
    """What every part of the program stands on."""

    settings: Settings
    db: Database
    ring: KeyRing
    library: Library
    catalogues: Catalogues
    channels: Channels
    tokens: "TokenKeeper"

    @property
    def accounts(self) -> tuple[Account, ...]:
        return self.channels.accounts


@dataclass(slots=True)
class Bell:
    """Tells of commits: open sockets get what was said, the sender of this process, if it has one, wakes up."""

    hub: Hub
    sender: "Sender | None" = None

    def committed(self, committed: Committed) -> None:
        self.hub.publish(committed.web)
        if self.sender is not None and committed.accounts:
            self.sender.nudge(committed.accounts)

    def ring(self) -> None:
        if self.sender is not None:
            self.sender.nudge()


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


def calm_the_collector() -> None:
    """Garbage comes in short-lived heaps here, and what was loaded at the start never becomes garbage.

    Python looks through everything after each 700 new objects; that took a seventh of the intake's time and made its
    slowest answers twice as slow (docs/why.md).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)


@asynccontextmanager
async def open_rooms(settings: Settings) -> AsyncIterator[Rooms]:
    """Database, content, channels; nothing runs yet.

    Raises:
        WrongSchema: the database is older or newer than the program.
        LostKey: the database was written under a key that is gone.
        ContentFaults: the content cannot be used.
        DatabaseAway: the database does not answer.
    """
    async with AsyncExitStack() as stack:
        db = stack.enter_context(Database(settings.database_url))
        check_schema(db)
        ring = open_ring(db, settings.encryption_keys)
        library = Library.load(content_root())
        rows, organiser = db.write_now(lambda connection: _accounts_and_organiser(connection, settings))
        accounts = usable_accounts(rows, settings)
        session = SharedSession()
        tokens = _token_keeper(settings, db, ring, session)
        channels = build_channels(
            settings,
            accounts,
            {kind: platform.limits for kind, platform in library.platforms.items()},
            session,
            zalo_tokens=tokens,
            phone_label=_phone_label(library),
            card_image=_card_image(settings),
        )
        stack.push_async_callback(channels.close)
        fixed = Fixed(
            words=library,
            reader=library.reader(),
            zone=settings.timezone,
            form_link=form_link(settings),
            me_link=me_link(settings),
            paces={kind: channel.limits.per_minute for kind, channel in channels.by_kind.items()},
            organiser=organiser,
            keep_days=settings.retention.words.days,
        )
        yield Rooms(settings, db, ring, library, Catalogues(db, fixed), channels, tokens)


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
        bell = Bell(hub)
        intake = _intake(rooms, data_dir / spool_name(settings, roles), bell)
        await intake.start()
        stack.push_async_callback(intake.close)
        sender = make_sender(rooms) if roles & {"sender", "scheduler"} else None
        metrics, dropped = Metrics(), Counter[str]()
        copies = _nightly_copies(rooms, data_dir)
        lookout = _lookout(rooms, intake, metrics, data_dir / spool_name(settings, roles), copies)
        timetable = None
        if sender and "scheduler" in roles:
            timetable = _timetable(sweep_parts(rooms, sender, lookout, dropped, copies), stack)
        tasks = _polling(rooms, intake, metrics) if "web" in roles else []
        if sender and "sender" in roles:
            bell.sender = sender
            tasks.append(asyncio.create_task(sender.run(), name="sender"))
        stack.push_async_callback(_end, tasks)
        yield House(
            settings=settings,
            db=rooms.db,
            ring=rooms.ring,
            library=rooms.library,
            channels=rooms.channels,
            intake=intake,
            hub=hub,
            app=build_app(_web_parts(rooms, intake, bell, metrics, lookout, partial(_sending, sender, dropped))),
            sender=sender,
            timetable=timetable,
            tasks=tuple(tasks),
        )


def _token_keeper(settings: Settings, db: Database, ring: KeyRing, session: SharedSession) -> "TokenKeeper":
    """Gives the OAs their tokens of this hour."""
    from scheduler.tokens import TokenKeeper

    oauth = ZaloOAuth(session, base=settings.bases["ZALO_OAUTH_BASE"])
    return TokenKeeper(db, ring, oauth, clock.now, _process_name())


def _process_name() -> str:
    """A name no other process ever has."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"


def make_sender(rooms: Rooms) -> "Sender":
    """The sender of this process, under a name no other process ever has; it does nothing until it runs."""
    from scheduler.sender import Sender

    owner = _process_name()
    by_kind, quiet = rooms.channels.by_kind, quiet_hours(rooms.settings)
    return Sender(rooms.db, rooms.ring, by_kind, rooms.accounts, rooms.library.platforms, clock.now, owner, quiet)


def sweep_parts(
    rooms: Rooms,
    sender: "Sender",
    own: Callable[[datetime], OwnFigures] = lambda _now: OwnFigures(),
    dropped: Counter[str] | None = None,
    copies: "NightlyCopies | None" = None,
) -> "Parts":
    """What the sweeps and `tick` are given."""
    from scheduler.parts import Parts

    return Parts(
        own=own,
        console=rooms.settings.base_url(),
        dropped=Counter() if dropped is None else dropped,
        db=rooms.db,
        ring=rooms.ring,
        words=rooms.library,
        intervals=rooms.library.intervals(),
        limits={kind: channel.limits for kind, channel in rooms.channels.by_kind.items()},
        platforms=rooms.library.platforms,
        forms=rooms.library.forms,
        quiet=quiet_hours(rooms.settings),
        clock=clock.now,
        sender=sender,
        retention=rooms.settings.retention,
        tokens=rooms.tokens,
        accounts=rooms.accounts,
        channels=rooms.channels.by_kind,
        copies=copies,
    )


def quiet_hours(settings: Settings) -> QuietHours:
    return QuietHours(settings.timezone, settings.quiet_from, settings.quiet_to)


def spool_name(settings: Settings, roles: frozenset[str]) -> str:
    """One file for each process that takes calls, told apart by its port; a process without pages takes none."""
    return f"spool-{settings.port}.bin" if roles & {"web", "bench"} else "spool-unused.bin"


def usable_accounts(rows: Sequence[AccountRow], settings: Settings) -> tuple[Account, ...]:
    """Accounts that have their secrets; the others are off, which is said once."""
    named = dict(accounts_of(settings))
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


def form_link(settings: Settings) -> Callable[[Address, datetime], str]:
    """Signed links to the one-page form. Without a public address only a web chat on this computer can open one."""
    base = settings.base_url()

    def link(address: Address, now: datetime) -> str:
        if not settings.public_url and address.channel is not ChannelKind.WEB:
            return ""
        return f"{base}/form/{sign('form', str(address.id), now + FORM_LINK_LASTS, settings.secret_key)}"

    return link


def me_link(settings: Settings) -> Callable[[Address, datetime], str]:
    """Signed links to a person's own data; each opens once (`used_links`), where a form link opens."""
    base = settings.base_url()

    def link(address: Address, now: datetime) -> str:
        if not settings.public_url and address.channel is not ChannelKind.WEB:
            return ""
        subject = f"{address.id}-{secrets.token_urlsafe(9)}"
        return f"{base}/me/{sign('me', subject, now + ME_LINK_LASTS, settings.secret_key)}"

    return link


def _accounts_and_organiser(connection: Connection, settings: Settings) -> tuple[tuple[AccountRow, ...], str]:
    """All accounts, those of the settings made first, and the name of the union at the top of the tree."""
    ensure_accounts(connection, accounts_of(settings))
    top = select(units.c.name).where(units.c.parent_id.is_(None)).order_by(units.c.id).limit(1)
    return load_accounts(connection), connection.execute(top).scalar() or ""


def _card_image(settings: Settings) -> str:
    """The picture on Zalo's card that asks for a phone number; Zalo fetches it, so only with a public address."""
    return f"{settings.public_url}/static/card/drop.png" if settings.public_url.startswith("https://") else ""


def _phone_label(library: Library) -> str:
    return library.text("label.share-phone", "vi") if library.has("label.share-phone") else "📱"


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


def _web_parts(
    rooms: Rooms, intake: Intake, bell: Bell, metrics: Metrics, lookout: Lookout, sending: Callable[[], Sending]
) -> WebParts:
    return WebParts(
        metrics=metrics,
        own=lookout,
        sending=sending,
        settings=rooms.settings,
        db=rooms.db,
        ring=rooms.ring,
        clock=clock.now,
        channels=rooms.channels.by_kind,
        intake=intake,
        catalogues=rooms.catalogues,
        hub=bell.hub,
        nudge=bell.ring,
        consents=Consents(rooms.tokens.oauth, rooms.accounts, rooms.tokens.keep),
    )


def _polling(rooms: Rooms, intake: Intake, metrics: Metrics) -> list[asyncio.Task[None]]:
    """A task for each Telegram bot when TELEGRAM_MODE is polling; one process at a time polls."""
    telegram = rooms.channels.telegram
    if telegram is None or rooms.settings.telegram is None or rooms.settings.telegram.mode != "polling":
        return []
    from bot.polling import poll_as_owner

    owner = _process_name()
    bots = [account for account in rooms.accounts if account.kind is ChannelKind.TELEGRAM]
    return [
        asyncio.create_task(
            poll_as_owner(telegram, bot, intake, metrics, rooms.db, owner, clock.now), name=f"polling {bot.code}"
        )
        for bot in bots
    ]


def _lookout(rooms: Rooms, intake: Intake, metrics: Metrics, spool: Path, copies: "NightlyCopies | None") -> Lookout:
    """What this process knows of itself, under a name that stays the same over a restart."""
    name = f"{socket.gethostname()}:{rooms.settings.port}"
    state = copies.state if copies is not None else no_copies
    return Lookout(name, clock.now(), spool, lambda: intake.spool_size, lambda: metrics.loop_lag, state)


def _nightly_copies(rooms: Rooms, data_dir: Path) -> "NightlyCopies | None":
    settings = rooms.settings
    if not settings.backup_dir:
        return None
    from scheduler.copies import NightlyCopies

    keep = timedelta(days=settings.backup_keep_days)
    return NightlyCopies(Path(settings.backup_dir), data_dir, keep, rooms.db, rooms.ring)


def _sending(sender: "Sender | None", dropped: Counter[str]) -> Sending:
    return Sending(sender.epochs, sender.counts, dropped) if sender else Sending(dropped=dropped)


def _timetable(parts: "Parts", stack: AsyncExitStack) -> "Timetable":
    from scheduler.jobs import Timetable

    timetable = Timetable(parts)
    timetable.start()
    stack.callback(timetable.stop)
    return timetable


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
