"""Pages for people: templates filled with the words of the content, safe headers, friendly errors."""

import functools
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.dialog.talk import Words
from bot.dialog.wording import clock, long_day, plain_date, spoken_phone
from bot.domain.drives import is_pass_time
from bot.domain.registrations import spoken_ticket
from bot.library.schema import LANGUAGES
from bot.storage.database import DatabaseAway
from bot.web.delivery import where
from bot.web.guard import AGAIN_AFTER, may_see_pages
from bot.web.parts import PARTS
from bot.web.static import Static

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
HERE = Path(__file__).parent
SAFE_HEADERS = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
KNOWN_ERRORS = {401, 403, 404, 405, 410, 413, 429, 503}


def slot_clock(at: datetime, zone: ZoneInfo, any_time: str) -> str:
    """07:30; of a pass the words for any time."""
    return any_time if is_pass_time(at) else clock(at, zone)


class Pages:
    """Fills templates. In a template `t` is the content's text by id, in the page's language; `has_text`, if it is one."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self.static = Static(HERE / "static")
        self._env = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._env.globals.update(static=self.static.url, has_text=words.has)
        self._env.filters.update(
            clock=clock,
            slot_clock=slot_clock,
            long_day=long_day,
            plain_date=plain_date,
            phone=spoken_phone,
            ticket=spoken_ticket,
        )

    def render(self, template: str, language: str, **values: Any) -> str:
        def t(text_id: str, **fills: object) -> str:
            return self._words.text(text_id, language, fills)

        return self._env.get_template(template).render(t=t, language=language, **values)


PAGES: web.AppKey[Pages] = web.AppKey("pages", Pages)


def show(request: web.Request, template: str, *, status: int = 200, language: str = "", **values: Any) -> web.Response:
    """A page as an answer, with the headers that every page of ours carries."""
    spoken = language or language_of(request)
    text = request.app[PAGES].render(template, spoken, **values)
    headers = {**SAFE_HEADERS, "Content-Security-Policy": policy(request), "Content-Language": spoken}
    return web.Response(text=text, status=status, content_type="text/html", headers=headers)


def policy(request: web.Request) -> str:
    """Nothing but our own files runs; older iPhones do not count `wss:` as 'self', so our host is named."""
    host = "".join(sign for sign in request.host if sign.isalnum() or sign in ".:-[]")
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; manifest-src 'self'; img-src 'self' https: data:; "
        f"connect-src 'self' ws://{host} wss://{host}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def language_of(request: web.Request) -> str:
    """`?lang=` or the setting. The browser is not asked: many cheap phones are set to English and their owners are not,
    and the page must speak the language in which the assistant greets."""
    wanted = request.query.get("lang", "")
    return wanted if wanted in LANGUAGES else request.app[PARTS].settings.default_locale


def page(handler: Handler) -> Handler:
    """Turn what goes wrong in a handler into a page a person can read."""

    @functools.wraps(handler)
    async def shown(request: web.Request) -> web.StreamResponse:
        if not may_see_pages(request):
            return trouble(request, 429)
        try:
            return await handler(request)
        except web.HTTPException as error:
            if error.status < 400:
                raise
            return trouble(request, error.status)
        except DatabaseAway:
            return trouble(request, 503)
        except Exception as error:
            log.error("A page failed: %s", where(error))
            return trouble(request, 500)

    return shown


def trouble(request: web.Request, status: int) -> web.Response:
    """The friendly page of an error."""
    about = status if status in KNOWN_ERRORS else 500
    about = 404 if about == 405 else about
    page = show(request, "error.html", status=status, about=about)
    if status in (429, 503):
        page.headers["Retry-After"] = str(AGAIN_AFTER)
    return page


@page
async def not_found(request: web.Request) -> web.Response:
    """The last route: whatever no other route knows."""
    return trouble(request, 404)
