"""Alarms: what stands out and what to do, accounts to start again, and the chats in which a member hears of them."""

from dataclasses import dataclass
from datetime import datetime

from aiohttp import web
from sqlalchemy import Connection

from bot.domain.alarms import Alarm, AlarmKind
from bot.domain.outbox import MessagePurpose
from bot.domain.platforms import Platforms, RouteKind
from bot.domain.updates import ChannelKind
from bot.domain.windows import Shut, judge
from bot.storage.accounts import account_with, resume
from bot.storage.alarms import AlarmRow, shown_alarms
from bot.storage.audit import note
from bot.storage.staff_addresses import LinkedAddress, linked_addresses, new_staff_code, unlink_staff
from bot.web.console.access import Right
from bot.web.console.desk import Desk, desk, number_in_path, show_desk
from bot.web.parts import PARTS

KNOWN_STATES = ("blocked", "messenger-window-over", "zalo-window-over", "web-not-a-route")
RESUMABLE = (AlarmKind.ACCOUNT_PAUSED,)


@dataclass(frozen=True, slots=True)
class ShownAlarm:
    """One alarm as the page shows it. `fills` are the values of its words."""

    row: AlarmRow
    fills: dict[str, str]
    resumes: str = ""

    @property
    def kind(self) -> AlarmKind:
        return self.row.alarm.kind


@dataclass(frozen=True, slots=True)
class ShownChat:
    """A linked chat and whether it can be written to now."""

    chat: LinkedAddress
    state: str


def add_routes(app: web.Application) -> None:
    app.router.add_get("/console/alarms", alarms_page)
    app.router.add_get("/console/alarms/code", to_alarms)
    app.router.add_post("/console/alarms/code", code_made)
    app.router.add_post("/console/alarms/chats/{address}/unlink", unlinked)
    app.router.add_post("/console/alarms/accounts/{code}/resume", resumed)


@desk(Right.ALARMS)
async def alarms_page(request: web.Request, seated: Desk) -> web.StreamResponse:
    return await _show(request, seated, "")


@desk(Right.ALARMS)
async def to_alarms(_request: web.Request, _seated: Desk) -> web.StreamResponse:
    """Whoever opens this address again wants the page; a code is made by pressing only."""
    raise web.HTTPSeeOther("/console/alarms")


@desk(Right.ALARMS)
async def code_made(request: web.Request, seated: Desk) -> web.StreamResponse:
    """The code stands in this answer only, never in an address or a log."""
    parts = request.app[PARTS]
    now, member = parts.clock(), seated.member.id
    code = await parts.db.write(lambda connection: new_staff_code(connection, member, now))
    return await _show(request, seated, code)


@desk(Right.ALARMS)
async def unlinked(request: web.Request, seated: Desk) -> web.StreamResponse:
    parts, address = request.app[PARTS], number_in_path(request, "address")
    now, member = parts.clock(), seated.member
    if not await parts.db.write(lambda connection: unlink_staff(connection, member.id, member.login, address, now)):
        raise web.HTTPNotFound
    raise web.HTTPSeeOther("/console/alarms")


@desk(Right.OPERATE)
async def resumed(request: web.Request, seated: Desk) -> web.StreamResponse:
    """Let a paused account send again. When the platform still refuses it, it pauses again by itself."""
    parts, code = request.app[PARTS], request.match_info["code"]
    now, login = parts.clock(), seated.member.login
    if not await parts.db.write(lambda connection: _resume(connection, code, login, now)):
        raise web.HTTPNotFound
    parts.nudge()
    raise web.HTTPSeeOther("/console/alarms")


def _resume(connection: Connection, code: str, login: str, now: datetime) -> bool:
    account = account_with(connection, code)
    if account is None:
        return False
    if resume(connection, account):
        note(connection, now, login, "account-resumed", code)
    return True


async def _show(request: web.Request, seated: Desk, code: str) -> web.StreamResponse:
    parts, member = request.app[PARTS], seated.member
    now, operates = parts.clock(), Right.OPERATE in seated.rights
    rows, chats = await parts.db.read(
        lambda connection: (
            shown_alarms(connection, member, operation=operates),
            linked_addresses(connection, member.id),
        )
    )
    shown = [_shown(row) for row in rows]
    return await show_desk(
        request,
        seated,
        "alarms.html",
        open_ones=[one for one in shown if one.row.ended_at is None],
        over=[one for one in shown if one.row.ended_at is not None],
        chats=[ShownChat(chat, _state(chat, parts.catalogues.platforms, now)) for chat in chats],
        code=code,
        operates=operates,
    )


def _shown(row: AlarmRow) -> ShownAlarm:
    alarm = row.alarm
    fills = {"account": alarm.subject, "count": alarm.shown, "label": alarm.shown or "?"}
    return ShownAlarm(row, fills, _resumes(alarm) if row.ended_at is None else "")


def _resumes(alarm: Alarm) -> str:
    return alarm.subject if alarm.kind in RESUMABLE else ""


def _state(chat: LinkedAddress, platforms: Platforms, now: datetime) -> str:
    if chat.channel is ChannelKind.WEB:
        return "web-not-a-route"
    verdict = judge(
        platforms[chat.channel], RouteKind.TEXT, MessagePurpose.STAFF, chat.last_inbound_at, chat.blocked_at, now
    )
    if not isinstance(verdict, Shut):
        return "open"
    return verdict.reason if verdict.reason in KNOWN_STATES else "blocked"
