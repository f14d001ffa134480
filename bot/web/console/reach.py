"""Who can be reached: counts by way, drive and unit of what the member may see. Whoever sees it sees names anyway, so
small counts are not hidden."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from aiohttp import web
from sqlalchemy import Connection

from bot.domain.intents import Ways
from bot.domain.platforms import Platforms
from bot.domain.reach_figures import Figures, Tally
from bot.domain.reminders import EVENING
from bot.domain.schedule import Schedule
from bot.storage.approved_templates import approved_templates
from bot.storage.drives_desk import list_drives
from bot.storage.reach import Names, Question, count_reach, names_in
from bot.web.console.access import Right
from bot.web.console.desk import Desk, desk, row_number, show_desk
from bot.web.parts import PARTS, WebParts

KNOWN_REASONS = frozenset(
    (
        "blocked", "zalo-window-over", "messenger-window-over", "web-not-a-route", "channel-off", "no-address",
        "no-consent", "consent-withdrawn", "platform-night",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Named:
    """One line of a table; without a name it is what has no drive or no unit."""

    name: str
    tally: Tally
    minutes: float


def add_routes(app: web.Application) -> None:
    app.router.add_get("/console/reach", reach_page)


@desk(Right.PEOPLE)
async def reach_page(request: web.Request, seated: Desk) -> web.StreamResponse:
    parts, member = request.app[PARTS], seated.member
    on, fault = _day(request.query.get("on", ""))
    drive_id, now = row_number(request.query.get("drive", "")), parts.clock()
    question = Question(member.scope, member.at_top, drive_id, _evening(parts, on))
    platforms, schedule = _on(parts), parts.catalogues.library.schedule
    figures, (drive_names, unit_names) = await parts.db.read(
        lambda connection: _count(connection, platforms, schedule, question)
    )
    choices = await parts.db.read(lambda connection: list_drives(connection, member, now))
    return await show_desk(
        request,
        seated,
        "reach.html",
        status=422 if fault else 200,
        whole=figures.whole,
        minutes=figures.whole.minutes(platforms),
        reasons=_reasons(figures.whole),
        by_drive=_named(figures.by_drive, drive_names, platforms),
        by_unit=_named(figures.by_unit, unit_names, platforms),
        drives=choices,
        drive_id=drive_id,
        on=on.isoformat() if on else "",
        fault=fault,
    )


def _count(
    connection: Connection, platforms: Platforms, schedule: Schedule, question: Question
) -> tuple[Figures, Names]:
    figures = count_reach(connection, Ways(platforms, approved_templates(connection), schedule), question)
    return figures, names_in(connection, figures)


def _on(parts: WebParts) -> Platforms:
    """Only channels that have an account are ways."""
    return {kind: platform for kind, platform in parts.catalogues.platforms.items() if kind in parts.channels}


def _day(words: str) -> tuple[date | None, bool]:
    """(the day asked for, whether it could not be read)."""
    try:
        return (date.fromisoformat(words), False) if words else (None, False)
    except ValueError:
        return None, True


def _evening(parts: WebParts, day: date | None) -> datetime | None:
    """When reminders of a day go out; not earlier than now."""
    if day is None:
        return None
    return max(datetime.combine(day, EVENING, parts.settings.timezone), parts.clock())


def _reasons(tally: Tally) -> list[tuple[str, int]]:
    known: dict[str, int] = {}
    for reason, count in tally.unreachable.items():
        name = reason if reason in KNOWN_REASONS else "other"
        known[name] = known.get(name, 0) + count
    return sorted(known.items(), key=lambda one: -one[1])


def _named(tallies: Mapping[int | None, Tally], names: Mapping[int, str], platforms: Platforms) -> list[Named]:
    found = [
        Named(names.get(key, "") if key is not None else "", tally, tally.minutes(platforms))
        for key, tally in tallies.items()
    ]
    return sorted(found, key=lambda one: (-one.tally.messages, one.name))
