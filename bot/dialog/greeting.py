"""Who speaks: an automatic assistant; and what a poster's reference leads to."""

from bot.dialog.drives import facts, named, registrable
from bot.dialog.menu import menu_choices
from bot.dialog.open_form import where_we_are
from bot.dialog.payloads import Go, Join
from bot.dialog.saying import choice, say, with_conversation
from bot.dialog.talk import Talk
from bot.dialog.turns import Say, Turn
from bot.domain.changing import replace
from bot.domain.drives import Drive


def started(talk: Talk, ref: str = "") -> Turn:
    """Somebody opened the talk, perhaps from a poster: its reference is kept, and its drive offered first."""
    conversation = talk.dossier.conversation
    talk = with_conversation(talk, replace(conversation, ref=ref or conversation.ref))
    if conversation.form is not None:
        return where_we_are(talk, say(talk, "greeting.in-passing"))
    drive = named(talk, ref)
    hello = _hello_drive(talk, drive) if drive in registrable(talk) and drive else _hello(talk)
    return Turn(talk.dossier.conversation, (hello,))


def greeted(talk: Talk) -> Turn:
    """A greeting or thanks; whoever knows us already just gets the menu."""
    if not talk.dossier.conversation.greeted:
        return started(talk)
    return where_we_are(talk) if talk.dossier.conversation.form else _again(talk)


def _again(talk: Talk) -> Turn:
    return Turn(talk.dossier.conversation, (say(talk, "greeting.again", *menu_choices(talk)),))


def _hello(talk: Talk) -> Say:
    return say(talk, "greeting.hello", *menu_choices(talk))


def _hello_drive(talk: Talk, drive: Drive) -> Say:
    """A poster's drive is named first, and registering means that drive."""
    join = choice(talk, "join", Join(drive.id))
    rest = tuple(c for c in menu_choices(talk) if c.payload != str(Go("register")))
    return say(talk, "greeting.hello-drive", join, *rest, **facts(talk, drive))
