"""My registrations: see, move to another slot or drive, cancel after one confirming tap."""

from datetime import timedelta

from bot.dialog.drives import booked_at, facts, label, lines, registrable
from bot.dialog.menu import onward
from bot.dialog.payloads import Agree, Colleague, Go, Mine
from bot.dialog.saying import choice, language, say, to, to_topic, words
from bot.dialog.slots import PAGE, pass_choice, slot_menu
from bot.dialog.talk import Talk
from bot.dialog.tickets import with_ticket
from bot.dialog.turns import Cancel, Move, Say, Turn
from bot.dialog.wording import long_day, short_day, slot_time
from bot.domain.changing import replace
from bot.domain.consents import Purpose
from bot.domain.drives import Drive
from bot.domain.messages import Choice
from bot.domain.registrations import Registration, spoken_ticket

MOST = 4
"""Registrations shown at once: each takes two of the ten choices."""

OVER = timedelta(hours=12)
"""So long after its slot a registration that nobody settled is no longer shown."""


def current(talk: Talk) -> tuple[Registration, ...]:
    """The places this person holds, nearest first."""
    held = (r for r in talk.dossier.registrations if r.is_booked and r.slot_starts_at > talk.now - OVER)
    return tuple(sorted(held, key=lambda r: r.slot_starts_at))[:MOST]


def show(talk: Talk) -> Turn:
    return Turn(talk.dossier.conversation, (listing(talk),))


def listing(talk: Talk, text_id: str = "mine.list") -> Say:
    """All places held, each with "move" and "cancel"."""
    held = current(talk)
    if not held:
        return say(talk, "mine.none", to(talk, "register"), to(talk, "one-person"), *onward(talk))
    choices = [c for r in held for c in _doings(talk, r, alone=len(held) == 1)]
    wanted = Purpose.REMINDER in talk.dossier.consents
    reminder = () if wanted else (choice(talk, "remind-me", Agree(Purpose.REMINDER, "ask")),)
    text = "\n".join(line(talk, r) for r in held)
    beside = (choice(talk, "colleague", Colleague("add", held[0].drive_id)),) if len(held) == 1 else ()
    more = (*reminder, *beside, to(talk, "one-person"))[: 10 - len(choices) - 1]
    said = say(talk, text_id, *choices, *more, *onward(talk), list=text)
    return with_its_ticket(talk, said, held[0]) if len(held) == 1 else said


def with_its_ticket(talk: Talk, said: Say, registration: Registration) -> Say:
    """With the ticket of one place held; where its drive has been closed the words alone tell it."""
    drive = _drive(talk, registration)
    if drive is None:
        return said
    return with_ticket(talk, said, registration.ticket, drive, registration.slot_starts_at)


def line(talk: Talk, registration: Registration) -> str:
    """One place held in one line; the place is left out when the drive has been closed."""
    closed = "mine.line-called-off" if registration.called_off else "mine.line-closed"
    return words(talk, "mine.line" if _drive(talk, registration) else closed, **told(talk, registration))


def told(talk: Talk, registration: Registration) -> dict[str, object]:
    """What texts may say of a registration."""
    drive, zone, at = _drive(talk, registration), talk.catalogue.zone, registration.slot_starts_at
    return {
        **(facts(talk, drive) if drive else {"drive": "", "place": ""}),
        "day": long_day(at, zone, language(talk)),
        "time": slot_time(talk.catalogue.words, at, zone, language(talk)),
        "ticket": spoken_ticket(registration.ticket),
    }


def _drive(talk: Talk, registration: Registration) -> Drive | None:
    return talk.catalogue.drive(registration.drive_id)


def _doings(talk: Talk, registration: Registration, *, alone: bool) -> tuple[Choice, Choice]:
    day = short_day(registration.slot_starts_at, talk.catalogue.zone, language(talk))
    move, cancel = ("move", "cancel") if alone else ("move-on", "cancel-on")
    return (
        choice(talk, move, Mine("move", registration.id), day=day),
        choice(talk, cancel, Mine("cancel", registration.id), day=day),
    )


def already(talk: Talk, registration: Registration) -> Turn:
    """The person registers where they already have a place: show it, offer move or cancel."""
    choices = (*_doings(talk, registration, alone=True), *onward(talk))
    said = say(talk, "mine.already", *choices, **told(talk, registration))
    return Turn(talk.dossier.conversation, (with_its_ticket(talk, said, registration),))


def kept(talk: Talk, registration: Registration) -> Turn:
    """ "I will come": noted; to move or cancel stays one tap away."""
    choices = (*_doings(talk, registration, alone=True), to_topic(talk, "before"), *onward(talk))
    return Turn(talk.dossier.conversation, (say(talk, "mine.kept", *choices, **told(talk, registration)),))


def cancel(talk: Talk) -> Turn:
    """ "/huy": straight to the confirming question when there is only one place."""
    held = current(talk)
    return ask_cancel(talk, held[0]) if len(held) == 1 else show(talk)


def ask_cancel(talk: Talk, registration: Registration) -> Turn:
    yes = choice(talk, "cancel-yes", Mine("yes", registration.id))
    keep = choice(talk, "keep-place", Go("mine"))
    said = say(talk, "mine.ask-cancel", yes, keep, **told(talk, registration))
    return Turn(talk.dossier.conversation, (said,))


def pressed(talk: Talk, press: Mine) -> Turn:
    """A tap about one registration; one that is no longer held shows what is."""
    registration = talk.dossier.registration(press.registration_id)
    if registration is None or not registration.is_booked:
        return Turn(talk.dossier.conversation, (say(talk, "mine.gone"), listing(talk)))
    match press.action:
        case "keep" if not registration.called_off:
            return kept(talk, registration)
        case "keep":
            return elsewhere(talk, registration)
        case "move":
            return slots_of(talk, registration, registration.drive_id)
        case "elsewhere":
            return elsewhere(talk, registration)
        case "slot":
            return move(talk, registration, press.target)
        case "cancel":
            return ask_cancel(talk, registration)
        case "yes":
            return _cancelled(talk, registration)
    if press.action.startswith("to") and press.action[2:].isdecimal():
        return slots_of(talk, registration, press.target, int(press.action[2:4]))
    return show(talk)


def slots_of(talk: Talk, registration: Registration, drive_id: int, page: int = 0) -> Turn:
    """The other slots of a drive; none left leads to the other drives."""
    drive = talk.catalogue.drive(drive_id)
    slots = tuple(s for s in drive.open_slots(talk.now) if s.id != registration.slot_id) if drive else ()
    passes = (
        pass_choice(talk, drive, lambda slot: Mine("slot", registration.id, slot.id), registration.slot_id)
        if drive
        else ()
    )
    if drive is None or not (slots or passes):
        return elsewhere(talk, registration)
    menu = slot_menu(
        talk,
        slots,
        page,
        lambda slot: Mine("slot", registration.id, slot.id),
        lambda other: Mine(f"to{other}", registration.id, drive_id),
        PAGE - len(passes),
    )
    other = (choice(talk, "other-drive", Mine("elsewhere", registration.id)),) if registrable(talk) else ()
    there = _instead("mine.ask-slot-there", registration)
    text_id = "mine.ask-slot" if drive_id == registration.drive_id else there
    said = say(talk, text_id, *menu, *passes, *other[: 10 - len(menu) - len(passes)], **facts(talk, drive))
    return Turn(talk.dossier.conversation, (said,))


def elsewhere(talk: Talk, registration: Registration) -> Turn:
    """The other open drives a place can move to."""
    drives = registrable(talk)[:8]
    if not drives:
        cancel_it = _doings(talk, registration, alone=True)[1]
        said = say(
            talk, _instead("mine.nowhere-else", registration), cancel_it, *onward(talk), **told(talk, registration)
        )
        return Turn(talk.dossier.conversation, (said,))
    joins = tuple(Choice(label(talk, d), str(Mine("to0", registration.id, d.id))) for d in drives)
    text_id = _instead("mine.ask-drive", registration)
    said = say(talk, text_id, *joins, *onward(talk), list=lines(talk, drives), **told(talk, registration))
    return Turn(talk.dossier.conversation, (said,))


def _instead(text_id: str, registration: Registration) -> str:
    """Where the drive was called off nobody is told that the old place stays."""
    return f"{text_id}-instead" if registration.called_off else text_id


def move(talk: Talk, registration: Registration, slot_id: int) -> Turn:
    """Take the other slot, unless it has just filled or the person already has a place there."""
    found = talk.catalogue.slot(slot_id)
    if found is None:
        return slots_of(talk, registration, registration.drive_id)
    drive, slot = found
    other = booked_at(talk, drive.id)
    if slot.id == registration.slot_id or (other is not None and other.id != registration.id):
        return already(talk, other or registration)
    if not drive.takes(slot, talk.now):
        return refused(talk, Move(registration.id, drive.id, slot_id))
    moved = replace(registration, drive_id=drive.id, slot_id=slot.id, slot_starts_at=slot.starts_at)
    said = say(talk, "mine.moved", to(talk, "mine"), *onward(talk), **told(talk, moved))
    return Turn(
        talk.dossier.conversation, (Move(registration.id, drive.id, slot.id), with_its_ticket(talk, said, moved))
    )


def refused(talk: Talk, effect: Move) -> Turn:
    """The slot has just filled: the place held stays, and what is left is offered."""
    registration = talk.dossier.registration(effect.registration_id)
    if registration is None:
        return Turn(talk.dossier.conversation, (say(talk, "mine.gone"), listing(talk)))
    offer = slots_of(talk, registration, effect.drive_id)
    return Turn(offer.conversation, (say(talk, _instead("mine.slot-gone", registration)), *offer.effects))


def _cancelled(talk: Talk, registration: Registration) -> Turn:
    again = to(talk, "register")
    said = say(talk, "mine.cancelled", again, *onward(talk), **told(talk, registration))
    return Turn(talk.dossier.conversation, (Cancel(registration.id), said))
