"""The sender, the sweeps and the nightly copies of this process; imported only where they are wanted."""

from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bot import clock
from bot.bootstrap.links import picture_link, ticket_links
from bot.bootstrap.posts import post_link
from bot.bootstrap.rooms import Rooms, process_name, quiet_hours
from bot.domain.alarms import OwnFigures
from bot.intake import CurrentWords
from bot.web.metrics import Sending

if TYPE_CHECKING:
    from bot.intake.broadcast_desk import Desk
    from scheduler.copies import NightlyCopies
    from scheduler.jobs import Timetable
    from scheduler.parts import Parts
    from scheduler.sender import Sender


def make_sender(rooms: Rooms) -> "Sender":
    """The sender of this process, under a name no other process ever has; it does nothing until it runs."""
    from scheduler.sender import Sender

    owner = process_name()
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
    from scheduler.moving import move
    from scheduler.parts import Parts

    parts = Parts(
        own=own,
        console=rooms.settings.base_url(),
        dropped=Counter() if dropped is None else dropped,
        db=rooms.db,
        ring=rooms.ring,
        words=CurrentWords(rooms.catalogues),
        intervals=rooms.library.rules.intervals,
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
        schedule=lambda: rooms.catalogues.library.schedule,
        cap=rooms.settings.message_cap,
        ticket_links=ticket_links(rooms.settings),
        picture_link=picture_link(rooms.settings),
        broadcast_desk=lambda: broadcast_desk(rooms),
        post_link=post_link(rooms),
    )
    sender.let_move(lambda connection, refused, now: move(connection, parts, refused, now))
    return parts


def broadcast_desk(rooms: Rooms) -> "Desk":
    """What the steps of a broadcast need, with the content of this moment."""
    from bot.intake.broadcast_desk import desk_of

    limits = {kind: channel.limits for kind, channel in rooms.channels.by_kind.items()}
    return desk_of(rooms.db, rooms.ring, rooms.catalogues.library, limits, rooms.settings)


def nightly_copies(rooms: Rooms, data_dir: Path) -> "NightlyCopies | None":
    settings = rooms.settings
    if not settings.backup_dir:
        return None
    from scheduler.copies import NightlyCopies

    keep = timedelta(days=settings.backup_keep_days)
    return NightlyCopies(Path(settings.backup_dir), data_dir, keep, rooms.db, rooms.ring)


def sending(sender: "Sender | None", dropped: Counter[str]) -> Sending:
    return Sending(sender.epochs, sender.counts, dropped) if sender else Sending(dropped=dropped)


def start_timetable(parts: "Parts", stack: AsyncExitStack) -> "Timetable":
    from scheduler.jobs import Timetable

    timetable = Timetable(parts)
    timetable.start()
    stack.callback(timetable.stop)
    return timetable
