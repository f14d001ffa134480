"""The catalogue that `respond` sees: words, open drives, units; a cache of rows at most one second old."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from bot.dialog.talk import Catalogue, Outlook, Units, Words, no_card, no_picture, no_ticket_links
from bot.domain.changing import replace
from bot.domain.contacts import Address
from bot.domain.drives import Drive
from bot.domain.intents import Ways
from bot.domain.platforms import Platforms
from bot.domain.references import NO_REFERENCES, References
from bot.domain.updates import ChannelKind
from bot.library import Library
from bot.storage.approved_templates import approved_templates
from bot.storage.catalogue import all_units, open_drives, somebody_on_duty
from bot.storage.database import Database
from bot.storage.listed_donors import any_open
from bot.storage.queues import waiting_seconds
from bot.storage.references import drives_not_yet_open, references_after
from bot.understanding.reader import Reader
from bot.understanding.scrubbing import NOTHING_KEPT, Scrubber
from bot.understanding.unit_index import UnitIndex

FRESH_FOR = timedelta(seconds=1)
UNITS_FRESH_FOR = timedelta(seconds=60)


def no_link(_address: Address, _now: datetime) -> str:
    """Where no page can be opened."""
    return ""


@dataclass(frozen=True, slots=True)
class Fixed:
    """What does not change while the program runs, unless the content does (words, reader, scrubber): links, local time,
    the controller's name; `paces` are the calls a minute that each channel's accounts may make."""

    words: Library
    reader: Reader
    zone: ZoneInfo
    form_link: Callable[[Address, datetime], str]
    organiser: str = ""
    me_link: Callable[[Address, datetime], str] = no_link
    keep_days: int = 30
    paces: Mapping[ChannelKind, int] = field(default_factory=dict)
    outlook: Outlook | None = None
    ticket_links: Callable[[Address, str], tuple[str, str]] = no_ticket_links
    picture_link: Callable[[Address, str], str] = no_picture
    card_link: Callable[[Address, datetime], str] = no_card
    scrubber: Scrubber = NOTHING_KEPT
    notice: str = ""


class Catalogues:
    """Keeps one catalogue fresh. Reading it costs nothing; renewing it is one read at most each second."""

    def __init__(self, db: Database, fixed: Fixed) -> None:
        self._db = db
        self._fixed = fixed
        self._words: Library = fixed.words
        self._next_steps = {topic.id: topic.next for topic in fixed.words.topics.values()}
        self._units: Units | None = None
        self._units_until: datetime | None = None
        self._images: Mapping[str, str] = fixed.words.images()
        self._references = NO_REFERENCES
        self._read_with = fixed
        self._catalogue: Catalogue | None = None
        self._until: datetime | None = None
        self._lock = asyncio.Lock()

    @property
    def words(self) -> Words:
        return self._words

    @property
    def platforms(self) -> Platforms:
        """What each platform allows."""
        return self._fixed.words.platforms

    @property
    def library(self) -> Library:
        """The content in use, outdated topics and all."""
        return self._fixed.words

    def renew(self, words: Library, reader: Reader, scrubber: Scrubber) -> None:
        """The content has changed: from the next question on."""
        self._fixed = replace(self._fixed, words=words, reader=reader, scrubber=scrubber)
        self._words = words
        self._next_steps = words.next_steps()
        self.forget()

    async def current(self, now: datetime) -> Catalogue:
        """The catalogue of this second.

        Raises:
            DatabaseAway: there is none yet, or it has gone stale and cannot be renewed.
        """
        if self._catalogue is not None and self._until is not None and now < self._until:
            return self._catalogue
        async with self._lock:
            if self._catalogue is None or self._until is None or now >= self._until:
                self._catalogue = await self._db.read(lambda connection: self.read(connection, now))
                self._until = now + FRESH_FOR
            return self._catalogue

    def forget(self) -> None:
        """Read everything anew at the next question (after a `load`, an opened drive …)."""
        self._until = self._units_until = None

    def read(self, connection: Connection, now: datetime) -> Catalogue:
        """Read a catalogue from the rows, the union tree at most once a minute."""
        fixed, until = self._fixed, self._units_until
        if self._units is None or until is None or now >= until or fixed is not self._read_with:
            today = now.astimezone(fixed.zone).date()
            self._units = UnitIndex(all_units(connection), today)
            self._words = fixed.words.as_of(today)  # a text past its review date gives way to a safe line
            self._next_steps, self._images = self._words.next_steps(), self._words.images()
            self._references = replace(self._references, not_yet_open=drives_not_yet_open(connection, now))
            self._units_until, self._read_with = now + UNITS_FRESH_FOR, fixed
        self._references = _grown(connection, self._references)
        ways = self._ways(connection) if self._fixed.outlook else None
        waits = waiting_seconds(connection, self._fixed.paces, now)
        duty, lists = somebody_on_duty(connection), any_open(connection)
        return self._with(open_drives(connection, now), self._units, duty, waits, ways, lists)

    @property
    def organiser(self) -> str:
        """Who keeps the data, by name."""
        return self._fixed.organiser

    def _ways(self, connection: Connection) -> Ways:
        """What platforms have approved just now, for the channels that are on."""
        on = {kind: platform for kind, platform in self.platforms.items() if kind in self._fixed.paces}
        return Ways(on, approved_templates(connection), self.library.schedule)

    def _with(
        self,
        drives: tuple[Drive, ...],
        units: Units,
        duty: bool,
        waits: Mapping[int, float],
        ways: Ways | None,
        lists: bool,
    ) -> Catalogue:
        fixed = self._fixed
        return Catalogue(
            words=self._words,
            reader=fixed.reader,
            drives=drives,
            units=units,
            zone=fixed.zone,
            form_link=fixed.form_link,
            me_link=fixed.me_link,
            organiser=fixed.organiser,
            duty=duty,
            waits=waits,
            next_steps=self._next_steps,
            rules=self._fixed.words.rules,
            keep_days=fixed.keep_days,
            outlook=fixed.outlook,
            ways=ways,
            references=self._references,
            ticket_links=fixed.ticket_links,
            campaigns=fixed.words.campaigns,
            notice=fixed.notice,
            images=self._images,
            picture_link=fixed.picture_link,
            lists=lists,
            scrubber=fixed.scrubber,
            steps=fixed.words.steps,
            card_link=fixed.card_link,
        )


class CurrentWords:
    """Implements `talk.Words` for those who keep a hold of it: always the words of this moment."""

    def __init__(self, catalogues: Catalogues) -> None:
        self._catalogues = catalogues

    def text(self, text_id: str, language: str, values: Mapping[str, object] | None = None) -> str:
        return self._catalogues.words.text(text_id, language, values)

    def has(self, text_id: str) -> bool:
        return self._catalogues.words.has(text_id)

    def safety_note(self, day: date) -> str:
        return self._catalogues.words.safety_note(day)

    def wording(self, text_id: str) -> str:
        return self._catalogues.words.wording(text_id)


def _grown(connection: Connection, known: References) -> References:
    """With the codes made since; what a code stands for never changes, so each is read once."""
    fresh = references_after(connection, max(known.by_number, default=0))
    return replace(known, by_number={**known.by_number, **{one.number: one for one in fresh}}) if fresh else known
