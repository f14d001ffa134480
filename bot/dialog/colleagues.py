"""A place for a colleague without a smartphone: a ticket to hand over, and no name until they say it at the door."""

from bot.dialog.drives import booked_at, facts
from bot.dialog.menu import onward
from bot.dialog.mine import current
from bot.dialog.payloads import Colleague
from bot.dialog.saying import choice, language, say, to, words
from bot.dialog.talk import Talk
from bot.dialog.tickets import with_ticket
from bot.dialog.turns import Bring, Brought, BroughtPlace, CancelBrought, SeeBrought, Turn
from bot.dialog.wording import long_day, short_day, slot_time
from bot.domain.drives import Drive, Slot
from bot.domain.messages import Choice
from bot.domain.registrations import spoken_ticket, ticket_from

ENOUGH = "enough"
"""Why a claim was refused: this person has brought enough already."""

SHOWN = 4
"""Places shown at once, each with its button."""


def pressed(talk: Talk, press: Colleague) -> Turn:
    match press.action:
        case "add":
            return add(talk, press.drive_id)
        case "off":
            return _cancelled(talk, press.ticket)
    return Turn(talk.dossier.conversation, (SeeBrought(),))


def begin(talk: Talk) -> Turn:
    """Asked for in words: at the drive where they hold a place themselves, the nearest first."""
    held = current(talk)
    if not held:
        return Turn(talk.dossier.conversation, (say(talk, "colleague.first-you", to(talk, "register"), *onward(talk)),))
    return add(talk, held[0].drive_id)


def add(talk: Talk, drive_id: int) -> Turn:
    """At the same time as theirs where that has a place left, else at the next; never a name."""
    own, drive = booked_at(talk, drive_id), talk.catalogue.drive(drive_id)
    if own is None or talk.dossier.person is None:
        return begin(talk) if own is None and current(talk) else _first_you(talk)
    slot = _slot(talk, drive, own.slot_id) if drive is not None else None
    if drive is None or slot is None:
        return Turn(talk.dossier.conversation, (say(talk, "colleague.full", to(talk, "mine"), *onward(talk)),))
    ticket = ticket_from(talk.seed)
    said = say(
        talk,
        "colleague.kept",
        choice(talk, "colleague-off", Colleague("off", ticket=ticket)),
        choice(talk, "colleague-more", Colleague("add", drive.id)),
        to(talk, "mine"),
        *onward(talk),
        **facts(talk, drive),
        time=slot_time(talk.catalogue.words, slot.starts_at, talk.catalogue.zone, language(talk)),
        ticket=spoken_ticket(ticket),
    )
    shown = with_ticket(talk, said, ticket, drive, slot.starts_at)
    return Turn(talk.dossier.conversation, (Bring(drive.id, slot.id, ticket), shown))


def _first_you(talk: Talk) -> Turn:
    return Turn(talk.dossier.conversation, (say(talk, "colleague.first-you", to(talk, "register"), *onward(talk)),))


def _slot(talk: Talk, drive: Drive, wanted: int) -> Slot | None:
    free = drive.open_slots(talk.now)
    same = next((slot for slot in free if slot.id == wanted), None)
    return same or next(iter(free), None) or drive.open_pass(talk.now)


def refused(talk: Talk, claim: Bring, why: str) -> Turn:
    """The place has just gone, or it would be one too many."""
    if why != ENOUGH:
        return add(talk, claim.drive_id)
    see = choice(talk, "colleague-list", Colleague("list"))
    return Turn(talk.dossier.conversation, (say(talk, "colleague.enough", see, *onward(talk)),))


def seen(talk: Talk, brought: Brought) -> Turn:
    """Each with its ticket and a button to give it back."""
    if not brought.places:
        return Turn(talk.dossier.conversation, (say(talk, "colleague.none", to(talk, "mine"), *onward(talk)),))
    shown = brought.places[:SHOWN]
    lines = "\n".join(_line(talk, place) for place in shown)
    said = say(talk, "colleague.list", *(_off(talk, place) for place in shown), *onward(talk), list=lines)
    return Turn(talk.dossier.conversation, (said,))


def _line(talk: Talk, place: BroughtPlace) -> str:
    zone, tongue = talk.catalogue.zone, language(talk)
    drive = talk.catalogue.drive(place.drive_id)
    return words(
        talk,
        "colleague.line",
        drive=drive.name if drive else "",
        time=slot_time(talk.catalogue.words, place.slot_starts_at, zone, tongue),
        day=long_day(place.slot_starts_at, zone, tongue),
        ticket=spoken_ticket(place.ticket),
    )


def _off(talk: Talk, place: BroughtPlace) -> Choice:
    day = short_day(place.slot_starts_at, talk.catalogue.zone, language(talk))
    return choice(talk, "colleague-off-on", Colleague("off", ticket=place.ticket), ticket=place.ticket[-5:], day=day)


def _cancelled(talk: Talk, ticket: str) -> Turn:
    see = choice(talk, "colleague-list", Colleague("list"))
    said = say(talk, "colleague.cancelled", see, to(talk, "mine"), *onward(talk), ticket=spoken_ticket(ticket))
    return Turn(talk.dossier.conversation, (CancelBrought(ticket), said))
