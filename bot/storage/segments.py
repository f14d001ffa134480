"""A segment as a condition on `contacts`, quick on a million of them on both databases."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import assert_never
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, Table, and_, exists, false, func, not_, or_, select, true

from bot.domain.platforms import Platform, Platforms, RouteKind
from bot.domain.registrations import RegistrationState
from bot.domain.segments import (
    All,
    And,
    DonatedAfter,
    DonatedBefore,
    EligibleOn,
    Fault,
    NeverDonated,
    Not,
    OfUnit,
    OnChannel,
    Or,
    ReachableByTemplate,
    ReachableNow,
    RegisteredFor,
    Segment,
    SegmentFault,
    Speaks,
    Tagged,
)
from bot.domain.templates import Templates
from bot.domain.tree import below
from bot.domain.units import Unit
from bot.domain.updates import ChannelKind
from bot.storage.catalogue import all_units
from bot.storage.tables import accounts, addresses, contacts, deferrals, donors, drives, registrations, tags

NO_PLACE = (RegistrationState.HELD.value, RegistrationState.CANCELLED.value)
_later, _given = deferrals.alias("later"), donors.alias("given")


@dataclass(frozen=True, slots=True)
class Ground:
    """What a segment is looked at with: the moment, the organisation's clock, the channels that are on, and the
    templates that it has."""

    now: datetime
    zone: ZoneInfo
    platforms: Platforms
    templates: Templates

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()


def condition(connection: Connection, segment: Segment, ground: Ground) -> ColumnElement[bool]:
    """Of `contacts`: in the segment, and not erased.

    Raises:
        SegmentFault: it names a unit or a drive that is not there.
    """
    return and_(contacts.c.erased_at.is_(None), _Conditions(connection, ground).of(segment))


def within(which: ColumnElement[bool], unit_ids: Collection[int], *, without: bool = False) -> ColumnElement[bool]:
    """The same, of these units alone; `without`: and those of no unit, who belong to the top."""
    theirs: ColumnElement[bool] = contacts.c.unit_id.in_(sorted(unit_ids))
    return and_(which, or_(theirs, contacts.c.unit_id.is_(None)) if without else theirs)


def count_people(connection: Connection, which: ColumnElement[bool]) -> int:
    return connection.execute(select(func.count()).select_from(contacts).where(which)).scalar_one()


class _Conditions:
    """One segment's parts as SQL; the tree is read once."""

    def __init__(self, connection: Connection, ground: Ground) -> None:
        self._connection, self._ground = connection, ground
        self._tree: list[Unit] = []

    def of(self, segment: Segment) -> ColumnElement[bool]:
        match segment:
            case Not(part):
                return not_(self.of(part))
            case And(parts):
                return and_(*(self.of(part) for part in parts))
            case Or(parts):
                return or_(*(self.of(part) for part in parts))
            case All():
                return true()
            case OfUnit(code):
                return and_(contacts.c.unit_id.is_not(None), contacts.c.unit_id.in_(self._units(code)))
            case RegisteredFor(code):
                return self._registered(code)
            case Speaks(language):
                return contacts.c.language == language
            case Tagged(tag):
                return _theirs(tags, tags.c.tag == tag)
            case OnChannel(channel):
                return _at_address(accounts.c.kind == channel.value)
            case EligibleOn(day):
                return not_(_kept_from(day))
            case DonatedBefore(day):
                return _theirs(donors, donors.c.last_given_on < day)
            case DonatedAfter(day):
                return _theirs(donors, donors.c.last_given_on > day)
            case NeverDonated():
                return not_(_theirs(donors, donors.c.last_given_on.is_not(None)))
            case ReachableNow():
                return self._reachable_now()
            case ReachableByTemplate():
                return and_(not_(self._reachable_now()), self._reachable_by_template())
            case _:
                assert_never(segment)

    def _units(self, code: str) -> list[int]:
        """The unit and those below it as the tree is today; whoever is of a unit that ended is of its successor."""
        self._tree = self._tree or all_units(self._connection)
        top = next((unit for unit in self._tree if unit.code == code), None)
        if top is None:
            raise SegmentFault(Fault.NO_SUCH_UNIT, code)
        by_id = {unit.id: unit for unit in self._tree}
        own = below(self._tree, _heir(top, by_id, self._ground.today).id)
        return sorted(unit.id for unit in self._tree if _heir(unit, by_id, self._ground.today).id in own)

    def _registered(self, code: str) -> ColumnElement[bool]:
        drive = self._connection.execute(select(drives.c.id).where(drives.c.code == code)).scalar()
        if drive is None:
            raise SegmentFault(Fault.NO_SUCH_DRIVE, code)
        return _theirs(registrations, registrations.c.drive_id == drive, registrations.c.state.not_in(NO_PLACE))

    def _reachable_now(self) -> ColumnElement[bool]:
        """At an address whose window for free words is open."""
        found = (self._open(kind, one, RouteKind.TEXT) for kind, one in self._ground.platforms.items())
        return _any_of(_at_address(where) for where in found if where is not None)

    def _reachable_by_template(self) -> ColumnElement[bool]:
        """At an address to which an approved template may go, or by the phone number."""
        usable = [one for some in self._ground.templates.values() for one in some if one.usable]
        ways = {(one.channel, way) for one in usable for way in one.ways if one.channel in self._ground.platforms}
        found: list[ColumnElement[bool]] = []
        for channel, way in sorted(ways):
            if way is RouteKind.TEMPLATE_PHONE:
                found.append(contacts.c.phone_sealed.is_not(None))
            elif (where := self._open(channel, self._ground.platforms[channel], way)) is not None:
                found.append(_at_address(where))
        return _any_of(found)

    def _open(self, kind: ChannelKind, platform: Platform, route: RouteKind) -> ColumnElement[bool] | None:
        """Of addresses with their accounts: this way is open now, nights left out."""
        window = platform.windows.get(route)
        if window is None:
            return None
        here = accounts.c.kind == kind.value, addresses.c.blocked_at.is_(None)
        if window.open_for is None:
            return and_(*here)
        return and_(*here, addresses.c.last_inbound_at > self._ground.now - window.open_for)


def _heir(unit: Unit, by_id: dict[int, Unit], today: date) -> Unit:
    """The unit that stands for this one today: itself, or who came after it."""
    seen = {unit.id}
    while not unit.is_valid_on(today) and unit.successor_id in by_id and unit.successor_id not in seen:
        unit = by_id[unit.successor_id]
        seen.add(unit.id)
    return unit


def _theirs(table: Table, *where: ColumnElement[bool]) -> ColumnElement[bool]:
    """They have a row there for which this holds: EXISTS, because PostgreSQL cannot hash a large NOT IN."""
    return exists().where(table.c.contact_id == contacts.c.id, *where).correlate(contacts)


def _at_address(where: ColumnElement[bool]) -> ColumnElement[bool]:
    """They have an address for which this holds."""
    return _theirs(addresses, addresses.c.erased_at.is_(None), accounts.c.id == addresses.c.account_id, where)


def _kept_from(day: date) -> ColumnElement[bool]:
    """They may not give on this day: too early, put off until later, or until a doctor says otherwise."""
    decided_anew = exists().where(
        _later.c.contact_id == deferrals.c.contact_id, _later.c.decided_on > deferrals.c.decided_on
    )
    gave_since = exists().where(
        _given.c.contact_id == deferrals.c.contact_id, _given.c.last_given_on > deferrals.c.decided_on
    )
    still_open = ~decided_anew.correlate(deferrals), ~gave_since.correlate(deferrals)
    return or_(
        _theirs(donors, or_(donors.c.next_on > day, donors.c.deferred_until > day)),
        _theirs(deferrals, deferrals.c.until.is_(None), *still_open),
    )


def _any_of(found: Iterable[ColumnElement[bool]]) -> ColumnElement[bool]:
    parts = list(found)
    return or_(*parts) if parts else false()
