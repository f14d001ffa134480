"""The page of a ticket, its QR code as a picture, and its entry for a calendar. Nothing on them says whose it is.

The code in the address is 50 random bits: at the pace of `guard.py` one caller would guess for years to meet one of a
hundred thousand living tickets, and would read of a drive that is announced in public.
"""

import asyncio
from datetime import timedelta

from aiohttp import web
from markupsafe import Markup

from bot.domain.drives import is_pass_time
from bot.domain.registrations import spoken_ticket
from bot.domain.tickets import Standing, map_link, read_ticket, standing
from bot.storage.tickets import ShownTicket, ticket_shown
from bot.web.calendar_file import Entry, calendar_file
from bot.web.pages import language_of, page, show
from bot.web.parts import PARTS
from bot.web.qr import qr_png, qr_svg

CACHED = {"Cache-Control": "public, max-age=86400", "X-Robots-Tag": "noindex"}
"""A picture of a code never changes, and the phone shows it again where there is no signal."""

STAY = timedelta(hours=1)
"""How long somebody is at a drive, about: from the form to the drink afterwards."""

GONE = (Standing.CANCELLED, Standing.CALLED_OFF)
LONGEST = 20


def add_routes(app: web.Application) -> None:
    app.router.add_get("/t/{ticket}.png", picture)
    app.router.add_get("/t/{ticket}.ics", calendar)
    app.router.add_get("/t/{ticket}", ticket_page)


@page
async def ticket_page(request: web.Request) -> web.Response:
    """QR code, drive, day, place, and what the ticket is worth now."""
    found, parts = await _ticket(request), request.app[PARTS]
    worth = standing(found.state, found.drive_state, found.ends_at, parts.clock())
    return show(
        request,
        "ticket.html",
        ticket=found,
        standing=worth.value,
        qr=Markup(qr_svg(_address(request, found))) if worth is Standing.OPEN else "",  # noqa: S704 - our own drawing
        map_link=map_link(found.place, found.address),
        path=f"/t/{spoken_ticket(found.code)}",
        zone=parts.settings.timezone,
        other="en" if language_of(request) == "vi" else "vi",
    )


@page
async def picture(request: web.Request) -> web.Response:
    """The QR code, for the picture in a chat."""
    content = _address(request, await _ticket(request))
    return web.Response(body=await asyncio.to_thread(qr_png, content), content_type="image/png", headers=CACHED)


@page
async def calendar(request: web.Request) -> web.Response:
    """The slot as an entry for the phone's calendar."""
    found, parts = await _ticket(request), request.app[PARTS]
    title = parts.catalogues.words.text("page.ticket.calendar-title", language_of(request), {"drive": found.drive})
    starts_at, ends_at = found.starts_at, found.starts_at + STAY
    if is_pass_time(found.starts_at):  # any time of the drive
        starts_at, ends_at = found.opens_at, found.ends_at
    entry = Entry(
        uid=f"{found.code}@giot-hong",
        starts_at=starts_at,
        ends_at=ends_at,
        title=title,
        place=", ".join(part for part in (found.place, found.address) if part),
        link=_address(request, found),
        revision=found.revision,
        called_off=standing(found.state, found.drive_state, found.ends_at, parts.clock()) in GONE,
    )
    body = calendar_file(entry, parts.clock())
    headers = {"Content-Disposition": 'inline; filename="hien-mau.ics"', "Cache-Control": "no-store"}
    return web.Response(body=body, content_type="text/calendar", charset="utf-8", headers=headers)


async def _ticket(request: web.Request) -> ShownTicket:
    """The ticket that the address names.

    Raises:
        HTTPNotFound: there is none, or no longer.
    """
    code = read_ticket(request.match_info["ticket"][:LONGEST])
    found = await request.app[PARTS].db.read(lambda connection: ticket_shown(connection, code)) if code else None
    if found is None:
        raise web.HTTPNotFound
    return found


def _address(request: web.Request, ticket: ShownTicket) -> str:
    """What the QR code holds: the page itself, so any phone's camera opens it."""
    return f"{request.app[PARTS].settings.base_url()}/t/{spoken_ticket(ticket.code)}"
