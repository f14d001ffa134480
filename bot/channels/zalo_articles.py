"""Zalo articles: made, checked while Zalo works on them, and broadcast to followers. Free; Zalo reviews each broadcast."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.channels.base import Account, Rejected, Unavailable, Uncertain
from bot.channels.wire import identifier, text
from bot.channels.zalo import Zalo

TITLE, AUTHOR, DESCRIPTION = 150, 50, 300
"""Longest words of an article's head (POST /v2.0/article/create)."""

MOST_ARTICLES = 5
"""Articles in one broadcast."""


@dataclass(frozen=True, slots=True)
class Article:
    """What followers read.

    Args:
        cover: public https address of the picture.
        paragraphs: plain text, in order.
        pictures: public https addresses with their captions, after the text.
        shown: stands in the OA's list of articles too; else only who gets the broadcast sees it.
    """

    title: str
    author: str
    description: str
    cover: str
    paragraphs: tuple[str, ...]
    pictures: tuple[tuple[str, str], ...] = ()
    shown: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """Which followers get a broadcast. Empty means all; Zalo knows no tags and no blood groups here.

    Args:
        gender: 0 all, 1 male, 2 female.
        ages: Zalo's groups, 2 for 18 to 24 … 7 for 65 and more.
        cities: Zalo's codes of the provinces as they were before 2025.
    """

    gender: int = 0
    ages: tuple[int, ...] = ()
    cities: tuple[int, ...] = field(default=())

    def as_fields(self) -> dict[str, str]:
        """Comma-separated text: the documents disagree between text, lists and numbers; try it on the live OA first."""
        fields = {"gender": str(self.gender)}
        if self.ages:
            fields["ages"] = ",".join(map(str, self.ages))
        if self.cities:
            fields["cities"] = ",".join(map(str, self.cities))
        return fields


async def create_article(zalo: Zalo, account: Account, article: Article) -> str:
    """Hand an article in; returns the token under which `article_id` asks for its id.

    Raises:
        Rejected: its words are longer than Zalo takes.
        SendError: as for any call.
    """
    if fault := _fault(article):
        raise Rejected(f"the article is not fit for Zalo: {fault}")
    data = await zalo.write(account, "/v2.0/article/create", _body(article))
    token = text(data.get("token"), 500)
    if not token:
        raise Uncertain("Zalo took the article without a token")
    return token


async def article_id(zalo: Zalo, account: Account, token: str) -> str | None:
    """The article's id, or None while Zalo still works on it."""
    try:
        data = await zalo.write(account, "/v2.0/article/verify", {"token": token})
    except Unavailable as error:
        if error.code == "-214":
            return None
        raise
    return identifier(data.get("id")) or None


async def broadcast_articles(zalo: Zalo, account: Account, articles: Sequence[str], target: Target) -> str:
    """Send one to five articles to followers, by day; returns Zalo's id of the broadcast."""
    if not 0 < len(articles) <= MOST_ARTICLES:
        raise Rejected(f"a broadcast holds one to {MOST_ARTICLES} articles")
    elements = [{"media_type": "article", "attachment_id": one} for one in articles]
    payload = {"template_type": "media", "elements": elements}
    body = {
        "recipient": {"target": target.as_fields()},
        "message": {"attachment": {"type": "template", "payload": payload}},
    }
    broadcast = identifier((await zalo.write(account, "/v2.0/oa/message", body)).get("message_id"))
    if not broadcast:
        raise Uncertain("Zalo took the broadcast without naming it")
    return broadcast


def _fault(article: Article) -> str:
    for name, words, longest in (
        ("title", article.title, TITLE),
        ("author", article.author, AUTHOR),
        ("description", article.description, DESCRIPTION),
    ):
        if not words.strip() or len(words) > longest:
            return f"its {name} needs 1 to {longest} characters"
    if not article.paragraphs and not article.pictures:
        return "it is empty"
    addresses = (article.cover, *(url for url, _ in article.pictures))
    return "" if all(url.startswith("https://") for url in addresses) else "a picture has no public https address"


def _body(article: Article) -> Mapping[str, Any]:
    words = [{"type": "text", "content": paragraph} for paragraph in article.paragraphs]
    pictures = [{"type": "image", "url": url, "caption": caption} for url, caption in article.pictures]
    return {
        "type": "normal",
        "title": article.title,
        "author": article.author,
        "description": article.description,
        "cover": {"cover_type": "photo", "photo_url": article.cover, "status": "show"},
        "body": [*words, *pictures],
        "status": "show" if article.shown else "hide",
        "comment": "hide",
    }
