"""From a due intent to the message a person reads: own words by what it is about, or a platform's approved ones."""

from bot.domain.messages import Message
from bot.domain.reach import RoutePlan
from bot.domain.templates import as_read, call_for
from bot.storage.due_facts import DueIntent, HomeRow
from scheduler.parts import Parts
from scheduler.places import Places
from scheduler.rendering_drive import drive_message, drive_values
from scheduler.rendering_giving import giving_message, giving_values

SHORT_NAME = 30


def render(intent: DueIntent, home: HomeRow, places: Places, parts: Parts, language: str) -> Message:
    """Our own words in the person's language, with their choices.

    Raises:
        KeyError: the content has no such words.
    """
    if intent.row.registration_id is not None:
        return drive_message(intent, home, parts, language)
    return giving_message(intent, home, places, parts, language)


def render_template(intent: DueIntent, route: RoutePlan, parts: Parts, language: str) -> Message:
    """The same news in the platform's approved words; the text is for our own records.

    Raises:
        BadParam: a value does not fit; nothing is sent shortened against its rule.
        KeyError: we have no such form.
    """
    approved = route.template
    if approved is None:
        raise KeyError(route.kind)
    form, row = parts.forms[f"{approved.name}@{approved.channel}"], intent.row
    name = parts.ring.open(row.name_sealed, "contacts.name").decode() if row.name_sealed else ""
    phone = parts.ring.open(row.phone_sealed, "contacts.phone").decode() if row.phone_sealed else ""
    own = drive_values if row.registration_id is not None else giving_values
    anybody = parts.words.text("remind.anybody", language)
    values = {"short_name": short_name(name) or anybody, **own(intent, parts)}
    call = call_for(form, approved, values, route.kind, phone)
    return Message(as_read(form, values, approved.language), template=call)


def short_name(name: str) -> str:
    """The whole name where it is short, else its last two words: in Vietnamese the given name ends it."""
    return name if len(name) <= SHORT_NAME else " ".join(name.split()[-2:])
