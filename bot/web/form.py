"""The registration form on one page, behind a signed link: the same rules and the same effects as in the chat."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import replace

from aiohttp import web

from bot.channels.base import Received
from bot.dialog.registration_page import Fault, check_page
from bot.dialog.talk import Talk
from bot.domain.tokens import BadToken, verify
from bot.domain.updates import ChannelKind, FilledForm, Update
from bot.intake import NotTaken
from bot.storage.dossiers import load_dossier
from bot.web.form_view import (
    LONGEST_FIELD,
    UNITS_OFFERED,
    begun,
    form_view,
    holds_place,
    page_answers,
    tickets,
)
from bot.web.guard import form_of
from bot.web.origin import Pace
from bot.web.pages import page, show
from bot.web.parts import PARTS, WebParts

FORM = "registration"
JUST_FILLED = "registration.slot-just-filled"
_NONCE = re.compile(r"[A-Za-z0-9_-]{16,40}")

LOOKUPS: web.AppKey[Pace] = web.AppKey("unit look-ups", Pace)


def add_routes(app: web.Application) -> None:
    app[LOOKUPS] = Pace(burst=40, per_second=4)
    app.router.add_get("/form/{token}", form_page)
    app.router.add_post("/form/{token}", form_sent)
    app.router.add_get("/form/{token}/done", form_done)
    app.router.add_get("/form/{token}/units", find_units)


@page
async def form_page(request: web.Request) -> web.Response:
    """The form, both consents empty; to somebody who holds a place only their ticket."""
    talk = await _talk(request)
    if tickets(talk):
        raise _done(request)
    return _form(request, talk, begun(talk), {}, secrets.token_urlsafe(16))


@page
async def form_sent(request: web.Request) -> web.Response:
    """Check, take the place, and show the ticket; faults stand beside their fields and nothing typed is lost."""
    talk = await _talk(request)
    typed = await _typed(request)
    nonce = typed.get("nonce", "")
    nonce = nonce if _NONCE.fullmatch(nonce) else secrets.token_urlsafe(16)
    if tickets(talk):
        raise _done(request)  # sent a second time
    result = check_page(talk, page_answers(typed))
    if result.faults:
        return _form(request, talk, typed, result.faults, nonce, status=422)
    drive_id = int(result.values["drive_id"])
    try:
        await _submit(request.app[PARTS], talk, page_answers(typed), nonce)
    except NotTaken:
        return _form(request, talk, typed, {}, nonce, status=503)
    talk = await _talk(request)
    if holds_place(talk, drive_id):
        raise _done(request)
    return _slot_gone(request, talk, typed)


@page
async def form_done(request: web.Request) -> web.Response:
    """The places this person holds, with tickets; safe to reload."""
    talk = await _talk(request)
    held = tickets(talk)
    if not held:
        raise web.HTTPSeeOther(f"/form/{request.match_info['token']}")
    spoken, from_web = talk.dossier.conversation.language, talk.dossier.address.channel is ChannelKind.WEB
    return show(request, "form_done.html", language=spoken, tickets=held, from_web=from_web)


@page
async def find_units(request: web.Request) -> web.Response:
    """Names of units that contain the typed words, for the field's suggestions."""
    parts = request.app[PARTS]
    subject = _subject(request)
    if not request.app[LOOKUPS].allows(subject):
        raise web.HTTPTooManyRequests
    catalogue = await parts.catalogues.current(parts.clock())
    wanted = request.query.get("q", "")[:LONGEST_FIELD].strip()
    found = catalogue.units.search(wanted, UNITS_OFFERED) if len(wanted) > 1 else []
    return web.json_response([unit.name for unit in found], headers={"Cache-Control": "no-store"})


def _subject(request: web.Request) -> str:
    """The address id in the link."""
    parts = request.app[PARTS]
    try:
        return verify("form", request.match_info["token"], parts.clock(), parts.settings.secret_key)
    except BadToken as error:
        raise (web.HTTPGone if error.expired else web.HTTPNotFound) from error


async def _talk(request: web.Request) -> Talk:
    """The person behind the link and what is open now."""
    parts, subject = request.app[PARTS], _subject(request)
    now = parts.clock()
    address = int(subject) if subject.isdecimal() else 0
    dossier = await parts.db.read(lambda connection: load_dossier(connection, address, parts.ring))
    if dossier is None:
        raise web.HTTPNotFound
    return Talk(dossier, await parts.catalogues.current(now), now)


async def _typed(request: web.Request) -> dict[str, str]:
    """The fields as text; whatever is not text or far too long is left out."""
    fields = await form_of(request)
    return {name: value.strip()[:LONGEST_FIELD] for name, value in fields.items() if value.strip() and len(name) <= 40}


async def _submit(parts: WebParts, talk: Talk, answers: Mapping[str, str], nonce: str) -> None:
    """One update like any other; the nonce of the page makes a second click harmless."""
    address = talk.dossier.address
    event = FilledForm(FORM, answers)
    update_id = f"form:{address.id}:{nonce}"
    update = Update(address.account_id, address.channel, address.user_id, update_id, talk.now, event)
    taken = await parts.intake.take(None, Received((update,)))
    parts.metrics.count(address.channel, taken)
    parts.catalogues.forget()


def _slot_gone(request: web.Request, talk: Talk, typed: Mapping[str, str]) -> web.Response:
    """Somebody was faster: everything stays as typed but the slot, and the page gets a nonce of its own."""
    rest = {name: value for name, value in typed.items() if name != "slot"}
    drives = tuple(drive.with_slot_full(int(typed.get("slot", 0))) for drive in talk.catalogue.drives)
    talk = replace(talk, catalogue=replace(talk.catalogue, drives=drives))
    return _form(request, talk, rest, {"slot": Fault(JUST_FILLED)}, secrets.token_urlsafe(16), status=409)


def _form(
    request: web.Request,
    talk: Talk,
    typed: Mapping[str, str],
    faults: Mapping[str, Fault],
    nonce: str,
    *,
    status: int = 200,
) -> web.Response:
    view = form_view(talk, typed, faults, nonce)
    spoken = talk.dossier.conversation.language
    token = request.match_info["token"]
    return show(request, "form.html", status=status, language=spoken, view=view, token=token, busy=status == 503)


def _done(request: web.Request) -> web.HTTPSeeOther:
    return web.HTTPSeeOther(f"/form/{request.match_info['token']}/done", headers={"Cache-Control": "no-store"})
