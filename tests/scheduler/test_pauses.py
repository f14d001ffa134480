"""Whatever stands still for how long: every reminder that was to be expected ends in one recorded decision, nobody gets one
twice, and nobody in the hours in which they sleep."""

import random
from collections import Counter
from datetime import datetime, time, timedelta

import pytest
from sqlalchemy import select

from bot.domain.consents import Purpose
from bot.domain.donations import Component, Donation, Source
from bot.domain.reminders import plan_for_deferral, plan_for_donation, plan_for_registration
from bot.domain.rhythms import quiet_for
from bot.storage.outcomes import record_deferral, record_donation
from bot.storage.tables import contacts, intents, outbox, registrations
from tests.facts import RULES, SCHEDULE
from tests.scheduler.conftest import Stage
from tests.scheduler.ground import HERE, QUIET, Tape, local

DAYS, PEOPLE = 60, 8
CLOCKS = (time(5, 30), time(7), time(9), time(12), time(16, 30), time(18), time(19), time(21, 30))
FIRST = local(1, "06:00")


class Life:
    """Random people; what they may expect to be decided, by the rules alone."""

    def __init__(self, stage: Stage, chance: random.Random) -> None:
        self.stage, self.chance = stage, chance
        self.expected: set[str] = set()
        account = stage.rows.account()
        self.parts = stage.with_tape(Tape(), account)
        self.slots = [
            stage.rows.drive(FIRST + timedelta(days=day, hours=chance.choice((2, 4, 9))), code=f"d-{day}")[0]
            for day in range(6, DAYS - 10, 9)
        ]
        self.people = [stage.rows.person(account, str(number)) for number in range(PEOPLE)]
        self.rhythm = {one: chance.choice(("", "", "nights")) for one in self.people}
        for one in self.people:
            stage.rows.change(contacts, one, rhythm=self.rhythm[one])
            if chance.random() < 0.7:
                stage.rows.consent(one, Purpose.REMINDER)

    def act(self, now: datetime) -> None:
        """Now and then somebody registers, gives, or is put off."""
        if self.chance.random() > 0.25:
            return
        who = self.chance.choice(self.people)
        self.chance.choice((self._register, self._give, self._put_off))(who, now)

    def _quiet(self, who: int):  # type: ignore[no-untyped-def]
        return quiet_for(self.rhythm[who], QUIET)

    def _register(self, who: int, now: datetime) -> None:
        slot = self.chance.choice(self.slots)
        at = self.stage.rows.slot_begins(slot)
        if at < now or self.stage.rows.has_place(who, slot):
            return
        place = self.stage.rows.book(who, slot, now)
        self._expect("registration", place, plan_for_registration(at, now, SCHEDULE, self._quiet(who)))

    def _give(self, who: int, now: datetime) -> None:
        day, component = now.astimezone(HERE).date(), self.chance.choice(list(Component))
        given = Donation(day, component)
        if self.stage.db.write_now(lambda c: record_donation(c, who, given, Source.SITE, RULES.intervals, now)):
            planned = plan_for_donation(given, now, RULES.intervals, SCHEDULE, self._quiet(who))
            self._expect("donation", self.stage.rows.newest_donation(who), planned)

    def _put_off(self, who: int, now: datetime) -> None:
        day = now.astimezone(HERE).date()
        if self.stage.rows.was_put_off(who, day):
            return
        until = day + timedelta(days=self.chance.choice((7, 28)))
        self.stage.db.write_now(lambda c: record_deferral(c, self.stage.ring, who, day, until, None, now))
        planned = plan_for_deferral(day, until, now, SCHEDULE, self._quiet(who))
        self._expect("deferral", self.stage.rows.newest_deferral(who), planned)

    def _expect(self, kind: str, subject: int, planned) -> None:  # type: ignore[no-untyped-def]
        self.expected |= {f"{one.occasion}:{subject}" for one in planned}


@pytest.mark.parametrize("pause", [timedelta(hours=3), timedelta(days=3), timedelta(weeks=3)], ids=str)
@pytest.mark.parametrize("seed", range(3))
async def test_it_decides_everything_once_and_wakes_nobody(stage: Stage, pause: timedelta, seed: int) -> None:
    chance = random.Random(seed)
    life = Life(stage, chance)
    stops = FIRST + timedelta(days=chance.randrange(8, 25), hours=chance.randrange(12))
    now = FIRST
    while now < FIRST + timedelta(days=DAYS):
        stage.clock.now = now
        if now < FIRST + timedelta(days=DAYS - 20):
            life.act(now)
        if not stops <= now < stops + pause:
            await stage.sweep(life.parts, now)
        now = _next(now)
    _everything_was_decided(stage, life, now)
    _nobody_was_woken(stage, life)


def _next(now: datetime) -> datetime:
    local_now = now.astimezone(HERE)
    later = [at for at in CLOCKS if at > local_now.time()]
    day = local_now.date() if later else local_now.date() + timedelta(days=1)
    return datetime.combine(day, later[0] if later else CLOCKS[0], HERE).astimezone(FIRST.tzinfo)


def _everything_was_decided(stage: Stage, life: Life, end: datetime) -> None:
    rows = stage.rows.intents()
    found = Counter(":".join(row.key.split(":")[:2]) for row in rows)
    assert set(found) == life.expected
    assert set(found.values()) <= {1}
    assert [row.key for row in rows if row.state == "waiting" and row.due_at <= end - timedelta(days=1)] == []
    assert all(row.reason for row in rows if row.state == "skipped")
    sent = Counter(row.intent_id for row in stage.rows.outbox() if row.part == 0)
    assert set(sent.values()) <= {1}
    assert set(sent) == {row.id for row in rows if row.state == "queued"}
    assert len(sent) > 20


def _nobody_was_woken(stage: Stage, life: Life) -> None:
    """A drive of the same day may speak from five, and to who sleeps by day while it is of use."""
    query = (
        select(outbox.c.created_at, outbox.c.contact_id, outbox.c.purpose, registrations.c.slot_id, intents.c.occasion)
        .join(intents, intents.c.id == outbox.c.intent_id)
        .outerjoin(registrations, registrations.c.id == intents.c.registration_id)
    )
    for row in stage.db.read_now(lambda c: c.execute(query).all()):
        slot = stage.rows.slot_begins(row.slot_id) if row.slot_id else None
        quiet = quiet_for(life.rhythm[row.contact_id], QUIET)
        drive_day = slot is not None and quiet.same_day(row.created_at, slot)
        late = drive_day and slot is not None and slot - row.created_at <= timedelta(hours=2)
        assert late or not quiet.covers(row.created_at, drive_day=drive_day), row
