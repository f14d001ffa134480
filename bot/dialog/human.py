"""A human: asking for one, waiting, coming back to the assistant, and urgent words before everything else."""

from datetime import timedelta

from bot.dialog.menu import onward
from bot.dialog.saying import say, to, with_text, words
from bot.dialog.talk import Talk
from bot.dialog.turns import AskForHuman, Turn
from bot.dialog.wording import local_day
from bot.domain.changing import replace
from bot.domain.conversations import Conversation, Handoff
from bot.domain.messages import Message

FORGOTTEN = timedelta(hours=24)
"""Staff who wrote nothing for so long no longer own the talk: nobody is left without any answer."""

DANGER_LASTS = timedelta(minutes=30)
"""So long after words of danger what is not understood is taken to be about them."""

SITE_ANSWERS = timedelta(days=14)
"""So long after a donation the site's own phone is the one to call."""


def owned_by_staff(talk: Talk) -> bool:
    """Staff are talking with this person, and not long ago."""
    conversation = talk.dossier.conversation
    if conversation.handoff is not Handoff.TALKING:
        return False
    return conversation.handoff_since is None or talk.now - conversation.handoff_since < FORGOTTEN


def ask(talk: Talk) -> Turn:
    """Put the person on staff's list and say so once. Who was made to come finds the way above the unit here too."""
    conversation = talk.dossier.conversation
    if owned_by_staff(talk):
        return Turn(conversation, (say(talk, "human.here", to(talk, "back")),))
    pressed = to(talk, "pressure")
    if conversation.handoff is Handoff.WAITING:
        return Turn(conversation, (say(talk, "human.still", to(talk, "back"), pressed, *onward(talk)),))
    waiting = replace(conversation, handoff=Handoff.WAITING, handoff_since=talk.now)
    told = say(talk, "human.told", to(talk, "back"), pressed, *onward(talk))
    return Turn(waiting, (AskForHuman(), told))


def urgent(talk: Talk, text: str) -> Turn:
    """115 and the site's phone first, then an alert. It leaves an open form as it is and asks nothing."""
    despair = talk.catalogue.reader.despairs(text)
    first = "urgent.despair" if despair else "urgent.first"
    parts = [words(talk, first), *([] if despair else site(talk))]
    parts.append(words(talk, "urgent.told" if talk.catalogue.duty else "urgent.nobody-on-duty"))
    said = replace(say(talk, first), message=Message("\n".join(parts)))
    return Turn(alarmed(talk), (said, AskForHuman(urgent=True)))


def alarmed_lately(talk: Talk) -> bool:
    """This person spoke of danger a moment ago, and nobody of staff has taken the talk since."""
    conversation = talk.dossier.conversation
    since = conversation.handoff_since
    return conversation.handoff_urgent and since is not None and talk.now - since < DANGER_LASTS


def urgent_still(talk: Talk) -> Turn | None:
    """What we do not understand soon after words of danger is most likely about the danger: 115 once more, in short. The
    alert has gone out and is not repeated."""
    if not alarmed_lately(talk):
        return None
    said = say(talk, "urgent.again", *talk.dossier.conversation.offered)
    lines = "\n".join((said.message.text, *site(talk)))
    return Turn(talk.dossier.conversation, (with_text(said, lines, said.about),))


def site(talk: Talk) -> list[str]:
    """The line with the phone of the site where this person gave not long ago, else where they are registered, nearest
    drive first."""
    given, phones = talk.dossier.last_given_on, []
    if given is not None and local_day(talk.now, talk.catalogue.zone) - given <= SITE_ANSWERS:
        phones.append(talk.dossier.site_phone)
    booked = sorted(
        (r for r in talk.dossier.registrations if r.is_booked), key=lambda r: abs(r.slot_starts_at - talk.now)
    )
    phones += [drive.site_phone for r in booked if (drive := talk.catalogue.drive(r.drive_id))]
    return [words(talk, "urgent.site", site_phone=phone) for phone in phones if phone][:1]


def alarmed(talk: Talk) -> Conversation:
    """The conversation once staff are told of danger."""
    conversation = talk.dossier.conversation
    if owned_by_staff(talk):
        return replace(conversation, handoff_urgent=True)
    return replace(conversation, handoff=Handoff.WAITING, handoff_since=talk.now, handoff_urgent=True)


def taken_over(talk: Talk) -> Turn:
    """Staff wrote in the platform's own inbox: from now on the bot is silent for ordinary text."""
    return Turn(replace(talk.dossier.conversation, handoff=Handoff.TALKING, handoff_since=talk.now))


def routed(talk: Talk, *, to_us: bool) -> Turn:
    """The platform moved the talk: to others means silence; back to us means that the bot answers again. Whoever spoke
    of danger stays on staff's list: another app that takes the talk is no proof that a person looks after them."""
    conversation = talk.dossier.conversation
    if conversation.handoff_urgent:
        return Turn(conversation)
    if not to_us:
        return taken_over(talk)
    return Turn(released(conversation) if conversation.handoff is Handoff.TALKING else conversation)


def released(conversation: Conversation) -> Conversation:
    """Nobody is waiting and nobody owns the talk."""
    return replace(conversation, handoff=Handoff.NONE, handoff_since=None, handoff_urgent=False)
