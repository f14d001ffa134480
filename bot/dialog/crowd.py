"""When replies would wait long behind others: the rest of the form on one page, in one call instead of ten."""

from bot.dialog.mine import current
from bot.dialog.registration import FORM
from bot.dialog.saying import with_link, with_text, words
from bot.dialog.talk import Talk
from bot.dialog.turns import Say, Turn
from bot.domain.changing import replace

LONG = 20.0
"""Seconds a reply may wait at the account's pace before we offer the page."""


def with_page(talk: Talk, turn: Turn) -> Turn:
    """The same turn; in mid-form and in a crowd its question comes with the signed link, once for each form."""
    form = turn.conversation.form
    if form is None or form.linked or form.name != FORM or not _crowded(talk):
        return turn
    if current(talk):
        return turn  # to somebody who holds a place the page shows only their ticket
    link = talk.catalogue.form_link(talk.dossier.address, talk.now)
    last = turn.effects[-1] if turn.effects else None
    if not link or not isinstance(last, Say) or last.message.link:
        return turn
    text = f"{words(talk, 'registration.crowded')}\n\n{last.message.text}"
    offered = with_link(with_text(last, text, last.about), words(talk, "label.form-page"), link)
    conversation = replace(turn.conversation, form=replace(form, linked=True))
    return replace(turn, conversation=conversation, effects=(*turn.effects[:-1], offered))


def _crowded(talk: Talk) -> bool:
    return talk.catalogue.waits.get(talk.dossier.address.account_id, 0.0) > LONG
