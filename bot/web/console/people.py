"""People who wait for a human: the list, one talk with its reply box, and back to the assistant."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from bot.channels.fit import fit
from bot.domain.messages import Message
from bot.domain.platforms import Platforms, RouteKind
from bot.domain.updates import ChannelKind
from bot.domain.windows import Open, Shut, judge_staff
from bot.intake import WebMessage
from bot.storage.chat_history import BotLine, Line, talk_lines
from bot.storage.handoffs import Person, hand_back, person_at, reply, waiting_people
from bot.storage.ids import new_id
from bot.web.console.access import Right
from bot.web.console.desk import Desk, desk, fields_of, number_in_path, show_desk
from bot.web.parts import PARTS, WebParts

LINES = 50
REPLY_AT_MOST = 2000
KNOWN_REASONS = ("blocked", "messenger-window-over", "zalo-window-over")


@dataclass(frozen=True, slots=True)
class ShownLine:
    """One line of a talk: by `them`, `bot` or `staff`."""

    by: str
    text: str
    at: datetime
    choices: tuple[str, ...] = ()
    state: str = ""


def add_routes(app: web.Application) -> None:
    app.router.add_get("/console/people", people_page)
    app.router.add_get("/console/people/{address}", talk_page)
    app.router.add_post("/console/people/{address}/reply", reply_sent)
    app.router.add_post("/console/people/{address}/back", handed_back)


@desk(Right.TALKS, Right.URGENT_TALKS)
async def people_page(request: web.Request, seated: Desk) -> web.StreamResponse:
    parts = request.app[PARTS]
    people = await parts.db.read(
        lambda connection: waiting_people(connection, parts.ring, seated.member, urgent_only=seated.urgent_only)
    )
    return await show_desk(request, seated, "people.html", people=people)


@desk(Right.TALKS, Right.URGENT_TALKS)
async def talk_page(request: web.Request, seated: Desk) -> web.StreamResponse:
    person = await _person(request, seated)
    return await _show_talk(request, seated, person, "", "")


@desk(Right.TALKS, Right.URGENT_TALKS)
async def reply_sent(request: web.Request, seated: Desk) -> web.StreamResponse:
    """Write to the person; the talk is then ours until it is handed back."""
    parts, fields = request.app[PARTS], await fields_of(request)
    person = await _person(request, seated)
    text, now = fields.get("text", ""), parts.clock()
    fault = reply_fault(text, person, parts.catalogues.platforms, now)
    route, _verdict = way_to(person, parts.catalogues.platforms, now)
    if fault:
        return await _show_talk(request, seated, person, text, fault)
    reply_id = reply_number(fields)
    messages = fit([Message(text.replace("\r\n", "\n"))], parts.channels[person.channel].limits)
    written = await parts.db.write(
        lambda connection: reply(connection, parts.ring, seated.member, person, reply_id, messages, now, route=route)
    )
    send_on(parts, person, written)
    raise web.HTTPSeeOther(f"/console/people/{person.address_id}")


@desk(Right.TALKS, Right.URGENT_TALKS)
async def handed_back(request: web.Request, seated: Desk) -> web.StreamResponse:
    parts = request.app[PARTS]
    person, now = await _person(request, seated), parts.clock()
    await parts.db.write(lambda connection: hand_back(connection, seated.member, person.address_id, now))
    raise web.HTTPSeeOther("/console/people")


async def _person(request: web.Request, seated: Desk) -> Person:
    parts, address = request.app[PARTS], number_in_path(request, "address")
    found = await parts.db.read(
        lambda connection: person_at(connection, parts.ring, seated.member, address, urgent_only=seated.urgent_only)
    )
    if found is None:
        raise web.HTTPNotFound
    return found


async def _show_talk(request: web.Request, seated: Desk, person: Person, typed: str, fault: str) -> web.StreamResponse:
    parts = request.app[PARTS]
    lines = await parts.db.read(
        lambda connection: talk_lines(connection, parts.ring, person.address_id, LINES, for_staff=True)
    )
    shown = [line for line in map(_shown, lines) if line.text]
    route, verdict = way_to(person, parts.catalogues.platforms, parts.clock())
    return await show_desk(
        request,
        seated,
        "talk.html",
        status=422 if fault else 200,
        person=person,
        lines=shown,
        shut=shut_reason(verdict),
        as_person=route is RouteKind.HUMAN_AGENT,
        price=verdict.price_vnd if isinstance(verdict, Open) else 0,
        typed=typed,
        fault=fault,
        reply_id=new_id(),
    )


def reply_fault(text: str, person: Person, platforms: Platforms, now: datetime) -> str:
    """Why these words cannot be written to the person now: the word of `page.console.fault.reply-…`, or nothing."""
    if isinstance(way_to(person, platforms, now)[1], Shut):
        return "shut"
    return "empty" if not text else "too-long" if len(text) > REPLY_AT_MOST else ""


def reply_number(fields: Mapping[str, str]) -> int:
    """The number that the page gave to this reply, so that an impatient click writes it once."""
    number = fields.get("reply", "")
    return int(number) if number.isdecimal() and len(number) < 19 else new_id()


def way_to(person: Person, platforms: Platforms, now: datetime) -> tuple[RouteKind, Open | Shut]:
    """How what is typed here may go: past the ordinary window perhaps as a person's own words."""
    return judge_staff(platforms[person.channel], person.last_inbound_at, person.blocked_at, now)


def shut_reason(verdict: Open | Shut) -> str:
    if isinstance(verdict, Open):
        return ""
    return verdict.reason if verdict.reason in KNOWN_REASONS else "other"


def _shown(line: Line) -> ShownLine:
    if isinstance(line, BotLine):
        labels = tuple(choice.label for choice in line.message.choices)
        state = "" if line.state == "sent" else line.state
        return ShownLine("staff" if line.purpose == "staff" else "bot", line.message.text, line.at, labels, state)
    return ShownLine("them", line.text or "", line.at)


def send_on(parts: WebParts, person: Person, written: list[tuple[int, Message]]) -> None:
    """A web chat's commit was its delivery; other channels have a sender to wake."""
    if person.channel is ChannelKind.WEB:
        parts.hub.publish(WebMessage(person.address_id, person.user_id, row, message) for row, message in written)
    elif written:
        parts.nudge()
