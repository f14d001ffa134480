""" "How do you feel?" after giving: fine, or not well. It asks nothing intimate, and no word of the answer is kept,
nor for long what we said to it."""

from bot.dialog import human, questions
from bot.dialog.menu import onward
from bot.dialog.payloads import Remind, parse
from bot.dialog.saying import choice, say, to, to_topic, with_text, words
from bot.dialog.talk import Talk
from bot.dialog.turns import AskForHuman, Turn
from bot.domain.changing import replace
from bot.domain.conversations import Conversation
from bot.understanding.feelings import Feeling, read_feeling


def fine(talk: Talk) -> Turn:
    said = say(talk, "feeling.fine", to_topic(talk, "after"), *onward(talk))
    return Turn(talk.dossier.conversation, (said,), keep_words=False, keep_answer=False)


def unwell(talk: Talk) -> Turn:
    """115, what to do, the site's phone, and an alert to the health role; where nobody is on duty that is said."""
    cares = (to_topic(talk, "faint"), to_topic(talk, "arm-care"))
    said = say(talk, "feeling.unwell", *cares, to(talk, "human"), *onward(talk))
    told = words(talk, "urgent.told" if talk.catalogue.duty else "urgent.nobody-on-duty")
    text = "\n".join((said.message.text.rstrip(), *human.site(talk), told))
    effects = (with_text(said, text, said.about), AskForHuman(urgent=True))
    return Turn(human.alarmed(talk), effects, keep_words=False, keep_answer=False)


def open_question(conversation: Conversation) -> int | None:
    """The donation that was asked about, while the question is the last thing said."""
    for offered in conversation.offered:
        press = parse(offered.payload)
        if isinstance(press, Remind) and press.action == "fine":
            return press.subject_id
    return None


def typed(talk: Talk, text: str) -> Turn | None:
    """Their own words to the open question. A question of theirs is answered; what is unclear is asked again."""
    donation_id = open_question(talk.dossier.conversation)
    if donation_id is None:
        return None
    match read_feeling(text):
        case Feeling.FINE:
            return fine(talk)
        case Feeling.UNWELL:
            return unwell(talk)
    return None if questions.read(talk, text).answered else _again(talk, donation_id)


def _again(talk: Talk, donation_id: int) -> Turn:
    said = say(
        talk, "feeling.unclear",
        choice(talk, "feel-fine", Remind("fine", donation_id)),
        choice(talk, "feel-unwell", Remind("unwell", donation_id)), *onward(talk),
    )  # fmt: skip
    return Turn(talk.dossier.conversation, (said,), keep_words=False, keep_answer=False)


def unkept(talk: Talk, turn: Turn) -> Turn:
    """Any other answer to the open question, urgent words too: told to us about one's health, and not kept."""
    return turn if open_question(talk.dossier.conversation) is None else replace(turn, keep_words=False)
