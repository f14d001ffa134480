"""Ask the assistant for trial: what it understands, and the answer as each channel would show it."""

from aiohttp import web

from bot.intake.rehearsal import rehearse
from bot.web.console.access import Right
from bot.web.console.desk import Desk, desk, fields_of, show_desk
from bot.web.parts import PARTS

LONGEST = 600


def add_routes(app: web.Application) -> None:
    app.router.add_get("/console/content/ask", ask_page)
    app.router.add_post("/console/content/ask", asked)


@desk(Right.CONTENT)
async def ask_page(request: web.Request, seated: Desk) -> web.StreamResponse:
    return await show_desk(request, seated, "content_ask.html", question="", reading=None)


@desk(Right.CONTENT)
async def asked(request: web.Request, seated: Desk) -> web.StreamResponse:
    """The question comes in the body, never in an address, and is not kept."""
    parts, question = request.app[PARTS], (await fields_of(request)).get("question", "")[:LONGEST]
    if not question:
        raise web.HTTPSeeOther("/console/content/ask")
    now = parts.clock()
    catalogue = await parts.catalogues.current(now)
    limits = {kind: platform.limits for kind, platform in parts.catalogues.platforms.items()}
    reading = catalogue.reader.read(question)
    topics = parts.catalogues.library.topics
    return await show_desk(
        request,
        seated,
        "content_ask.html",
        question=question,
        reading=reading,
        urgent=catalogue.reader.is_urgent(question),
        topics=[topics[name] for name in (reading.topic, *reading.perhaps) if name in topics],
        answers=rehearse(catalogue, limits, question, now),
    )
