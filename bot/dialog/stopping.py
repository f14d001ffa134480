"""Stop words: the consents for later messages are withdrawn; registrations stay; and the way back."""

from bot.dialog.consents import asked
from bot.dialog.held import all_let_go
from bot.dialog.menu import onward
from bot.dialog.open_form import open_form, showing
from bot.dialog.payloads import Go, steering
from bot.dialog.saying import choice, say, to, with_conversation, words
from bot.dialog.talk import Talk
from bot.dialog.turns import Turn, WithdrawConsent
from bot.domain.changing import replace
from bot.domain.consents import BY_CHOICE
from bot.domain.messages import Message


def may_mean_right(talk: Talk, text: str) -> bool:
    """ "dung" without marks is "đúng" (right) as often as "dừng" (stop) to somebody who answers a form; in capitals,
    as our stop line writes it, it is a stop word."""
    return talk.dossier.conversation.form is not None and text.strip(" .!") in ("dung", "Dung")


def ask_which(talk: Talk) -> Turn:
    """Two meanings that fold together are asked about, never guessed."""
    form = open_form(talk)
    right, halt = choice(talk, "right", steering(form, "go")), choice(talk, "stop", Go("stop"))
    return showing(talk, form, say(talk, "stop.or-right", right, halt))


def stop(talk: Talk) -> Turn:
    """Withdraw, wipe a half-filled form, confirm once, say how to come back; and never ask for these consents again.
    The registration's own consent ends with its cancellation, not here."""
    conversation = asked(replace(talk.dossier.conversation, form=None), *BY_CHOICE)
    talk_after = with_conversation(talk, conversation)
    booked = any(r.is_booked for r in talk.dossier.registrations)
    parts = [
        words(talk, "stop.done"),
        *([words(talk, "stop.form-wiped")] if talk.dossier.conversation.form else []),
        *([words(talk, "stop.registration-stays")] if booked else []),
        words(talk, "stop.way-back"),
    ]
    mine = (to(talk, "mine"),) if booked else ()
    said = replace(say(talk, "stop.done"), message=Message("\n".join(parts), (*mine, *onward(talk_after))))
    held = tuple(purpose for purpose in BY_CHOICE if purpose in talk.dossier.consents)
    withdrawn = (WithdrawConsent(held),) if held else ()
    return Turn(conversation, (*all_let_go(talk), *withdrawn, said))
