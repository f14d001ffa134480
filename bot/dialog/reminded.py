"""What people answer to a reminder of giving again: "ask me later", "not this season", a held place taken or given back."""

from collections.abc import Iterable
from datetime import date

from bot.dialog import drives, feeling, held, mine
from bot.dialog.menu import onward
from bot.dialog.payloads import Agree, Mine, Remind, parse
from bot.dialog.saying import choice, language, say, to, with_text, words
from bot.dialog.talk import Talk
from bot.dialog.turns import AskLater, Turn
from bot.dialog.wording import local_day, plain_date
from bot.domain.consents import Purpose
from bot.domain.messages import Choice
from bot.domain.postponing import months_after, next_season, not_before
from bot.understanding.answers import read_yes_no
from bot.understanding.postponing import Postponed, read_coming, read_postponed


def pressed(talk: Talk, press: Remind) -> Turn:
    """A tap under a reminder. The ids in it are of this person's own places, or lead nowhere."""
    match press.action:
        case "later":
            return later(talk)
        case "no":
            return not_now(talk)
        case "yes":
            return held.offer(talk, press.subject_id)
        case "take":
            return held.take(talk, press.subject_id)
        case "give":
            return held.give(talk, press.subject_id)
        case "fine":
            return feeling.fine(talk)
    return feeling.unwell(talk)


def later(talk: Talk) -> Turn:
    """Next month, or when giving is possible again if that is later."""
    return _put_off(talk, "reminded.later", months_after(_today(talk)))


def not_now(talk: Talk) -> Turn:
    """Silence until the next season."""
    return _put_off(talk, "reminded.not-now", next_season(talk.catalogue.campaigns, _today(talk)))


def _put_off(talk: Talk, text_id: str, wished: date) -> Turn:
    """Nothing is promised to somebody whom we may not remind."""
    conversation, dossier = talk.dossier.conversation, talk.dossier
    if dossier.person is None:
        return Turn(conversation, (say(talk, "reminder.register-first", to(talk, "drives"), *onward(talk)),))
    going = held.all_let_go(talk)
    if Purpose.REMINDER not in dossier.consents:
        agree = choice(talk, "remind-me", Agree(Purpose.REMINDER, "ask"))
        return Turn(conversation, (*going, say(talk, "reminded.no-consent", agree, to(talk, "drives"), *onward(talk))))
    until = not_before(wished, dossier.next_on, dossier.deferred_until)
    said = say(talk, text_id, to(talk, "drives"), *onward(talk), date=plain_date(until, language(talk)))
    if going:
        said = with_text(said, f"{said.message.text}\n{words(talk, 'reminded.let-go')}", said.about)
    return Turn(conversation, (*going, AskLater(until), said))


def _today(talk: Talk) -> date:
    return local_day(talk.now, talk.catalogue.zone)


# --- typed ---------------------------------------------------------------------------------------------------------


def typed(talk: Talk, text: str) -> Turn | None:
    """Typed words to a reminder that is the last thing said; "tháng sau hỏi lại" at any time."""
    if talk.dossier.conversation.form is not None:
        return None
    offered = talk.dossier.conversation.offered
    return feeling.typed(talk, text) or _of_a_drive(talk, text, offered) or _of_giving(talk, text, offered)


def _of_giving(talk: Talk, text: str, offered: Iterable[Choice]) -> Turn | None:
    asked = {press.action: press for c in offered if isinstance(press := parse(c.payload), Remind)}
    match read_postponed(text, asked=bool(asked)):
        case Postponed.A_MONTH:
            return later(talk)
        case Postponed.A_SEASON:
            return not_now(talk)
    answer = read_yes_no(text) if asked else None
    if answer is None:
        return None
    yes = asked.get("take") or asked.get("yes")
    if yes is None:
        return drives.show(talk) if answer else held.ask_when(talk, "reminded.when")
    return pressed(talk, yes) if answer else held.give(talk, yes.subject_id)


def _of_a_drive(talk: Talk, text: str, offered: Iterable[Choice]) -> Turn | None:
    """ "Em sẽ đến", a mere yes or no, "em bận quá" to a reminder of one's own place."""
    presses = (parse(c.payload) for c in offered)
    asked = next((p for p in presses if isinstance(p, Mine) and p.action == "keep"), None)
    if asked is None:
        return None
    if read_coming(text) or (answer := read_yes_no(text)):
        return mine.pressed(talk, asked)
    if answer is False or read_postponed(text, asked=True):
        return mine.show(talk)
    return None
