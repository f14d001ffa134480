"""The ledger of a dry run, and the mark that an approval leaves under it and the draft."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.domain.broadcasts import (
    Broadcast,
    BroadcastState,
    Draft,
    Refusal,
    Refused,
    Step,
    check_approver,
    check_growth,
    check_step,
)
from bot.domain.deciding import Not, To
from bot.domain.ledgers import AccountPace, Ledger, Quota, draft_text, is_signed, sign
from bot.domain.outbox import MessagePurpose
from bot.domain.platforms import RouteKind
from bot.domain.reach import RoutePlan
from bot.domain.updates import ChannelKind

NOW = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
PACES = {1: AccountPace("oa", ChannelKind.ZALO, 100), 2: AccountPace("bot", ChannelKind.TELEGRAM, 1800)}
DRAFT = Draft(MessagePurpose.NEWS, 4, "all", words=(("vi", "Mời anh/chị."),))


def to(account: int, channel: ChannelKind, price: int = 0) -> To:
    kind = RouteKind.TEMPLATE_UID if price else RouteKind.TEXT
    return To(RoutePlan(kind, 7, account, channel, price, NOW), NOW)


def filled() -> Ledger:
    ledger = Ledger(NOW, segment=260, without_consent=8)
    for _ in range(150):
        ledger.add(to(1, ChannelKind.ZALO, 160), PACES)
    for _ in range(100):
        ledger.add(to(2, ChannelKind.TELEGRAM), PACES)
    ledger.add(Not("no-address"), PACES)
    ledger.add(Not("cap"), PACES)
    return ledger


def test_it_counts_ways_prices_reasons_and_the_time_of_the_slowest() -> None:
    ledger = filled()
    assert (ledger.intended, ledger.reached, ledger.price_vnd) == (252, 250, 24_000)
    assert ledger.routes == {"zalo template-uid": 150, "telegram text": 100}
    assert ledger.skipped == {"no-address": 1, "cap": 1}
    assert ledger.minutes == 2
    assert ledger.registrations_per_minute == 25 + 450


def test_it_comes_back_as_it_was() -> None:
    ledger = filled()
    again = Ledger.from_json(ledger.to_json())
    assert again == ledger
    assert again.to_json() == ledger.to_json()


@pytest.mark.parametrize(
    "changed",
    [
        replace(DRAFT, words=(("vi", "Mời anh/chị!"),)),
        replace(DRAFT, segment="tag:x"),
        replace(DRAFT, drive_id=5),
        replace(DRAFT, held_out=5),
        replace(DRAFT, template="drive-news"),
        replace(DRAFT, unit_id=5),
        replace(DRAFT, purpose=MessagePurpose.URGENT),
        replace(DRAFT, topic="before", words=()),
    ],
)
def test_any_change_of_the_draft_voids_the_mark(changed: Draft) -> None:
    key, ledger = b"k" * 32, filled().to_json()
    mark = sign(key, draft_text(DRAFT, "", ""), ledger, "duyet")
    assert is_signed(key, mark, draft_text(DRAFT, "", ""), ledger, "duyet")
    assert not is_signed(key, mark, draft_text(changed, "", ""), ledger, "duyet")


def test_so_does_another_ledger_picture_wording_or_name() -> None:
    key, ledger = b"k" * 32, filled()
    mark = sign(key, draft_text(DRAFT, "", ""), ledger.to_json(), "duyet")
    other = filled()
    other.add(Not("cap"), PACES)
    assert not is_signed(key, mark, draft_text(DRAFT, "", ""), other.to_json(), "duyet")
    assert not is_signed(key, mark, draft_text(DRAFT, "", "picture"), ledger.to_json(), "duyet")
    assert not is_signed(key, mark, draft_text(DRAFT, "topic.before@2", ""), ledger.to_json(), "duyet")
    assert not is_signed(key, mark, draft_text(DRAFT, "", ""), ledger.to_json(), "khac")
    assert not is_signed(b"x" * 32, mark, draft_text(DRAFT, "", ""), ledger.to_json(), "duyet")
    assert not is_signed(key, None, draft_text(DRAFT, "", ""), ledger.to_json(), "duyet")


def test_every_step_knows_from_where_it_may_be_taken() -> None:
    for step in Step:
        allowed = [state for state in BroadcastState if _may(state, step)]
        assert allowed
        assert BroadcastState.CANCELLED not in allowed
    assert [state for state in BroadcastState if _may(state, Step.START)] == ["approved", "scheduled"]


def _may(state: BroadcastState, step: Step) -> bool:
    try:
        check_step(state, step)
    except Refused:
        return False
    return True


@pytest.mark.parametrize(
    ("login", "above", "why"),
    [("viet", True, Refusal.OWN_DRAFT), ("duyet", False, Refusal.NOT_ABOVE), ("duyet", True, None)],
)
def test_an_approver_is_another_person_of_the_level_above(login: str, above: bool, why: Refusal | None) -> None:
    one = Broadcast(1, "b", DRAFT, BroadcastState.SUBMITTED, created_by="viet")
    if why is None:
        check_approver(one, login, above=above)
        return
    with pytest.raises(Refused) as refused:
        check_approver(one, login, above=above)
    assert refused.value.why is why


@pytest.mark.parametrize(
    ("approved", "now", "why"), [(10, 0, "nobody"), (10, 101, "grew"), (0, 11, "grew"), (10, 100, "")]
)
def test_a_segment_that_grew_tenfold_is_looked_at_again(approved: int, now: int, why: str) -> None:
    if not why:
        check_growth(approved, now)
        return
    with pytest.raises(Refused) as refused:
        check_growth(approved, now)
    assert refused.value.why == why


@pytest.mark.parametrize(
    ("quota", "beyond"),
    [
        (Quota(today=20, a_day=200), {}),
        (Quota(today=60, a_day=200), {"oa": 10}),
        (Quota(today=300, a_day=200), {"oa": 150}),
        (Quota(today=900, a_day=0), {}),
    ],
)
def test_it_tells_what_a_platform_would_not_take_today(quota: Quota, beyond: dict[str, int]) -> None:
    ledger = filled()
    ledger.quotas["oa"] = quota
    assert (dict(ledger.templates), ledger.beyond_quota) == ({"oa": 150}, beyond)
    assert Ledger.from_json(ledger.to_json()).quotas == {"oa": quota}
