"""My data: what is held, said so briefly that a platform learns nothing new; and its erasure after one question."""

from bot.dialog import mine
from bot.dialog.human import owned_by_staff
from bot.dialog.menu import onward
from bot.dialog.payloads import Erasing, Go
from bot.dialog.saying import choice, language, say, to, with_link, words
from bot.dialog.talk import Talk
from bot.dialog.turns import Erase, ShowData, Turn
from bot.dialog.wording import initials, last_digits
from bot.domain.changing import replace
from bot.domain.consents import Purpose
from bot.domain.conversations import Conversation
from bot.understanding.folding import fold
from bot.understanding.picks import read_yes_no


def show(talk: Talk) -> Turn:
    """The kinds of data held now, never the full set; all of it stands behind a link that opens once."""
    known = talk.dossier.person is not None or bool(talk.dossier.registrations or talk.dossier.consents)
    text_id = "data.held" if known else "data.nothing"
    channel = words(talk, f"channel.{talk.dossier.address.channel}")
    choices = (to(talk, "consents"), choice(talk, "erase", Go("erase")), *onward(talk))
    said = say(talk, text_id, *choices, list=_lines(talk), channel=channel, count=talk.catalogue.keep_days)
    link = talk.catalogue.me_link(talk.dossier.address, talk.now)
    if link:
        said = with_link(said, words(talk, "label.data-page"), link)
    return Turn(talk.dossier.conversation, (ShowData(), said))


def _lines(talk: Talk) -> str:
    dossier = talk.dossier
    given = ", ".join(words(talk, f"consents.name.{p.value}") for p in Purpose if p in dossier.consents)
    held = mine.current(talk)
    lines = (
        *_person(talk),
        *(mine.line(talk, registration) for registration in held),
        *([words(talk, "data.given")] if dossier.last_given_on or dossier.next_on or dossier.deferred_until else []),
        *([words(talk, "data.blood-group")] if dossier.knows_blood_group else []),
        *([words(talk, "data.consents", list=given)] if given else []),
    )
    return "\n".join(lines)


def _person(talk: Talk) -> tuple[str, ...]:
    person = talk.dossier.person
    if person is None:
        return ()
    return (words(talk, "data.person", name=initials(person.name), phone=last_digits(person.phone)),)


# --- erasure -------------------------------------------------------------------------------------------------------


def ask(talk: Talk, text_id: str = "erase.ask") -> Turn:
    """One question before everything goes: what goes, what is freed, what remains."""
    held = any(r.is_booked for r in talk.dossier.registrations)
    yes, no = choice(talk, "erase", Erasing("yes")), choice(talk, "no", Erasing("no"))
    said = say(talk, text_id, yes, no, list=words(talk, "erase.place") if held else words(talk, "erase.no-place"))
    return Turn(talk.dossier.conversation, (said,))


def pressed(talk: Talk, press: Erasing) -> Turn:
    """The yes counts only while its question is the last thing we said: an old button asks again."""
    if press.answer == "no":
        return Turn(talk.dossier.conversation, (say(talk, "erase.kept", *onward(talk)),))
    if not _is_open(talk.dossier.conversation):
        return ask(talk)
    fresh = Conversation(language=language(talk))
    return Turn(fresh, (Erase(), say(talk, "erase.done", to(talk, "menu"))), keep_words=False)


def typed(talk: Talk, text: str) -> Turn | None:
    """The label counts as a tap, also where staff own the talk; a mere "yes" is too little to erase everything."""
    if not _is_open(talk.dossier.conversation):
        return None
    said = fold(text)
    for answer in ("yes", "no"):
        press = Erasing(answer)
        if any(c.payload == str(press) and fold(c.label) == said for c in talk.dossier.conversation.offered):
            return pressed(talk, press)
    if owned_by_staff(talk):
        return None
    match read_yes_no(text):
        case True:
            return ask(talk, "erase.say-it")
        case False:
            return pressed(talk, Erasing("no"))
    return None


def closed(conversation: Conversation) -> Conversation:
    """Words for staff came between: the question is no longer the last thing said."""
    return replace(conversation, offered=()) if _is_open(conversation) else conversation


def _is_open(conversation: Conversation) -> bool:
    yes = str(Erasing("yes"))
    return any(offered.payload == yes for offered in conversation.offered)
