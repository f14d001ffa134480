"""One person and one broadcast: by which way and when, or why not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.domain.consents import Purpose
from bot.domain.deciding import (
    ASKED_LATELY,
    DRIVE_CLOSED,
    HELD_OUT,
    NEWS_TODAY,
    NO_CONSENT,
    NOT_REGISTERED,
    REGISTERED,
    TOO_LATE,
    Not,
    PersonFacts,
    Sending,
    To,
    decide,
    is_held_out,
)
from bot.domain.intents import CAP, FORM_WAIT, QUIET_WAIT, Heard, Ways
from bot.domain.outbox import MessagePurpose
from bot.domain.quiet_hours import QuietHours
from bot.domain.reach import Home, PersonRoutes
from bot.domain.updates import ChannelKind
from tests.facts import PLATFORMS

HERE = ZoneInfo("Asia/Ho_Chi_Minh")
QUIET = QuietHours(HERE)
NOON = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
NIGHT = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
WAYS = Ways(PLATFORMS, {}, cap=4)
NEWS = Sending(1, MessagePurpose.NEWS, lasts_until=NOON + timedelta(days=3))
ALL = frozenset(Purpose)


def home(channel: ChannelKind = ChannelKind.TELEGRAM, address: int = 7, ago: timedelta = timedelta(days=90)) -> Home:
    return Home(address, 1, channel, NOON - ago)


def person(*homes: Home, **known: object) -> PersonFacts:
    facts = PersonFacts(9, PersonRoutes(homes or (home(),)), ALL)
    return replace(facts, **known)  # type: ignore[arg-type]


def test_it_goes_at_once_where_nothing_stands_in_the_way() -> None:
    decided = decide(person(), NEWS, NOON, QUIET, WAYS)
    assert isinstance(decided, To)
    assert (decided.route.address_id, decided.at, decided.reason) == (7, NOON, "")


@pytest.mark.parametrize(
    ("facts", "sending", "reason"),
    [
        (person(consents=frozenset({Purpose.URGENT})), NEWS, NO_CONSENT),
        (person(), replace(NEWS, takes_people=False, drive_id=3), DRIVE_CLOSED),
        (person(at_drive=True), replace(NEWS, drive_id=3), REGISTERED),
        (person(), replace(NEWS, purpose=MessagePurpose.DRIVE, drive_id=3), NOT_REGISTERED),
        (
            person(appealed_at=NOON - timedelta(days=89)),
            replace(NEWS, purpose=MessagePurpose.URGENT),
            ASKED_LATELY,
        ),
        (person(), replace(NEWS, held_out=100), HELD_OUT),
        (replace(person(), routes=PersonRoutes(())), NEWS, "no-address"),
        (person(replace(home(), blocked_at=NOON)), NEWS, "blocked"),
        (person(home(ChannelKind.MESSENGER)), NEWS, "messenger-window-over"),
    ],
)
def test_it_says_why_not(facts: PersonFacts, sending: Sending, reason: str) -> None:
    assert decide(facts, sending, NOON, QUIET, WAYS) == Not(reason)


def test_a_quarter_later_somebody_is_asked_again() -> None:
    urgent = replace(NEWS, purpose=MessagePurpose.URGENT)
    assert isinstance(decide(person(appealed_at=NOON - timedelta(days=90)), urgent, NOON, QUIET, WAYS), To)


def test_at_night_it_waits_for_the_morning_of_that_person() -> None:
    morning = decide(person(), NEWS, NIGHT, QUIET, WAYS)
    shift = decide(person(rhythm="nights"), NEWS, NOON, QUIET, WAYS)
    assert isinstance(morning, To)
    assert isinstance(shift, To)
    assert (morning.at.astimezone(HERE).hour, morning.reason) == (7, QUIET_WAIT)
    assert (shift.at.astimezone(HERE).hour, shift.reason) == (16, QUIET_WAIT)


def test_one_such_message_a_day_and_so_many_a_month() -> None:
    today = decide(person(heard=Heard(NOON - timedelta(hours=2), 1)), NEWS, NOON, QUIET, WAYS)
    assert isinstance(today, To)
    assert (today.at.astimezone(HERE).day, today.reason) == (24, NEWS_TODAY)
    assert decide(person(heard=Heard(NOON - timedelta(days=2), 4)), NEWS, NOON, QUIET, WAYS) == Not(CAP)
    yesterday = decide(person(heard=Heard(NOON - timedelta(days=1), 3)), NEWS, NOON, QUIET, WAYS)
    assert isinstance(yesterday, To)
    assert yesterday.at == NOON


def test_what_a_drive_s_own_people_need_knows_no_cap_and_no_lot() -> None:
    own = Sending(1, MessagePurpose.DRIVE, 3, held_out=100, lasts_until=NOON + timedelta(days=1))
    decided = decide(person(at_drive=True, heard=Heard(NOON, 9)), own, NOON, QUIET, WAYS)
    assert isinstance(decided, To)
    assert decided.at == NOON


def test_a_form_is_waited_for_once() -> None:
    writing = person(form_touched_at=NOON - timedelta(minutes=5))
    waits = decide(writing, NEWS, NOON, QUIET, WAYS)
    assert isinstance(waits, To)
    assert (waits.at, waits.reason) == (NOON + timedelta(minutes=25), FORM_WAIT)
    again = decide(replace(writing, waited_for=FORM_WAIT), NEWS, NOON, QUIET, WAYS)
    assert isinstance(again, To)
    assert again.at == NOON


def test_what_would_come_too_late_does_not_come() -> None:
    ending = replace(NEWS, lasts_until=NIGHT + timedelta(hours=1))
    assert decide(person(), ending, NIGHT, QUIET, WAYS) == Not(QUIET_WAIT)
    over = replace(NEWS, lasts_until=NOON)
    assert decide(person(), over, NOON, QUIET, WAYS) == Not(TOO_LATE)
    assert decide(person(), replace(over, drive_id=3), NOON, QUIET, WAYS) == Not(DRIVE_CLOSED)


def test_news_stays_on_the_channel_of_its_consent() -> None:
    two = person(home(ChannelKind.MESSENGER, 7), home(ChannelKind.TELEGRAM, 8))
    assert decide(two, NEWS, NOON, QUIET, WAYS) == Not("messenger-window-over")


@pytest.mark.parametrize("share", [0, 10, 50, 100])
def test_the_lot_is_fair_and_falls_the_same_way_each_time(share: int) -> None:
    lots = [is_held_out(5, contact, share) for contact in range(4000)]
    assert lots == [is_held_out(5, contact, share) for contact in range(4000)]
    assert abs(sum(lots) / 40 - share) < 3
    assert share in (0, 100) or lots != [is_held_out(6, contact, share) for contact in range(4000)]
