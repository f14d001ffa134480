"""Which ways lead to a person at a moment, and what each costs: the same rule for the forecast and for the sending."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.outbox import MessagePurpose
from bot.domain.platforms import Platforms, RouteKind
from bot.domain.templates import Approved
from bot.domain.updates import ChannelKind
from bot.domain.windows import BLOCKED, Open, judge

CHANNEL_BOUND = frozenset((MessagePurpose.NEWS, MessagePurpose.URGENT))
"""Their consent names the channel: these never go to another one."""

NO_ADDRESS = "no-address"
CHANNEL_OFF = "channel-off"


@dataclass(frozen=True, slots=True)
class Home:
    """One address of a person, as far as windows go."""

    address_id: int
    account_id: int
    channel: ChannelKind
    last_inbound_at: datetime | None
    blocked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PersonRoutes:
    """All that leads to one person.

    Args:
        homes: the address of the consent first, then those they wrote from last.
        has_phone: we hold a phone number that they gave us for being told.
        phone_account: the OA that may write to the number; None: there is none.
        language: of the words.
    """

    homes: tuple[Home, ...]
    has_phone: bool = False
    phone_account: int | None = None
    language: str = "vi"


@dataclass(frozen=True, slots=True)
class RoutePlan:
    """One lawful way.

    Args:
        opens_at: from when it is open: the moment asked for, or the end of the platform's night.
        price_vnd: at most so much.
        template: whose words it needs; None: our own words.
    """

    kind: RouteKind
    address_id: int
    account_id: int
    channel: ChannelKind
    price_vnd: int
    opens_at: datetime
    template: Approved | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """The ways, best first; without any, why: the reason of the address the consent was given at."""

    routes: tuple[RoutePlan, ...]
    reason: str = ""


def reach_of(
    person: PersonRoutes,
    purpose: MessagePurpose,
    moment: datetime,
    platforms: Platforms,
    templates: Sequence[Approved],
) -> Reach:
    """Every lawful way, best first: what is open soonest, then cheapest, then own words before templates; or why there
    is none.

    Args:
        moment: when the message would go; forecasts assume that the person does not write until then.
        platforms: of the channels that are on.
        templates: approved for what is to be said.
    """
    first = next(iter(person.homes), None)
    if first is None:
        return Reach((), NO_ADDRESS)
    found: list[tuple[tuple[timedelta, int, int], RoutePlan]] = []
    reason = ""
    for rank, (plan, why) in enumerate(_ways(person, purpose, moment, platforms, templates)):
        reason = reason or why
        if plan is not None:
            found.append(((plan.opens_at - moment, plan.price_vnd, rank), plan))
    found.sort(key=lambda one: one[0])
    return Reach(tuple(plan for _, plan in found), "" if found else reason)


def _ways(
    person: PersonRoutes,
    purpose: MessagePurpose,
    moment: datetime,
    platforms: Platforms,
    templates: Sequence[Approved],
) -> Iterator[tuple[RoutePlan | None, str]]:
    """Each way in the order of preference among equals, or why it is shut."""
    homes = _allowed(person, purpose)
    for home in homes:
        yield _judged(home, RouteKind.TEXT, purpose, moment, platforms, None)
    if not templates:
        return
    for kind in (RouteKind.UTILITY, RouteKind.TEMPLATE_UID):
        for home in homes:
            if (template := _template(templates, home.channel, kind, person.language)) is not None:
                yield _judged(home, kind, purpose, moment, platforms, template)
    yield from _by_phone(person, purpose, moment, platforms, templates)


def _allowed(person: PersonRoutes, purpose: MessagePurpose) -> tuple[Home, ...]:
    if purpose not in CHANNEL_BOUND or not person.homes:
        return person.homes
    return tuple(home for home in person.homes if home.channel is person.homes[0].channel)


def _by_phone(
    person: PersonRoutes,
    purpose: MessagePurpose,
    moment: datetime,
    platforms: Platforms,
    templates: Sequence[Approved],
) -> Iterator[tuple[RoutePlan | None, str]]:
    """Nobody who left one of our OAs is written to by phone instead; nor whose consent names a channel."""
    if not person.has_phone or person.phone_account is None or purpose in CHANNEL_BOUND:
        return
    template = _template(templates, ChannelKind.ZALO, RouteKind.TEMPLATE_PHONE, person.language)
    if template is None:
        return
    left = next((h for h in person.homes if h.channel is ChannelKind.ZALO and h.blocked_at is not None), None)
    if left is not None or all(home.blocked_at is not None for home in person.homes):
        yield None, BLOCKED
        return
    bearer = next((h for h in person.homes if h.blocked_at is None), person.homes[0])
    through = Home(bearer.address_id, person.phone_account, ChannelKind.ZALO, bearer.last_inbound_at)
    yield _judged(through, RouteKind.TEMPLATE_PHONE, purpose, moment, platforms, template)


def _template(templates: Sequence[Approved], channel: ChannelKind, kind: RouteKind, language: str) -> Approved | None:
    """In the person's language, or else in any that is approved."""
    fitting = [t for t in templates if t.channel is channel and t.usable and kind in t.ways]
    return next((t for t in fitting if t.language == language), next(iter(fitting), None))


def _judged(
    home: Home,
    kind: RouteKind,
    purpose: MessagePurpose,
    moment: datetime,
    platforms: Platforms,
    template: Approved | None,
) -> tuple[RoutePlan | None, str]:
    """A night of the platform's is waited out; everything else that is shut stays shut."""
    platform = platforms.get(home.channel)
    if platform is None:
        return None, CHANNEL_OFF
    at = moment
    verdict = judge(platform, kind, purpose, home.last_inbound_at, home.blocked_at, at)
    if not isinstance(verdict, Open) and verdict.opens_at is not None:
        at = verdict.opens_at
        verdict = judge(platform, kind, purpose, home.last_inbound_at, home.blocked_at, at)
    if not isinstance(verdict, Open):
        return None, verdict.reason
    approved = template.price_by(kind) if template is not None else None
    price = verdict.price_vnd if approved is None else approved
    return RoutePlan(kind, home.address_id, home.account_id, home.channel, price, at, template), ""
