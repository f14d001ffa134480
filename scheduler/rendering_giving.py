"""Words about giving: thanks, how somebody feels, what the blood did, "not today", and when to come again."""

from datetime import date

from bot.dialog.payloads import Go, Own, Payload, Remind
from bot.dialog.talk import Words
from bot.dialog.wording import clock, long_day, plain_date
from bot.domain.donations import Component, Donation, next_on
from bot.domain.messages import Choice, Message
from bot.domain.schedule import Anchor
from bot.storage.due_facts import DueIntent, HomeRow
from scheduler.parts import Parts
from scheduler.places import HeldPlace, Places

Doings = tuple[tuple[str, Payload], ...]

BLOOD = "blood."
"""How the ids of texts begin that tell what blood did, by the code of the drive (content/blood/)."""

_LOOK: Doings = (("drives", Go("drives")), ("register", Go("register")))


def giving_message(intent: DueIntent, home: HomeRow, places: Places, parts: Parts, language: str) -> Message:
    """The words with what can sensibly be done next."""
    row = intent.row
    match row.occasion:
        case "next-donation":
            return _next_donation(intent, home, places, parts, language)
        case "thanks":
            doings: Doings = (("card", Own("card")), ("mypage", Go("mypage")))
        case "how-are-you":
            doings = (
                ("feel-fine", Remind("fine", row.donation_id)),
                ("feel-unwell", Remind("unwell", row.donation_id)),
            )
        case "not-today":
            doings = (("data", Go("data")), ("human", Go("human")))
        case "what-it-did":
            doings = (("mine", Go("mine")),)
        case _:
            doings = (*_LOOK, ("remind-later", Remind("later")), ("remind-no", Remind("no")))
    text = parts.words.text(_text_id(intent), language, _facts(intent, parts, language))
    return Message(text, _choices(parts.words, language, doings))


def giving_values(intent: DueIntent, parts: Parts) -> dict[str, str]:
    """Short facts: templates have narrow places.

    Raises:
        KeyError: no template says this.
    """
    row = intent.row
    if row.given_on is None:
        raise KeyError(row.occasion)
    day = _again(intent, parts)
    given = f"{row.given_on:%d/%m/%Y}"
    return {"next_date": f"{day:%d/%m/%Y}", "last_date": given, "date": given, "drive": row.given_at or ""}


def _next_donation(intent: DueIntent, home: HomeRow, places: Places, parts: Parts, language: str) -> Message:
    """With a place that is held for them at a real drive, where there is one."""
    row, words, facts = intent.row, parts.words, _facts(intent, parts, language)
    held = places.hold(intent.contact_id, home.id, row.person_unit_id, _again(intent, parts))
    if held is None:
        later: Doings = (("remind-later", Remind("later")), ("remind-no", Remind("no")))
        return Message(words.text("remind.next-donation", language, facts), _choices(words, language, (*_LOOK, *later)))
    doings: Doings = (
        ("remind-yes", Remind("yes", held.registration_id)),
        ("give-place", Remind("give", held.registration_id)),
        ("remind-later", Remind("later")),
        ("drives", Go("drives")),
    )
    text = words.text("remind.next-donation-held", language, {**facts, **_place(held, parts, language)})
    return Message(text, _choices(words, language, doings))


def _place(held: HeldPlace, parts: Parts, language: str) -> dict[str, object]:
    row, zone = held.row, parts.quiet.zone
    return {
        "drive": row.drive,
        "time": clock(row.starts_at, zone),
        "day": long_day(row.starts_at, zone, language),
        "place": f"{row.place}, {row.address}" if row.address else row.place,
    }


def _text_id(intent: DueIntent) -> str:
    """Where a site named no day, none is promised."""
    row = intent.row
    return "remind.not-today-open" if row.occasion == "not-today" and row.until is None else f"remind.{row.occasion}"


def _facts(intent: DueIntent, parts: Parts, language: str) -> dict[str, object]:
    row = intent.row
    facts: dict[str, object] = {}
    if row.given_on is not None:
        facts |= {"date": plain_date(_again(intent, parts), language), "last_on": plain_date(row.given_on, language)}
    if row.decided_on is not None:
        facts["last_on"] = plain_date(row.decided_on, language)
    if row.until is not None:
        facts["date"] = plain_date(row.until, language)
    if intent.facts is not None and intent.facts.reminder.anchor is Anchor.DONATION and row.given_at_code:
        told = f"{BLOOD}{row.given_at_code}"
        facts["what"] = parts.words.text(told, language) if parts.words.has(told) else ""
    return facts


def _again(intent: DueIntent, parts: Parts) -> date:
    row = intent.row
    return next_on(Donation(row.given_on, Component(row.component)), parts.intervals)


def _choices(words: Words, language: str, doings: Doings) -> tuple[Choice, ...]:
    return tuple(Choice(words.text(f"label.{label}", language), str(payload)) for label, payload in doings)
