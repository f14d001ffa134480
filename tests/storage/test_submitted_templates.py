"""What Meta says of templates that we handed in is kept, and never takes a usable one away."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from bot.domain.platforms import RouteKind
from bot.domain.updates import ChannelKind
from bot.storage.approved_templates import approved_templates
from bot.storage.database import Database
from bot.storage.submitted_templates import Submitted, keep_submitted
from bot.storage.tables import templates

EVE = Submitted("drive-eve", ChannelKind.MESSENGER, "vi", "drive_eve_v1", ("drive", "time"), "pending")


def keep(db: Database, *told: Submitted) -> list[tuple[str, str, str]]:
    db.write_now(lambda c: keep_submitted(c, told))
    order = select(templates).order_by(templates.c.language)
    return db.read_now(lambda c: [(row.name, row.language, row.status) for row in c.execute(order)])


def test_a_template_is_used_once_it_is_approved(db: Database) -> None:
    keep(db, EVE)
    (pending,) = db.read_now(approved_templates)["drive-eve"]
    assert not pending.usable
    keep(db, replace(EVE, status="approved"))
    (approved,) = db.read_now(approved_templates)["drive-eve"]
    assert (approved.usable, approved.template_id, approved.language) == (True, "drive_eve_v1", "vi")
    assert approved.places == (("drive", "drive"), ("time", "time"))
    assert approved.ways == frozenset((RouteKind.UTILITY,))


@pytest.mark.parametrize("status", ["pending", "disabled"])
def test_an_approved_one_stays_until_its_follower_is_approved(db: Database, status: str) -> None:
    keep(db, replace(EVE, status="approved"))
    follower = replace(EVE, name="drive_eve_v2", status=status)
    assert keep(db, follower) == [("drive_eve_v1", "vi", "approved")]
    assert keep(db, replace(follower, status="approved")) == [("drive_eve_v2", "vi", "approved")]


def test_one_that_is_switched_off_is_used_no_more(db: Database) -> None:
    keep(db, replace(EVE, status="approved"), replace(EVE, language="en", status="approved"))
    assert keep(db, replace(EVE, status="disabled")) == [
        ("drive_eve_v1", "en", "approved"),
        ("drive_eve_v1", "vi", "disabled"),
    ]
