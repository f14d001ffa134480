"""What is planned for a registration and for a donation. Local time is Vietnam's."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.donations import Component, Donation
from bot.domain.quiet_hours import QuietHours
from bot.domain.reminders import (
    Change,
    Planned,
    intent_key,
    next_reminder,
    plan_for_change,
    plan_for_deferral,
    plan_for_donation,
    plan_for_registration,
    stands_alone,
)
from bot.domain.rhythms import quiet_for
from tests.facts import RULES, SCHEDULE

HERE = ZoneInfo("Asia/Ho_Chi_Minh")
QUIET = QuietHours(HERE)
INTERVALS = RULES.intervals
SOON, EVE, MORNING = (SCHEDULE.reminders[f"drive-{name}"] for name in ("soon", "eve", "morning"))


def local(day: int, clock: str) -> datetime:
    return datetime.combine(date(2026, 12, day), time.fromisoformat(clock), HERE).astimezone(UTC)


@pytest.mark.parametrize(
    ("slot", "registered", "expected"),
    [
        pytest.param(
            local(5, "09:30"),
            local(1, "10:00"),
            (
                Planned(EVE, local(4, "18:00"), local(5, "07:30")),
                Planned(MORNING, local(5, "07:30"), local(5, "09:30")),
            ),
            id="plans the eve at six and two hours before the slot",
        ),
        pytest.param(
            local(12, "09:30"),
            local(1, "10:00"),
            (
                Planned(SOON, local(7, "18:00"), local(9, "18:00")),
                Planned(EVE, local(11, "18:00"), local(12, "07:30")),
                Planned(MORNING, local(12, "07:30"), local(12, "09:30")),
            ),
            id="asks some days ahead whether it still suits",
        ),
        pytest.param(
            local(5, "07:30"),
            local(1, "10:00"),
            (Planned(EVE, local(4, "18:00"), local(5, "06:30")),),
            id="merges the morning of an early slot into the eve",
        ),
        pytest.param(
            local(5, "08:59"),
            local(1, "10:00"),
            (Planned(EVE, local(4, "18:00"), local(5, "07:59")),),
            id="counts a slot just before nine as early",
        ),
        pytest.param(
            local(5, "09:00"),
            local(4, "19:00"),
            (Planned(MORNING, local(5, "07:00"), local(5, "09:00")),),
            id="plans no eve for who registers that evening",
        ),
        pytest.param(local(5, "07:30"), local(4, "19:00"), (), id="leaves it to the confirmation on a late evening"),
        pytest.param(local(5, "10:00"), local(5, "08:30"), (), id="plans nothing that lies behind"),
        pytest.param(
            local(5, "23:30"),
            local(1, "10:00"),
            (Planned(EVE, local(4, "18:00"), local(5, "22:30")),),
            id="merges a morning that would be quiet",
        ),
    ],
)
def test_it(slot: datetime, registered: datetime, expected: tuple[Planned, ...]) -> None:
    assert plan_for_registration(slot, registered, SCHEDULE, QUIET) == expected


SPAN = (datetime(2026, 1, 1), datetime(2027, 1, 1))  # noqa: DTZ001 - hypothesis adds the zone
moments = st.datetimes(*SPAN, timezones=st.just(UTC))
hours = st.integers(0, 23).map(time)


@given(slot=moments, ahead=st.timedeltas(timedelta(0), timedelta(days=60)), begin=hours, end=hours)
def test_it_never_plans_into_quiet_hours_or_twice(slot: datetime, ahead: timedelta, begin: time, end: time) -> None:
    quiet = QuietHours(HERE, begin, end)
    registered = slot - ahead
    plan = plan_for_registration(slot, registered, SCHEDULE, quiet)
    assert len({planned.occasion for planned in plan}) == len(plan) <= 3
    for planned in plan:
        assert not quiet.covers(planned.due_at, drive_day=planned.reminder is MORNING)
        assert registered <= planned.due_at < planned.expires_at <= slot
    assert list(plan) == sorted(plan, key=lambda planned: planned.due_at)


def days(planned: tuple[Planned, ...]) -> dict[str, str]:
    """Occasion → local moment and the last one, briefly."""
    return {
        one.occasion: f"{one.due_at.astimezone(HERE):%d/%m %H:%M} – {one.expires_at.astimezone(HERE):%d/%m %H:%M}"
        for one in planned
    }


GIVEN = date(2026, 12, 5)


def recorded(clock: str, after: int = 0) -> datetime:
    return local(5 + after, clock)


def test_it_plans_what_follows_a_donation() -> None:
    planned = plan_for_donation(Donation(GIVEN), recorded("11:00"), INTERVALS, SCHEDULE, QUIET)
    found = days(planned)
    assert found["thanks"] == "05/12 19:00 – 07/12 19:00"
    assert found["how-are-you"] == "06/12 18:00 – 09/12 00:00"
    assert found["what-it-did"] == "26/12 19:00 – 02/01 19:00"
    assert found["next-donation"] == "24/02 18:00 – 10/03 18:00"  # 84 days later is 27 February
    assert found["next-donation-nudge"] == "10/03 18:00 – 24/03 18:00"
    season = next(one for one in planned if one.occasion == "next-season")
    assert season.due_at > local(5, "00:00") + timedelta(days=100)


@pytest.mark.parametrize(
    ("component", "due"),
    [
        pytest.param(Component.WHOLE_BLOOD, date(2027, 2, 24), id="84 days after whole blood, three days before"),
        pytest.param(Component.PLATELETS, date(2026, 12, 16), id="14 days after platelets"),
        pytest.param(Component.PLASMA, date(2026, 12, 16), id="14 days after plasma"),
    ],
)
def test_it_counts_by_the_component_given_last(component: Component, due: date) -> None:
    planned = plan_for_donation(Donation(GIVEN, component), recorded("11:00"), INTERVALS, SCHEDULE, QUIET)
    (again,) = [one for one in planned if one.occasion == "next-donation"]
    assert again.due_at == datetime.combine(due, time(18), HERE)
    assert next_reminder(local(5, "08:00"), None, INTERVALS, SCHEDULE, QUIET) == datetime(2027, 2, 24, 18, tzinfo=HERE)


def test_it_thanks_on_the_next_evening_for_what_was_recorded_late() -> None:
    planned = days(plan_for_donation(Donation(GIVEN), recorded("09:00", 1), INTERVALS, SCHEDULE, QUIET))
    assert planned["thanks"].startswith("06/12 19:00")
    late = days(plan_for_donation(Donation(GIVEN), recorded("20:00", 4), INTERVALS, SCHEDULE, QUIET))
    assert not {"thanks", "how-are-you"} & late.keys()
    assert {"what-it-did", "next-donation"} <= late.keys()


def test_it_follows_only_with_the_interval_what_people_tell_of_themselves() -> None:
    told = Donation(GIVEN, verified=False)
    planned = days(plan_for_donation(told, recorded("11:00"), INTERVALS, SCHEDULE, QUIET))
    assert planned.keys() == {"next-donation", "next-donation-nudge", "next-season"}


def test_it_plans_what_follows_a_deferral() -> None:
    planned = days(plan_for_deferral(GIVEN, date(2027, 1, 10), recorded("11:00"), SCHEDULE, QUIET))
    assert planned == {"not-today": "05/12 19:00 – 07/12 19:00", "deferral-over": "08/01 18:00 – 22/01 18:00"}
    assert days(plan_for_deferral(GIVEN, None, recorded("11:00"), SCHEDULE, QUIET)).keys() == {"not-today"}


@pytest.mark.parametrize(("kind", "occasion"), [("moved", "drive-moved"), ("cancelled", "drive-cancelled")])
def test_it_tells_a_change_at_once(kind: str, occasion: str) -> None:
    change = Change(7, kind, local(3, "10:00"), was_starts_at=local(5, "07:30"))
    (planned,) = plan_for_change(change, local(6, "08:00"), SCHEDULE, QUIET)
    assert (planned.occasion, planned.due_at, planned.expires_at) == (occasion, local(3, "10:00"), local(6, "08:00"))


def test_it_leaves_the_morning_to_the_eve_for_who_sleeps_by_day() -> None:
    nights, slot = quiet_for("nights", QUIET), local(5, "10:00")
    planned = plan_for_registration(slot, local(1, "10:00"), SCHEDULE, nights)
    assert [one.reminder for one in planned] == [EVE]
    assert stands_alone(SCHEDULE, slot, nights)
    assert not stands_alone(SCHEDULE, slot, QUIET)


def test_it_names_each_message_once() -> None:
    assert intent_key("drive-eve", 7, local(5, "07:30")) == "drive-eve:7:20261205T0030Z"
    assert intent_key("next-donation", 8, date(2026, 8, 28)) == "next-donation:8:20260828"
    assert intent_key("drive-moved", 7, 12) == "drive-moved:7:12"
