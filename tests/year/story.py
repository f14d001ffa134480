"""What happens in the year, and when: drives, talk, troubles. Local times; weeks count from the first Monday."""

import asyncio
import heapq
import itertools
from collections.abc import Awaitable, Callable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from bot.channels.zalo_oauth import challenge_of, verifier_of
from bot.domain.donations import Component, Donation, ReasonGroup, Source
from bot.domain.registrations import RegistrationState
from bot.storage.drive_changes import Moved, call_off, move_drive
from bot.storage.ids import new_id
from bot.storage.outcomes import record_deferral, record_donation, settle
from bot.storage.staff_addresses import new_staff_code
from bot.storage.tables import drives, registrations, slots, staff
from bot.web.oauth import FIXED
from scheduler.tokens import app_of
from tests.facts import RULES
from tests.platforms.server import LOST_AFTER, LOST_BEFORE
from tests.platforms.zalo import FakeTemplate
from tests.year.people import Crowd, Person
from tests.year.town import Town

HERE = ZoneInfo("Asia/Ho_Chi_Minh")
MONDAY = date(2027, 1, 4)
WEEKS = 52
DRIVE_WEEKS = tuple(range(3, 50, 5))
MOVED_WEEK, OFF_WEEK = 18, 38
GROUPS = 5
"""One in five is invited to each drive, so nobody before their interval is over."""

STAFF = "61000001"
EVE, REMINDER = "900001", "900002"
PRICE = 200

UPPER = 3
"""Units between the province and the companies."""

UNITS = (
    "units:\n- {code: tinh, name: LĐLĐ tỉnh Mẫu, level: province}\n"
    + "".join(f"- {{code: tren-{n}, name: Công đoàn Khu {n}, level: upper, parent: tinh}}\n" for n in range(UPPER))
    + "".join(
        f"- {{code: cs-{n}, name: CĐCS Công ty Mẫu số {n}, level: grassroots, parent: tren-{n % UPPER}}}\n"
        for n in range(40)
    )
)
TEMPLATES = f"""
templates:
- purpose: drive-eve
  channel: zalo
  template_id: "{EVE}"
  by: [uid, phone]
  params: [short_name, drive, time, date, place, ticket]
  price_vnd: {PRICE}
- purpose: reminder
  channel: zalo
  template_id: "{REMINDER}"
  by: [phone]
  params: [short_name, next_date, last_date]
  price_vnd: {PRICE}
"""
NARROW = {"short_name": 30, "drive": 80, "time": 20, "date": 20, "place": 200, "ticket": 30}

Act = Callable[[], Awaitable[None]]


def moment(week: float, clock: str, day: int = 0) -> datetime:
    """A local time of a day (0: Monday) of a week."""
    return datetime.combine(MONDAY + timedelta(weeks=int(week), days=day), time.fromisoformat(clock), HERE)


REVOKED, CONSENTED = moment(20, "09:00", day=1), moment(20, "14:00", day=1)


class Story:
    """The year as a heap of moments; time jumps over whatever is empty."""

    def __init__(self, town: Town, crowd: Crowd, weeks: int = WEEKS) -> None:
        self.town, self.crowd, self.weeks = town, crowd, weeks
        self._heap: list[tuple[datetime, int, Act]] = []
        self._order = itertools.count()
        self._running: set[asyncio.Task[None]] = set()

    def at(self, when: datetime, act: Act) -> None:
        heapq.heappush(self._heap, (when, next(self._order), act))

    async def tell(self) -> None:
        """Live through it all, until nothing is left to send."""
        for when, act in self._year():
            self.at(when, act)
        while self._heap or self._running or self.town.busy():
            await self._step()

    async def _step(self) -> None:
        while self._heap and self._heap[0][0] <= self.town.clock():
            task = asyncio.ensure_future(heapq.heappop(self._heap)[2]())
            self._running.add(task)
        for task in [task for task in self._running if task.done()]:
            self._running.discard(task)
            task.result()
        if self._running or self.town.house is None or self.town.busy():
            await asyncio.sleep(1)
            return
        until = min((self._heap[0][0],) if self._heap else (self.town.clock(),), default=self.town.clock())
        target = min(until, self.town.next_due())
        self.town.loop.jump(self.town.clock.until(target))
        await asyncio.sleep(2.1)  # every sweep looks once

    # --- the calendar ----------------------------------------------------------------------------------------------

    def _year(self) -> Iterator[tuple[datetime, Act]]:
        yield moment(0, "08:00"), self._furnish
        for week in range(1, self.weeks):
            yield from self._talk(week)
            yield moment(week, "09:30", day=6), self._kill
        for week in DRIVE_WEEKS:
            if week < self.weeks:
                yield from self._drive(week)
        yield moment(10, "08:00"), lambda: self._package(2000)
        yield moment(26, "08:00"), lambda: self._package(100)
        yield moment(15, "10:00"), lambda: self._each(self._some(0.03), self.crowd.stop)
        yield REVOKED, self._revoke
        yield CONSENTED, self._consent_again
        yield moment(24, "08:00"), lambda: self._template("disable")
        yield moment(26, "08:00"), lambda: self._template("approved")
        yield moment(28, "17:59", day=4), lambda: self._away(True)
        yield moment(28, "20:00", day=4), lambda: self._away(False)
        yield moment(33, "18:00", day=4), self._lost_answers
        yield moment(30, "10:00"), lambda: self._each(self._some(0.1), self.crowd.unfollow)
        yield moment(36, "10:00"), self._come_back

    async def _furnish(self) -> None:
        town = self.town
        town.load(UNITS + TEMPLATES)
        town.zalo.templates = {
            EVE: FakeTemplate(dict(NARROW), price_uid=PRICE, price_phone=PRICE),
            REMINDER: FakeTemplate(
                {"short_name": 30, "next_date": 20, "last_date": 20}, by_uid=False, price_uid=PRICE, price_phone=PRICE
            ),
        }
        admin = {"id": new_id(), "login": "truc", "name": "Trực Mẫu", "role": "admin"}
        town.write(lambda c: c.execute(staff.insert().values(admin)))
        code = town.write(lambda c: new_staff_code(c, admin["id"], town.clock()))
        for text in ("/start", f"/canbo {code}"):
            assert await town.take(town.telegram.webhook(STAFF, text))
            await asyncio.sleep(3)

    def _talk(self, week: int) -> Iterator[tuple[datetime, Act]]:
        """On a few moments of the week some people ask something, at the same time as others."""
        moments = ((0, "11:45"), (2, "19:20"), (4, "06:10"), (5, "22:40"))
        each = len(self.crowd.people) // 100
        for day, clock in moments if each else moments[week % 4 :][:1]:
            people = self.town.chance.sample(self.crowd.people, max(1, each))
            yield moment(week, clock, day), lambda people=people: self._each(people, self.crowd.ask)  # type: ignore[misc]

    def _drive(self, week: int) -> Iterator[tuple[datetime, Act]]:
        """A drive at two sites on Saturday and Sunday; people register on the twelve days before."""
        group = DRIVE_WEEKS.index(week) % GROUPS
        invited = [p for p in self.crowd.people if p.number % GROUPS == group and self.town.chance.random() < 0.9]
        opens = moment(week - 2, "08:00", day=1)
        yield opens, lambda: self._open_drive(week)
        for number, day in enumerate((0, 1, 3, 6, 8, 9, 10)):
            some = invited[number::7]
            yield opens + timedelta(days=day, hours=2 + number), lambda some=some: self._each(some, self.crowd.register)  # type: ignore[misc]
        for site in (0, 1):
            yield moment(week, "10:00", day=5 + site), lambda site=site: self._site(week, site)  # type: ignore[misc]
        if week == MOVED_WEEK:
            yield moment(week, "10:00", day=3), lambda: self._move(week)
        if week == OFF_WEEK:
            yield moment(week, "10:00", day=3), lambda: self._call_off(week)

    async def _open_drive(self, week: int) -> None:
        def one(site: int) -> str:
            day = MONDAY + timedelta(weeks=week, days=5 + site)
            return (
                f"- {{code: d{week}-{site}, name: Ngày hội hiến máu {week}-{site}, unit: tinh, place: Nhà văn hoá Mẫu, "
                f"starts: '{day}T07:30+07:00', ends: '{day}T11:30+07:00', slot_minutes: 30, slot_capacity: 400, "
                f"open: true}}\n"
            )

        self.town.load("drives:\n" + one(0) + one(1))

    async def _site(self, week: int, site: int) -> None:
        """Three in four come; most of them give, some are put off, one or two go home. Nobody writes down who stayed away."""
        for row in self.town.read(lambda c: self._booked(c, week, site)):
            await self._one_guest(row)

    async def _one_guest(self, row: Any) -> None:
        now, chance, ring = self.town.clock(), self.town.chance, self.town.here.rooms.ring
        if chance.random() > 0.8:
            return
        day, fate = row.starts_at.astimezone(HERE).date(), chance.random()

        def write(connection: Connection) -> None:
            settle(connection, row.id, RegistrationState.ARRIVED, now)
            if fate < 0.85:
                given = Donation(day, Component.WHOLE_BLOOD, 350)
                record_donation(
                    connection, row.contact_id, given, Source.SITE, RULES.intervals, now, row.drive_id, row.id
                )
                settle(connection, row.id, RegistrationState.DONATED, now)
            elif fate < 0.95:
                until = day + timedelta(days=chance.choice((7, 28)))
                reason = chance.choice(list(ReasonGroup))
                record_deferral(connection, ring, row.contact_id, day, until, reason, now, row.drive_id, row.id)
                settle(connection, row.id, RegistrationState.DEFERRED, now)
            elif fate < 0.98:
                settle(connection, row.id, RegistrationState.LEFT, now)

        self.town.write(write)
        self.town.counts["donations"] += fate < 0.85
        self.town.counts["deferrals"] += 0.85 <= fate < 0.95

    def _booked(self, connection: Connection, week: int, site: int) -> list[Any]:
        query = (
            select(registrations.c.id, registrations.c.contact_id, registrations.c.drive_id, slots.c.starts_at)
            .join(drives, drives.c.id == registrations.c.drive_id)
            .join(slots, slots.c.id == registrations.c.slot_id)
            .where(drives.c.code == f"d{week}-{site}", drives.c.state == "open", registrations.c.state == "booked")
            .order_by(registrations.c.id)
        )
        return list(connection.execute(query))

    async def _move(self, week: int) -> None:
        """Two days before, one site begins an hour later, elsewhere."""
        drive = self._drive_id(f"d{week}-0")
        later = moment(week, "08:30", day=5)
        wanted = Moved(later, "Hội trường Mẫu", "", "")
        assert self.town.write(lambda c: move_drive(c, "to-chuc", drive, wanted, self.town.clock()))
        self.town.here.rooms.catalogues.forget()
        self.town.counts["moved"] += len(self.town.read(lambda c: self._booked(c, week, 0)))

    async def _call_off(self, week: int) -> None:
        drive = self._drive_id(f"d{week}-1")
        self.town.counts["called off"] += len(self.town.read(lambda c: self._booked(c, week, 1)))
        assert self.town.write(lambda c: call_off(c, "to-chuc", drive, self.town.clock()))
        self.town.here.rooms.catalogues.forget()

    def _drive_id(self, code: str) -> int:
        return int(self.town.read(lambda c: c.execute(select(drives.c.id).where(drives.c.code == code)).scalar_one()))

    # --- troubles --------------------------------------------------------------------------------------------------

    async def _kill(self) -> None:
        """In the middle of answers: a few people write at once, and the process dies a moment later."""
        people = self.town.chance.sample(self.crowd.people, min(8, len(self.crowd.people)))
        talk = asyncio.ensure_future(self._each(people, self.crowd.ask, spread=0.2))
        await asyncio.sleep(self.town.chance.uniform(0.3, 4))
        before = len(self.town.zalo.sent)
        await self.town.kill(away=self.town.chance.uniform(5, 90))
        await talk
        for sent in self.town.zalo.sent[max(0, before - 8) : before : 2]:
            if sent.text:
                await self.crowd.post(self.town.zalo.webhook_echo(sent))

    async def _package(self, per_minute: int) -> None:
        self.town.zalo.per_minute = per_minute

    async def _revoke(self) -> None:
        """The OA's admin takes the permission back; people write all the same."""
        self.town.oauth.revoke()
        await self._each(self._some(0.03), self.crowd.ask)

    async def _consent_again(self) -> None:
        """Staff were told; the admin opens the new consent link, and the callback keeps the pair."""
        house = self.town.here
        account = self.town.oa
        verifier = verifier_of(self.town.settings.secret_key, FIXED)
        grant = await house.consents.oauth.exchange(
            app_of(account), self.town.oauth.consent(challenge_of(verifier)), verifier
        )
        await house.consents.keep(account, grant)
        await asyncio.sleep(130)  # the alarm is seen to be over

    async def _template(self, status: str) -> None:
        await self.crowd.post(self.town.zalo.webhook_template_status(REMINDER, status))

    async def _away(self, away: bool) -> None:
        hosts = {"openapi", "business", "oauth"}
        self.town.wire.away = hosts if away else set()

    async def _lost_answers(self) -> None:
        """Some calls of this evening have their effect and no answer, some neither."""
        self.town.zalo.fail_next(LOST_AFTER, LOST_BEFORE, LOST_AFTER, LOST_BEFORE)
        self.town.counts["answers lost"] += 4

    async def _come_back(self) -> None:
        away = [p for p in self.crowd.people if p.away and p.away[-1][1] is None]
        await self._each(away[::2], self.crowd.come_back)

    # --- many at once ----------------------------------------------------------------------------------------------

    def _some(self, share: float) -> list[Person]:
        return self.town.chance.sample(self.crowd.people, max(1, int(len(self.crowd.people) * share)))

    async def _each(self, people: list[Person], act: Callable[[Person], Awaitable[None]], spread: float = 60.0) -> None:
        async def one(who: Person) -> None:
            await asyncio.sleep(self.town.chance.uniform(0, spread))
            await act(who)

        there = [p for p in people if not (p.away and p.away[-1][1] is None) or act == self.crowd.come_back]
        await asyncio.gather(*(one(who) for who in there))
