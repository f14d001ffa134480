"""A line of an old list that may be the person's own: offered once it fits one person alone, claimed, left or erased.

Nothing of the line is told before the yes: whoever typed a name, a birth date and a phone learns only that some list
may have the same.
"""

from bot.dialog.human import owned_by_staff
from bot.dialog.menu import onward
from bot.dialog.open_form import where_we_are
from bot.dialog.payloads import OldList, parse
from bot.dialog.saying import choice, language, organiser, say, to, words
from bot.dialog.talk import Talk
from bot.dialog.turns import ClaimLine, Effect, EraseLine, LineClaimed, OfferLine, Say, Turn
from bot.dialog.wording import local_day, plain_date
from bot.domain.changing import replace
from bot.domain.contacts import Person
from bot.domain.conversations import Conversation
from bot.domain.messages import Choice
from bot.understanding.folding import fold
from bot.understanding.picks import read_yes_no

ANSWERED = "old-list"
"""Stands among what was asked for in a conversation, once the person has said what should become of the line."""

_ERASE_IT = ("xoa dong", "xoa no", "xoa di", "xoa luon", "erase the line", "erase it", "delete it")


def offering(talk: Talk, person: Person | None, *menu: Choice, first: tuple[Effect, ...]) -> tuple[Effect, ...]:
    """What to add to a turn so that the question takes its last place where exactly one line fits.

    Args:
        menu: what stands under the question besides its answers.
        first: what the turn does and says before the question.
    """
    open_form = talk.dossier.conversation.form is not None
    if person is None or open_form or not talk.catalogue.lists or ANSWERED in talk.dossier.conversation.asked:
        return ()
    return (OfferLine(person, Turn(talk.dossier.conversation, (*first, _question(talk, *menu)))),)


def _question(talk: Talk, *menu: Choice) -> Say:
    answers = (("list-claim", "yes"), ("list-leave", "no"), ("list-erase", "erase"))
    choices = (choice(talk, label, OldList(answer)) for label, answer in answers)
    return say(talk, "claims.ask", *choices, *menu, organiser=organiser(talk))


def pressed(talk: Talk, press: OldList) -> Turn:
    """The answer to the question; an old button counts while the line is there."""
    person = talk.dossier.person
    if person is None:
        return where_we_are(talk, say(talk, "claims.gone"))
    if press.answer == "yes":
        return Turn(talk.dossier.conversation, (ClaimLine(person),))
    answered = _answered(talk.dossier.conversation)
    if press.answer == "no":
        return Turn(answered, (say(talk, "claims.left", *onward(talk)),))
    return Turn(answered, (EraseLine(person), say(talk, "claims.erased", *onward(talk))))


def typed(talk: Talk, text: str) -> Turn | None:
    """A plain yes or no to the open question, or "xoá dòng đó đi"."""
    if owned_by_staff(talk) or not _is_open(talk.dossier.conversation):
        return None
    said = fold(text)
    if any(said.startswith(words_) or f" {words_}" in said for words_ in _ERASE_IT):
        return pressed(talk, OldList("erase"))
    answer = read_yes_no(text)
    return None if answer is None else pressed(talk, OldList("yes" if answer else "no"))


def claimed(talk: Talk, outcome: LineClaimed) -> Turn:
    """What the list said, said apart from what a blood bank has confirmed."""
    count, last = outcome.donations, outcome.last_given_on
    tongue = language(talk)
    facts = [
        *([words(talk, "claims.times", count=count)] if count else []),
        *([words(talk, "claims.last", date=plain_date(last, tongue))] if last else []),
        *(
            [words(talk, "claims.next", next_on=plain_date(outcome.next_on, tongue))]
            if _is_to_come(talk, outcome)
            else []
        ),
    ]
    listed = "\n".join(facts) or words(talk, "claims.no-history")
    said = say(talk, "claims.done", to(talk, "mine"), *onward(talk), list=listed)
    return Turn(_answered(talk.dossier.conversation), (said,))


def refused(talk: Talk) -> Turn:
    """It was claimed or erased meanwhile, its time was over, or a second one fits now: all sound alike."""
    return replace(where_we_are(talk, say(talk, "claims.gone")))


def _is_to_come(talk: Talk, outcome: LineClaimed) -> bool:
    return outcome.next_on is not None and outcome.next_on > local_day(talk.now, talk.catalogue.zone)


def _answered(conversation: Conversation) -> Conversation:
    if ANSWERED in conversation.asked:
        return conversation
    return replace(conversation, asked=(*conversation.asked, ANSWERED))


def _is_open(conversation: Conversation) -> bool:
    return any(isinstance(parse(offered.payload), OldList) for offered in conversation.offered)
