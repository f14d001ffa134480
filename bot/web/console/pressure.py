"""Reports of "I felt made to come", for those above the unit; and the way back to whoever asked for it."""

from aiohttp import web
from sqlalchemy import Connection

from bot.channels.fit import fit
from bot.domain.messages import Message
from bot.domain.platforms import RouteKind
from bot.domain.windows import Shut
from bot.storage.audit import note
from bot.storage.handoffs import Person, reply
from bot.storage.ids import new_id
from bot.storage.pressure import call_back_of, close_report, pressure_reports_for
from bot.web.console.access import Right
from bot.web.console.desk import Desk, desk, fields_of, number_in_path, show_desk
from bot.web.console.people import reply_fault, reply_number, send_on, shut_reason, way_to
from bot.web.parts import PARTS


def add_routes(app: web.Application) -> None:
    app.router.add_get("/console/pressure", pressure_page)
    app.router.add_post("/console/pressure/{report}/close", closed)
    app.router.add_get("/console/pressure/{report}/call-back", call_back_page)
    app.router.add_post("/console/pressure/{report}/call-back", written_back)


@desk(Right.PRESSURE)
async def pressure_page(request: web.Request, seated: Desk) -> web.StreamResponse:
    """Reading them is noted."""
    parts, now = request.app[PARTS], request.app[PARTS].clock()
    reports = await parts.db.read(lambda connection: pressure_reports_for(connection, parts.ring, seated.member))
    await parts.db.write(lambda connection: note(connection, now, seated.member.login, "pressure-viewed"))
    return await show_desk(request, seated, "pressure.html", reports=reports, written="written" in request.query)


@desk(Right.PRESSURE)
async def closed(request: web.Request, seated: Desk) -> web.StreamResponse:
    parts, report = request.app[PARTS], number_in_path(request, "report")
    now = parts.clock()
    await parts.db.write(lambda connection: close_report(connection, seated.member, report, now))
    raise web.HTTPSeeOther("/console/pressure")


@desk(Right.PRESSURE)
async def call_back_page(request: web.Request, seated: Desk) -> web.StreamResponse:
    """Who asked to be called back: the only way from a report to a person."""
    parts, person, report = request.app[PARTS], await _person(request, seated), number_in_path(request, "report")
    now = parts.clock()
    await parts.db.write(
        lambda connection: note(connection, now, seated.member.login, "pressure-call-back-viewed", f"report {report}")
    )
    return await _show(request, seated, person, "", "")


@desk(Right.PRESSURE)
async def written_back(request: web.Request, seated: Desk) -> web.StreamResponse:
    """One message; the talk stays the assistant's, so that it never stands on the list of the person's own unit."""
    parts, fields, person = request.app[PARTS], await fields_of(request), await _person(request, seated)
    report, text, now = number_in_path(request, "report"), fields.get("text", ""), parts.clock()
    fault = reply_fault(text, person, parts.catalogues.platforms, now)
    if fault:
        return await _show(request, seated, person, text, fault)
    messages = fit([Message(text.replace("\r\n", "\n"))], parts.channels[person.channel].limits)
    number = reply_number(fields)
    route, _verdict = way_to(person, parts.catalogues.platforms, now)

    def write(connection: Connection) -> list[tuple[int, Message]]:
        note(connection, now, seated.member.login, "pressure-answered", f"report {report}")
        return reply(connection, parts.ring, seated.member, person, number, messages, now, own=False, route=route)

    send_on(parts, person, await parts.db.write(write))
    raise web.HTTPSeeOther("/console/pressure?written")


async def _person(request: web.Request, seated: Desk) -> Person:
    parts, report = request.app[PARTS], number_in_path(request, "report")
    found = await parts.db.read(lambda connection: call_back_of(connection, parts.ring, seated.member, report))
    if found is None:
        raise web.HTTPNotFound
    return found


async def _show(request: web.Request, seated: Desk, person: Person, typed: str, fault: str) -> web.StreamResponse:
    route, verdict = way_to(person, request.app[PARTS].catalogues.platforms, request.app[PARTS].clock())
    return await show_desk(
        request,
        seated,
        "call_back.html",
        status=422 if fault else 200,
        report=number_in_path(request, "report"),
        person=person,
        shut=shut_reason(verdict),
        as_person=route is RouteKind.HUMAN_AGENT,
        price=0 if isinstance(verdict, Shut) else verdict.price_vnd,
        typed=typed,
        fault=fault,
        reply_id=new_id(),
    )
