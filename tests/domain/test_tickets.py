"""What a ticket is worth, by what became of its place and its drive."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.drives import DriveState
from bot.domain.registrations import RegistrationState
from bot.domain.tickets import Standing, standing

NOW = datetime(2026, 12, 5, 3, 0, tzinfo=UTC)
OPEN, LATER, BEFORE = DriveState.OPEN, NOW + timedelta(hours=1), NOW - timedelta(hours=1)


@pytest.mark.parametrize(
    ("state", "drive", "ends", "worth"),
    [
        pytest.param(RegistrationState.BOOKED, OPEN, LATER, Standing.OPEN, id="booked"),
        pytest.param(RegistrationState.BOOKED, OPEN, BEFORE, Standing.OVER, id="over"),
        pytest.param(RegistrationState.CANCELLED, OPEN, LATER, Standing.CANCELLED, id="given up"),
        pytest.param(RegistrationState.HELD, OPEN, LATER, Standing.CANCELLED, id="held, and nobody said yes"),
        pytest.param(RegistrationState.CANCELLED, DriveState.CANCELLED, LATER, Standing.CALLED_OFF, id="called off"),
    ],
)
def test_it_is_worth(state: RegistrationState, drive: DriveState, ends: datetime, worth: Standing) -> None:
    assert standing(state, drive, ends, NOW) is worth
