"""A dry run: everybody of a segment decided as if it were sent now, and counted; nothing is written."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import ColumnElement, Connection, and_, select

from bot.domain.appeals import Standing, wave_size
from bot.domain.broadcasts import NEWS_LASTS, Broadcast, drive_serves, lasts_until
from bot.domain.deciding import Sending, decide
from bot.domain.drives import DriveState
from bot.domain.intents import Ways
from bot.domain.ledgers import AccountPace, Ledger, Quota
from bot.domain.platforms import Limits, Platforms
from bot.domain.quiet_hours import QuietHours
from bot.domain.segments import EligibleOn, parse
from bot.domain.tree import below
from bot.domain.updates import ChannelKind
from bot.storage.appeal_candidates import of_groups, own_turnout
from bot.storage.approved_templates import approved_templates
from bot.storage.catalogue import all_units
from bot.storage.database import Database
from bot.storage.recipient_facts import facts_of, page_of_people, read_accounts
from bot.storage.sealing import KeyRing
from bot.storage.segments import Ground, condition, count_people, within
from bot.storage.tables import accounts, drives
from bot.storage.template_quotas import quotas_of

PAGE = 1000


@dataclass(frozen=True, slots=True)
class Tools:
    """By what broadcasts are decided: the platforms of the channels that are on, their limits, quiet hours, the cap.

    Args:
        ring: opens blood groups, for appeals alone.
    """

    platforms: Platforms
    limits: Mapping[ChannelKind, Limits]
    quiet: QuietHours
    ring: KeyRing = field(repr=False)
    cap: int = 4


def ways_of(connection: Connection, tools: Tools) -> Ways:
    return Ways(tools.platforms, approved_templates(connection), cap=tools.cap)


def dry_run(db: Database, broadcast: Broadcast, tools: Tools, now: datetime) -> Ledger:
    """The ledger of this moment. It reads page by page and takes a while for many people: call it in a thread.

    Raises:
        SegmentFault: the segment names something that is not there any more.
    """
    run = db.read_now(lambda connection: _Run(connection, broadcast, tools, now))
    while db.read_now(run.page):
        pass
    return run.ledger


class _Run:
    """One dry run, and how far it is."""

    def __init__(self, connection: Connection, broadcast: Broadcast, tools: Tools, now: datetime) -> None:
        self._quiet, self._now, self._behind = tools.quiet, now, 0
        self._need, self._ring = broadcast.draft.need, tools.ring
        self._which = people_of(connection, broadcast, tools, now)
        self._sending = sending_of(connection, broadcast, now)
        self._known = read_accounts(connection)
        self._paces = paces_of(connection, tools.limits)
        self._ways = ways_of(connection, tools)
        self.ledger = Ledger(now, segment=count_people(connection, self._which))

    def page(self, connection: Connection) -> bool:
        """Decide the next people; False when they were the last."""
        ids = page_of_people(connection, self._which, self._sending, self._behind, PAGE)
        serving = ids if self._need is None else list(of_groups(connection, ids, self._need.groups, self._ring))
        self.ledger.other_group += len(ids) - len(serving)
        for facts in facts_of(connection, serving, self._sending, self._known, self._now):
            self.ledger.add(decide(facts, self._sending, self._now, self._quiet, self._ways), self._paces)
        if len(ids) == PAGE:
            self._behind = ids[-1]
            return True
        self._end(connection)
        return False

    def _end(self, connection: Connection) -> None:
        ledger = self.ledger
        known = quotas_of(connection, self._now, self._quiet.zone)
        ledger.quotas = {code: known.get(code, Quota()) for code in ledger.templates}
        ledger.without_consent = max(0, ledger.segment - ledger.intended - ledger.other_group)
        if self._need is not None:
            wanted = wave_size(self._need, Standing(), own_turnout(connection, self._now))
            ledger.first_wave = min(wanted, ledger.reached)


def people_of(connection: Connection, broadcast: Broadcast, tools: Tools, now: datetime) -> ColumnElement[bool]:
    """Of `contacts`: the broadcast's segment as it is now, never beyond its unit and those below; of an appeal those of
    them whom nothing that we know of keeps from giving on its drive's day.

    People of no unit belong to the top."""
    ground = Ground(now, tools.quiet.zone, tools.platforms, approved_templates(connection))
    which = condition(connection, parse(broadcast.draft.segment), ground)
    if broadcast.draft.need is not None:
        day = max(ground.today, _day_of(connection, broadcast.draft.drive_id, ground))
        which = and_(which, condition(connection, EligibleOn(day), ground))
    tree, own = all_units(connection), broadcast.draft.unit_id
    at_top = any(unit.id == own and unit.parent_id is None for unit in tree)
    return within(which, below(tree, own), without=at_top)


def _day_of(connection: Connection, drive_id: int | None, ground: Ground) -> date:
    starts_at = connection.execute(select(drives.c.starts_at).where(drives.c.id == drive_id)).scalar()
    return starts_at.astimezone(ground.zone).date() if starts_at is not None else ground.today


def sending_of(connection: Connection, broadcast: Broadcast, now: datetime) -> Sending:
    """The broadcast as one person's decision sees it, with what its drive is like now."""
    draft = broadcast.draft
    begun = broadcast.started_at or now
    takes_people, until = True, begun + NEWS_LASTS
    if draft.drive_id is not None:
        row = connection.execute(select(drives).where(drives.c.id == draft.drive_id)).one()
        takes_people = drive_serves(draft.purpose, DriveState(row.state))
        until = lasts_until(draft.purpose, row.starts_at, row.ends_at)
    if draft.need is not None:
        until = min(until, draft.need.by)
    return Sending(
        id=broadcast.id,
        purpose=draft.purpose,
        drive_id=draft.drive_id,
        takes_people=takes_people,
        template=draft.template,
        held_out=draft.held_out,
        lasts_until=until,
    )


def paces_of(connection: Connection, limits: Mapping[ChannelKind, Limits]) -> dict[int, AccountPace]:
    return dict(_paces(connection, limits))


def _paces(connection: Connection, limits: Mapping[ChannelKind, Limits]) -> Iterator[tuple[int, AccountPace]]:
    """The web chat has none: what is written for it is there."""
    for row in connection.execute(select(accounts.c.id, accounts.c.code, accounts.c.kind)):
        kind = ChannelKind(row.kind)
        if kind in limits and kind is not ChannelKind.WEB:
            yield row.id, AccountPace(row.code, kind, limits[kind].per_minute)
