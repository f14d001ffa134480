"""Opening the registration form, and reopening it when the slot has just filled."""

from collections.abc import Mapping
from typing import Any

from bot.dialog import held as kept_free
from bot.dialog import mine
from bot.dialog.drives import booked_at, registrable
from bot.dialog.form_answers import answers_of
from bot.dialog.menu import menu_choices
from bot.dialog.open_form import advance
from bot.dialog.references import answers_by, meant
from bot.dialog.saying import say, with_conversation, with_link, with_text, words
from bot.dialog.steps_consent import CONSENT
from bot.dialog.steps_place import SLOT
from bot.dialog.talk import Talk
from bot.dialog.turns import Register, Say, Turn
from bot.domain.changing import replace
from bot.domain.consents import Purpose
from bot.domain.conversations import FormState
from bot.domain.updates import ChannelKind

FORM = "registration"


def begin(talk: Talk, drive_id: int | None = None) -> Turn:
    """Open the form, for a drive if one is meant (by a tap, else by the poster that led here), with the poster's unit;
    whoever has a place there already sees it."""
    wanted = meant(talk, talk.dossier.conversation.ref)
    by_poster = wanted.drive if wanted else None
    drive = talk.catalogue.drive(drive_id) if drive_id is not None else by_poster
    held = booked_at(talk, drive.id) if drive else None
    drives = registrable(talk)
    if held is not None and (drive_id is not None or not drives):
        return mine.already(talk, held)
    if (free := kept_free.at(talk, drive)) is not None:
        return kept_free.offer(talk, free.id)
    if not drives:
        return mine.show(talk) if mine.current(talk) else _nothing_open(talk)
    chosen = {"drive_id": drive.id} if drive in drives and drive else {}
    known = answers_by(wanted) if chosen and wanted and drive == by_poster else {}
    form = talk.dossier.conversation.form
    if form is not None:
        return advance(talk, replace(form, answers={**known, **form.answers, **chosen}))
    return _opened(talk, {**known, **chosen})


def _nothing_open(talk: Talk) -> Turn:
    said = say(talk, "drives.none", *menu_choices(talk))
    return Turn(talk.dossier.conversation, (said,))


def _opened(talk: Talk, chosen: Mapping[str, Any]) -> Turn:
    """The first question, with the way to the same form on one page: on Zalo, where calls are few, it comes first."""
    serial = talk.dossier.conversation.serial + 1
    turn = advance(talk, FormState(FORM, serial, CONSENT.name, dict(chosen)))
    link = talk.catalogue.form_link(talk.dossier.address, talk.now)
    turn = replace(turn, conversation=replace(turn.conversation, serial=serial))
    first = turn.effects[-1]
    if not link or not isinstance(first, Say):
        return turn
    if talk.dossier.address.channel is ChannelKind.ZALO:
        page = with_link(say(talk, "registration.page-first"), words(talk, "label.form-page"), link)
        return replace(turn, effects=(page, *turn.effects))
    text = f"{first.message.text}\n\n{words(talk, 'registration.page-too')}"
    linked = with_link(with_text(first, text, first.about), words(talk, "label.form-page"), link)
    return replace(turn, effects=(*turn.effects[:-1], linked))


def refused(talk: Talk, effect: Register) -> Turn:
    """The slot has just filled: the form goes on with everything but the slot, also when it came from the one page."""
    wordings = {given.purpose: given.wording for given in effect.consents}
    answers = {
        **answers_of(effect.person),
        "consent": wordings[Purpose.REGISTRATION],
        "reminder": wordings.get(Purpose.REMINDER, ""),
        "dangerous_work": effect.dangerous_work,
        "drive_id": effect.drive_id,
        "slot_id": None,
    }
    conversation = talk.dossier.conversation
    serial = conversation.form.serial if conversation.form else conversation.serial + 1
    talk = with_conversation(talk, replace(conversation, serial=max(serial, conversation.serial)))
    return advance(talk, FormState(FORM, serial, SLOT.name, answers), say(talk, "registration.slot-just-filled"))
