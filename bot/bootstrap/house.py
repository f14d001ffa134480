"""The running house: the intake, the pages, and with their roles the sender and the timetable."""

import asyncio
import gc
import socket
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web

from bot import clock
from bot.bootstrap.posters import card_printer, poster_printer
from bot.bootstrap.posts import post_link
from bot.bootstrap.rooms import Rooms, open_rooms, process_name, read_edition
from bot.bootstrap.way_out import make_sender, nightly_copies, sending, start_timetable, sweep_parts
from bot.channels.base import Received, WebhookRequest
from bot.channels.registry import Channels
from bot.domain.updates import ChannelKind
from bot.editions import ContentWatch, Edition
from bot.intake import Committed, Intake
from bot.library.library import Library
from bot.library.reading import content_root
from bot.lookout import Lookout, no_copies
from bot.settings import Settings
from bot.storage.database import Database
from bot.storage.sealing import KeyRing
from bot.web.app import build_app
from bot.web.consents import Consents
from bot.web.hub import Hub
from bot.web.metrics import Metrics, Sending
from bot.web.parts import WebParts

if TYPE_CHECKING:
    from scheduler.copies import NightlyCopies
    from scheduler.jobs import Timetable
    from scheduler.sender import Sender


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
    rooms: Rooms
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
        copies = nightly_copies(rooms, data_dir)
        lookout = _lookout(rooms, intake, metrics, data_dir / spool_name(settings, roles), copies)
        timetable = None
        if sender and "scheduler" in roles:
            timetable = start_timetable(sweep_parts(rooms, sender, lookout, dropped, copies), stack)
        tasks = _polling(rooms, intake, metrics) if "web" in roles else []
        if sender and "sender" in roles:
            bell.sender = sender
            tasks.append(asyncio.create_task(sender.run(), name="sender"))
        watch = _content_watch(rooms)
        if roles & {"web", "sender", "scheduler"}:
            tasks.append(asyncio.create_task(watch.run(), name="content"))
        stack.push_async_callback(_end, tasks)
        yield House(
            settings=settings,
            rooms=rooms,
            db=rooms.db,
            ring=rooms.ring,
            library=rooms.library,
            channels=rooms.channels,
            intake=intake,
            hub=hub,
            app=build_app(_web_parts(rooms, intake, bell, metrics, lookout, partial(sending, sender, dropped), watch)),
            sender=sender,
            timetable=timetable,
            tasks=tuple(tasks),
        )


def spool_name(settings: Settings, roles: frozenset[str]) -> str:
    """One file for each process that takes calls, told apart by its port; a process without pages takes none."""
    return f"spool-{settings.port}.bin" if roles & {"web", "bench"} else "spool-unused.bin"


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
    rooms: Rooms,
    intake: Intake,
    bell: Bell,
    metrics: Metrics,
    lookout: Lookout,
    figures: Callable[[], Sending],
    watch: ContentWatch,
) -> WebParts:
    return WebParts(
        metrics=metrics,
        own=lookout,
        sending=figures,
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
        posters=poster_printer(rooms),
        post_link=post_link(rooms),
        cards=card_printer(rooms),
        content=lambda: watch.state,
    )


def _content_watch(rooms: Rooms) -> ContentWatch:
    def take(edition: Edition) -> None:
        rooms.catalogues.renew(edition.library, edition.reader, edition.scrubber)

    return ContentWatch(content_root(), partial(read_edition, settings=rooms.settings), take, clock.now)


def _polling(rooms: Rooms, intake: Intake, metrics: Metrics) -> list[asyncio.Task[None]]:
    """A task for each Telegram bot when TELEGRAM_MODE is polling; one process at a time polls."""
    telegram = rooms.channels.telegram
    if telegram is None or rooms.settings.telegram is None or rooms.settings.telegram.mode != "polling":
        return []
    from bot.polling import poll_as_owner

    owner = process_name()
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


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
