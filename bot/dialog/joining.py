"""One person at several addresses: a code from one chat joins another, after one question; and they can part again."""

from bot.dialog.human import owned_by_staff
from bot.dialog.menu import onward
from bot.dialog.open_form import where_we_are
from bot.dialog.payloads import OnePerson, parse
from bot.dialog.saying import choice, say, to, with_conversation
from bot.dialog.talk import Talk
from bot.dialog.turns import JoinByCode, Joining, LookForJoin, LookUpCode, MakeJoinCode, PartPerson, Turn
from bot.domain.changing import replace
from bot.domain.conversations import Conversation
from bot.domain.join_codes import join_code_from, spoken_join_code
from bot.understanding.join_codes import asks_to_join, asks_to_part, read_join_code
from bot.understanding.picks import read_yes_no

SAME = "same"
"""Why a code is refused that joins what is one already."""


def begin(talk: Talk) -> Turn:
    """A code to type in the other chat. Staff who read this talk later must not find it."""
    code = join_code_from(talk.seed)
    said = say(talk, "join.code", *onward(talk), code=spoken_join_code(code))
    return Turn(talk.dossier.conversation, (MakeJoinCode(code), said), keep_words=False)


def typed_code(talk: Talk, text: str) -> Turn | None:
    """A code from another chat, alone or in a sentence; it is a secret, and is not kept."""
    code = read_join_code(text)
    return _ask(talk, code) if code else None


def typed(talk: Talk, text: str) -> Turn | None:
    """The wish in words, and a plain yes or no to the open question."""
    if owned_by_staff(talk):
        return None
    if asks_to_join(text):
        return begin(talk)
    if asks_to_part(text):
        return ask_to_part(talk)
    return _answered(talk, text)


def pressed(talk: Talk, press: OnePerson) -> Turn:
    """The answer to one of the two questions; an old button to part asks again."""
    match press.answer:
        case "yes":
            return _join(talk, press.code)
        case "part":
            return _part(talk) if _open(talk.dossier.conversation, "part") else ask_to_part(talk)
    text_id = "join.stays" if _open(talk.dossier.conversation, "part") else "join.left"
    return where_we_are(talk, say(talk, text_id))


def refused(talk: Talk, effect: Joining, why: str) -> Turn:
    """Wrong, used and too old sound alike: nobody learns which codes there are."""
    if isinstance(effect, PartPerson | LookForJoin):
        return where_we_are(talk, say(talk, "join.nothing-to-part"))
    text_id = "join.same" if why == SAME else "join.no-good"
    return replace(where_we_are(talk, say(talk, text_id)), keep_words=False)


def ask_to_part(talk: Talk) -> Turn:
    yes, no = choice(talk, "part", OnePerson("part")), choice(talk, "stay-joined", OnePerson("no"))
    return Turn(talk.dossier.conversation, (LookForJoin(), say(talk, "join.ask-part", yes, no)))


def _ask(talk: Talk, code: str) -> Turn:
    """What will be one from then on, before anything of the other side is shown."""
    yes, no = choice(talk, "join-yes", OnePerson("yes", code)), choice(talk, "not-join", OnePerson("no"))
    return Turn(talk.dossier.conversation, (LookUpCode(code), say(talk, "join.ask", yes, no)), keep_words=False)


def _join(talk: Talk, code: str) -> Turn:
    said = say(talk, "join.done", to(talk, "mine"), *onward(talk))
    return Turn(talk.dossier.conversation, (JoinByCode(code), said), keep_words=False)


def _part(talk: Talk) -> Turn:
    """A form that is open here may hold words of the other side."""
    closed = replace(talk.dossier.conversation, form=None)
    said = say(talk, "join.parted", to(talk, "mine"), *onward(with_conversation(talk, closed)))
    return Turn(closed, (PartPerson(), said))


def _answered(talk: Talk, text: str) -> Turn | None:
    """A plain yes or no while the question stands open; numbers and labels are taps."""
    open_ones = (parse(offered.payload) for offered in talk.dossier.conversation.offered)
    answers = {one.answer != "no": one for one in open_ones if isinstance(one, OnePerson)}
    said = read_yes_no(text) if answers else None
    return pressed(talk, answers[said]) if said in answers else None


def _open(conversation: Conversation, answer: str) -> bool:
    return any(parse(offered.payload) == OnePerson(answer) for offered in conversation.offered)
