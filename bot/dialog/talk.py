"""What `respond` is given: the dossier, the catalogue and now. Everything in it is a plain value."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from bot.domain.campaigns import Campaign
from bot.domain.contacts import Address, Dossier
from bot.domain.donations import Intervals
from bot.domain.drives import Drive, Slot
from bot.domain.intents import Ways
from bot.domain.quiet_hours import QuietHours
from bot.domain.recognition import Steps
from bot.domain.references import NO_REFERENCES, References
from bot.domain.rules import NO_RULES, RuleBook
from bot.domain.units import Unit
from bot.understanding.reader import Reader
from bot.understanding.scrubbing import NOTHING_KEPT, Scrubber


class Words(Protocol):
    """The content library as the dialogue sees it: text by id, in a language, with placeholders filled."""

    def text(self, text_id: str, language: str, values: Mapping[str, object] | None = None) -> str:
        """The words for an id such as `registration.ask-name`.

        Raises:
            KeyError: no content file has this id.
        """
        ...

    def has(self, text_id: str) -> bool: ...

    def safety_note(self, day: date) -> str:
        """The id of the COVID-19 note for a drive on this day."""
        ...

    def wording(self, text_id: str) -> str:
        """The version of a text as it is recorded with a consent, e.g. `consent.reminder@1`."""
        ...


class Units(Protocol):
    """The union tree of today, searchable as people type it."""

    def get(self, unit_id: int) -> Unit | None: ...

    def search(self, text: str, limit: int) -> list[Unit]:
        """Units whose name contains the typed words in any order, accents or not; best first."""
        ...

    def has_below(self, unit_id: int) -> bool:
        """Whether units of today stand below this one."""
        ...


@dataclass(frozen=True, slots=True)
class Outlook:
    """What looking ahead needs.

    Args:
        intervals: until the next donation.
        has_oa: an OA could write to people's phones.
        link: address and now → a link that opens our Telegram bot and joins the chat there ("" without a bot).
        origin: what such a link carries and now → the address it was made for; None when it is not ours or too old.
    """

    quiet: QuietHours
    intervals: Intervals
    has_oa: bool
    link: Callable[[Address, datetime], str]
    origin: Callable[[str, datetime], int | None]


def no_ticket_links(_address: Address, _ticket: str) -> tuple[str, str]:
    """Where no page of a ticket can be opened."""
    return "", ""


def no_picture(_address: Address, _name: str) -> str:
    """Where no picture can be fetched."""
    return ""


def no_card(_address: Address, _now: datetime) -> str:
    """Where no card can be fetched."""
    return ""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What is the same for everybody: words, open drives with places left, units. At most one second old.

    Args:
        words: the content library.
        reader: the understanding of typed Vietnamese (intents, urgent words).
        drives: open drives that have not ended, by time.
        units: the union tree of today.
        zone: local time for planning and speaking.
        form_link: address and now → signed URL of the one-page form ("" where this person could not open it).
        me_link: the same for the page with what we hold of a person; each link opens once.
        organiser: the controller's name, said in the consent question.
        ticket_links: address and ticket → its page and the picture of its QR code ("" where nobody could open them).
        duty: whether somebody with the health role is on duty now.
        waits: account id → seconds that a reply would wait there just now; only accounts with a queue.
        next_steps: sensible next steps by topic id: ids of topics or labels, as the topics' files name them.
        outlook: for asking for one more way to somebody; None: nobody is asked.
        rules: donor rules, for answers worked out for a person.
        ways: platforms that are on, and what they have approved.
        keep_days: so long words are kept, encrypted.
        references: the codes on posters.
        scrubber: what may be kept of a question that nobody has answered yet.
        campaigns: of the year.
        notice: where the privacy notice stands ("" where nobody could open it).
        lists: there are lines of old lists that nobody has claimed.
        steps: at which donors are honoured.
        card_link: address and now → the picture of the thank-you card ("" where nobody could open it).
        images: the picture of an answer by its id; `picture_link`: address and picture → where it can be fetched ("").
    """

    words: Words
    reader: Reader
    drives: tuple[Drive, ...]
    units: Units
    zone: ZoneInfo
    form_link: Callable[[Address, datetime], str]
    me_link: Callable[[Address, datetime], str]
    organiser: str = ""
    duty: bool = False
    waits: Mapping[int, float] = field(default_factory=dict)
    next_steps: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    keep_days: int = 30
    outlook: Outlook | None = None
    ways: Ways | None = None
    rules: RuleBook = NO_RULES
    references: References = NO_REFERENCES
    scrubber: Scrubber = NOTHING_KEPT
    ticket_links: Callable[[Address, str], tuple[str, str]] = no_ticket_links
    campaigns: tuple[Campaign, ...] = ()
    notice: str = ""
    images: Mapping[str, str] = field(default_factory=dict)
    picture_link: Callable[[Address, str], str] = no_picture
    lists: bool = False
    steps: Steps = ()
    card_link: Callable[[Address, datetime], str] = no_card

    def drive(self, drive_id: int) -> Drive | None:
        for drive in self.drives:
            if drive.id == drive_id:
                return drive
        return None

    def slot(self, slot_id: int) -> tuple[Drive, Slot] | None:
        """The open drive and slot of this id."""
        for drive in self.drives:
            slot = drive.slot(slot_id)
            if slot is not None:
                return drive, slot
        return None


@dataclass(frozen=True, slots=True)
class Talk:
    """One person's talk at one moment. `seed` is 64 random bits from the edge (for a ticket, nothing else)."""

    dossier: Dossier
    catalogue: Catalogue
    now: datetime
    seed: int = 0
