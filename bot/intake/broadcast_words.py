"""A broadcast's words as each channel shows them, and what keeps them from going out."""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial

from bot.channels.fit import fit
from bot.dialog.broadcast_words import FIRST, Frame, broadcast_message, counted_link, own_text
from bot.domain.broadcasts import Draft, Refusal, Refused
from bot.domain.messages import Message
from bot.domain.outbox import MessagePurpose
from bot.domain.platforms import Limits, RouteKind
from bot.domain.templates import Approved, BadParam, Templates, as_read, call_for
from bot.domain.updates import ChannelKind
from bot.library.library import Library
from bot.library.schema import LANGUAGES
from bot.storage.broadcast_surroundings import AboutDrive, Surroundings

HINT = "channels.answer-with-number"


@dataclass(frozen=True, slots=True)
class Said:
    """The words of a day, what the channels that are on can carry, and where counted links lead over."""

    library: Library
    today: date
    limits: Mapping[ChannelKind, Limits]
    site: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What somebody on one channel gets: one message after another. `template`: in words that a platform approved."""

    channel: ChannelKind
    parts: tuple[Message, ...]
    template: bool = False


def wording_of(said: Said, draft: Draft) -> str:
    """The version of its topic's words.

    Raises:
        Refused: there is no such topic, or it does not hold today.
    """
    if not draft.topic:
        return ""
    text_id = f"topic.{draft.topic}"
    topic = said.library.topics.get(text_id)
    if topic is None:
        raise Refused(Refusal.NO_SUCH_TOPIC, draft.topic)
    if topic.is_stale(said.today) or not topic.holds(said.today):
        raise Refused(Refusal.TOPIC_OUTDATED, draft.topic)
    return said.library.wording(text_id)


def previews(said: Said, draft: Draft, around: Surroundings, image: str, language: str) -> list[Preview]:
    """True to what is sent: the same words through the same fitting; only links stand there as staff wrote them, so that
    whoever approves sees where they lead.

    Args:
        image: address of its picture; "" without one.

    Raises:
        KeyError: it has no words yet.
    """
    return _fitted(said, draft, Frame(around.unit, image), language)


def _fitted(said: Said, draft: Draft, frame: Frame, language: str) -> list[Preview]:
    message = broadcast_message(said.library, draft, frame, language)
    hint = said.library.text(HINT, language)
    return [Preview(kind, fit((message,), limits, hint)) for kind, limits in said.limits.items()]


def template_previews(said: Said, draft: Draft, around: Surroundings, approved: Templates) -> Iterator[Preview]:
    """What those read whose window is shut.

    Raises:
        Refused: a place of the template does not take what would stand there.
    """
    for one in _usable(said, draft, approved):
        form = said.library.forms[f"{one.name}@{one.channel}"]
        values = _values(said, draft, around.drive, one.language)
        if form.param("drive") is not None and around.drive is None:
            raise Refused(Refusal.NO_DRIVE)
        try:
            call_for(form, one, values, next(iter(one.ways), RouteKind.UTILITY))
        except BadParam as fault:
            news = form.param("news")
            over = len(values["news"]) - news.longest if news is not None else 0
            raise Refused(Refusal.TOO_LONG, f"{_name(one.channel)} (template): {max(over, 1)}") from fault
        yield Preview(one.channel, (Message(as_read(form, values, one.language)),), template=True)


def check_words(said: Said, draft: Draft, around: Surroundings, approved: Templates) -> None:
    """Raises:
    Refused: no words, a topic that does not hold, too long for a channel, no picture where one was chosen, or a
        template that nobody has approved.
    """
    wording_of(said, draft)
    if not draft.topic and not dict(draft.words).get(FIRST, "").strip():
        raise Refused(Refusal.NO_WORDS)
    if draft.image_id is not None and not around.picture:
        raise Refused(Refusal.NO_IMAGE)
    if draft.purpose is MessagePurpose.DRIVE and around.drive is None:
        raise Refused(Refusal.NO_DRIVE)
    for language in LANGUAGES if draft.topic else dict(draft.words):
        _check_length(said, draft, around, language)
    if draft.template:
        if not _usable(said, draft, approved):
            raise Refused(Refusal.NO_TEMPLATE, draft.template)
        for _ in template_previews(said, draft, around, approved):
            pass


def _check_length(said: Said, draft: Draft, around: Surroundings, language: str) -> None:
    """One message a channel, with its links as they are sent: what would be cut into two is too long."""
    image = "https://example.org/1.png" if around.picture else ""
    frame = Frame(around.unit, image, partial(counted_link, said.site, 0))
    for preview in _fitted(said, draft, frame, language):
        texts = [part.text for part in preview.parts if part.text]
        if len(texts) > 1:
            whole = sum(len(unicodedata.normalize("NFC", text)) for text in texts)
            over = max(1, whole - said.limits[preview.channel].text)
            raise Refused(Refusal.TOO_LONG, f"{_name(preview.channel)} ({language}): {over}")


def _usable(said: Said, draft: Draft, approved: Templates) -> list[Approved]:
    found = [one for one in approved.get(draft.template, ()) if one.usable and one.channel in said.limits]
    forms = said.library.forms
    ours = [one for one in found if f"{one.name}@{one.channel}" in forms]
    return [one for one in ours if forms[f"{one.name}@{one.channel}"].purpose is draft.purpose]


def _values(said: Said, draft: Draft, drive: AboutDrive | None, language: str) -> dict[str, str]:
    news = " ".join(own_text(said.library, draft, language).split())
    values = {"short_name": said.library.text("remind.anybody", language), "news": news}
    if drive is not None:
        values |= {"drive": drive.name, "place": drive.place, "date": f"{drive.starts_at:%d/%m/%Y}"}
    return values


def _name(channel: ChannelKind) -> str:
    return {ChannelKind.WEB: "web"}.get(channel, channel.value.capitalize())
