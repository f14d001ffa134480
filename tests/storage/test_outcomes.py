"""What happened at a site: donations, deferrals, who came; and places that nobody wrote an outcome for."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from bot.domain.donations import Component, Donation, ReasonGroup, Source
from bot.domain.registrations import RegistrationState
from bot.storage.database import Database
from bot.storage.erasing import erase_person
from bot.storage.leftovers import AFTER, any_leftovers, settle_leftovers
from bot.storage.outcomes import REASON, record_deferral, record_donation, settle
from bot.storage.sealing import KeyRing
from bot.storage.tables import deferrals, donations, donors, drives, registrations
from tests.facts import RULES
from tests.scheduler.ground import Rows, local

GIVEN = date(2026, 12, 5)
NOW = local(5, "11:00")


class Site:
    """One drive, one person with a place."""

    def __init__(self, db: Database, ring: KeyRing, now: datetime) -> None:
        self.db, self.ring, self.rows = db, ring, Rows(db, ring, now)
        self.slot = self.rows.drive(local(5, "07:30"))[0]
        account = self.rows.account()
        self.person = self.rows.person(account, "1")
        self.place = self.rows.book(self.person, self.slot)

    def give(self, source: Source = Source.SITE, ml: int | None = 350, day: date = GIVEN) -> bool:
        given = Donation(day, Component.WHOLE_BLOOD, ml)
        return self.db.write_now(lambda c: record_donation(c, self.person, given, source, RULES.intervals, NOW))

    def donor(self):  # type: ignore[no-untyped-def]
        return self.db.read_now(lambda c: c.execute(select(donors)).one())

    def donations(self):  # type: ignore[no-untyped-def]
        return self.db.read_now(lambda c: c.execute(select(donations)).all())

    def state(self) -> str:
        return self.db.read_now(lambda c: c.execute(select(registrations.c.state)).scalar_one())


@pytest.fixture
def site(db: Database, ring: KeyRing, now: datetime) -> Site:
    return Site(db, ring, now)


def test_it_counts_a_donation_once(site: Site) -> None:
    assert site.give()
    assert not site.give()
    donor = site.donor()
    assert (donor.donations, donor.last_given_on, donor.next_on) == (1, GIVEN, GIVEN + timedelta(days=84))


def test_it_keeps_what_people_tell_apart(site: Site) -> None:
    assert site.give(Source.TOLD, None)
    assert site.donor().donations == 0
    assert site.donor().next_on == GIVEN + timedelta(days=84)
    assert site.give(Source.RESULTS, 450)
    (row,) = site.donations()
    assert (row.verified, row.source, row.ml) == (True, "results", 450)
    assert site.donor().donations == 1


def test_it_believes_the_blood_bank_before_the_site(site: Site) -> None:
    assert site.give(Source.SITE, 350)
    assert site.give(Source.RESULTS, 250)
    assert not site.give(Source.SITE, 450)
    assert not site.give(Source.TOLD, 450)
    (row,) = site.donations()
    assert (row.source, row.ml) == ("results", 250)


def test_it_keeps_the_latest_word_and_seals_why(site: Site) -> None:
    for until, reason in ((date(2027, 1, 2), ReasonGroup.REST), (None, ReasonGroup.RISK)):
        site.db.write_now(
            lambda c, until=until, reason=reason: record_deferral(  # type: ignore[misc]
                c, site.ring, site.person, GIVEN, until, reason, NOW
            )
        )
    (row,) = site.db.read_now(lambda c: c.execute(select(deferrals)).all())
    assert row.until is None
    assert site.ring.open_text(row.reason_group_sealed, REASON) == ReasonGroup.RISK
    assert b"risk" not in row.reason_group_sealed
    site.db.write_now(lambda c: erase_person(c, site.ring, site.person, NOW, source="chat"))
    assert site.db.read_now(lambda c: c.execute(select(func.count()).select_from(deferrals)).scalar_one()) == 0


@pytest.mark.parametrize(
    ("state", "drive", "at", "expected"),
    [
        pytest.param("booked", {}, AFTER, "absent", id="never seen"),
        pytest.param("booked", {}, AFTER - timedelta(hours=1), "booked", id="not yet"),
        pytest.param("booked", {"reported_at": NOW}, timedelta(hours=1), "absent", id="the report is signed"),
        pytest.param("arrived", {}, AFTER, "left", id="came and was never heard of again"),
        pytest.param("donated", {}, AFTER, "donated", id="has an outcome"),
        pytest.param("booked", {"state": "cancelled"}, timedelta(hours=1), "cancelled", id="called off"),
        pytest.param("booked", {"state": "cancelled"}, -timedelta(hours=9), "booked", id="until its day is past"),
    ],
)
def test_it_gives_every_place_an_outcome(
    site: Site, state: str, drive: dict[str, object], at: timedelta, expected: str
) -> None:
    site.rows.change(registrations, site.place, state=state)
    site.db.write_now(lambda c: c.execute(drives.update().values(**drive or {"state": "open"})))
    now = local(5, "08:00") + at
    site.db.write_now(lambda c: settle_leftovers(c, now, 10))
    assert site.state() == expected
    assert not site.db.read_now(lambda c: any_leftovers(c, now))


def test_it_settles_once(site: Site) -> None:
    arrived = RegistrationState.ARRIVED
    assert site.db.write_now(lambda c: settle(c, site.place, arrived, NOW))
    assert not site.db.write_now(lambda c: settle(c, site.place, arrived, NOW))
