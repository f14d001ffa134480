"""The self-check before registering: six taps, no verdict, and nothing of it is kept."""

from bot.dialog import human, questions
from bot.dialog.menu import onward
from bot.dialog.payloads import Go
from bot.dialog.saying import say, to, with_choices, with_conversation, with_text, words
from bot.dialog.selfcheck_answers import Early, Taken, tapped
from bot.dialog.selfcheck_questions import ask
from bot.dialog.selfcheck_result import early, result
from bot.dialog.selfcheck_state import book_of, opened, stepped_back
from bot.dialog.selfcheck_typed import typed
from bot.dialog.talk import Talk
from bot.dialog.turns import Say, Turn
from bot.domain.changing import replace
from bot.domain.conversations import OVER, QUIET_LIVES, SELF_CHECK, FormState, Handoff
from bot.domain.updates import Event, Pressed, Said
from bot.understanding.answers import read_tap
from bot.understanding.pleas import read_plea
from bot.understanding.stop import command, is_leave_form, is_stop

ENOUGH_MISSES = 3
"""So many wrong answers in a row, and a human is offered."""

ELSEWHERE = frozenset(("talk_to_human", "register", "cancel_registration"))
"""Wishes that lead out; any other question is answered, and the check goes on."""

STEERING = ("back", "leave")


def begin(talk: Talk) -> Turn:
    """What this is, and the first question. A registration half filled in is wiped, and that is said."""
    if book_of(talk) is None:
        return questions.topic(talk, "who-may")
    conversation = talk.dossier.conversation
    before = conversation.form
    drive_id = _drive_of(before)
    form = opened(talk, drive_id)
    wiped = before is not None and before.name != SELF_CHECK and set(before.answers) - {"drive_id", "unit_id"}
    if conversation.handoff is Handoff.TALKING:
        conversation = human.released(conversation)
    talk = with_conversation(talk, replace(conversation, serial=form.serial))
    channel = words(talk, f"channel.{talk.dossier.address.channel}")
    first = words(talk, "self-check.begin", channel=channel)
    if wiped:
        first = f"{first}\n{words(talk, 'stop.form-wiped')}"
    said = ask(talk, form)
    return _asking(talk, form, with_text(said, f"{first}\n\n{said.message.text}", "self-check.begin"))


def _drive_of(form: FormState | None) -> int:
    """The drive that was about to be registered for, here or in a check begun before."""
    answers = form.answers if form is not None else {}
    return int(answers.get("drive_id") or answers.get("drive") or 0)


def during(talk: Talk, event: Event) -> Turn | None:
    """The answer to an open question of this form; None leaves it, and everything of it is wiped."""
    form = talk.dossier.conversation.form
    if form is None or form.step == OVER or book_of(talk) is None or human.owned_by_staff(talk):
        return None
    late = form.touched_at is None or talk.now - form.touched_at > QUIET_LIVES
    match event:
        case Pressed(payload=payload) if payload.startswith(f"x{form.serial}."):
            return _late(talk, form) if late else _pressed(talk, form, payload)
        case Said(text=text) if not _leads_elsewhere(talk, text):
            return _late(talk, form) if late else _typed(talk, form, text)
    return None


def left(talk: Talk) -> Talk:
    """The talk without this form; the next steps that its end offered can be taken still."""
    conversation = talk.dossier.conversation
    ended = conversation.form is not None and conversation.form.step == OVER and not human.owned_by_staff(talk)
    offered = conversation.offered if ended else ()
    return with_conversation(talk, replace(conversation, form=None, offered=offered))


def past(talk: Talk) -> Turn:
    """A press on a question that is over."""
    said = say(talk, "registration.past", to(talk, "check"), *onward(talk))
    return Turn(talk.dossier.conversation, (said,), keep_words=False, keep_answer=False)


def _leads_elsewhere(talk: Talk, text: str) -> bool:
    """Urgent words, stop words and commands come before every form."""
    if talk.catalogue.reader.is_urgent(text) or is_stop(text):
        return True
    return (command(text) is not None and not is_leave_form(text)) or read_plea(text) is not None


# --- taps and text -------------------------------------------------------------------------------------------------


def _pressed(talk: Talk, form: FormState, payload: str) -> Turn:
    """A tap; one on an earlier question of this form asks the open one again."""
    _, step, value = payload.split(".", 2)
    if value == "leave":
        return _leave(talk, form)
    if step != form.step:
        return _asking(talk, form, ask(talk, form))
    if value == "back":
        return _back(talk, form)
    if (page := _page(value)) is not None:
        return _asking(talk, form, ask(talk, form, page))
    return _after(talk, form, tapped(talk, form, value))


def _typed(talk: Talk, form: FormState, text: str) -> Turn | None:
    if is_leave_form(text):
        return _leave(talk, form)
    offered = talk.dossier.conversation.offered
    taken = _steering(talk, form, text) or typed(talk, form, text, offered)
    if isinstance(taken, Turn):
        return taken
    return _after(talk, form, taken) if taken is not None else _aside(talk, form, text)


def _steering(talk: Talk, form: FormState, text: str) -> Turn | None:
    """The label or the number of "back", "leave", "more" or the human, typed instead of tapped."""
    offered = talk.dossier.conversation.offered
    index = read_tap(text, [choice.label for choice in offered], exactly=True)
    payload = offered[index].payload if index is not None else ""
    value = payload.split(".", 2)[-1]
    if payload == str(Go("human")):
        return human.ask(left(talk))
    return _pressed(talk, form, payload) if value in STEERING or _page(value) is not None else None


def _page(value: str) -> int | None:
    return int(value[1:4]) if value[:1] == "p" and value[1:].isdecimal() else None


def _aside(talk: Talk, form: FormState, text: str) -> Turn | None:
    """A question in the middle is answered and the check goes on; a wish for something else leads out."""
    reading = questions.read(talk, text)
    if reading.answered and reading.intent in ELSEWHERE:
        return None
    said = questions.answer(talk, reading, text)
    if said is None:
        return _missed(talk, form)
    return _asking(talk, form, with_choices(said), ask(talk, form))


def _missed(talk: Talk, form: FormState) -> Turn:
    """The question again, and how to answer it; after three misses a human is offered."""
    form = replace(form, misses=form.misses + 1)
    asked = ask(talk, form)
    text = f"{words(talk, 'self-check.unclear')}\n\n{asked.message.text}"
    said = with_text(asked, text, "self-check.unclear")
    if form.misses >= ENOUGH_MISSES:
        said = with_choices(said, *said.message.choices[-9:], to(talk, "human"))
    return _asking(talk, form, said)


# --- the form itself -----------------------------------------------------------------------------------------------


def _after(talk: Talk, form: FormState, taken: Taken) -> Turn:
    """The next question, or what it comes to; then nothing of it is left."""
    if taken is None:
        return _asking(talk, form, ask(talk, form))
    if isinstance(taken, Early):
        return _done(talk, form, early(left(talk), taken))
    if not taken.step:
        return _done(talk, form, result(left(talk), taken))
    return _asking(talk, taken, ask(talk, taken))


def _back(talk: Talk, form: FormState) -> Turn:
    """One question back, with the outcome as it was; further back means from the beginning."""
    before = stepped_back(form)
    if before is None:
        before = replace(opened(talk, _drive_of(form)), serial=form.serial)
    return _asking(talk, before, ask(talk, before))


def _asking(talk: Talk, form: FormState, *says: Say) -> Turn:
    conversation = replace(talk.dossier.conversation, form=replace(form, touched_at=talk.now))
    return Turn(conversation, says, keep_words=False, keep_answer=False)


def _done(talk: Talk, form: FormState, said: Say) -> Turn:
    """No answers are left; what was offered at the end would tell the outcome, and goes like an open form."""
    drive = {name: value for name, value in form.answers.items() if name == "drive"}
    over = FormState(SELF_CHECK, form.serial, OVER, drive, touched_at=talk.now)
    conversation = replace(talk.dossier.conversation, form=over)
    return Turn(conversation, (said,), keep_words=False, keep_answer=False)


def _leave(talk: Talk, form: FormState) -> Turn:
    talk = left(talk)
    return _done(talk, form, say(talk, "self-check.left", to(talk, "register"), *onward(talk)))


def _late(talk: Talk, form: FormState) -> Turn:
    """Too long untouched: whatever this answer says, it belongs to nothing any more."""
    talk = left(talk)
    return _done(talk, form, say(talk, "self-check.late", to(talk, "check"), *onward(talk)))
