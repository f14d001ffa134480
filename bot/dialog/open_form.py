"""The form that is open: which question comes next, asking it again, closing it, coming back to it after a while."""

from collections.abc import Mapping
from datetime import timedelta

from bot.dialog import human
from bot.dialog.drives import registrable
from bot.dialog.form_answers import drive_of
from bot.dialog.menu import menu, menu_choices
from bot.dialog.payloads import steering
from bot.dialog.saying import choice, say, with_choices, with_conversation, words
from bot.dialog.steps import Step
from bot.dialog.steps_consent import CONSENT, REMINDER, REUSE
from bot.dialog.steps_person import BIRTH_DATE, NAME, PHONE, UNIT, WORK
from bot.dialog.steps_place import DRIVE, REVIEW, SLOT
from bot.dialog.talk import Talk
from bot.dialog.turns import Say, Turn
from bot.domain.changing import replace
from bot.domain.conversations import FormState, Handoff

STEPS = (CONSENT, REMINDER, REUSE, NAME, BIRTH_DATE, PHONE, UNIT, WORK, DRIVE, SLOT, REVIEW)
"""In the order in which they are asked."""

BY_NAME: Mapping[str, Step] = {step.name: step for step in STEPS}
AWAY = timedelta(minutes=30)
"""Whoever was away longer is reminded of where we were."""


def next_step(talk: Talk, form: FormState) -> Step:
    """The first question that is still open; the review when there is none."""
    for step in STEPS[:-1]:
        if step.is_open(talk, form):
            return step
    return STEPS[-1]


def advance(talk: Talk, form: FormState, *first: Say) -> Turn:
    """To the first question that is still open; the review comes when there is none."""
    if drive_of(talk, form.answers) is None:
        drives = registrable(talk)
        if not drives:
            return end(talk, *first, say(talk, "registration.none-open"))
        if len(drives) == 1:  # nobody is asked which drive when there is one
            form = replace(form, answers={**form.answers, "drive_id": drives[0].id})
    step = next_step(talk, form)
    return asking(talk, replace(form, step=step.name, misses=0, returning=False, touched_at=talk.now), *first)


def again(talk: Talk, *first: Say) -> Turn:
    """The open question once more; one that lost its drive or slot meanwhile gives way to the question for another."""
    form = open_form(talk)
    step = BY_NAME.get(form.step)
    lost = form.step in ("slot", "review") and next_step(talk, form) is not step
    if step is None or lost or (form.step == "drive" and not registrable(talk)):
        return advance(talk, form, *first)
    return asking(talk, form, *first)


def asking(talk: Talk, form: FormState, *first: Say) -> Turn:
    """The state with this form, and its question."""
    return showing(talk, form, *first, BY_NAME[form.step].ask(talk, form))


def showing(talk: Talk, form: FormState, *says: Say) -> Turn:
    """A form that goes on takes the talk back from staff, else its answers would go unread."""
    conversation = talk.dossier.conversation
    if conversation.handoff is Handoff.TALKING:
        conversation = human.released(conversation)
    if form.touched_at != talk.now:
        form = replace(form, touched_at=talk.now)
    return Turn(replace(conversation, form=form), says)


def open_form(talk: Talk) -> FormState:
    form = talk.dossier.conversation.form
    if form is None:
        raise ValueError("no form is open")
    return form


def end(talk: Talk, *says: Say) -> Turn:
    """The form is closed, its answers are wiped, and the menu is there again."""
    closed = replace(talk.dossier.conversation, form=None)
    choices = menu_choices(with_conversation(talk, closed))
    return Turn(closed, (*says[:-1], with_choices(says[-1], *choices)))


def where_we_are(talk: Talk, *first: Say) -> Turn:
    """After something beside the point: the open question again, or the menu."""
    form = talk.dossier.conversation.form
    if form is not None:
        return remind_where(talk, *first) if is_away(talk, form) else again(talk, *first)
    return Turn(talk.dossier.conversation, (*first, menu(talk)))


def leave(talk: Talk) -> Turn:
    """Out of the form; what was typed is wiped."""
    return end(talk, say(talk, "registration.left"))


def is_away(talk: Talk, form: FormState) -> bool:
    return form.touched_at is not None and talk.now - form.touched_at > AWAY


def remind_where(talk: Talk, *first: Say) -> Turn:
    """Back after a while: where we were, go on or start over."""
    form = open_form(talk)
    said = say(
        talk, "registration.resume",
        choice(talk, "go-on", steering(form, "go")),
        choice(talk, "over", steering(form, "over")),
        choice(talk, "leave", steering(form, "leave")),
        step=words(talk, f"step.{form.step}"),
    )  # fmt: skip
    return showing(talk, form, *first, said)
