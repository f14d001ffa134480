"""It looks at a paused account ever less often, and not at all where only people can help."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.probing import probe_due

PAUSED = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def test_it_looks_after_1_5_15_30_minutes_and_then_every_hour() -> None:
    looks = [
        minute
        for minute in range(1, 200)
        if probe_due(
            PAUSED, "misconfigured -209", PAUSED + timedelta(minutes=minute - 1), PAUSED + timedelta(minutes=minute)
        )
    ]
    assert looks == [1, 5, 15, 30, 60, 120, 180]


def test_a_look_that_came_late_is_made_up_for_once() -> None:
    late = PAUSED + timedelta(minutes=20)
    assert probe_due(PAUSED, "misconfigured", PAUSED, late)
    assert not probe_due(PAUSED, "misconfigured", late, late + timedelta(minutes=1))


@pytest.mark.parametrize(
    "reason",
    ["token-lost", "misconfigured token-lost", "misconfigured restricted 368", "restricted policy_enforcement"],
)
def test_it_leaves_alone_what_only_people_can_repair(reason: str) -> None:
    assert not probe_due(PAUSED, reason, PAUSED, PAUSED + timedelta(days=1))
