"""Building what the bot says: the words of an id in the person's language, with choices."""

from datetime import datetime

from bot.dialog.payloads import Go, Payload, Read
from bot.dialog.talk import Talk
from bot.dialog.turns import Say
from bot.dialog.wording import local_day, own_words, plain_date
from bot.domain.changing import replace
from bot.domain.conversations import Conversation
from bot.domain.messages import Choice, Link, Message


def words(talk: Talk, text_id: str, **values: object) -> str:
    """The words of an id in the language of this talk."""
    return talk.catalogue.words.text(text_id, talk.dossier.conversation.language, values)


def language(talk: Talk) -> str:
    return talk.dossier.conversation.language


def say(talk: Talk, text_id: str, *choices: Choice, **values: object) -> Say:
    """One message with the words of an id and its menu."""
    return Say(Message(words(talk, text_id, **values), choices), text_id)


def say_here(talk: Talk, text_id: str, *choices: Choice) -> Say:
    """The words of an id as they are on this channel: its own, else those for everybody; with their picture."""
    own = own_words(text_id, talk.dossier.address.channel)
    picture = talk.catalogue.images.get(text_id)
    image = talk.catalogue.picture_link(talk.dossier.address, picture) if picture else ""
    said = Message(words(talk, own if talk.catalogue.words.has(own) else text_id), choices, image=image or None)
    return Say(said, text_id)


def safety_note(talk: Talk, starts_at: datetime) -> str:
    """What a drive's people are told of COVID-19, with its day."""
    day = local_day(starts_at, talk.catalogue.zone)
    return words(talk, talk.catalogue.words.safety_note(day), date=plain_date(day, language(talk)))


def choice(talk: Talk, label_id: str, payload: Payload, **values: object) -> Choice:
    """One thing to tap, labelled with the words of `label.…`."""
    label = talk.catalogue.words.text(f"label.{label_id}", talk.dossier.conversation.language, values)
    return Choice(label, str(payload))


def to(talk: Talk, place: str) -> Choice:
    """A way to a place of the menu, labelled like any other choice."""
    return Choice(words(talk, f"label.{place}"), str(Go(place)))


def to_topic(talk: Talk, name: str) -> Choice:
    """A way to the answer of a topic, labelled with its title."""
    return Choice(words(talk, f"topic.{name}.title"), str(Read(name)))


def organiser(talk: Talk) -> str:
    """Who keeps the data, for the consents."""
    return talk.catalogue.organiser or words(talk, "registration.organiser")


def with_link(said: Say, label: str, url: str) -> Say:
    return replace(said, message=replace(said.message, link=Link(label, url)))


def with_choices(said: Say, *choices: Choice) -> Say:
    """The same words with another menu."""
    return replace(said, message=said.message.with_choices(choices))


def with_text(said: Say, text: str, about: str) -> Say:
    """The same menu under other words."""
    return Say(replace(said.message, text=text), about)


def with_conversation(talk: Talk, conversation: Conversation) -> Talk:
    """The talk as it would be with another state of the conversation."""
    return replace(talk, dossier=replace(talk.dossier, conversation=conversation))


def with_phone_button(said: Say) -> Say:
    """The channel may offer its own "share my phone number" button."""
    return replace(said, message=replace(said.message, ask_phone=True))
