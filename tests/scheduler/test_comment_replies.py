"""The one private reply to a comment that asks to come: once, whatever happens, and only under our own posts."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.channels.messenger import Messenger
from bot.domain.updates import ChannelKind
from bot.storage.comments import keep_comments, owed_replies
from bot.storage.tables import accounts, platform_events
from scheduler.comment_replies import answer_comments
from scheduler.posting import post_due
from tests.platforms.messenger import refusal
from tests.platforms.server import LOST_AFTER, LOST_BEFORE, Trouble
from tests.scheduler.wall import Wall, wall

__all__ = ["wall"]

PAGE = ChannelKind.MESSENGER


async def posted(wall: Wall, **other: Any) -> str:
    """A post that stands on the page; its id there."""
    wall.approved(PAGE, **other)
    await post_due(wall.parts)
    return wall.page.posts[-1].id


def comment(wall: Wall, post_id: str, comment_id: str = "77_1", **other: Any) -> None:
    """Somebody writes "đăng ký" under a post, as the intake keeps it."""
    call = wall.page.webhook_comment(comment_id, "đăng ký", **{"post_id": post_id, **other})
    channel = wall.parts.channels[PAGE]
    found = channel.receive(call.request(wall.stage.clock())).comments
    wall.stage.db.write_now(lambda c: keep_comments(c, found, wall.stage.clock(), [comment_id]))


def owed(wall: Wall) -> int:
    later = wall.stage.clock() + timedelta(days=30)
    return len(wall.stage.db.read_now(lambda c: owed_replies(c, list(wall.ids.values()), later, 99)))


async def test_it_brings_the_button_of_the_posts_drive_once(wall: Wall) -> None:
    post_id = await posted(wall)
    for _ in range(2):
        comment(wall, post_id)
    assert await answer_comments(wall.parts) == 1
    comment(wall, post_id)
    assert await answer_comments(wall.parts) == 0
    (sent,) = wall.page.sent
    assert sent.choices == (("Đăng ký hiến máu", "k.10"),)
    assert sent.text.startswith("Cảm ơn anh/chị đã quan tâm đến buổi hiến máu ạ.")
    kept = wall.stage.db.read_now(lambda c: [tuple(row) for row in c.execute(select(platform_events))])
    assert "đăng ký" not in str(kept)
    assert "Lò Văn Thử" not in str(kept)


async def test_a_closed_drive_has_kind_words(wall: Wall) -> None:
    comment(wall, await posted(wall))
    wall.close_drive()
    await answer_comments(wall.parts)
    (sent,) = wall.page.sent
    assert "không nhận đăng ký nữa" in sent.text
    assert sent.choices == (("Các đợt hiến máu", "m.drives"),)


async def test_a_post_about_no_drive_leads_to_all(wall: Wall) -> None:
    comment(wall, await posted(wall, drive_id=None))
    await answer_comments(wall.parts)
    (sent,) = wall.page.sent
    assert "không nhận đăng ký nữa" not in sent.text
    assert sent.choices == (("Các đợt hiến máu", "m.drives"),)


async def test_only_under_our_own_posts_but_not_hastily(wall: Wall) -> None:
    """The comment may be told before we have the post's id."""
    comment(wall, f"{wall.page.page_id}_999")
    assert (await answer_comments(wall.parts), owed(wall)) == (0, 1)
    wall.wait(minutes=11)
    assert (await answer_comments(wall.parts), owed(wall), wall.page.sent) == (0, 0, [])


async def test_one_that_was_taken_away_is_not_answered(wall: Wall) -> None:
    post_id = await posted(wall)
    comment(wall, post_id)
    comment(wall, post_id, verb="remove")
    assert (owed(wall), await answer_comments(wall.parts), wall.page.sent) == (0, 0, [])


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"verb": "edited"}, id="an edit"),
        pytest.param({"from": {"id": "109900000000001", "name": "Trang"}}, id="our own page"),
        pytest.param({"item": "reaction"}, id="a like"),
    ],
)
async def test_nothing_else_is_a_comment(wall: Wall, other: dict[str, Any]) -> None:
    comment(wall, await posted(wall), **other)
    assert (owed(wall), await answer_comments(wall.parts)) == (0, 0)


async def test_after_seven_days_nobody_is_written_to(wall: Wall) -> None:
    comment(wall, await posted(wall))
    wall.pause(PAGE)
    assert await answer_comments(wall.parts) == 0
    wall.wait(days=7)
    wall.change_row(accounts, wall.ids[PAGE], paused_at=None)
    assert (await answer_comments(wall.parts), owed(wall)) == (0, 0)
    assert len(wall.page.calls) == 1, "only the post itself"


@pytest.mark.parametrize(
    ("trouble", "answered"),
    [
        pytest.param(LOST_AFTER, 1, id="the answer is lost"),
        pytest.param(LOST_BEFORE, 0, id="the call is lost"),
        pytest.param(Trouble(400, refusal(100, 2018292, "x").body), 0, id="the comment is gone"),
        pytest.param(Trouble(400, refusal(10900, 0, "x").body), 0, id="answered by somebody else"),
    ],
)
async def test_what_may_have_arrived_is_never_sent_again(wall: Wall, trouble: Trouble, answered: int) -> None:
    comment(wall, await posted(wall))
    wall.page.fail_next(trouble)
    await answer_comments(wall.parts)
    wall.wait(hours=2)
    assert (await answer_comments(wall.parts), owed(wall), len(wall.page.sent)) == (0, 0, answered)


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(Trouble(400, refusal(613, 0, "x").body), id="too fast"),
        pytest.param(Trouble(400, refusal(190, 0, "x").body), id="the token"),
    ],
)
async def test_what_certainly_did_not_arrive_is_sent_later(wall: Wall, trouble: Trouble) -> None:
    comment(wall, await posted(wall))
    wall.page.fail_next(trouble)
    assert await answer_comments(wall.parts) == 0
    assert await answer_comments(wall.parts) == 0, "not at once"
    wall.wait(hours=1)
    assert (await answer_comments(wall.parts), len(wall.page.sent)) == (1, 1)


@pytest.mark.parametrize("after_the_call", [False, True])
async def test_a_kill_never_brings_two(wall: Wall, after_the_call: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    comment(wall, await posted(wall))
    honest = Messenger.private_reply

    async def killed(*args: Any) -> Any:
        if after_the_call:
            await honest(*args)
        raise asyncio.CancelledError

    monkeypatch.setattr(Messenger, "private_reply", killed)
    with pytest.raises(asyncio.CancelledError):
        await answer_comments(wall.parts)
    monkeypatch.setattr(Messenger, "private_reply", honest)
    assert (await answer_comments(wall.other_process()), len(wall.page.sent)) == (0, after_the_call)


async def test_two_processes_answer_once(wall: Wall) -> None:
    post_id = await posted(wall)
    for number in range(4):
        comment(wall, post_id, f"77_{number}")
    other = wall.other_process()
    for _ in range(4):
        await asyncio.gather(answer_comments(wall.parts), answer_comments(other))
    assert sorted(sent.user_id for sent in wall.page.sent) == [f"comment:77_{number}" for number in range(4)]


async def test_a_page_makes_one_call_a_run(wall: Wall) -> None:
    post_id = await posted(wall)
    for number in range(3):
        comment(wall, post_id, f"77_{number}")
    assert [await answer_comments(wall.parts) for _ in range(4)] == [1, 1, 1, 0]
