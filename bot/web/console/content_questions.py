"""Questions that the assistant could not answer: counted, without the people who asked."""

from aiohttp import web

from bot.storage.audit import note
from bot.storage.questions import mark_handled, open_questions
from bot.web.console.access import Right
from bot.web.console.desk import Desk, desk, fields_of, show_desk
from bot.web.parts import PARTS


def add_routes(app: web.Application) -> None:
    app.router.add_get("/console/content/unanswered", questions_page)
    app.router.add_post("/console/content/unanswered", handled)


@desk(Right.QUESTIONS)
async def questions_page(request: web.Request, seated: Desk) -> web.StreamResponse:
    parts = request.app[PARTS]
    waiting, done = await parts.db.read(
        lambda connection: (open_questions(connection), open_questions(connection, handled=True, most=20))
    )
    days = parts.settings.retention.words.days
    return await show_desk(request, seated, "content_questions.html", waiting=waiting, done=done, days=days)


@desk(Right.QUESTIONS)
async def handled(request: web.Request, seated: Desk) -> web.StreamResponse:
    """Somebody wrote an answer, or decided that there will be none. Who is noted, not what was asked."""
    parts, question = request.app[PARTS], (await fields_of(request)).get("question", "")
    now, login = parts.clock(), seated.member.login
    if await parts.db.write(lambda connection: mark_handled(connection, question, now)):
        await parts.db.write(lambda connection: note(connection, now, login, "question-handled", ""))
    raise web.HTTPSeeOther("/console/content/unanswered")
