"""What the sweeps, the timetable and `tick` are given: everything they need of the rooms below, in one value."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.channels.base import Limits
from bot.clock import Clock
from bot.dialog.talk import Words
from bot.domain.donations import Intervals
from bot.domain.quiet_hours import QuietHours
from bot.domain.retention import Retention
from bot.domain.updates import ChannelKind
from bot.storage.database import Database
from bot.storage.sealing import KeyRing
from scheduler.sender import Sender


@dataclass(frozen=True, slots=True)
class Parts:
    """`limits` of the channels that are on; `retention`: how long what is kept."""

    db: Database
    ring: KeyRing
    words: Words
    intervals: Intervals
    limits: Mapping[ChannelKind, Limits]
    quiet: QuietHours
    clock: Clock
    sender: Sender
    retention: Retention = field(default_factory=Retention)
