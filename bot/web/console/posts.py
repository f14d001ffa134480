"""Public posts on the console: the list, one of them, and the steps that staff take with it."""

from aiohttp import web
from sqlalchemy import Connection

from bot.domain.posts import PostRefused, PostStep
from bot.storage.posts import Post, approve, posts_of, take_step
from bot.storage.staff import StaffMember
from bot.web.console import posts_compose
from bot.web.console.access import Right, may_edit
from bot.web.console.desk import Desk, desk, fields_of, show_desk
from bot.web.console.post_views import as_typed, faults_in, find_post, is_above, show_form, show_post
from bot.web.parts import PARTS, WebParts


def add_routes(app: web.Application) -> None:
    app.router.add_get("/console/posts", posts_page)
    posts_compose.add_routes(app)
    app.router.add_get("/console/posts/{post}", post_page)
    app.router.add_post("/console/posts/{post}/step", stepped)


@desk(Right.EDIT_DRIVES)
async def posts_page(request: web.Request, seated: Desk) -> web.StreamResponse:
    parts = request.app[PARTS]
    now, scope = parts.clock(), seated.member.scope
    posts = await parts.db.read(lambda c: posts_of(c, scope, now))
    return await show_desk(request, seated, "posts.html", posts=posts)


@desk(Right.EDIT_DRIVES)
async def post_page(request: web.Request, seated: Desk) -> web.StreamResponse:
    return await show_post(request, seated, await find_post(request, seated))


@desk(Right.EDIT_DRIVES)
async def stepped(request: web.Request, seated: Desk) -> web.StreamResponse:
    """A button of the post's page; what was seen there is what it counts for."""
    parts, post, fields = request.app[PARTS], await find_post(request, seated), await fields_of(request)
    told = fields.get("step", "")
    if told not in set(PostStep) or told == PostStep.CHANGE:
        raise web.HTTPNotFound
    if not may_edit(seated.member, post.draft.unit_id):
        raise web.HTTPForbidden
    if fields.get("revision") != str(post.revision):
        return await show_post(request, seated, post, refused="changed")
    if told == PostStep.SUBMIT and (faults := faults_in(parts, post.draft, post.number)):
        return await show_form(request, seated, post, as_typed(post, parts), faults)
    try:
        await parts.db.write(lambda c: _take(c, seated.member, post, PostStep(told), parts))
    except PostRefused as refusal:
        return await show_post(request, seated, await find_post(request, seated), refused=refusal.why)
    raise web.HTTPSeeOther(f"/console/posts/{post.id}")


def _take(connection: Connection, member: StaffMember, post: Post, step: PostStep, parts: WebParts) -> None:
    now = parts.clock()
    if step is PostStep.APPROVE:
        approve(connection, member.login, post, above=is_above(member, post), now=now)
    else:
        take_step(connection, member.login, post, step, now)
