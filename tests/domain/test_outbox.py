"""What follows from the outcome of one call to a platform."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.outbox import MOST_ATTEMPTS, Decision, MessagePurpose, OutboxState, Outcome, after

NOW = datetime(2026, 12, 4, 11, 0, tzinfo=UTC)


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("outcome", "attempt", "expected"),
    [
        pytest.param(Outcome.SENT, 1, Decision(OutboxState.SENT), id="is done when sent"),
        pytest.param(Outcome.UNCERTAIN, 1, Decision(OutboxState.UNKNOWN, "uncertain"), id="never sends blindly again"),
        pytest.param(
            Outcome.UNAVAILABLE, 1, Decision(OutboxState.WAITING, "unavailable", later(2)), id="tries again soon"
        ),
        pytest.param(
            Outcome.UNAVAILABLE, 4, Decision(OutboxState.WAITING, "unavailable", later(16)), id="waits longer each time"
        ),
        pytest.param(
            Outcome.THROTTLED, 11, Decision(OutboxState.WAITING, "throttled", later(900)), id="waits 15 minutes at most"
        ),
        pytest.param(
            Outcome.UNAVAILABLE,
            MOST_ATTEMPTS,
            Decision(OutboxState.FAILED, "unavailable"),
            id="gives up what has no end after the last",
        ),
        pytest.param(
            Outcome.CONTACT_GONE, 1, Decision(OutboxState.FAILED, "contact-gone", blocks=True), id="stops the address"
        ),
        pytest.param(
            Outcome.OUTSIDE_WINDOW, 1, Decision(OutboxState.SKIPPED, "outside-window"), id="obeys the platform's window"
        ),
        pytest.param(Outcome.REJECTED, 1, Decision(OutboxState.FAILED, "rejected"), id="ends what was refused"),
        pytest.param(
            Outcome.MISCONFIGURED,
            MOST_ATTEMPTS,
            Decision(OutboxState.WAITING, "misconfigured", NOW, pauses=True),
            id="keeps the message and pauses the account",
        ),
    ],
)
def test_it(outcome: Outcome, attempt: int, expected: Decision) -> None:
    assert after(outcome, attempt, NOW) == expected


def test_it_waits_at_least_as_long_as_the_platform_asks() -> None:
    assert after(Outcome.THROTTLED, 1, NOW, retry_after=37.5).retry_at == later(37.5)


def test_it_spreads_retries_by_a_quarter_of_their_wait() -> None:
    assert after(Outcome.UNAVAILABLE, 2, NOW, jitter=1.0).retry_at == later(5)


def test_it_does_not_try_again_when_it_would_be_too_late() -> None:
    assert after(Outcome.UNAVAILABLE, 3, NOW, expires_at=later(8)) == Decision(OutboxState.SKIPPED, "expired")


def test_it_tries_what_has_an_end_until_then() -> None:
    tried = after(Outcome.UNAVAILABLE, MOST_ATTEMPTS + 5, NOW, expires_at=later(3600))
    assert tried == Decision(OutboxState.WAITING, "unavailable", later(900))


def test_it_waits_for_money_until_the_messages_own_end_and_pauses_nothing() -> None:
    first = after(Outcome.UNPAID, 1, NOW, expires_at=later(3600))
    assert first == Decision(OutboxState.WAITING, "unpaid", later(900))
    assert after(Outcome.UNPAID, MOST_ATTEMPTS + 5, NOW, expires_at=later(3600)) == first
    assert after(Outcome.UNPAID, 1, NOW, expires_at=later(900)) == Decision(OutboxState.SKIPPED, "expired")


def test_it_lets_no_answer_that_nobody_pays_for_hold_up_the_free_ones() -> None:
    ended = after(Outcome.UNPAID, 1, NOW, expires_at=later(86_400), answers=True)
    assert ended == Decision(OutboxState.FAILED, "unpaid")


@pytest.mark.parametrize("outcome", list(Outcome))
def test_it_decides_every_outcome(outcome: Outcome) -> None:
    decision = after(outcome, 1, NOW)
    assert (decision.retry_at is not None) == (decision.state is OutboxState.WAITING)


def test_it_answers_at_night_only_who_wrote() -> None:
    assert [purpose for purpose in MessagePurpose if purpose.answers] == [MessagePurpose.REPLY, MessagePurpose.STAFF]
