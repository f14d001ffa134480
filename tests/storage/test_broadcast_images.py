"""Pictures of broadcasts and posts: kept once, found by their digest."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, func, select

from bot.domain.images import NotTaken
from bot.domain.posts import PostDraft, PostKind
from bot.storage.broadcast_images import digest_of, drop_unused, image_at, keep_image
from bot.storage.database import Database
from bot.storage.posts import create
from bot.storage.tables import broadcast_images
from tests.pictures import jpeg, png
from tests.storage.ground import add_account, add_unit


def test_it_keeps_a_picture_once(db: Database, now: datetime) -> None:
    first = db.write_now(lambda c: keep_image(c, "image/png", png(), now))
    other = db.write_now(lambda c: keep_image(c, "image/jpeg", jpeg(), now))
    assert db.write_now(lambda c: keep_image(c, "image/png", png(), now)) == first != other
    assert db.read_now(lambda c: c.execute(select(func.count()).select_from(broadcast_images)).scalar_one()) == 2
    digest = db.read_now(lambda c: digest_of(c, first))
    kept = db.read_now(lambda c: image_at(c, digest))
    assert kept is not None
    assert (kept.id, kept.kind, kept.body) == (first, "image/png", png())
    assert db.read_now(lambda c: digest_of(c, None)) == db.read_now(lambda c: digest_of(c, 17)) == ""


def test_it_keeps_nothing_else(db: Database, now: datetime) -> None:
    with pytest.raises(NotTaken):
        db.write_now(lambda c: keep_image(c, "image/png", b"<html>", now))
    with pytest.raises(ValueError, match="no image/png"):
        db.write_now(lambda c: keep_image(c, "image/png", jpeg(), now))
    assert db.read_now(lambda c: image_at(c, "0" * 40)) is None


def test_what_nobody_uses_goes_after_a_month(db: Database, now: datetime) -> None:
    def used(connection: Connection) -> None:
        draft = PostDraft(
            add_account(connection, "messenger", "77"), add_unit(connection), PostKind.PAGE, "Mời anh chị."
        )
        create(connection, "lan", replace(draft, image_id=keep_image(connection, "image/jpeg", jpeg(), now)), now)

    db.write_now(used)
    db.write_now(lambda c: keep_image(c, "image/png", png(), now))
    again = db.write_now(lambda c: keep_image(c, "image/png", png(400, 300), now))
    later = now + timedelta(days=30)
    assert db.write_now(lambda c: keep_image(c, "image/png", png(400, 300), later)) == again
    assert [db.write_now(lambda c: drop_unused(c, later, 200)) for _ in range(2)] == [1, 0]
    assert db.read_now(lambda c: c.execute(select(func.count()).select_from(broadcast_images)).scalar_one()) == 2
