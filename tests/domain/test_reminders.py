"""What is planned for a registration and for a donation. Local time is Vietnam's."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.donations import Component, Donation
from bot.domain.quiet_hours import QuietHours
from bot.domain.reminders import Occasion, Planned, intent_key, plan_for_donation, plan_for_registration
from tests.facts import RULES

HERE = ZoneInfo("Asia/Ho_Chi_Minh")
QUIET = QuietHours(HERE)
INTERVALS = RULES.intervals
EVE, MORNING = Occasion.DRIVE_EVE, Occasion.DRIVE_MORNING


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
    assert plan_for_registration(slot, registered, QUIET) == expected


SPAN = (datetime(2026, 1, 1), datetime(2027, 1, 1))  # noqa: DTZ001 - hypothesis adds the zone
moments = st.datetimes(*SPAN, timezones=st.just(UTC))
hours = st.integers(0, 23).map(time)


@given(slot=moments, ahead=st.timedeltas(timedelta(0), timedelta(days=60)), begin=hours, end=hours)
def test_it_never_plans_into_quiet_hours_or_twice(slot: datetime, ahead: timedelta, begin: time, end: time) -> None:
    quiet = QuietHours(HERE, begin, end)
    registered = slot - ahead
    plan = plan_for_registration(slot, registered, quiet)
    assert len({planned.occasion for planned in plan}) == len(plan) <= 2
    for planned in plan:
        assert not quiet.covers(planned.due_at, drive_day=planned.occasion is MORNING)
        assert registered <= planned.due_at < planned.expires_at <= slot
    assert list(plan) == sorted(plan, key=lambda planned: planned.due_at)


@pytest.mark.parametrize(
    ("component", "day"),
    [
        pytest.param(Component.WHOLE_BLOOD, date(2026, 8, 28), id="84 days after whole blood"),
        pytest.param(Component.PLATELETS, date(2026, 6, 19), id="14 days after platelets"),
        pytest.param(Component.PLASMA, date(2026, 6, 19), id="14 days after plasma"),
    ],
)
def test_it_reminds_of_the_next_donation(component: Component, day: date) -> None:
    planned = plan_for_donation(Donation(date(2026, 6, 5), component), INTERVALS, QUIET)
    at = datetime.combine(day, time(18), HERE)
    assert planned == Planned(Occasion.NEXT_DONATION, at, at + timedelta(days=14))


def test_it_names_each_message_once() -> None:
    assert intent_key(EVE, 7, local(5, "07:30")) == "drive-eve:7:20261205T0030Z"
    assert intent_key(Occasion.NEXT_DONATION, 8, date(2026, 8, 28)) == "next-donation:8:20260828"
