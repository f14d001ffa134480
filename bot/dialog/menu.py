"""The menu and the language."""

from bot.dialog.payloads import Speak, steering
from bot.dialog.saying import choice, language, say, to, with_conversation
from bot.dialog.talk import Talk
from bot.dialog.turns import Say, Turn
from bot.domain.changing import replace
from bot.domain.messages import Choice

LANGUAGES = ("vi", "en")


def menu_choices(talk: Talk) -> tuple[Choice, ...]:
    """The whole menu; "my registrations" only for those who have one, "go on" instead of "register" in mid-form."""
    first = onward(talk) if talk.dossier.conversation.form is not None else (to(talk, "register"),)
    mine = (to(talk, "mine"),) if any(r.is_booked for r in talk.dossier.registrations) else ()
    return (
        *first,
        *mine,
        *((to(talk, "mypage"),) if talk.dossier.person is not None else ()),
        to(talk, "drives"),
        to(talk, "check"),
        to(talk, "topics"),
        to(talk, "covid"),
        to(talk, "human"),
        choice(talk, "language", Speak(other_language(talk))),
    )


def onward(talk: Talk) -> tuple[Choice, ...]:
    """The last choice of most messages: back to the open form, or to the menu."""
    form = talk.dossier.conversation.form
    if form is not None:
        return (choice(talk, "continue", steering(form, "go")),)
    return (to(talk, "menu"),)


def menu(talk: Talk) -> Say:
    """The menu alone, for somebody who knows us."""
    return say(talk, "menu.what", *menu_choices(talk))


def other_language(talk: Talk) -> str:
    return "en" if language(talk) == "vi" else "vi"


def in_language(talk: Talk, wanted: str) -> Talk:
    """The talk in another language; an unknown language changes nothing."""
    if wanted not in LANGUAGES:
        return talk
    return with_conversation(talk, replace(talk.dossier.conversation, language=wanted))


def show(talk: Talk) -> Turn:
    return Turn(talk.dossier.conversation, (menu(talk),))
