"""Public posts on the console: written with a preview, approved by another person, watched, settled."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from bot.dialog.post_words import Way, post_text, way_line
from bot.domain.changing import replace
from bot.domain.drives import DriveState
from bot.domain.images import LARGEST, NotTaken
from bot.domain.posts import ALLOWED, KIND_ON, PostDraft, PostKind, PostRefused, PostState, PostStep, faults_of
from bot.domain.references import code_of
from bot.domain.tree import line_up
from bot.storage.accounts import AccountRow, load_accounts
from bot.storage.broadcast_images import keep_image
from bot.storage.catalogue import all_units
from bot.storage.drives_desk import list_drives, unit_choices
from bot.storage.posts import Post, approve, change, create, last_channel, post_at, posts_of, take_step
from bot.storage.staff import StaffMember
from bot.web.console.access import Right, may_edit, may_open
from bot.web.console.desk import Desk, desk, fields_of, number_in_path, show_desk
from bot.web.console.post_fields import (
    AGES,
    KEEP,
    NONE,
    Grounds,
    chosen_picture,
    pictures_of_content,
    read_post,
    where_of,
)
from bot.web.console.uploads import Upload, upload_desk
from bot.web.parts import PARTS, WebParts

LONGEST_WORDS = 40_000
"""Bytes of the words: 8,000 letters, each with its marks."""

SAMPLE_CODE = "HM…"
"""Stands in a preview for a code that is made with the draft."""


def add_routes(app: web.Application) -> None:
    app.router.add_get("/console/posts", posts_page)
    app.router.add_get("/console/posts/new", new_page)
    app.router.add_post("/console/posts/new", created)
    app.router.add_get("/console/posts/{post}", post_page)
    app.router.add_get("/console/posts/{post}/change", change_page)
    app.router.add_post("/console/posts/{post}/change", changed)
    app.router.add_post("/console/posts/{post}/step", stepped)


@desk(Right.EDIT_DRIVES)
async def posts_page(request: web.Request, seated: Desk) -> web.StreamResponse:
    parts = request.app[PARTS]
    now, scope = parts.clock(), seated.member.scope
    posts = await parts.db.read(lambda c: posts_of(c, scope, now))
    return await show_desk(request, seated, "posts.html", posts=posts)


@desk(Right.EDIT_DRIVES)
async def post_page(request: web.Request, seated: Desk) -> web.StreamResponse:
    return await _show_post(request, seated, await _post(request, seated))


@desk(Right.EDIT_DRIVES)
async def new_page(request: web.Request, seated: Desk) -> web.StreamResponse:
    """Behind `?drive=` with that drive chosen."""
    return await _show_form(request, seated, None, {"picture": NONE, "drive": request.query.get("drive", "")}, {})


@upload_desk(Right.EDIT_DRIVES, largest=LARGEST, longest=LONGEST_WORDS)
async def created(request: web.Request, seated: Desk, upload: Upload) -> web.StreamResponse:
    return await _kept(request, seated, upload, None)


@desk(Right.EDIT_DRIVES)
async def change_page(request: web.Request, seated: Desk) -> web.StreamResponse:
    post = await _post(request, seated)
    if not _steps(seated.member, post)[PostStep.CHANGE]:
        raise web.HTTPConflict
    return await _show_form(request, seated, post, _as_typed(post, request.app[PARTS]), {})


@upload_desk(Right.EDIT_DRIVES, largest=LARGEST, longest=LONGEST_WORDS)
async def changed(request: web.Request, seated: Desk, upload: Upload) -> web.StreamResponse:
    return await _kept(request, seated, upload, await _post(request, seated))


@desk(Right.EDIT_DRIVES)
async def stepped(request: web.Request, seated: Desk) -> web.StreamResponse:
    """A button of the post's page; what was seen there is what it counts for."""
    parts, post, fields = request.app[PARTS], await _post(request, seated), await fields_of(request)
    told = fields.get("step", "")
    if told not in set(PostStep) or told == PostStep.CHANGE:
        raise web.HTTPNotFound
    if not may_edit(seated.member, post.draft.unit_id):
        raise web.HTTPForbidden
    if fields.get("revision") != str(post.revision):
        return await _show_post(request, seated, post, refused="changed")
    if told == PostStep.SUBMIT and (faults := _faults(parts, post.draft, post.number)):
        return await _show_form(request, seated, post, _as_typed(post, parts), faults)
    try:
        await parts.db.write(lambda c: _take(c, seated.member, post, PostStep(told), parts))
    except PostRefused as refusal:
        return await _show_post(request, seated, await _post(request, seated), refused=refusal.why)
    raise web.HTTPSeeOther(f"/console/posts/{post.id}")


def _take(connection: Connection, member: StaffMember, post: Post, step: PostStep, parts: WebParts) -> None:
    now = parts.clock()
    if step is PostStep.APPROVE:
        approve(connection, member.login, post, above=_is_above(member, post), now=now)
    else:
        take_step(connection, member.login, post, step, now)


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
        return await _show_form(request, seated, post, upload.fields, faults)
    if post is not None and upload.fields.get("revision") != str(post.revision):
        return await _show_post(request, seated, post, refused="changed")

    def keep(connection: Connection) -> int:
        whole = replace(draft, image_id=keep_image(connection, picture.kind, picture.body, now)) if picture else draft
        if post is None:
            return create(connection, seated.member.login, whole, now)
        change(connection, seated.member.login, post, whole, now)
        return post.id

    try:
        post_id = await parts.db.write(keep)
    except PostRefused as refusal:
        return await _show_post(request, seated, await _post(request, seated), refused=refusal.why)
    raise web.HTTPSeeOther(f"/console/posts/{post_id}")


async def _post(request: web.Request, seated: Desk) -> Post:
    parts, post_id = request.app[PARTS], number_in_path(request, "post")
    found = await parts.db.read(lambda c: post_at(c, post_id, parts.clock()))
    if found is None or not seated.member.may_see(found.draft.unit_id):
        raise web.HTTPNotFound
    return found


def _is_above(member: StaffMember, post: Post) -> bool:
    """Somebody of the level above the post's unit, who may also answer for the account it goes out of."""
    return may_open(member, post.draft.unit_id) and member.may_see(post.account_unit_id)


def _steps(member: StaffMember, post: Post) -> dict[PostStep, bool]:
    """Which buttons its page has."""
    stands, edits = bool(post.platform_id), may_edit(member, post.draft.unit_id)
    from_here = {step: post.state in states for step, states in ALLOWED.items()}
    shown = {step: edits and here for step, here in from_here.items()}
    shown[PostStep.CHANGE] &= not stands
    shown[PostStep.RETURN] &= not stands
    shown[PostStep.APPROVE] &= _is_above(member, post) and member.login != post.created_by
    return shown


def _faults(parts: WebParts, draft: PostDraft, number: int | None) -> dict[str, str]:
    """What its platform would refuse, by field."""
    whole = post_text(parts.catalogues.words, draft.words, _way(parts, draft.account_id, number))
    fetchable = parts.settings.public_url.startswith("https://")
    return {where_of(fault): fault.value for fault in faults_of(draft, whole, fetchable=fetchable)}


def _way(parts: WebParts, account_id: int, number: int | None) -> Way:
    code = "" if number is None else code_of(number)
    return Way(code, parts.post_link(account_id, code) if code else "")


def _accounts(connection: Connection, member: StaffMember, parts: WebParts) -> list[AccountRow]:
    """Those that are on and have a wall: of their own units, of those above them, and everybody's."""
    tree = {unit.id: unit for unit in all_units(connection)}
    above = set(line_up(tree, member.unit_id)) if member.unit_id is not None else set()
    return [
        row
        for row in load_accounts(connection)
        if row.kind in KIND_ON
        and row.kind in parts.channels
        and (row.unit_id is None or row.unit_id in above or member.may_see(row.unit_id))
    ]


def _grounds(connection: Connection, member: StaffMember, parts: WebParts) -> Grounds:
    now = parts.clock()
    return Grounds(
        kinds={row.id: KIND_ON[row.kind] for row in _accounts(connection, member, parts)},
        units={unit for unit, _ in unit_choices(connection, member, now)},
        drives={drive.id for drive in list_drives(connection, member, now) if drive.ends_at > now},
        zone=parts.settings.timezone,
        now=now,
    )


def _as_typed(post: Post, parts: WebParts) -> dict[str, str]:
    """A post as its form has it."""
    draft, zone = post.draft, parts.settings.timezone
    due = draft.due_at.astimezone(zone) if draft.due_at is not None and draft.due_at > parts.clock() else None
    return {
        "account": str(draft.account_id),
        "unit": str(draft.unit_id),
        "drive": str(draft.drive_id or ""),
        "title": draft.title,
        "words": draft.words,
        "picture": KEEP if draft.image_id is not None else NONE,
        "channel": draft.aim.channel,
        "followers": "yes" if draft.aim.followers else "",
        "gender": str(draft.aim.gender),
        **{f"age{age}": "yes" for age in draft.aim.ages},
        "date": f"{due:%Y-%m-%d}" if due else "",
        "time": f"{due:%H:%M}" if due else "",
    }


async def _show_post(request: web.Request, seated: Desk, post: Post, *, refused: str = "") -> web.StreamResponse:
    parts = request.app[PARTS]
    way = _way(parts, post.draft.account_id, post.number)
    words = parts.catalogues.words
    steps = _steps(seated.member, post)
    return await show_desk(
        request,
        seated,
        "post.html",
        status=409 if refused else 200,
        post=post,
        refused=refused,
        whole=post_text(words, post.draft.words, way),
        steps={step.value for step, shown in steps.items() if shown},
        waits_for_other=post.state is PostState.SUBMITTED and not steps[PostStep.APPROVE],
    )


async def _show_form(
    request: web.Request, seated: Desk, post: Post | None, typed: Mapping[str, str], faults: Mapping[str, str]
) -> web.StreamResponse:
    parts = request.app[PARTS]
    choices = await parts.db.read(lambda c: _choices(c, seated.member, parts))
    return await show_desk(
        request,
        seated,
        "post_form.html",
        status=422 if faults else 200,
        post=post,
        typed=defaultdict(str, typed),
        faults=faults,
        pictures=pictures_of_content(),
        ages=AGES,
        **choices,
    )


def _choices(connection: Connection, member: StaffMember, parts: WebParts) -> dict[str, Any]:
    """What can be chosen, and for the preview the line that leads to a drive from each account."""
    now, words = parts.clock(), parts.catalogues.words
    rows = _accounts(connection, member, parts)
    coming = [
        d for d in list_drives(connection, member, now) if d.ends_at > now and d.state is not DriveState.CANCELLED
    ]
    return {
        "accounts": [(row, KIND_ON[row.kind].value) for row in rows],
        "ways": {row.id: way_line(words, Way(SAMPLE_CODE, parts.post_link(row.id, SAMPLE_CODE))) for row in rows},
        "channels": {row.id: last_channel(connection, row.id) for row in rows if KIND_ON[row.kind] is PostKind.CHANNEL},
        "units": unit_choices(connection, member, now),
        "drives": coming,
    }
