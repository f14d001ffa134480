"""Writing a public post on the console, and changing one."""

from aiohttp import web
from sqlalchemy import Connection

from bot.domain.changing import replace
from bot.domain.images import LARGEST, NotTaken
from bot.domain.posts import KIND_ON, PostRefused, PostStep
from bot.storage.broadcast_images import keep_image
from bot.storage.drives_desk import list_drives, unit_choices
from bot.storage.posts import Post, change, create
from bot.storage.staff import StaffMember
from bot.web.console.access import Right, may_edit
from bot.web.console.desk import Desk, desk
from bot.web.console.post_fields import KEEP, NONE, Grounds, chosen_picture, read_post
from bot.web.console.post_views import accounts_for, as_typed, find_post, show_form, show_post, steps_for
from bot.web.console.uploads import Upload, upload_desk
from bot.web.parts import PARTS, WebParts

LONGEST_WORDS = 40_000
"""Bytes of the words: 8,000 letters, each with its marks."""


def add_routes(app: web.Application) -> None:
    app.router.add_get("/console/posts/new", new_page)
    app.router.add_post("/console/posts/new", created)
    app.router.add_get("/console/posts/{post}/change", change_page)
    app.router.add_post("/console/posts/{post}/change", changed)


@desk(Right.EDIT_DRIVES)
async def new_page(request: web.Request, seated: Desk) -> web.StreamResponse:
    """Behind `?drive=` with that drive chosen."""
    return await show_form(request, seated, None, {"picture": NONE, "drive": request.query.get("drive", "")}, {})


@upload_desk(Right.EDIT_DRIVES, largest=LARGEST, longest=LONGEST_WORDS)
async def created(request: web.Request, seated: Desk, upload: Upload) -> web.StreamResponse:
    return await _kept(request, seated, upload, None)


@desk(Right.EDIT_DRIVES)
async def change_page(request: web.Request, seated: Desk) -> web.StreamResponse:
    post = await find_post(request, seated)
    if not steps_for(seated.member, post)[PostStep.CHANGE]:
        raise web.HTTPConflict
    return await show_form(request, seated, post, as_typed(post, request.app[PARTS]), {})


@upload_desk(Right.EDIT_DRIVES, largest=LARGEST, longest=LONGEST_WORDS)
async def changed(request: web.Request, seated: Desk, upload: Upload) -> web.StreamResponse:
    return await _kept(request, seated, upload, await find_post(request, seated))


async def _kept(request: web.Request, seated: Desk, upload: Upload, post: Post | None) -> web.StreamResponse:
    """The form as it came: kept as a draft, faults of the platforms or not; only what cannot be kept is refused."""
    parts, now = request.app[PARTS], request.app[PARTS].clock()
    if post is not None and not may_edit(seated.member, post.draft.unit_id):
        raise web.HTTPForbidden
    grounds = await parts.db.read(lambda c: _grounds(c, seated.member, parts))
    keeps = post is not None and upload.fields.get("picture") == KEEP
    draft, faults = read_post(upload.fields, grounds, post.draft.image_id if post is not None and keeps else None)
    try:
        picture = await chosen_picture(upload)
    except NotTaken as fault:
        faults, picture = {**faults, "picture": fault.why}, None
    if draft is None or faults:
        return await show_form(request, seated, post, upload.fields, faults)
    if post is not None and upload.fields.get("revision") != str(post.revision):
        return await show_post(request, seated, post, refused="changed")

    def keep(connection: Connection) -> int:
        whole = replace(draft, image_id=keep_image(connection, picture.kind, picture.body, now)) if picture else draft
        if post is None:
            return create(connection, seated.member.login, whole, now)
        change(connection, seated.member.login, post, whole, now)
        return post.id

    try:
        post_id = await parts.db.write(keep)
    except PostRefused as refusal:
        return await show_post(request, seated, await find_post(request, seated), refused=refusal.why)
    raise web.HTTPSeeOther(f"/console/posts/{post_id}")


def _grounds(connection: Connection, member: StaffMember, parts: WebParts) -> Grounds:
    now = parts.clock()
    return Grounds(
        kinds={row.id: KIND_ON[row.kind] for row in accounts_for(connection, member, parts)},
        units={unit for unit, _ in unit_choices(connection, member, now)},
        drives={drive.id for drive in list_drives(connection, member, now) if drive.ends_at > now},
        zone=parts.settings.timezone,
        now=now,
    )
