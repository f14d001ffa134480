"""Answers to the open question: typed, tapped or shared; taken, missed, or a question beside the point."""

from bot.dialog import doubts, human, mine, questions
from bot.dialog.confirming import register
from bot.dialog.drives import booked_at
from bot.dialog.open_form import (
    BY_NAME,
    advance,
    again,
    asking,
    end,
    is_away,
    leave,
    next_step,
    open_form,
    remind_where,
    showing,
    where_we_are,
)
from bot.dialog.payloads import Answer, steering
from bot.dialog.registration import begin
from bot.dialog.saying import choice, say, to, with_choices, with_conversation, with_text, words
from bot.dialog.steps import AtOnce, Back, Confirmed, Ended, Kept, Missed, Shown, Taken, Tapped, Typed
from bot.dialog.steps_person import PHONE
from bot.dialog.steps_place import REVIEW
from bot.dialog.talk import Talk
from bot.dialog.turns import Turn
from bot.domain.changing import replace
from bot.domain.conversations import FormState
from bot.domain.updates import SharedPhone
from bot.understanding.stop import is_leave_form

ENOUGH_MISSES = 3
"""So many wrong answers in a row, and a human is offered."""


def typed(talk: Talk, text: str) -> Turn:
    """Typed text while the form is open: a way out, an answer, a question beside it, or a miss."""
    form = open_form(talk)
    step = BY_NAME.get(form.step)
    if is_leave_form(text):
        return leave(talk)
    if step is None:
        return advance(talk, form)
    taken = step.take(talk, form, Typed(text))
    if isinstance(taken, Missed):
        aside = _aside(talk, text, asks=taken.reason.endswith(".question")) or human.urgent_still(talk)
        if aside is not None:
            return aside
    if is_away(talk, form) and (step.free or isinstance(taken, Missed)):
        return remind_where(talk)
    return _after(talk, form, taken)


def _aside(talk: Talk, text: str, *, asks: bool) -> Turn | None:
    """A question in mid-form is answered, and the form goes on where it was."""
    reading = questions.read(talk, text)
    if reading.answered and reading.intent == "talk_to_human":
        return human.ask(talk)
    if reading.answered and reading.intent in ("greeting", "register"):
        return where_we_are(talk)
    said = questions.answer(talk, reading, text)
    if said is None and human.alarmed_lately(talk):
        return None
    if said is None and asks and (meant := doubts.perhaps(talk, reading)) is not None:
        return Turn(talk.dossier.conversation, (meant,))
    if said is None and asks:
        said = say(talk, "questions.unknown-in-form")
    if said is None:
        return None
    return where_we_are(talk, with_choices(said))


def shared(talk: Talk, phone: SharedPhone) -> Turn:
    """The number the platform gave: taken where it is asked for, and nowhere else."""
    form = talk.dossier.conversation.form
    if form is None or form.step != PHONE.name:
        return where_we_are(talk, say(talk, "registration.phone.not-asked"))
    return _after(talk, form, PHONE.take(talk, form, Typed(phone.phone)))


def pressed(talk: Talk, press: Answer) -> Turn:
    """A tap on a question of the form; a question of another form or another step is past."""
    form = talk.dossier.conversation.form
    if form is None or form.serial != press.serial:
        return _past(talk)
    if press.step == "form":
        return _steered(talk, press.value)
    step = BY_NAME.get(press.step)
    if step is None or press.step != form.step:
        return _past(talk)
    return _after(talk, form, step.take(talk, form, Tapped(press.value)))


def _past(talk: Talk) -> Turn:
    """A late or second press. Whoever confirmed twice sees that the place is theirs."""
    gone = say(talk, "registration.past")
    if talk.dossier.conversation.form is None and mine.current(talk):
        return Turn(talk.dossier.conversation, (gone, mine.listing(talk)))
    return where_we_are(talk, gone)


def _steered(talk: Talk, value: str) -> Turn:
    match value:
        case "leave":
            return leave(talk)
        case "over":
            fresh = replace(talk.dossier.conversation, form=None)
            return begin(with_conversation(talk, fresh))
    return again(talk)


def _after(talk: Talk, form: FormState, taken: Taken) -> Turn:
    match taken:
        case Kept():
            return advance(talk, replace(form, answers={**form.answers, **taken.answers}), *taken.first)
        case Missed():
            return _missed(talk, form, taken)
        case Shown():
            return showing(talk, form, *taken.says)
        case Ended():
            return end(talk, say(talk, taken.last.reason, **taken.last.values))
        case Back():
            return asking(talk, replace(form, step=taken.step, misses=0, returning=True))
        case AtOnce():
            held = booked_at(talk, taken.drive_id)
            return mine.already(talk, held) if held else again(talk)
        case Confirmed():
            return _confirmed(talk, form)


def _missed(talk: Talk, form: FormState, missed: Missed) -> Turn:
    """The second question says why; after three misses a human is offered, and the form stays."""
    form = replace(form, misses=form.misses + 1)
    asked = BY_NAME[form.step].ask(talk, form)
    text = words(talk, missed.reason, **missed.values)
    said = with_text(asked, text, missed.reason)
    if form.misses >= ENOUGH_MISSES:
        text = f"{text}\n{words(talk, 'registration.three-misses')}"
        choices = (
            *said.message.choices[:8],
            to(talk, "human"),
            choice(talk, "leave", steering(form, "leave")),
        )
        said = with_choices(with_text(said, text, missed.reason), *choices)
    return showing(talk, form, said)


def _confirmed(talk: Talk, form: FormState) -> Turn:
    if next_step(talk, form) is not REVIEW:
        return advance(talk, form, say(talk, "registration.slot-gone"))
    return register(talk, form.answers)


def takes_any_text(talk: Talk) -> bool:
    """Whether the open question takes any text, so that only an exact label or a bare number counts as a tap."""
    form = talk.dossier.conversation.form
    step = BY_NAME.get(form.step) if form is not None else None
    return step is not None and step.free
