"""Who speaks: an automatic assistant."""

from bot.dialog.menu import menu_choices
from bot.dialog.open_form import where_we_are
from bot.dialog.saying import say, with_conversation
from bot.dialog.talk import Talk
from bot.dialog.turns import Turn
from bot.domain.changing import replace


def started(talk: Talk, ref: str = "") -> Turn:
    """Somebody opened the talk; a reference that tells us nothing today is kept (one that does: `posters.came`)."""
    conversation = talk.dossier.conversation
    talk = with_conversation(talk, replace(conversation, ref=ref or conversation.ref))
    if conversation.form is not None:
        return where_we_are(talk, say(talk, "greeting.in-passing"))
    return Turn(talk.dossier.conversation, (say(talk, "greeting.hello", *menu_choices(talk)),))


def greeted(talk: Talk) -> Turn:
    """A greeting or thanks; whoever knows us already just gets the menu."""
    if not talk.dossier.conversation.greeted:
        return started(talk)
    return where_we_are(talk) if talk.dossier.conversation.form else _again(talk)


def _again(talk: Talk) -> Turn:
    return Turn(talk.dossier.conversation, (say(talk, "greeting.again", *menu_choices(talk)),))
