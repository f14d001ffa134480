"""Counts of questions without an answer and of ratings, on both databases."""

from datetime import datetime, timedelta

import pytest

from bot.storage import questions
from bot.storage.database import Database
from bot.storage.questions import (
    Rating,
    count_questions,
    drop_unanswered,
    keep_ratings,
    keep_unanswered,
    mark_handled,
    open_questions,
    ratings_by_wording,
)

FISH, BEER = "hiến máu xong nuôi cá được không", "hiến máu xong uống bia được không"


def test_it_counts_the_same_question_once_however_it_is_typed(db: Database, now: datetime) -> None:
    db.write_now(lambda c: keep_unanswered(c, [FISH, "hien mau xong nuoi ca duoc khong", BEER], now))
    db.write_now(lambda c: keep_unanswered(c, [FISH], now + timedelta(days=2)))
    first, second = db.read_now(open_questions)
    assert (first.times, second.times) == (3, 1)
    assert second.words == BEER
    assert first.last_on - first.first_on == timedelta(days=2)


def test_it_keeps_the_day_and_not_the_hour(db: Database, now: datetime) -> None:
    db.write_now(lambda c: keep_unanswered(c, [FISH], now))
    (kept,) = db.read_now(open_questions)
    assert (kept.first_on.hour, kept.first_on.minute, kept.first_on.second, kept.first_on.microsecond) == (0, 0, 0, 0)


def test_it_closes_a_question_until_it_is_asked_again(db: Database, now: datetime) -> None:
    db.write_now(lambda c: keep_unanswered(c, [FISH], now))
    (kept,) = db.read_now(open_questions)
    assert db.write_now(lambda c: mark_handled(c, kept.folded, now)) is True
    assert db.write_now(lambda c: mark_handled(c, kept.folded, now)) is False
    assert db.read_now(count_questions) == 0
    assert [one.words for one in db.read_now(lambda c: open_questions(c, handled=True))] == [FISH]
    db.write_now(lambda c: keep_unanswered(c, [FISH], now))
    assert db.read_now(count_questions) == 1


def test_it_fills_no_disk(db: Database, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "MOST_KEPT", 2)
    db.write_now(lambda c: keep_unanswered(c, ["một hai ba", "bốn năm sáu", "bảy tám chín"], now))
    db.write_now(lambda c: keep_unanswered(c, ["mười mười một", "một hai ba", "bốn năm sáu"], now))
    kept = {one.words: one.times for one in db.read_now(open_questions)}
    assert len(kept) == 2
    assert sum(kept.values()) >= 3


def test_it_drops_what_nobody_asks_any_more(db: Database, now: datetime) -> None:
    db.write_now(lambda c: keep_unanswered(c, [FISH], now - timedelta(days=31)))
    db.write_now(lambda c: keep_unanswered(c, [BEER], now))
    assert db.write_now(lambda c: drop_unanswered(c, now - timedelta(days=30))) == 1
    assert [one.words for one in db.read_now(open_questions)] == [BEER]


def test_it_counts_ratings_by_version(db: Database) -> None:
    db.write_now(
        lambda c: keep_ratings(c, [("topic.after@1", True), ("topic.after@1", False), ("topic.after@2", True)])
    )
    db.write_now(lambda c: keep_ratings(c, [("topic.after@1", True)]))
    assert db.read_now(ratings_by_wording) == {"topic.after@1": Rating(2, 1), "topic.after@2": Rating(1, 0)}


def test_it_writes_nothing_for_nothing(db: Database, now: datetime) -> None:
    db.write_now(lambda c: (keep_unanswered(c, [], now), keep_ratings(c, [])))
    assert (db.read_now(open_questions), db.read_now(ratings_by_wording)) == ([], {})
