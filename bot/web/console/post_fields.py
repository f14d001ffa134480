"""A post as typed into the console's form: read, or what is wrong with it by field."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from bot.domain.images import ImageFault, NotTaken, check_image
from bot.domain.posts import Aim, PostDraft, PostFault, PostKind
from bot.library import content_root
from bot.library.reading import IMAGES
from bot.web.console.uploads import Upload

AGES = (2, 3, 4, 5, 6, 7)
"""Zalo's groups: 18 to 24, 25 to 34, 35 to 44, 45 to 54, 55 to 64, 65 and more."""

KEEP, NONE, OWN = "keep", "none", "own"
"""Pictures by hand: the one that is there, none, the file of this form. Any other word names one of the content's."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """What the form may choose from: account → its kind, units, drives."""

    kinds: Mapping[int, PostKind]
    units: Collection[int]
    drives: Collection[int]
    zone: ZoneInfo
    now: datetime


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture to keep with the draft."""

    kind: str
    body: bytes = field(repr=False)


def pictures_of_content() -> tuple[str, ...]:
    """Names of the pictures that the project has drawn."""
    return tuple(file.name for file in sorted((content_root() / IMAGES).glob("*.png")))


def read_post(
    fields: Mapping[str, str], grounds: Grounds, image_id: int | None
) -> tuple[PostDraft | None, dict[str, str]]:
    """The draft with the picture it had, or by field the word of what is wrong."""
    faults: dict[str, str] = {}
    account, unit, drive = (_number(fields.get(name, "")) for name in ("account", "unit", "drive"))
    if account not in grounds.kinds:
        faults["account"] = PostFault.NO_ACCOUNT
    if unit not in grounds.units:
        faults["unit"] = PostFault.NO_UNIT
    if drive is not None and drive not in grounds.drives:
        faults["drive"] = PostFault.NO_DRIVE
    due, fault = _due(fields.get("date", ""), fields.get("time", ""), grounds)
    if fault:
        faults["date"] = fault
    if faults or account is None or unit is None:
        return None, faults
    kind = grounds.kinds[account]
    title = fields.get("title", "") if kind is PostKind.ARTICLE else ""
    words = fields.get("words", "").replace("\r\n", "\n")
    return PostDraft(account, unit, kind, words, title, image_id, drive, _aim(fields, kind), due), {}


def where_of(fault: PostFault) -> str:
    """The field beside which a fault stands."""
    match fault:
        case PostFault.NO_TITLE:
            return "title"
        case PostFault.NO_CHANNEL:
            return "channel"
        case PostFault.NO_COVER | PostFault.NO_HTTPS:
            return "picture"
        case _:
            return "words"


async def chosen_picture(upload: Upload) -> Picture | None:
    """The picture that comes with the form; None where it brings none.

    Raises:
        NotTaken: it is no picture that platforms take.
    """
    choice = upload.fields.get("picture", NONE)
    if upload.too_large:
        raise NotTaken(ImageFault.TOO_LARGE)
    if choice == OWN or (upload.content and choice in (NONE, KEEP)):
        return Picture(check_image(upload.content).kind, upload.content)
    if choice in pictures_of_content():
        body = await asyncio.to_thread((content_root() / IMAGES / choice).read_bytes)
        return Picture(check_image(body).kind, body)
    return None


def _aim(fields: Mapping[str, str], kind: PostKind) -> Aim:
    match kind:
        case PostKind.CHANNEL:
            return Aim(channel=fields.get("channel", "").replace("https://t.me/", "@"))
        case PostKind.ARTICLE if fields.get("followers"):
            ages = tuple(age for age in AGES if fields.get(f"age{age}"))
            return Aim(followers=True, gender=_number(fields.get("gender", "")) or 0, ages=ages)
        case PostKind.ARTICLE | PostKind.PAGE:
            return Aim()


def _due(day: str, clock: str, grounds: Grounds) -> tuple[datetime | None, str]:
    """When it goes out; nothing typed means at once."""
    if not day and not clock:
        return None, ""
    try:
        at = datetime.combine(date.fromisoformat(day), time.fromisoformat(clock), grounds.zone).astimezone(UTC)
    except ValueError:
        return None, PostFault.NO_TIME
    return (at, "") if at > grounds.now else (None, PostFault.PAST)


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) <= 18 else None
