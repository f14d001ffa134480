"""The sweep of public posts: each goes out once, at its time; what may stand there is never posted again by itself."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.dialog.post_words import Links
from bot.domain.posts import Aim, PostStep
from bot.domain.updates import ChannelKind
from bot.storage.tables import audit, counted_links, posts
from scheduler import posting
from scheduler.posting import post_due
from tests.platforms.messenger import refusal
from tests.platforms.server import LOST_AFTER, LOST_BEFORE, Trouble
from tests.scheduler.wall import HOME, WORDS, Wall, wall

__all__ = ["wall"]

PAGE, BOT, OA = ChannelKind.MESSENGER, ChannelKind.TELEGRAM, ChannelKind.ZALO


async def test_a_page_gets_its_post_with_picture_code_and_link(wall: Wall) -> None:
    post_id = wall.approved(PAGE)
    assert await post_due(wall.parts) == 1
    (there,) = wall.page.posts
    assert there.words == f"{WORDS}\n\n👉 Đăng ký hiến máu: https://m.me/trang?ref=HM101"
    assert there.picture == HOME + wall.post(post_id).image
    assert (wall.state(post_id), wall.post(post_id).platform_id) == ("posted", there.id)
    assert await post_due(wall.parts) == 0


async def test_a_channel_gets_its_post_without_a_picture_too(wall: Wall) -> None:
    wall.approved(BOT)
    wall.approved(BOT, image_id=None)
    assert [await post_due(wall.parts) for _ in range(3)] == [1, 1, 0]
    assert [(channel, bool(picture)) for channel, _, picture in wall.channel.posts] == [
        ("@congdoanmau", True),
        ("@congdoanmau", False),
    ]
    assert wall.channel.posts[1][1].endswith("https://t.me/bot?start=HM101")


async def test_an_article_is_made_awaited_and_sent_to_followers(wall: Wall) -> None:
    post_id = wall.approved(OA, aim=Aim(followers=True, gender=2, ages=(2, 3)))
    seen = []
    for _ in range(5):
        await post_due(wall.parts)
        seen.append(wall.state(post_id))
        wall.wait(seconds=25)
    assert seen == ["checking", "approved", "posted", "posted", "posted"]
    (sent,) = wall.oa.broadcasts
    assert sent["recipient"] == {"target": {"gender": "2", "ages": "2,3"}}
    (article,) = wall.oa.articles.values()
    assert [part["content"] for part in article.body["body"]] == [
        *WORDS.split("\n\n"),
        "👉 Đăng ký hiến máu: mở https://zalo.me/oa rồi nhắn mã HM101",
    ]
    assert (wall.post(post_id).platform_id, wall.post(post_id).reason) == (article.id, "in-review")


async def test_an_article_without_followers_is_there_when_zalo_has_made_it(wall: Wall) -> None:
    post_id = wall.approved(OA)
    await post_due(wall.parts)
    assert await post_due(wall.parts) == 0, "it is left alone for a while"
    wall.oa.now = wall.stage.clock()  # Zalo is still at work
    wall.stage.clock.now += timedelta(seconds=25)
    assert await post_due(wall.parts) == 1
    assert wall.state(post_id) == "checking"
    wall.wait(seconds=25)
    await post_due(wall.parts)
    assert (wall.state(post_id), wall.oa.broadcasts) == ("posted", [])


async def test_followers_are_not_woken_at_night(wall: Wall) -> None:
    """22:10 in Viet Nam: the article stands, its broadcast waits for the morning."""
    night = wall.stage.clock().replace(hour=15, minute=10)
    wall.stage.clock.now = night
    wall.wait()
    post_id = wall.approved(OA, aim=Aim(followers=True))
    for _ in range(3):
        await post_due(wall.parts)
        wall.wait(seconds=25)
    assert (wall.state(post_id), wall.post(post_id).reason) == ("approved", "waits:-234")
    assert wall.oa.broadcasts == []
    wall.wait(hours=14)
    await post_due(wall.parts)
    assert (wall.state(post_id), len(wall.oa.broadcasts)) == ("posted", 1)


async def test_it_waits_for_its_time(wall: Wall) -> None:
    post_id = wall.approved(PAGE, due_at=wall.stage.clock() + timedelta(hours=3))
    assert await post_due(wall.parts) == 0
    wall.wait(hours=3)
    assert await post_due(wall.parts) == 1
    assert wall.state(post_id) == "posted"


def said_on(wall: Wall, kind: ChannelKind) -> str:
    """All that readers see of the one post there."""
    if kind is PAGE:
        return str(wall.page.posts[0].words)
    if kind is BOT:
        return str(wall.channel.posts[0][1])
    (article,) = wall.oa.articles.values()
    return str(article.body)


@pytest.mark.parametrize("kind", [PAGE, BOT, OA])
async def test_its_own_links_lead_over_ours_and_are_known_before_it_stands_there(wall: Wall, kind: ChannelKind) -> None:
    target = "https://vien.example.org/hien-mau"
    post_id = wall.approved(kind, words=f"Xem {target} nhé.\n\nHẹn gặp.", image_id=wall.picture)
    link = Links(HOME, post_id).link(target)

    def kept() -> list[Any]:
        return list(wall.stage.db.read_now(lambda c: c.execute(select(counted_links)).all()))

    platform = {PAGE: wall.page, BOT: wall.channel, OA: wall.oa}[kind]
    platform.fail_next(LOST_BEFORE)
    assert kept() == []
    await post_due(wall.parts)
    (row,) = kept()
    assert (f"{HOME}/l/{row.code}", row.target, row.post_id, row.broadcast_id) == (link, target, post_id, None)
    wall.step(post_id, PostStep.AGAIN)
    await post_due(wall.parts)
    assert (f"Xem {link} nhé." in said_on(wall, kind), target in said_on(wall, kind)) == (True, False)
    assert kept() == [row]


@pytest.mark.parametrize("kind", [PAGE, BOT, OA])
async def test_a_lost_answer_is_looked_at_by_staff(wall: Wall, kind: ChannelKind) -> None:
    post_id = wall.approved(kind)
    platform = {PAGE: wall.page, BOT: wall.channel, OA: wall.oa}[kind]
    platform.fail_next(LOST_AFTER)
    await post_due(wall.parts)
    assert wall.state(post_id) == "unknown"
    wall.wait(hours=1)
    assert await post_due(wall.parts) == 0
    wall.step(post_id, PostStep.THERE)
    assert (wall.state(post_id), await post_due(wall.parts)) == ("posted", 0)


async def test_what_was_not_there_is_posted_again_by_staff(wall: Wall) -> None:
    post_id = wall.approved(PAGE)
    wall.page.fail_next(LOST_BEFORE)
    await post_due(wall.parts)
    assert (wall.state(post_id), wall.page.posts) == ("unknown", [])
    wall.step(post_id, PostStep.AGAIN)
    await post_due(wall.parts)
    assert (wall.state(post_id), len(wall.page.posts)) == ("posted", 1)


def told(code: int, subcode: int = 0, status: int = 400) -> Trouble:
    return Trouble(status, refusal(code, subcode, "test").body)


@pytest.mark.parametrize(
    ("kind", "trouble", "state", "reason"),
    [
        pytest.param(PAGE, told(200), "failed", "account:200", id="the page's token may not post"),
        pytest.param(PAGE, told(324, 2069019), "failed", "refused:324/2069019", id="the picture"),
        pytest.param(PAGE, told(32), "approved", "waits:32", id="too fast"),
        pytest.param(PAGE, told(1, status=500), "unknown", "no-answer:1", id="Graph knows not what"),
        pytest.param(PAGE, Trouble(502, "<html>"), "unknown", "no-answer:502", id="a proxy"),
        pytest.param(BOT, Trouble(503, {"ok": False, "error_code": 503}), "approved", "waits", id="Telegram is busy"),
        pytest.param(BOT, Trouble(504, "<html>"), "unknown", "no-answer", id="a gateway"),
        pytest.param(OA, Trouble(200, {"error": -218, "message": "x"}), "failed", "quota:-218", id="the quota"),
        pytest.param(OA, Trouble(200, {"error": -32, "message": "x"}), "approved", "waits:-32", id="Zalo's minute"),
        pytest.param(OA, Trouble(200, {"error": -320, "message": "x"}), "failed", "unpaid:-320", id="money"),
        pytest.param(OA, Trouble(200, {"error": 0, "data": {}}), "unknown", "no-answer", id="no token"),
    ],
)
async def test_each_refusal_has_its_end(
    wall: Wall, kind: ChannelKind, trouble: Trouble, state: str, reason: str
) -> None:
    post_id = wall.approved(kind)
    {PAGE: wall.page, BOT: wall.channel, OA: wall.oa}[kind].fail_next(trouble)
    await post_due(wall.parts)
    assert (wall.state(post_id), wall.post(post_id).reason) == (state, reason)
    assert await post_due(wall.parts) == 0, "nothing is tried again at once"
    wall.wait(minutes=3)
    assert await post_due(wall.parts) == (state == "approved")


@pytest.mark.parametrize("may_write", [None, False])
async def test_a_channel_that_is_not_ours_is_told(wall: Wall, may_write: bool | None) -> None:
    wall.channel.channels = {} if may_write is None else {"@congdoanmau": may_write}
    post_id = wall.approved(BOT)
    await post_due(wall.parts)
    assert (wall.state(post_id), wall.post(post_id).reason.partition(":")[0]) == ("failed", "no-channel")


async def test_a_platform_that_is_away_is_tried_again_and_at_last_given_up(wall: Wall) -> None:
    post_id = wall.approved(BOT)
    await wall.channel.stop()
    await post_due(wall.parts)
    assert wall.state(post_id) == "approved"
    wall.wait(hours=13)
    await post_due(wall.parts)
    assert (wall.state(post_id), wall.post(post_id).reason) == ("failed", "too-late")


async def test_a_drive_that_has_closed_is_posted_nowhere(wall: Wall) -> None:
    post_id = wall.approved(PAGE, due_at=wall.stage.clock() + timedelta(hours=1))
    wall.close_drive()
    wall.wait(hours=1)
    await post_due(wall.parts)
    assert (wall.state(post_id), wall.post(post_id).reason, wall.page.posts) == ("failed", "drive-over", [])


async def test_a_paused_account_posts_nothing(wall: Wall) -> None:
    post_id = wall.approved(PAGE)
    wall.pause(PAGE)
    assert (await post_due(wall.parts), wall.state(post_id)) == (0, "approved")


@pytest.mark.parametrize("after_the_call", [False, True])
@pytest.mark.parametrize("kind", [PAGE, BOT, OA])
async def test_a_kill_leaves_at_most_one_and_a_question(
    wall: Wall, kind: ChannelKind, after_the_call: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    post_id = wall.approved(kind)
    honest = posting._call

    async def killed(*args: Any) -> Any:
        if after_the_call:
            await honest(*args)
        raise asyncio.CancelledError

    monkeypatch.setattr(posting, "_call", killed)
    with pytest.raises(asyncio.CancelledError):
        await post_due(wall.parts)
    monkeypatch.setattr(posting, "_call", honest)
    other = wall.other_process()
    assert (await post_due(other), wall.state(post_id)) == (0, "sending"), "it may still be under way"
    wall.wait(minutes=3)
    assert (await post_due(other), wall.state(post_id)) == (0, "unknown")
    made = {PAGE: len(wall.page.posts), BOT: len(wall.channel.posts), OA: len(wall.oa.articles)}[kind]
    assert made == after_the_call


async def test_two_processes_make_one_call(wall: Wall) -> None:
    wall.approved(PAGE)
    wall.approved(BOT)
    other = wall.other_process()
    await asyncio.gather(*(post_due(parts) for parts in (wall.parts, other, wall.parts, other)))
    assert (len(wall.page.posts), len(wall.channel.posts)) == (1, 1)


async def test_the_audit_tells_who_and_no_words(wall: Wall) -> None:
    post_id = wall.approved(PAGE)
    rows = wall.stage.db.read_now(lambda c: [tuple(row) for row in c.execute(select(audit.c.who, audit.c.action))])
    assert rows == [("lan", "post-created"), ("minh", "post-submit"), ("minh", "post-approved")]
    whole = wall.stage.db.read_now(lambda c: str(list(c.execute(select(audit)))))
    assert WORDS[:10] not in whole
    assert wall.stage.db.read_now(lambda c: c.execute(select(posts.c.id)).scalar_one()) == post_id
