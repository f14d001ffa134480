"""Questions: the topic that answers, and the next sensible step."""

from bot.dialog import computed, doubts
from bot.dialog.drives import MOST, lines
from bot.dialog.menu import onward
from bot.dialog.payloads import Read, parse
from bot.dialog.saying import say, say_here, to, with_text, words
from bot.dialog.seasons import with_season
from bot.dialog.talk import Talk
from bot.dialog.turns import Say, Turn
from bot.domain.messages import Choice
from bot.understanding.reader import Reading

TOPICS = ("why-donate", "who-may", "before", "after", "covid-safety", "benefits", "interval", "pain-safety")
"""The topics of the menu, in order; one that the content does not have is left out."""

CALL = "call-the-centre"

USUALLY = ("label.register", "label.topics")
"""Next steps of an answer that names none."""


def menu_of_topics(talk: Talk) -> Turn:
    """The questions people ask most, to tap; any other can be typed."""
    known = (name for name in TOPICS if talk.catalogue.words.has(f"topic.{name}"))
    picks = tuple(Choice(words(talk, f"topic.{name}.title"), str(Read(name))) for name in known)
    return Turn(
        talk.dossier.conversation, (say(talk, "questions.topics", *picks, to(talk, "pressure"), *onward(talk)),)
    )


def topic(talk: Talk, name: str) -> Turn:
    """A topic that was tapped; one that is gone leads to the list."""
    if not talk.catalogue.words.has(f"topic.{name}"):
        return menu_of_topics(talk)
    if name == CALL:
        return call_the_centre(talk)
    return Turn(talk.dossier.conversation, (_general(talk, f"topic.{name}"),))


def meant(talk: Talk, text: str) -> Turn | None:
    """A typed yes or no to "is it about …?"."""
    told = doubts.meant(talk, text)
    if told is None:
        return None
    return topic(talk, told) if isinstance(told, str) else doubts.unknown(talk)


def call_the_centre(talk: Talk) -> Turn:
    """How anybody can have their blood left unused. The same for everybody, and who read it is not kept."""
    said = say(talk, f"topic.{CALL}", *_next_steps(talk, f"topic.{CALL}"))
    held = {r.drive_id for r in talk.dossier.registrations}
    ordered = sorted(talk.catalogue.drives, key=lambda drive: drive.id not in held)
    phones = dict.fromkeys(drive.site_phone for drive in ordered if drive.site_phone)
    lines = [said.message.text, *(words(talk, "urgent.site", site_phone=phone) for phone in list(phones)[:1])]
    return Turn(talk.dossier.conversation, (with_text(said, "\n".join(lines), said.about),), keep_words=False)


def read(talk: Talk, text: str) -> Reading:
    """What a text seems to mean; after an answer to a question the next question is most likely about giving blood too."""
    offered = (parse(choice.payload) for choice in talk.dossier.conversation.offered)
    return talk.catalogue.reader.read(text, in_talk=any(isinstance(press, Read) for press in offered))


def answer(talk: Talk, reading: Reading, text: str) -> Say | None:
    """The answer alone, when we have one: worked out for this person where that can be, else the topic."""
    if not reading.answered:
        return None
    if reading.intent == "where_when" and talk.catalogue.drives:
        return say(talk, "drives.list-only", list=lines(talk, talk.catalogue.drives[:MOST]))
    if reading.topic and talk.catalogue.words.has(reading.topic):
        return _own_answer(talk, reading, text) or _general(talk, reading.topic)
    return None


def _general(talk: Talk, topic_id: str) -> Say:
    """The same for everybody."""
    said = with_season(talk, say_here(talk, topic_id, *_next_steps(talk, topic_id)))
    return doubts.with_rating(talk, said, topic_id)


def _own_answer(talk: Talk, reading: Reading, text: str) -> Say | None:
    """Worked out for this person; the rule for everybody is one tap away."""
    own = computed.answer_for(talk, reading, text)
    if own is None:
        return None
    rule = Choice(words(talk, f"{reading.topic}.title"), str(Read(reading.topic.removeprefix("topic."))))
    said = say(talk, reading.topic, rule, *_next_steps(talk, reading.topic))
    return with_text(said, own, f"{reading.topic}.computed")


def _next_steps(talk: Talk, topic_id: str) -> tuple[Choice, ...]:
    """What people usually want next, as the topic's content file says."""
    steps = talk.catalogue.next_steps.get(topic_id, USUALLY)
    return (*(_step(talk, step) for step in steps[:MOST]), *onward(talk))


def _step(talk: Talk, step: str) -> Choice:
    """One next step: another topic, or a place of the menu."""
    kind, _, name = step.partition(".")
    return Choice(words(talk, f"{step}.title"), str(Read(name))) if kind == "topic" else to(talk, name)
