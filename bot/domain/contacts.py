"""A person and what we hold of them."""

from dataclasses import dataclass, field
from datetime import date, datetime

from bot.domain.consents import Purpose
from bot.domain.conversations import Conversation
from bot.domain.registrations import Registration
from bot.domain.updates import ChannelKind


@dataclass(frozen=True, slots=True)
class Person:
    """What a registration needs of a person. `phone` is +84 form; never logged, never in a URL."""

    name: str = field(repr=False)
    birth_date: date = field(repr=False)
    phone: str = field(repr=False)
    unit_id: int | None


@dataclass(frozen=True, slots=True)
class Address:
    """Where a person can be reached: an account and the platform's user id.

    `contact_id` is given at the first hello; until somebody registers there is no contact under it.
    """

    id: int
    account_id: int
    channel: ChannelKind
    user_id: str
    contact_id: int
    last_inbound_at: datetime | None = None
    blocked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Dossier:
    """All that `respond` may know of the person who writes, loaded after the locks.

    Args:
        asked_route_at: when they were last asked for one more way to reach them.
        elsewhere: there is another open address of theirs that has no window.
        rhythm: when they sleep, where it is not at night (`domain/rhythms.py`).
        site_phone: of the site where they gave last ("" where it is not known).
        given: donations that a site or a blood bank has recorded.
        told: those that only the person or an old list tells of.
    """

    address: Address
    conversation: Conversation
    person: Person | None = None
    registrations: tuple[Registration, ...] = ()
    last_given_on: date | None = None
    next_on: date | None = None
    deferred_until: date | None = None
    consents: frozenset[Purpose] = frozenset()
    knows_blood_group: bool = False
    asked_route_at: datetime | None = None
    elsewhere: bool = False
    rhythm: str = ""
    site_phone: str = ""
    given: int = 0
    told: int = 0

    def registration(self, registration_id: int) -> Registration | None:
        return next((r for r in self.registrations if r.id == registration_id), None)
