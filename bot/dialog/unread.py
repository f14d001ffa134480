"""What we cannot or must not read: pictures, places, somebody else's number, a message changed afterwards."""

from bot.dialog.open_form import where_we_are
from bot.dialog.saying import say
from bot.dialog.talk import Talk
from bot.dialog.turns import Turn

KINDS = {"foreign-contact": "menu.foreign-contact", "location": "menu.no-location", "venue": "menu.no-location"}


def sent(talk: Talk, kind: str) -> Turn:
    """Say what we cannot do with it, then where we are."""
    return where_we_are(talk, say(talk, KINDS.get(kind, "menu.only-text")))


def edited(talk: Talk) -> Turn:
    """The old words were answered and may stand in a form, so new ones over them are no answer to what is open now."""
    return where_we_are(talk, say(talk, "menu.edited"))
