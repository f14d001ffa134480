"""Posters of a drive: one sheet for the unit that holds it and one for each unit below, each with its own code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from bot.dialog.talk import Words
from bot.dialog.wording import clock, local_day, long_day
from bot.domain.drives import Drive, DriveState
from bot.domain.references import NoPosters, code_of
from bot.domain.tree import below, line_up
from bot.domain.units import Unit
from bot.domain.updates import ChannelKind
from bot.reports.poster_doors import Door, nearest
from bot.reports.printing import Sheet, printed, qr_svg
from bot.storage.catalogue import all_units, drive_with_code
from bot.storage.database import Database
from bot.storage.references import PAGE, numbers_of
from bot.understanding.folding import fold

MOST = 500
"""Pages in one file."""

NAMES = {ChannelKind.ZALO: "Zalo", ChannelKind.MESSENGER: "Messenger", ChannelKind.TELEGRAM: "Telegram"}
REMEMBER = ("papers", "sleep", "food", "ill")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be printed: a drive, the units in the order of the pages, and everybody above them."""

    drive: Drive
    units: tuple[Unit, ...]
    tree: Mapping[int, Unit]


@dataclass(frozen=True, slots=True)
class Press:
    """What all posters of an installation share."""

    words: Words
    language: str
    zone: ZoneInfo
    public_url: str
    doors: tuple[Door, ...]

    async def pdf(self, db: Database, drive_code: str, unit_code: str, now: datetime) -> tuple[Plan, bytes]:
        """The PDF and what is in it; units without a code get theirs.

        Raises:
            NoPosters: nothing can be printed, with the reason.
        """
        planned = await db.read(lambda connection: plan(connection, drive_code, unit_code, now, self.zone))
        numbers: dict[int, int] = {}
        ids = [unit.id for unit in planned.units]
        for page in (ids[at : at + PAGE] for at in range(0, len(ids), PAGE)):
            numbers |= await db.write(lambda c, page=page: numbers_of(c, planned.drive.id, page, now))  # type: ignore[misc]
        made = await printed(self.sheets(planned, numbers), planned.drive.name, self.language)
        return planned, made

    def sheets(self, planned: Plan, numbers: Mapping[int, int]) -> list[Sheet]:
        shared = self._shared(planned)
        return [shared | self._own(planned, unit, code_of(numbers[unit.id])) for unit in planned.units]

    def _shared(self, planned: Plan) -> dict[str, object]:
        """What stands on every page of a drive."""
        drive, top = planned.drive, line_up(planned.tree, planned.drive.unit_id)[-1]
        link = f"{self.public_url.partition('://')[2]}/privacy"
        return {
            "organiser": planned.tree[top].name,
            "campaign": drive.campaign,
            "kicker": self._say("kicker"),
            "title": drive.name,
            "day": long_day(drive.starts_at, self.zone, self.language),
            "hours": f"{clock(drive.starts_at, self.zone)} – {clock(drive.ends_at, self.zone)}",
            "place": f"{drive.place}, {drive.address}" if drive.address else drive.place,
            "phone": self._say("phone", site_phone=drive.site_phone) if drive.site_phone else "",
            "scan": self._say("scan"),
            "typed": self._say("code"),
            "remember": self._say("bring"),
            "bring": [self._say(f"bring-{one}") for one in REMEMBER],
            "voluntary": self._say("voluntary"),
            "privacy": self._say("privacy", link=link) if self.public_url else self._say("privacy-no-link"),
        }

    def _own(self, planned: Plan, unit: Unit, code: str) -> dict[str, object]:
        """What stands on the page of one unit. The drive's own unit invites everybody below it."""
        day = local_day(planned.drive.starts_at, self.zone)
        has_below = any(one.parent_id == unit.id and one.is_valid_on(day) for one in planned.tree.values())
        everybody = unit.id == planned.drive.unit_id and has_below
        doors = nearest(self.doors, line_up(planned.tree, unit.id))
        return {
            "invited": self._say("for-all") if everybody else self._say("for-unit", unit=unit.name),
            "code": code,
            "ways": [self._way(door, code) for door in doors],
        }

    def _way(self, door: Door, code: str) -> dict[str, str]:
        url = door.to(code)
        name = NAMES.get(door.kind) or self._say("web-name")
        return {"name": name, "hint": self._say(door.kind.value, code=code), "url": url, "qr": qr_svg(url)}

    def _say(self, name: str, **values: object) -> str:
        return self.words.text(f"page.poster.{name}", self.language, values)


def plan(connection: Connection, drive_code: str, unit_code: str, now: datetime, zone: ZoneInfo) -> Plan:
    """What is to be printed; with a unit's code only its own page.

    Raises:
        NoPosters: the drive or the unit is unknown, over or too big, with a sentence.
    """
    drive = drive_with_code(connection, drive_code)
    if drive is None:
        raise NoPosters(f"there is no drive {drive_code}")
    if drive.ends_at <= now or drive.state in (DriveState.CLOSED, DriveState.CANCELLED):
        raise NoPosters(f"the drive {drive_code} is over, closed or cancelled: a poster would lead to nothing")
    tree = {unit.id: unit for unit in all_units(connection)}
    day = local_day(drive.starts_at, zone)
    chosen = _one(tree, unit_code) if unit_code else _whole(tree, drive.unit_id)
    taking_part = tuple(unit for unit in chosen if unit.is_valid_on(day))
    if not taking_part:
        raise NoPosters(f"the unit {unit_code} no longer exists on {day:%Y-%m-%d}")
    if len(taking_part) > MOST:
        raise NoPosters(f"{len(taking_part)} units are below: more than {MOST} pages. Add --unit CODE for one page")
    return Plan(drive, taking_part, tree)


def _one(tree: Mapping[int, Unit], code: str) -> list[Unit]:
    found = [unit for unit in tree.values() if unit.code == code]
    if not found:
        raise NoPosters(f"there is no unit {code}")
    return found


def _whole(tree: Mapping[int, Unit], top_id: int) -> Sequence[Unit]:
    """The drive's unit first, then those below it as the tree stands, by name under each."""
    inside = below(tree.values(), top_id)

    def place(unit: Unit) -> list[str]:
        above = line_up(tree, unit.id)
        return [fold(tree[one].name) for one in reversed(above[: above.index(top_id)])]

    return sorted((tree[one] for one in inside), key=place)
