"""The open drives: the list, one line each, and the labels to tap."""

from bot.dialog.menu import onward
from bot.dialog.payloads import Join
from bot.dialog.saying import language, say, words
from bot.dialog.talk import Talk
from bot.dialog.turns import Say, Turn
from bot.dialog.wording import LABEL, clock, long_day, short_day, shortened
from bot.domain.drives import Drive
from bot.domain.messages import Choice
from bot.domain.registrations import Registration

MOST = 8
"""Drives named in one list; nearer ones first."""


def show(talk: Talk) -> Turn:
    """All open drives with places left; a tap registers."""
    return Turn(talk.dossier.conversation, (listing(talk),))


def listing(talk: Talk) -> Say:
    drives = talk.catalogue.drives[:MOST]
    if not drives:
        return say(talk, "drives.none", *onward(talk))
    joins = tuple(Choice(label(talk, drive), str(Join(drive.id))) for drive in registrable(talk)[:MOST])
    return say(talk, "drives.list", *joins, *onward(talk), list=lines(talk, drives))


def lines(talk: Talk, drives: tuple[Drive, ...]) -> str:
    return "\n".join(line(talk, drive) for drive in drives)


def line(talk: Talk, drive: Drive) -> str:
    """One drive in one line: name, day, hours, place, places left."""
    places = sum(slot.places_left for slot in drive.open_slots(talk.now))
    passes = drive.open_pass(talk.now)
    if not places and passes is not None:
        return words(talk, "drives.line-passes", places=passes.places_left, **facts(talk, drive))
    text_id = "drives.line" if places else "drives.line-full"
    return words(talk, text_id, places=places, **facts(talk, drive))


def facts(talk: Talk, drive: Drive) -> dict[str, object]:
    """What every text about a drive may say of it."""
    zone = talk.catalogue.zone
    return {
        "drive": drive.name,
        "day": long_day(drive.starts_at, zone, language(talk)),
        "starts": clock(drive.starts_at, zone),
        "ends": clock(drive.ends_at, zone),
        "place": f"{drive.place}, {drive.address}" if drive.address else drive.place,
    }


def label(talk: Talk, drive: Drive) -> str:
    """Day first, then as much of the place as fits."""
    day = short_day(drive.starts_at, talk.catalogue.zone, language(talk))
    return f"{day} {shortened(drive.place, LABEL - len(day) - 1)}"


def booked_at(talk: Talk, drive_id: int) -> Registration | None:
    """The place this person already has at a drive."""
    for registration in talk.dossier.registrations:
        if registration.drive_id == drive_id and registration.is_booked:
            return registration
    return None


def has_place(talk: Talk, drive: Drive) -> bool:
    """Whether a slot that has not begun has a place left; most drives say so at their first slots."""
    for slot in drive.slots:  # noqa: SIM110 - every turn asks this of every drive, and a generator costs twice as much
        if slot.taken < slot.capacity and slot.starts_at > talk.now:
            return True
    return False


def registrable(talk: Talk) -> tuple[Drive, ...]:
    """Open drives with a place left where this person has none yet."""
    return tuple([d for d in talk.catalogue.drives if has_place(talk, d) and booked_at(talk, d.id) is None])


def named(talk: Talk, ref: str) -> Drive | None:
    """The open drive whose code a poster's reference names."""
    wanted = ref.strip().casefold()
    return next((d for d in talk.catalogue.drives if wanted and d.code.casefold() == wanted), None)
