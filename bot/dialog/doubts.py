"""Honest ignorance: "did you mean …?", "I do not know", and whether an answer was of use."""

from bot.dialog import human
from bot.dialog.menu import onward
from bot.dialog.payloads import Go, Rate, Read, parse
from bot.dialog.saying import choice, say, to, with_choices, words
from bot.dialog.talk import Talk
from bot.dialog.turns import NoteUnanswered, RateTopic, Say, Turn
from bot.domain.conversations import Handoff
from bot.domain.messages import Choice
from bot.understanding.answers import read_yes_no
from bot.understanding.reader import Reading

NOT_MEANT = Go("unknown")
"""None of the topics that we thought of."""

STALE = "topic.stale"

HEARD = 0.30
"""From this likelihood on a guess is offered (docs/why.md: of what is offered then, seven of eight are meant)."""

ONE_IN = 4
"""So rarely an answer asks whether it was of use. Chance decides: remembering who was asked what would be a record of
what each person reads about their health."""

SMALL_MENU = 5
"""A menu with more choices is not made longer."""


def perhaps(talk: Talk, reading: Reading) -> Say | None:
    """Is it about one of these? None when there is nothing to offer."""
    topics = [name for name in reading.perhaps if talk.catalogue.words.has(name)][:2]
    if not topics or reading.confidence < HEARD:
        return None
    titles = [words(talk, f"{name}.title").rstrip("?") for name in topics]
    picks = [Choice(words(talk, f"{name}.title"), str(Read(name.removeprefix("topic.")))) for name in topics]
    if len(topics) == 2:
        said = say(talk, "questions.perhaps-two", first=titles[0], second=titles[1])
    else:
        said = say(talk, "questions.perhaps-one", first=titles[0])
    if talk.dossier.conversation.form is not None:
        return with_choices(said, *picks, *onward(talk))
    return with_choices(said, *picks, choice(talk, "none-of-these", NOT_MEANT), *onward(talk))


def meant(talk: Talk, text: str) -> str | bool | None:
    """A typed answer to "is it about …?": the topic, False for no, None where it is neither.

    With two topics a "yes" says nothing; a number or a label has been taken for a tap before."""
    offered = [choice.payload for choice in talk.dossier.conversation.offered]
    if str(NOT_MEANT) not in offered:
        return None
    answer = read_yes_no(text)
    topics = [press.topic for payload in offered if isinstance(press := parse(payload), Read)]
    return topics[0] if answer and len(topics) == 1 else False if answer is False else None


def unknown(talk: Talk, text: str = "") -> Turn:
    """We do not know, we say so, and offer a human. What the question was about may be counted, without the person."""
    conversation = talk.dossier.conversation
    if conversation.handoff is Handoff.WAITING:
        return human.ask(talk)
    said = say(talk, "topic.unknown", to(talk, "human"), to(talk, "topics"), *onward(talk))
    if conversation.handoff is not Handoff.NONE:  # what people tell while they wait for a person is for that person
        return Turn(conversation, (said,))
    kept = talk.catalogue.scrubber.keepable(text)
    return Turn(conversation, (said, NoteUnanswered(kept)) if kept else (said,))


def with_rating(talk: Talk, said: Say, topic_id: str) -> Say:
    """Now and then, under a short menu: was this of use?"""
    choices = said.message.choices
    conversation = talk.dossier.conversation
    if talk.seed % ONE_IN or conversation.form is not None or conversation.handoff is not Handoff.NONE:
        return said
    if len(choices) > SMALL_MENU or said.message.text == words(talk, STALE):
        return said
    name = topic_id.removeprefix("topic.")
    asked = (choice(talk, "useful", Rate("yes", name)), choice(talk, "not-useful", Rate("no", name)))
    return with_choices(said, *choices[:-1], *asked, *choices[-1:])


def rated(talk: Talk, press: Rate) -> Turn | None:
    """Counted once: only while the choice stands under the last message, and thanks put others there."""
    topic_id = f"topic.{press.topic}"
    offered = {choice.payload for choice in talk.dossier.conversation.offered}
    if str(press) not in offered or not talk.catalogue.words.has(topic_id):
        return None
    useful = press.answer == "yes"
    choices = onward(talk) if useful else (to(talk, "human"), to(talk, "topics"), *onward(talk))
    said = say(talk, "questions.rated-useful" if useful else "questions.rated-not-useful", *choices)
    return Turn(talk.dossier.conversation, (said, RateTopic(talk.catalogue.words.wording(topic_id), useful)))
