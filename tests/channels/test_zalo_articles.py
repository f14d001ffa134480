"""Articles: made, awaited, broadcast by day; what Zalo would refuse is refused before the call."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.channels.base import Rejected, Unavailable
from bot.channels.zalo import Zalo
from bot.channels.zalo_articles import Article, Target, article_id, broadcast_articles, create_article
from tests.channels.conftest import zalo_account
from tests.platforms import FakeZalo

ARTICLE = Article(
    title="Những giọt máu hồng hè 2026",
    author="Công đoàn tỉnh Mẫu",
    description="Mời anh chị em đoàn viên cùng hiến máu.",
    cover="https://giothong.example/hong-he.png",
    paragraphs=("Ngày hội hiến máu mở lúc 7 giờ 30.", "Anh chị nhớ ăn nhẹ trước khi đến."),
    pictures=(("https://giothong.example/ban-do.png", "Đường đến"),),
)


async def test_an_article_is_made_awaited_and_broadcast(zalo: Zalo, fake_zalo: FakeZalo) -> None:
    account = zalo_account(fake_zalo)
    token = await create_article(zalo, account, ARTICLE)
    assert await article_id(zalo, account, token) is None
    fake_zalo.advance(seconds=10)
    found = await article_id(zalo, account, token)
    assert found == fake_zalo.articles[token].id
    assert await broadcast_articles(zalo, account, [found], Target(ages=(2, 3), cities=(9,)))
    (sent,) = fake_zalo.broadcasts
    assert sent["recipient"] == {"target": {"gender": "0", "ages": "2,3", "cities": "9"}}


async def test_a_broadcast_at_night_waits_for_the_morning(zalo: Zalo, fake_zalo: FakeZalo) -> None:
    account = zalo_account(fake_zalo)
    token = await create_article(zalo, account, ARTICLE)
    fake_zalo.advance(minutes=1)
    found = await article_id(zalo, account, token)
    assert found is not None
    fake_zalo.now = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)
    with pytest.raises(Unavailable) as raised:
        await broadcast_articles(zalo, account, [found], Target())
    assert raised.value.retry_after is not None
    assert fake_zalo.broadcasts == []


@pytest.mark.parametrize(
    "article",
    [
        pytest.param(replace(ARTICLE, title="x" * 151), id="a long title"),
        pytest.param(replace(ARTICLE, author=""), id="no author"),
        pytest.param(replace(ARTICLE, description="x" * 301), id="a long description"),
        pytest.param(replace(ARTICLE, cover="http://giothong.example/a.png"), id="a cover without https"),
        pytest.param(replace(ARTICLE, paragraphs=(), pictures=()), id="an empty body"),
    ],
)
async def test_what_zalo_would_refuse_is_refused_before_the_call(
    zalo: Zalo, fake_zalo: FakeZalo, article: Article
) -> None:
    with pytest.raises(Rejected):
        await create_article(zalo, zalo_account(fake_zalo), article)
    assert fake_zalo.calls == []


@pytest.mark.parametrize("count", [0, 6])
async def test_a_broadcast_holds_one_to_five_articles(zalo: Zalo, fake_zalo: FakeZalo, count: int) -> None:
    with pytest.raises(Rejected):
        await broadcast_articles(zalo, zalo_account(fake_zalo), ["a"] * count, Target())
    assert fake_zalo.calls == []
