"""Writing a message to many on the console: the form, its true preview, what is kept."""

from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from bot.domain.broadcasts import Broadcast, BroadcastState, Draft, Refused, Step
from bot.domain.changing import replace
from bot.domain.images import LARGEST, NotTaken
from bot.intake.broadcast_desk import canonical, change, create, try_out
from bot.storage.approved_templates import approved_templates
from bot.storage.broadcast_images import keep_image
from bot.storage.broadcast_surroundings import surroundings_of
from bot.storage.drives_desk import list_drives, unit_choices
from bot.storage.staff import StaffMember
from bot.web.console.access import Right
from bot.web.console.broadcast_fields import KEEP, Choices, code_for, expression_of, read_draft, typed_of
from bot.web.console.broadcast_views import (
    by_of,
    find_broadcast,
    hides_of,
    in_words,
    office_of,
    previews_of,
    refusal,
    show_broadcast,
    show_form,
    steps_for,
)
from bot.web.console.desk import LANGUAGE, Desk, desk
from bot.web.console.post_fields import chosen_picture
from bot.web.console.uploads import Upload, upload_desk
from bot.web.pages import show
from bot.web.parts import PARTS, WebParts

LONGEST = 12_000


def add_routes(app: web.Application) -> None:
    app.router.add_get("/console/broadcasts/new", new_page)
    app.router.add_post("/console/broadcasts/new", created)
    app.router.add_post("/console/broadcasts/look", looked)
    app.router.add_get("/console/broadcasts/{broadcast}/change", change_page)
    app.router.add_post("/console/broadcasts/{broadcast}/change", changed)


@desk(Right.EDIT_DRIVES)
async def new_page(request: web.Request, seated: Desk) -> web.StreamResponse:
    typed = {"purpose": "news", "picture": "none", "drive": request.query.get("drive", "")}
    return await show_form(request, seated, None, typed)


@upload_desk(Right.EDIT_DRIVES, largest=LARGEST, longest=LONGEST)
async def created(request: web.Request, seated: Desk, upload: Upload) -> web.StreamResponse:
    return await _kept(request, seated, upload, None)


@desk(Right.EDIT_DRIVES)
async def change_page(request: web.Request, seated: Desk) -> web.StreamResponse:
    broadcast = await find_broadcast(request, seated)
    if Step.CHANGE not in steps_for(seated.member, broadcast):
        raise web.HTTPConflict
    zone = request.app[PARTS].settings.timezone
    return await show_form(request, seated, broadcast, typed_of(broadcast.draft, broadcast.code, zone))


@upload_desk(Right.EDIT_DRIVES, largest=LARGEST, longest=LONGEST)
async def changed(request: web.Request, seated: Desk, upload: Upload) -> web.StreamResponse:
    return await _kept(request, seated, upload, await find_broadcast(request, seated))


@upload_desk(Right.EDIT_DRIVES, largest=LARGEST, longest=LONGEST)
async def looked(request: web.Request, seated: Desk, upload: Upload) -> web.StreamResponse:
    """The form as it is being written: what each channel would show, and how many people it is for."""
    parts, now, fields = request.app[PARTS], request.app[PARTS].clock(), upload.fields
    office = office_of(parts)

    def look(connection: Connection) -> dict[str, Any]:
        choices = _choices(connection, seated.member, parts)
        segment = canonical(connection, expression_of(fields, choices.drives), office.tools, now)
        draft = read_draft(fields, choices, segment, None, parts.settings.timezone)
        around = surroundings_of(connection, draft)
        return {"segment": segment, "draft": draft, "around": around, "approved": approved_templates(connection)}

    try:
        seen = await parts.db.read(look)
        ledger = await try_out(office, Broadcast(0, "", seen["draft"], BroadcastState.DRAFT), now)
        shown, fault = previews_of(
            office, parts, seen["draft"], seen["around"], seen["approved"], fields.get("image", "")
        )
    except Refused as refused:
        empty: dict[str, Any] = {"fault": in_words(parts, refused), "segment": "", "shown": ()}
        return show(request, "console/broadcast_look.html", language=LANGUAGE, **empty)
    values = {
        "fault": fault,
        "segment": seen["segment"],
        "ledger": ledger,
        "shown": shown,
        "hides": hides_of(seen["draft"]),
    }
    return show(request, "console/broadcast_look.html", language=LANGUAGE, **values)


async def _kept(request: web.Request, seated: Desk, upload: Upload, broadcast: Broadcast | None) -> web.StreamResponse:
    """The form as it came is kept as a draft; only what cannot be kept is refused."""
    parts, now, fields = request.app[PARTS], request.app[PARTS].clock(), upload.fields
    office = office_of(parts)
    if broadcast is not None and fields.get("revision") != str(broadcast.revision):
        return await show_broadcast(request, seated, broadcast, refused=refusal(parts, "changed-since"))
    try:
        picture = await chosen_picture(upload)
    except NotTaken as fault:
        said = parts.catalogues.words.text(f"page.picture.{fault.why}", LANGUAGE)
        return await show_form(request, seated, broadcast, fields, fault=said)
    kept = broadcast.draft.image_id if broadcast is not None and fields.get("picture") == KEEP else None

    def read(connection: Connection) -> Draft:
        choices = _choices(connection, seated.member, parts)
        segment = canonical(connection, expression_of(fields, choices.drives), office.tools, now)
        draft = read_draft(fields, choices, segment, kept, parts.settings.timezone)
        return replace(draft, image_id=keep_image(connection, picture.kind, picture.body, now)) if picture else draft

    try:
        draft = await parts.db.write(read)
        by = by_of(seated.member, draft.unit_id)
        if broadcast is None:
            code = code_for(fields.get("code", ""), now, parts.settings.timezone)
            number = await create(office, by, draft, code, now)
        else:
            await change(office, by, broadcast, draft, now)
            number = broadcast.id
    except Refused as refused:
        return await show_form(request, seated, broadcast, fields, fault=in_words(parts, refused))
    raise web.HTTPSeeOther(f"/console/broadcasts/{number}")


def _choices(connection: Connection, member: StaffMember, parts: WebParts) -> Choices:
    now = parts.clock()
    return Choices(
        units={unit for unit, _ in unit_choices(connection, member, now)},
        drives={one.id: one.code for one in list_drives(connection, member, now)},
    )
