"""Public posts and a restore: what went out after the copy was made does not go out a second time."""

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from bot.domain.posts import PostDraft, PostKind
from bot.storage import later_wishes
from bot.storage.database import Database
from bot.storage.posts import create
from bot.storage.schema import migrate
from bot.storage.sealing import KeyRing
from bot.storage.tables import posts
from tests.storage.ground import add_account, add_unit


def add_post(connection: Connection, now: datetime) -> int:
    """Approved; it goes out now."""
    page = add_account(connection, "messenger", "109900000000001")
    draft = PostDraft(page, add_unit(connection), PostKind.PAGE, "Mời anh chị em.", due_at=now)
    post_id = create(connection, "lan", draft, now)
    connection.execute(update(posts).values(state="approved", approved_by="minh"))
    return post_id


def copied(old: Path, copy: Path) -> None:
    with closing(sqlite3.connect(old)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)


@pytest.mark.parametrize(
    ("since", "state", "platform_id"),
    [
        pytest.param({"state": "posted", "platform_id": "p_1"}, "posted", "p_1", id="posted"),
        pytest.param({"state": "sending"}, "unknown", None, id="under way"),
        pytest.param({"state": "cancelled"}, "cancelled", None, id="called off"),
        pytest.param({}, "approved", None, id="still to come"),
    ],
)
def test_it_knows_what_became_of_a_post(
    tmp_path: Path, ring: KeyRing, now: datetime, since: dict[str, Any], state: str, platform_id: str | None
) -> None:
    old, copy = tmp_path / "old.db", tmp_path / "copy.db"
    with Database(f"sqlite:///{old}") as db:
        migrate(db)
        db.write_now(lambda c: add_post(c, now))
        copied(old, copy)
        if since:
            db.write_now(lambda c: c.execute(update(posts).values(since)))
    with closing(sqlite3.connect(old)) as replaced:
        assert later_wishes.take_over(replaced, copy, ring, now) is not None
    with Database(f"sqlite:///{copy}") as db:
        row = db.read_now(lambda c: c.execute(select(posts.c.state, posts.c.platform_id)).one())
    assert tuple(row) == (state, platform_id)


@pytest.mark.parametrize(("minutes", "state"), [(-1, "approved"), (0, "unknown"), (90, "unknown")])
def test_without_the_old_database_staff_look(tmp_path: Path, now: datetime, minutes: int, state: str) -> None:
    copy = tmp_path / "copy.db"
    with Database(f"sqlite:///{copy}") as db:
        migrate(db)
        db.write_now(lambda c: add_post(c, now))
    later_wishes.doubt_posts(copy, now + timedelta(minutes=minutes))
    with Database(f"sqlite:///{copy}") as db:
        assert db.read_now(lambda c: c.execute(select(posts.c.state)).scalar_one()) == state


def test_a_copy_from_before_there_were_posts_is_left_as_it_is(tmp_path: Path, now: datetime) -> None:
    copy = tmp_path / "copy.db"
    later_wishes.doubt_posts(copy, now)
    with closing(sqlite3.connect(copy)) as file:
        assert file.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
