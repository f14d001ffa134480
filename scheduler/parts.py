"""What the sweeps, the timetable and `tick` are given: everything they need of the rooms below, in one value."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.channels.base import Account, Channel
from bot.clock import Clock
from bot.dialog.talk import Words, no_picture, no_ticket_links
from bot.domain.alarms import OwnFigures
from bot.domain.contacts import Address
from bot.domain.donations import Intervals
from bot.domain.platforms import Limits, Platforms
from bot.domain.quiet_hours import QuietHours
from bot.domain.retention import Retention
from bot.domain.schedule import NO_SCHEDULE, Schedule
from bot.domain.templates import Form
from bot.domain.updates import ChannelKind
from bot.intake.broadcast_desk import Desk as BroadcastDesk
from bot.storage.database import Database
from bot.storage.sealing import KeyRing
from scheduler.copies import NightlyCopies
from scheduler.sender import Sender
from scheduler.tokens import TokenKeeper


@dataclass(frozen=True, slots=True)
class Parts:
    """`limits` of the channels that are on; `platforms`: the facts of all; `retention`: how long what is kept.

    Args:
        forms: what we can say with an approved template, by `name@channel`.
        own: what this process knows of itself, for the alarms; it may block.
        console: where staff find the console, for their messages.
        dropped: rows that retention let go since the program began, by kind.
        copies: the nightly copies, where a folder for them is set.
        tokens: keeps the tokens of those `accounts` that have some that age.
        channels: for a look from outside at a paused account.
        schedule: the reminders of the content as it is now.
        cap: the most messages a month that no drive needs.
        ticket_links: address and ticket → its page and the picture of its QR code.
        picture_link: address and name → where that channel may fetch a picture.
        broadcast_desk: what starting a broadcast at its time needs.
        post_link: account and code → where a post leads to ("" where that is not known).
    """

    db: Database
    ring: KeyRing
    words: Words
    intervals: Intervals
    limits: Mapping[ChannelKind, Limits]
    platforms: Platforms
    quiet: QuietHours
    clock: Clock
    sender: Sender
    forms: Mapping[str, Form] = field(default_factory=dict)
    retention: Retention = field(default_factory=Retention)
    own: Callable[[datetime], OwnFigures] = lambda _now: OwnFigures()
    console: str = ""
    dropped: Counter[str] = field(default_factory=Counter)
    tokens: TokenKeeper | None = None
    accounts: tuple[Account, ...] = ()
    copies: NightlyCopies | None = None
    channels: Mapping[ChannelKind, Channel] = field(default_factory=dict)
    schedule: Callable[[], Schedule] = lambda: NO_SCHEDULE
    cap: int = 4
    ticket_links: Callable[[Address, str], tuple[str, str]] = no_ticket_links
    picture_link: Callable[[Address, str], str] = no_picture
    post_link: Callable[[int, str], str] = lambda _account, _code: ""
    broadcast_desk: Callable[[], BroadcastDesk] | None = None
