"""A due intent is judged again: still true, still wanted, allowed at this moment?"""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.domain.consents import Purpose
from bot.domain.drives import DriveState
from bot.domain.intents import (
    Booking,
    Giving,
    Heard,
    IntentFacts,
    Judgement,
    Queue,
    Skip,
    WaitUntil,
    Ways,
    judge_intent,
)
from bot.domain.platforms import RouteKind
from bot.domain.quiet_hours import QuietHours
from bot.domain.reach import Home, PersonRoutes, RoutePlan
from bot.domain.registrations import RegistrationState
from bot.domain.templates import Approved
from bot.domain.updates import ChannelKind
from tests.facts import PLATFORMS, SCHEDULE

HERE = ZoneInfo("Asia/Ho_Chi_Minh")
QUIET = QuietHours(HERE)


def local(day: int, clock: str) -> datetime:
    return datetime.combine(date(2026, 12, day), time.fromisoformat(clock), HERE).astimezone(UTC)


EVE = local(4, "18:00")
SLOT = local(5, "09:30")
HOME = Home(7, 1, ChannelKind.TELEGRAM, local(1, "10:00"))
PERSON = PersonRoutes((HOME,))
WAYS = Ways(PLATFORMS, {})
BOOKING = Booking("drive-eve:7:x", RegistrationState.BOOKED, DriveState.OPEN, SLOT)
FACTS = IntentFacts("drive-eve:7:x", SCHEDULE.reminders["drive-eve"], local(5, "07:30"), BOOKING, PERSON)
MORNING = replace(FACTS, reminder=SCHEDULE.reminders["drive-morning"], expires_at=SLOT)
NEXT = IntentFacts(
    "next-donation:8:y",
    SCHEDULE.reminders["next-donation"],
    EVE + timedelta(days=14),
    Giving(),
    PERSON,
    consents=frozenset((Purpose.REMINDER,)),
)


NUDGE = replace(NEXT, reminder=SCHEDULE.reminders["next-donation-nudge"], subject=Giving(first="skipped"))
DID = replace(NEXT, reminder=SCHEDULE.reminders["what-it-did"])
OVER = replace(NEXT, reminder=SCHEDULE.reminders["deferral-over"])


def giving(**changes: Any) -> IntentFacts:
    return replace(NEXT, subject=Giving(**changes))


def called_off(**changes: Any) -> IntentFacts:
    key = "drive-cancelled:7:12"
    off = replace(BOOKING, key=key, drive_state=DriveState.CANCELLED)
    facts = replace(FACTS, key=key, reminder=SCHEDULE.reminders["drive-cancelled"], expires_at=SLOT)
    return replace(facts, subject=replace(off, **changes))


def booking(**changes: Any) -> IntentFacts:
    return replace(FACTS, subject=replace(BOOKING, **changes))


def route(facts: IntentFacts, **changes: Any) -> IntentFacts:
    return replace(facts, person=PersonRoutes((replace(HOME, **changes),)))


def typing(facts: IntentFacts, at: datetime) -> IntentFacts:
    return replace(facts, form_touched_at=at)


def queued(channel: ChannelKind = ChannelKind.TELEGRAM, price: int = 0, at: datetime = EVE) -> Queue:
    return Queue(RoutePlan(RouteKind.TEXT, 7, 1, channel, price, at))


ZALO = {"channel": ChannelKind.ZALO}
JUST_NOW = EVE - timedelta(minutes=10)


@pytest.mark.parametrize(
    ("facts", "now", "expected"),
    [
        pytest.param(FACTS, EVE, queued(), id="sends what is due, true and allowed"),
        pytest.param(FACTS, local(5, "07:30"), Skip("expired"), id="drops an eve that the morning has overtaken"),
        pytest.param(FACTS, local(4, "20:59"), queued(at=local(4, "20:59")), id="judges what is overdue instead of dropping it"),
        pytest.param(
            booking(state=RegistrationState.CANCELLED), EVE, Skip("registration-cancelled"), id="forgets the cancelled"
        ),
        pytest.param(
            booking(state=RegistrationState.ARRIVED), EVE, Skip("registration-arrived"), id="forgets the arrived"
        ),
        pytest.param(booking(drive_state=DriveState.CANCELLED), EVE, Skip("drive-cancelled"), id="knows a cancelled drive"),
        pytest.param(booking(drive_state=DriveState.DRAFT), EVE, Skip("drive-draft"), id="knows a withdrawn drive"),
        pytest.param(booking(drive_state=DriveState.CLOSED), EVE, queued(), id="reminds the people of a closed drive"),
        pytest.param(booking(key="drive-eve:7:z"), EVE, Skip("slot-moved"), id="leaves a moved slot to its own intent"),
        pytest.param(
            replace(FACTS, withdrawn=frozenset((Purpose.REGISTRATION,))),
            EVE,
            Skip("consent-withdrawn"),
            id="obeys a withdrawn registration consent",
        ),
        pytest.param(replace(FACTS, person=PersonRoutes(())), EVE, Skip("no-address"), id="has nowhere to write"),
        pytest.param(
            FACTS, local(4, "23:00"), WaitUntil(local(5, "05:00"), "quiet-hours"), id="waits for the drive's own morning"
        ),
        pytest.param(
            replace(FACTS, expires_at=local(5, "04:00")), local(4, "23:00"), Skip("quiet-hours"), id="cannot wait longer"
        ),
        pytest.param(MORNING, local(5, "05:30"), queued(at=local(5, "05:30")), id="writes from five on the day itself"),
        pytest.param(
            typing(FACTS, JUST_NOW), EVE, WaitUntil(EVE + timedelta(minutes=20), "form-live"), id="does not interrupt a form"
        ),
        pytest.param(
            replace(typing(FACTS, JUST_NOW), waited_for="form-live"), EVE, queued(), id="waits for a form only once"
        ),
        pytest.param(
            typing(FACTS, EVE - timedelta(minutes=30)), EVE, queued(), id="does not wait for a cold form"
        ),
        pytest.param(
            typing(MORNING, local(5, "07:25")), local(5, "07:30"), queued(at=local(5, "07:30")), id="interrupts a form on the day"
        ),
        pytest.param(route(FACTS, **ZALO), EVE, queued(ChannelKind.ZALO, 55), id="knows the price of an older Zalo window"),
        pytest.param(
            route(FACTS, **ZALO, last_inbound_at=EVE - timedelta(days=7)), EVE, Skip("zalo-window-over"), id="obeys Zalo"
        ),
        pytest.param(
            route(FACTS, channel=ChannelKind.MESSENGER), EVE, Skip("messenger-window-over"), id="obeys Messenger"
        ),
        pytest.param(route(FACTS, channel=ChannelKind.WEB), EVE, Skip("web-not-a-route"), id="has no route to a browser"),
        pytest.param(route(FACTS, blocked_at=EVE), EVE, Skip("blocked"), id="obeys a block"),
        pytest.param(NEXT, EVE, queued(), id="reminds of the next donation with consent"),
        pytest.param(
            replace(NEXT, consents=frozenset()), EVE, Skip("no-consent"), id="never reminds of the next one without"
        ),
        pytest.param(
            replace(NEXT, subject=Giving(given_again=True)), EVE, Skip("given-again"), id="knows a newer donation"
        ),
        pytest.param(replace(NEXT, subject=Giving(deferred=True)), EVE, Skip("deferred"), id="knows a deferral"),
        pytest.param(
            NEXT, local(4, "23:00"), WaitUntil(local(5, "07:00"), "quiet-hours"), id="lets people sleep until seven"
        ),
        pytest.param(giving(registered=True), EVE, Skip("registered"), id="is silent when they have a place"),
        pytest.param(
            giving(ask_again_on=date(2026, 12, 20)),
            EVE,
            WaitUntil(local(20, "18:00"), "asked-later", local(20, "18:00") + timedelta(days=14)),
            id="asks later who wished so, and ends as much later",
        ),
        pytest.param(giving(ask_again_on=date(2026, 12, 4)), EVE, queued(), id="asks on the day they named"),
        pytest.param(NUDGE, EVE, Skip("first-unsent"), id="nudges nobody who was not told"),
        pytest.param(
            replace(NUDGE, subject=Giving(first="queued", first_at=EVE - timedelta(days=14))), EVE, queued(), id="nudges once"
        ),
        pytest.param(
            replace(NUDGE, subject=Giving(first="queued", first_at=EVE - timedelta(days=4))),
            EVE,
            WaitUntil(local(14, "18:00"), "follows-another", local(14, "18:00") + timedelta(days=14)),
            id="leaves two weeks between",
        ),
        pytest.param(
            replace(NEXT, heard=Heard(EVE - timedelta(hours=2), 1)),
            EVE,
            WaitUntil(local(5, "18:00"), "cap"),
            id="writes once a day at most",
        ),
        pytest.param(
            replace(NEXT, heard=Heard(EVE - timedelta(days=3), 4)),
            EVE,
            Skip("cap"),
            id="writes so many times a month at most",
        ),
        pytest.param(replace(FACTS, heard=Heard(EVE, 9)), EVE, queued(), id="does not count what a drive needs"),
        pytest.param(
            replace(NEXT, rhythm="nights"), local(5, "10:00"), WaitUntil(local(5, "16:00"), "quiet-hours"),
            id="lets who works at night sleep by day",
        ),
        pytest.param(replace(NEXT, rhythm="nights"), local(4, "22:00"), queued(at=local(4, "22:00")), id="writes when they wake"),
        pytest.param(
            replace(MORNING, rhythm="nights"), local(5, "06:30"), WaitUntil(local(5, "07:30"), "quiet-hours"),
            id="tells who sleeps by day while it is of use",
        ),
        pytest.param(called_off(), EVE, queued(), id="tells that a drive is off"),
        pytest.param(
            called_off(drive_state=DriveState.OPEN), EVE, Skip("drive-takes-place"), id="not when it takes place after all"
        ),
        pytest.param(called_off(key="drive-cancelled:7:13"), EVE, Skip("drive-changed-again"), id="tells the newest change"),
        pytest.param(DID, EVE, Skip("no-facts"), id="tells of the blood only what the bank has confirmed"),
        pytest.param(replace(DID, subject=Giving(has_facts=True)), EVE, queued(), id="tells what is confirmed"),
        pytest.param(
            replace(OVER, subject=Giving(decided_anew=True)), EVE, Skip("decided-anew"), id="knows a later word of a site"
        ),
    ],
)  # fmt: skip
def test_it(facts: IntentFacts, now: datetime, expected: Judgement) -> None:
    assert judge_intent(facts, now, QUIET, WAYS) == expected


def test_it_says_what_is_untrue_rather_than_what_is_shut() -> None:
    cancelled = route(booking(state=RegistrationState.CANCELLED), channel=ChannelKind.WEB)
    assert judge_intent(cancelled, EVE, QUIET, WAYS) == Skip("registration-cancelled")


BY_PHONE = Approved(
    "drive-eve", ChannelKind.ZALO, "vi", "300123", frozenset((RouteKind.TEMPLATE_PHONE,)), (("time", "time"),), 300
)


def by_phone(facts: IntentFacts) -> IntentFacts:
    """Somebody on Messenger whose window is over, and whose number an OA may write to."""
    home = replace(HOME, channel=ChannelKind.MESSENGER)
    return replace(facts, person=PersonRoutes((home,), has_phone=True, phone_account=2))


def test_it_goes_by_an_approved_template_where_own_words_may_not() -> None:
    judged = judge_intent(by_phone(FACTS), EVE, QUIET, Ways(PLATFORMS, {"drive-eve": (BY_PHONE,)}))
    assert judged == Queue(RoutePlan(RouteKind.TEMPLATE_PHONE, 7, 2, ChannelKind.ZALO, 300, EVE, BY_PHONE))


def test_it_waits_for_the_end_of_the_platforms_night() -> None:
    early = local(5, "05:30")
    judged = judge_intent(by_phone(MORNING), early, QUIET, Ways(PLATFORMS, {"drive-eve": (BY_PHONE,)}))
    assert judged == WaitUntil(local(5, "06:00"), "platform-night")


def test_it_says_why_when_the_template_was_taken_back() -> None:
    rejected = replace(BY_PHONE, status="disabled")
    judged = judge_intent(by_phone(FACTS), EVE, QUIET, Ways(PLATFORMS, {"drive-eve": (rejected,)}))
    assert judged == Skip("messenger-window-over")
