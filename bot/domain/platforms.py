"""One platform's facts as data: what a call may hold, its pace, and when each route to a person is open at what price."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum

from bot.domain.changing import replace
from bot.domain.outbox import MessagePurpose
from bot.domain.updates import ChannelKind


class RouteKind(StrEnum):
    """How a message goes; the word stands in `outbox.route`."""

    TEXT = "text"
    UTILITY = "utility"
    TEMPLATE_UID = "template-uid"
    TEMPLATE_PHONE = "template-phone"
    HUMAN_AGENT = "human-agent"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one call to a platform may hold, and how fast calls may follow (content/platforms/, with sources).

    Args:
        text: longest text of one message, in characters after NFC.
        choices: most choices one message can carry as buttons; 0 means menus are numbered text.
        label: longest label of a button, in characters.
        payload: longest payload, in bytes.
        joined: one turn is one call: texts are joined as far as they fit.
        in_flight: most calls under way at once per account.
        per_minute: calls a minute the account may make.
        chat_per_minute: messages a minute one person may get; 0 means that the platform knows no such pace.
        chat_burst: so many may follow at once for somebody who got none lately.
        link_text: longest text that can carry a link as a button; 0 means that links are text.
        caption: longest text that can go with a picture in the same call; 0 means that a picture is a call of its own.
        fleeting: buttons vanish when the next message arrives, so they belong on the last message of a turn.
        buttons_alone: a call with buttons, or with the question for the phone number, carries nothing beside its text.
    """

    text: int
    choices: int
    label: int
    payload: int = 64
    joined: bool = False
    in_flight: int = 8
    per_minute: int = 1200
    chat_per_minute: int = 0
    chat_burst: int = 1
    link_text: int = 0
    caption: int = 0
    fleeting: bool = False
    buttons_alone: bool = False


@dataclass(frozen=True, slots=True)
class Window:
    """When one route is open, counted from the person's last message, tap or follow.

    Args:
        free_for: so long a message costs nothing; None: as long as the route is open.
        open_for: the route ends after so long; None: it never does.
        price_vnd: of one message outside `free_for`, beyond what a package may include.
        night: from and until when the platform refuses, on its own clock.
        purposes: only these may go this way; empty: all.
    """

    free_for: timedelta | None = None
    open_for: timedelta | None = None
    price_vnd: int = 0
    night: tuple[time, time] | None = None
    purposes: frozenset[MessagePurpose] = frozenset()


@dataclass(frozen=True, slots=True)
class Platform:
    """The facts of one channel. `zone` is the clock of its nights; `checked_on` the day of the oldest look at them."""

    kind: ChannelKind
    limits: Limits
    windows: Mapping[RouteKind, Window]
    zone: tzinfo
    checked_on: date = field(default=date.min)


Platforms = Mapping[ChannelKind, Platform]


def without_route(platforms: Platforms, kind: ChannelKind, route: RouteKind) -> Platforms:
    """The same facts for an installation to which the platform has not granted a route."""
    if kind not in platforms:
        return platforms
    windows = {name: window for name, window in platforms[kind].windows.items() if name is not route}
    return {**platforms, kind: replace(platforms[kind], windows=windows)}


def night_until(platform: Platform, window: Window, moment: datetime) -> datetime | None:
    """When the night that this moment lies in ends; None by day."""
    if window.night is None:
        return None
    begin, end = window.night
    local = moment.astimezone(platform.zone)
    at = local.time()
    within = begin <= at < end if begin <= end else at >= begin or at < end
    if not within:
        return None
    day = local.date() if at < end else local.date() + timedelta(days=1)
    return datetime.combine(day, end, platform.zone).astimezone(moment.tzinfo)
