"""Pictures of broadcasts and posts: kept once, found by their digest."""

from datetime import datetime

import pytest
from sqlalchemy import func, select

from bot.domain.images import NotTaken
from bot.storage.broadcast_images import image_at, keep_image, path_of
from bot.storage.database import Database
from bot.storage.tables import broadcast_images
from tests.pictures import jpeg, png


def test_it_keeps_a_picture_once(db: Database, now: datetime) -> None:
    first = db.write_now(lambda c: keep_image(c, "image/png", png(), now))
    other = db.write_now(lambda c: keep_image(c, "image/jpeg", jpeg(), now))
    assert db.write_now(lambda c: keep_image(c, "image/png", png(), now)) == first != other
    assert db.read_now(lambda c: c.execute(select(func.count()).select_from(broadcast_images)).scalar_one()) == 2
    path = db.read_now(lambda c: path_of(c, first))
    kept = db.read_now(lambda c: image_at(c, path.removeprefix("/pictures/b/")))
    assert kept is not None
    assert (kept.id, kept.kind, kept.body) == (first, "image/png", png())
    assert db.read_now(lambda c: path_of(c, None)) == db.read_now(lambda c: path_of(c, 17)) == ""


def test_it_keeps_nothing_else(db: Database, now: datetime) -> None:
    with pytest.raises(NotTaken):
        db.write_now(lambda c: keep_image(c, "image/png", b"<html>", now))
    with pytest.raises(ValueError, match="no image/png"):
        db.write_now(lambda c: keep_image(c, "image/png", jpeg(), now))
    assert db.read_now(lambda c: image_at(c, "0" * 40)) is None
