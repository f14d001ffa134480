"""The one-page form was sent: register, or say what is missing with the way back to the page."""

from bot.dialog.ages import OVER, UNDER
from bot.dialog.confirming import register
from bot.dialog.open_form import end, where_we_are
from bot.dialog.registration import FORM
from bot.dialog.registration_page import PageResult, check_page
from bot.dialog.saying import say, with_link, words
from bot.dialog.talk import Talk
from bot.dialog.turns import Turn
from bot.domain.updates import FilledForm


def filled(talk: Talk, page: FilledForm) -> Turn:
    """The same effects as the chat's last tap; a half-filled form of the chat is then done with."""
    if page.form != FORM:
        return where_we_are(talk, say(talk, "registration.past"))
    result = check_page(talk, page.answers)
    if not result.faults:
        return register(talk, result.values)
    birth = result.faults.get("birth_date")
    if birth is not None and birth.reason in (OVER, UNDER):
        return end(talk, say(talk, birth.reason, **birth.values))
    return _faulty(talk, result)


def _faulty(talk: Talk, result: PageResult) -> Turn:
    told = "\n".join(f"• {words(talk, fault.reason, **fault.values)}" for fault in result.faults.values())
    said = say(talk, "registration.page-faults", list=told)
    link = talk.catalogue.form_link(talk.dossier.address, talk.now)
    return Turn(talk.dossier.conversation, (with_link(said, words(talk, "label.form-page"), link) if link else said,))
