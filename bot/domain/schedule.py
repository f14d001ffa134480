"""Reminders as data: what each counts from, when it goes out, how long it is of use, what stops it (content/reminders/)."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from enum import StrEnum

from bot.domain.campaigns import Campaign, coming
from bot.domain.changing import replace
from bot.domain.consents import Purpose
from bot.domain.outbox import MessagePurpose


class Anchor(StrEnum):
    """The moment or day that a reminder counts from."""

    SLOT = "slot"
    CHANGE = "change"
    DONATION = "donation"
    NEXT_DAY = "next-day"
    SEASON = "season"
    DEFERRAL = "deferral"
    DEFERRAL_END = "deferral-end"
    ASKED = "asked"


class Stop(StrEnum):
    """Why a reminder that is due is not sent after all; the word stands with the row."""

    GIVEN_AGAIN = "given-again"
    DEFERRED = "deferred"
    REGISTERED = "registered"
    DECIDED_ANEW = "decided-anew"
    FIRST_UNSENT = "first-unsent"
    NO_FACTS = "no-facts"


@dataclass(frozen=True, slots=True)
class Reminder:
    """One kind of message because of a date.

    Args:
        id: stands in `intents.occasion`; its words are `remind.<id>`.
        offset: from the anchor; whole days go with `at`, hours and minutes without.
        at: local time of the day; None: at the moment itself.
        lasts: so long after it was due it is still of use.
        before: it is of no use any more so long before the anchor (slots only).
        slots_from: slots before this local time get no message of this kind (the one before it says its words).
        stop: what ends it; for those of a slot, losing the place always does.
        consent: the one it needs; the registration's belongs to a place and counts until it is taken back.
        follows: a reminder that must have gone out first, so long ago.
        merge: of several with the same word that fall together on one evening, one is sent.
        asks: it invites to give again, so "ask me later" puts it off.
        kinds: of a drive change: `moved` or `cancelled`.
        told: also for donations that nobody has verified.
    """

    id: str
    anchor: Anchor
    offset: timedelta = timedelta(0)
    at: time | None = None
    lasts: timedelta | None = None
    before: timedelta | None = None
    slots_from: time | None = None
    stop: frozenset[Stop] = frozenset()
    consent: Purpose = Purpose.REGISTRATION
    follows: tuple[str, timedelta] | None = None
    merge: str = ""
    asks: bool = False
    kinds: frozenset[str] = frozenset()
    told: bool = False
    template: str = ""

    @property
    def purpose(self) -> MessagePurpose:
        """Under which it goes out: what a registration entails, or what the person asked to be reminded of."""
        return MessagePurpose.REMINDER if self.consent is Purpose.REMINDER else MessagePurpose.DRIVE


@dataclass(frozen=True, slots=True)
class Schedule:
    """Every reminder of the content, and the campaigns whose seasons some count from."""

    reminders: Mapping[str, Reminder] = field(default_factory=dict)
    campaigns: tuple[Campaign, ...] = ()
    _seasons: dict[date, date | None] = field(default_factory=dict, repr=False, compare=False)

    def season_after(self, day: date) -> date | None:
        """The first day of the next season. Most donations of a page ask for the same one."""
        if day not in self._seasons:
            self._seasons[day] = next((season.starts for season in coming(self.campaigns, day)), None)
        return self._seasons[day]

    def of(self, *anchors: Anchor) -> Iterator[Reminder]:
        return (one for one in self.reminders.values() if one.anchor in anchors)

    def get(self, reminder_id: str) -> Reminder | None:
        return self.reminders.get(reminder_id)

    @property
    def fingerprint(self) -> str:
        """Changes when a timing does, so that what was planned by the old one is planned again."""
        told = [str(replace(one, stop=frozenset(), kinds=frozenset())) for _, one in sorted(self.reminders.items())]
        return hashlib.sha256("\n".join(told).encode()).hexdigest()


NO_SCHEDULE = Schedule()
