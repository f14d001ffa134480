"""The content as it is in use: every topic with its words, sources and days, and what wants a look."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from aiohttp import web

from bot.library.standing import Standing, standing
from bot.storage.questions import Rating, ratings_by_wording
from bot.web.console.access import Right
from bot.web.console.desk import Desk, desk, show_desk
from bot.web.parts import PARTS, WebParts

TOLD_FROM = 5
"""Fewer ratings than this say nothing, and are not shown."""

WEAK = 0.6
"""Where fewer found the answer useful, it is weak."""


@dataclass(frozen=True, slots=True)
class ShownTopic:
    """A topic as the pages show it; `rating` only where enough people told."""

    standing: Standing
    rating: Rating | None

    @property
    def is_weak(self) -> bool:
        return self.rating is not None and self.rating.useful < WEAK * self.rating.whole


def add_routes(app: web.Application) -> None:
    app.router.add_get("/console/content", topics_page)
    app.router.add_get("/console/content/topics/{topic}", topic_page)
    app.router.add_get("/console/content/review", review_page)


@desk(Right.CONTENT)
async def topics_page(request: web.Request, seated: Desk) -> web.StreamResponse:
    parts = request.app[PARTS]
    topics = await _shown(parts)
    return await show_desk(request, seated, "content.html", topics=topics, state=parts.content())


@desk(Right.CONTENT)
async def topic_page(request: web.Request, seated: Desk) -> web.StreamResponse:
    """One topic. What the bot says instead of an outdated one stands on the page too."""
    parts, name = request.app[PARTS], request.match_info["topic"]
    found = next((one for one in await _shown(parts) if one.standing.topic.id == name), None)
    if found is None:
        raise web.HTTPNotFound
    topics = parts.catalogues.library.topics
    steps = [topics[step].title["vi"] if step in topics else _label(parts, step) for step in found.standing.topic.next]
    evidence = parts.catalogues.library.evidence
    sources = [(evidence.get(key), rests) for key, rests in found.standing.topic.source.items()]
    return await show_desk(request, seated, "content_topic.html", shown=found, steps=steps, sources=sources)


@desk(Right.CONTENT)
async def review_page(request: web.Request, seated: Desk) -> web.StreamResponse:
    parts = request.app[PARTS]
    topics = await _shown(parts)
    groups = {
        "stale": [one for one in topics if one.standing.stale],
        "soon": [one for one in topics if one.standing.soon],
        "weak": [one for one in topics if one.is_weak],
        "missing": [one for one in topics if one.standing.missing],
        "unreviewed": [one for one in topics if one.standing.unreviewed],
    }
    return await show_desk(request, seated, "content_review.html", groups=groups, state=parts.content())


async def _shown(parts: WebParts) -> list[ShownTopic]:
    """Every topic in use, by title."""
    ratings = await parts.db.read(ratings_by_wording)
    today = parts.clock().astimezone(parts.settings.timezone).date()
    return _judged(parts, ratings, today)


def _judged(parts: WebParts, ratings: Mapping[str, Rating], today: date) -> list[ShownTopic]:
    library = parts.catalogues.library
    shown = []
    for topic in sorted(library.topics.values(), key=lambda topic: topic.title["vi"].casefold()):
        rating = ratings.get(library.wording(topic.id), Rating())
        shown.append(ShownTopic(standing(topic, today), rating if rating.whole >= TOLD_FROM else None))
    return shown


def _label(parts: WebParts, step: str) -> str:
    return parts.catalogues.words.text(f"label.{step.removeprefix('menu.')}", "vi")
