"""What the web floor is given: everything it needs of the rooms below, in one value."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from aiohttp import web

from bot.channels.base import Channel
from bot.clock import Clock
from bot.domain.alarms import OwnFigures
from bot.domain.updates import ChannelKind
from bot.editions import ContentState
from bot.intake import Catalogues, Intake
from bot.settings import Settings
from bot.storage.cards import CardFacts
from bot.storage.database import Database
from bot.storage.sealing import KeyRing
from bot.web.consents import Consents
from bot.web.hub import Hub
from bot.web.metrics import Metrics, Sending


@dataclass(frozen=True, slots=True)
class WebParts:
    """`nudge` wakes the sender after staff wrote to somebody; `own` (it may block) and `sending` are for the figures;
    `posters` makes the PDF of a drive by its code, `cards` a thank-you card; `content` tells how the words stand;
    `post_link`: account and code → where a public post leads."""

    settings: Settings
    db: Database
    ring: KeyRing
    clock: Clock
    channels: Mapping[ChannelKind, Channel]
    intake: Intake
    catalogues: Catalogues
    hub: Hub
    nudge: Callable[[], None]
    metrics: Metrics = field(default_factory=Metrics)
    own: Callable[[datetime], OwnFigures] = lambda _now: OwnFigures()
    sending: Callable[[], Sending] = Sending
    consents: Consents | None = None
    content: Callable[[], ContentState | None] = lambda: None
    posters: Callable[[str, datetime], Awaitable[bytes]] | None = None
    post_link: Callable[[int, str], str] = lambda _account, _code: ""
    cards: Callable[[CardFacts], Awaitable[bytes]] | None = None


PARTS: web.AppKey[WebParts] = web.AppKey("parts", WebParts)
