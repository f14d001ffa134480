"""A message of unclear fate is settled by an echo of its words only where nothing can be confused."""

import unicodedata
from datetime import datetime, timedelta

import pytest

from bot.channels.base import Account
from bot.domain.updates import ChannelKind
from bot.storage.database import Database
from bot.storage.outbox import begin_attempts, due
from bot.storage.recovery import recover
from bot.storage.sealing import KeyRing
from bot.storage.settling import TextEcho, settle_by_text
from tests.scheduler.ground import Rows


@pytest.fixture
def rows(db: Database, ring: KeyRing, now: datetime) -> Rows:
    return Rows(db, ring, now)


@pytest.fixture
def oa(rows: Rows) -> Account:
    return rows.account(ChannelKind.ZALO, "4000000000000000001")


def unclear(rows: Rows, oa: Account, address: int, *texts: str) -> list[int]:
    """Messages whose calls were cut off by a kill."""
    ids = []
    for text in texts:
        ids.append(rows.message(oa, address, text))
        rows.db.write_now(lambda c: begin_attempts(c, due(c, oa.id, rows.now, 8), 1, rows.now))
        rows.db.write_now(lambda c: recover(c, oa.id, rows.now))
    return ids


def echo(rows: Rows, address: int, text: str, *, minutes: float = 1, platform_id: str = "z1") -> int:
    one = TextEcho(address, platform_id, text, rows.now + timedelta(minutes=minutes))
    return rows.db.write_now(lambda c: settle_by_text(c, rows.ring, [one], rows.now))


def test_the_same_words_settle_the_only_one(rows: Rows, oa: Account) -> None:
    address = rows.person(oa, "1")
    first, other = unclear(rows, oa, address, "Mời anh đến lúc 8 giờ", "Cảm ơn anh")
    assert echo(rows, address, "Mời anh đến lúc 8 giờ") == 1
    assert rows.states(first, other) == ["sent", "unknown"]
    (row,) = rows.outbox(first)
    assert (row.reason, row.platform_id) == ("echoed", "z1")


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        pytest.param("Mời chị đến lúc 8 giờ", 1, id="other words"),
        pytest.param("Mời anh đến lúc 8 giờ", 11, id="too late"),
        pytest.param("Mời anh đến lúc 8 giờ", -11, id="too early"),
        pytest.param(" ", 1, id="no words"),
    ],
)
def test_anything_else_settles_nothing(rows: Rows, oa: Account, text: str, minutes: float) -> None:
    address = rows.person(oa, "1")
    (one,) = unclear(rows, oa, address, "Mời anh đến lúc 8 giờ")
    assert echo(rows, address, text, minutes=minutes) == 0
    assert rows.states(one) == ["unknown"]


def test_two_of_the_same_words_are_left_to_staff(rows: Rows, oa: Account) -> None:
    address = rows.person(oa, "1")
    both = unclear(rows, oa, address, "Cảm ơn anh", "Cảm ơn anh")
    assert echo(rows, address, "Cảm ơn anh") == 0
    assert rows.states(*both) == ["unknown", "unknown"]


def test_another_persons_echo_settles_nothing(rows: Rows, oa: Account) -> None:
    address, other = rows.person(oa, "1"), rows.person(oa, "2")
    (one,) = unclear(rows, oa, address, "Cảm ơn anh")
    assert echo(rows, other, "Cảm ơn anh") == 0
    assert rows.states(one) == ["unknown"]


def test_the_echo_of_a_message_that_is_known_to_be_sent_settles_no_other(rows: Rows, oa: Account) -> None:
    address = rows.person(oa, "1")
    rows.message(oa, address, "Cảm ơn anh", state="sent", platform_id="z1")
    (one,) = unclear(rows, oa, address, "Cảm ơn anh")
    assert echo(rows, address, "Cảm ơn anh", platform_id="z1") == 0
    assert rows.states(one) == ["unknown"]
    assert echo(rows, address, "Cảm ơn anh", platform_id="z2") == 1


def test_marks_that_are_written_differently_are_the_same_words(rows: Rows, oa: Account) -> None:
    address = rows.person(oa, "1")
    (one,) = unclear(rows, oa, address, "Hẹn gặp")
    assert echo(rows, address, unicodedata.normalize("NFD", "Hẹn gặp ")) == 1
    assert rows.states(one) == ["sent"]
