"""In and out of the console: one-time links, passwords, and being on duty."""

import asyncio
from functools import cache

from aiohttp import web

from bot.domain.passwords import hash_password, is_password
from bot.storage.staff import (
    SESSION_LASTS,
    close_session,
    link_is_good,
    open_session,
    password_of,
    set_on_duty,
    use_login_link,
)
from bot.web.console.access import Right
from bot.web.console.desk import COOKIE, LANGUAGE, Desk, desk, fields_of, seat
from bot.web.guard import caller
from bot.web.origin import Pace, refuse_other_sites
from bot.web.pages import page, show
from bot.web.parts import PARTS, WebParts


@cache
def _nobody() -> str:
    """Compared when a login is unknown, so that the answer takes as long as for a known one."""
    return hash_password("nobody's password", b"a salt for nobody")


class Tries:
    """Wrong passwords are slow to try: by login and by caller."""

    def __init__(self) -> None:
        self.by_login = Pace(burst=6, per_second=1 / 60)
        self.by_caller = Pace(burst=30, per_second=1 / 10)


TRIES: web.AppKey[Tries] = web.AppKey("login tries", Tries)


def add_routes(app: web.Application) -> None:
    app[TRIES] = Tries()
    app.router.add_get("/console", home)
    app.router.add_get("/console/login", login_page)
    app.router.add_post("/console/login", password_login)
    app.router.add_get("/console/login/{secret}", link_page)
    app.router.add_post("/console/login/{secret}", link_login)
    app.router.add_post("/console/logout", logout)
    app.router.add_post("/console/duty", duty)


@desk()
async def home(_request: web.Request, seated: Desk) -> web.StreamResponse:
    talks = seated.rights & {Right.TALKS, Right.URGENT_TALKS}
    raise web.HTTPSeeOther("/console/people" if talks else "/console/drives")


@page
async def login_page(request: web.Request) -> web.StreamResponse:
    if await seat(request):
        raise web.HTTPSeeOther("/console")
    return show(request, "console/login.html", language=LANGUAGE, wrong=False, login="")


@page
async def password_login(request: web.Request) -> web.StreamResponse:
    """Scrypt takes its time, so it runs beside the event loop."""
    refuse_other_sites(request)
    parts, fields, tries = request.app[PARTS], await fields_of(request), request.app[TRIES]
    login = fields.get("login", "")[:100]
    if not tries.by_caller.allows(caller(request)) or not tries.by_login.allows(login):
        raise web.HTTPTooManyRequests
    found = await parts.db.read(lambda connection: password_of(connection, login))
    told = fields.get("password", "")[:1000]
    right = await asyncio.to_thread(lambda: is_password(told, found[1] if found else _nobody()))
    if not right or found is None:
        return show(request, "console/login.html", language=LANGUAGE, status=401, wrong=True, login=login)
    now, staff_id = parts.clock(), found[0]
    session = await parts.db.write(lambda connection: open_session(connection, staff_id, now))
    raise _into(parts, session)


@page
async def link_page(request: web.Request) -> web.StreamResponse:
    """Looking at a link does not use it up: messengers look at links to show a preview."""
    parts, secret = request.app[PARTS], request.match_info["secret"]
    now = parts.clock()
    if not await parts.db.read(lambda connection: link_is_good(connection, secret, now)):
        return _used_up(request)
    return show(request, "console/link.html", language=LANGUAGE, secret=secret)


@page
async def link_login(request: web.Request) -> web.StreamResponse:
    refuse_other_sites(request)
    parts, secret = request.app[PARTS], request.match_info["secret"]
    now = parts.clock()
    session = await parts.db.write(lambda connection: use_login_link(connection, secret, now))
    if session is None:
        return _used_up(request)
    raise _into(parts, session)


@desk()
async def logout(request: web.Request, seated: Desk) -> web.StreamResponse:
    parts = request.app[PARTS]
    now = parts.clock()
    await parts.db.write(lambda connection: close_session(connection, seated.session, now))
    gone = web.HTTPSeeOther("/console/login")
    gone.del_cookie(COOKIE, path="/console")
    raise gone


@desk(Right.DUTY)
async def duty(request: web.Request, seated: Desk) -> web.StreamResponse:
    """On duty means: urgent words are promised to be seen now."""
    parts = request.app[PARTS]
    on_duty, now = (await fields_of(request)).get("on_duty") == "yes", parts.clock()
    await parts.db.write(lambda connection: set_on_duty(connection, seated.member, on_duty, now))
    parts.catalogues.forget()
    raise web.HTTPSeeOther("/console")


def _used_up(request: web.Request) -> web.Response:
    return show(request, "console/link_used.html", language=LANGUAGE, status=410)


def _into(parts: WebParts, session: str) -> web.HTTPSeeOther:
    inside = web.HTTPSeeOther("/console")
    inside.set_cookie(
        COOKIE,
        session,
        path="/console",
        max_age=int(SESSION_LASTS.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=parts.settings.public_url.startswith("https://"),
    )
    return inside
