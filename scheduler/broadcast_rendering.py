"""What stands in a broadcast's messages: its own words for each language and channel, or a platform's approved ones."""

from sqlalchemy import Connection

from bot.dialog.broadcast_words import Frame, broadcast_message, counted_link, own_text
from bot.dialog.wording import local_day
from bot.domain.broadcasts import Broadcast
from bot.domain.messages import Message
from bot.domain.reach import RoutePlan
from bot.domain.templates import as_read, call_for
from bot.domain.updates import ChannelKind
from bot.storage.broadcast_surroundings import Surroundings, surroundings_of
from bot.storage.talk_homes import TalkHome
from scheduler.parts import Parts
from scheduler.rendering import short_name


def letter_of(connection: Connection, parts: Parts, broadcast: Broadcast) -> "Letter":
    """Everything that its messages say, read once for a page of people."""
    return Letter(parts, broadcast, surroundings_of(connection, broadcast.draft))


class Letter:
    """One broadcast's words; the same for everybody of a language and a channel."""

    def __init__(self, parts: Parts, broadcast: Broadcast, around: Surroundings) -> None:
        self._parts, self._broadcast, self._around = parts, broadcast, around
        self._said: dict[tuple[str, ChannelKind], Message] = {}

    def message(self, home: TalkHome, language: str) -> Message:
        """Raises:
        KeyError: the content has no such words any more.
        """
        key = language, home.address.channel
        if key not in self._said:
            picture = self._around.picture
            image = self._parts.picture_link(home.address, f"b/{picture}") if picture else ""
            frame = Frame(self._around.unit, image, self._link)
            self._said[key] = broadcast_message(self._parts.words, self._broadcast.draft, frame, language)
        return self._said[key]

    def template(self, route: RoutePlan, home: TalkHome, language: str) -> Message:
        """The news in words that the platform has approved; the text is for our own records.

        Raises:
            BadParam: a value does not fit; nothing is sent shortened against its rule.
            KeyError: we have no such form.
        """
        approved, ring = route.template, self._parts.ring
        if approved is None:
            raise KeyError(route.kind)
        form = self._parts.forms[f"{approved.name}@{approved.channel}"]
        name = ring.open(home.name_sealed, "contacts.name").decode() if home.name_sealed else ""
        phone = ring.open(home.phone_sealed, "contacts.phone").decode() if home.phone_sealed else ""
        anybody = self._parts.words.text("remind.anybody", language)
        values = {"short_name": short_name(name) or anybody, **self._facts(language)}
        return Message(
            as_read(form, values, approved.language), template=call_for(form, approved, values, route.kind, phone)
        )

    def _facts(self, language: str) -> dict[str, str]:
        news = " ".join(own_text(self._parts.words, self._broadcast.draft, language).split())
        drive = self._around.drive
        if drive is None:
            return {"news": news}
        day = local_day(drive.starts_at, self._parts.quiet.zone)
        return {"news": news, "drive": drive.name, "place": drive.place, "date": f"{day:%d/%m/%Y}"}

    def _link(self, target: str) -> str:
        return counted_link(self._parts.console, self._broadcast.id, target)
