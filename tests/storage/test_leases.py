"""A lease has one owner; its epoch tells a late owner that it is late."""

from datetime import datetime, timedelta

import pytest

from bot.storage.database import Database
from bot.storage.leases import LASTS, LostLease, check, live_owner, release, renew, take


def test_it_is_taken_by_one_owner_only(db: Database, now: datetime) -> None:
    assert db.write_now(lambda c: take(c, "lane:1", "a", now)) == 1
    assert db.write_now(lambda c: take(c, "lane:1", "b", now + LASTS - timedelta(seconds=1))) is None
    assert db.read_now(lambda c: live_owner(c, "lane:1", now)) == "a"


def test_it_changes_hands_when_it_runs_out_and_refuses_the_old_owner(db: Database, now: datetime) -> None:
    old = db.write_now(lambda c: take(c, "lane:1", "a", now))
    new = db.write_now(lambda c: take(c, "lane:1", "b", now + LASTS))
    assert (old, new) == (1, 2)
    assert not db.write_now(lambda c: renew(c, "lane:1", 1, now + LASTS))
    with pytest.raises(LostLease):
        db.write_now(lambda c: check(c, "lane:1", 1))
    db.write_now(lambda c: check(c, "lane:1", 2))


def test_it_lasts_as_long_as_it_is_renewed(db: Database, now: datetime) -> None:
    db.write_now(lambda c: take(c, "lane:1", "a", now))
    for step in range(1, 6):
        assert db.write_now(lambda c, step=step: renew(c, "lane:1", 1, now + step * LASTS / 3))
    assert db.write_now(lambda c: take(c, "lane:1", "b", now + 2 * LASTS)) is None


def test_it_is_free_at_once_after_its_release(db: Database, now: datetime) -> None:
    db.write_now(lambda c: take(c, "lane:1", "a", now))
    db.write_now(lambda c: release(c, "lane:1", 1, now))
    assert db.read_now(lambda c: live_owner(c, "lane:1", now)) is None
    assert db.write_now(lambda c: take(c, "lane:1", "b", now)) == 2


def test_it_is_not_released_by_a_former_owner(db: Database, now: datetime) -> None:
    db.write_now(lambda c: take(c, "lane:1", "a", now))
    db.write_now(lambda c: take(c, "lane:1", "b", now + LASTS))
    db.write_now(lambda c: release(c, "lane:1", 1, now + LASTS))
    assert db.read_now(lambda c: live_owner(c, "lane:1", now + LASTS)) == "b"


def test_it_does_not_mix_names_up(db: Database, now: datetime) -> None:
    assert db.write_now(lambda c: take(c, "lane:1", "a", now)) == 1
    assert db.write_now(lambda c: take(c, "lane:2", "b", now)) == 1
