"""What is pressed on the page of a message to many: its steps, a dry run, a test to oneself."""

from aiohttp import web
from sqlalchemy import Connection

from bot.domain.broadcasts import Refused, Step
from bot.intake.broadcast_desk import check_draft, take, try_out
from bot.intake.broadcast_words import previews
from bot.storage.broadcast_images import PATH
from bot.storage.broadcast_surroundings import surroundings_of
from bot.storage.broadcast_tests import send_to_oneself
from bot.web.console.access import Right, may_edit
from bot.web.console.broadcast_fields import moment_of
from bot.web.console.broadcast_views import by_of, find_broadcast, in_words, office_of, refusal, show_broadcast
from bot.web.console.desk import LANGUAGE, Desk, desk, fields_of
from bot.web.parts import PARTS


def add_routes(app: web.Application) -> None:
    app.router.add_post("/console/broadcasts/{broadcast}/step", stepped)
    app.router.add_post("/console/broadcasts/{broadcast}/try", tried)
    app.router.add_post("/console/broadcasts/{broadcast}/test", tested)


@desk(Right.EDIT_DRIVES)
async def stepped(request: web.Request, seated: Desk) -> web.StreamResponse:
    """A button of its page; what was seen there is what it counts for."""
    parts, broadcast, fields = request.app[PARTS], await find_broadcast(request, seated), await fields_of(request)
    told = fields.get("step", "")
    if told not in set(Step) or told == Step.CHANGE:
        raise web.HTTPNotFound
    if fields.get("revision") != str(broadcast.revision):
        return await show_broadcast(request, seated, broadcast, refused=refusal(parts, "changed-since"))
    try:
        at = moment_of(fields, parts.settings.timezone) if told == Step.START else None
        reasons = [fields["reason"]] if fields.get("reason") else []
        by = by_of(seated.member, broadcast.draft.unit_id)
        await take(office_of(parts), by, broadcast, Step(told), parts.clock(), at=at, reasons=reasons)
    except Refused as refused:
        return await show_broadcast(
            request, seated, await find_broadcast(request, seated), refused=in_words(parts, refused)
        )
    parts.nudge()
    raise web.HTTPSeeOther(f"/console/broadcasts/{broadcast.id}")


@desk(Right.EDIT_DRIVES)
async def tried(request: web.Request, seated: Desk) -> web.StreamResponse:
    """A dry run of this moment; nothing is written."""
    parts, broadcast = request.app[PARTS], await find_broadcast(request, seated)
    office, now = office_of(parts), parts.clock()
    try:
        await parts.db.read(lambda c: check_draft(c, office, broadcast.draft, now))
        ledger = await try_out(office, broadcast, now)
    except Refused as refused:
        return await show_broadcast(request, seated, broadcast, refused=in_words(parts, refused))
    return await show_broadcast(request, seated, broadcast, ledger=ledger)


@desk(Right.EDIT_DRIVES)
async def tested(request: web.Request, seated: Desk) -> web.StreamResponse:
    """To the chats that this member of staff has linked, and to nobody else."""
    parts, broadcast = request.app[PARTS], await find_broadcast(request, seated)
    if not may_edit(seated.member, broadcast.draft.unit_id):
        raise web.HTTPForbidden
    office, now = office_of(parts), parts.clock()

    def send(connection: Connection) -> int:
        check_draft(connection, office, broadcast.draft, now)
        around = surroundings_of(connection, broadcast.draft)
        picture = f"{parts.settings.base_url()}{PATH}{around.picture}" if around.picture else ""
        seen = previews(office.said(now), broadcast.draft, around, picture, LANGUAGE)
        messages = {one.channel: one.parts for one in seen}
        return send_to_oneself(connection, parts.ring, seated.member, broadcast, messages, now)

    try:
        count = await parts.db.write(send)
    except Refused as refused:
        return await show_broadcast(request, seated, broadcast, refused=in_words(parts, refused))
    parts.nudge()
    word = "test-sent" if count else "test-nowhere"
    return await show_broadcast(
        request, seated, broadcast, told=parts.catalogues.words.text(f"page.broadcasts.{word}", "vi")
    )
