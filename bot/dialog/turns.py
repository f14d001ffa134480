"""What `respond` returns: the next state of the conversation and the effects to carry out in one commit."""

from dataclasses import dataclass, field
from datetime import date, datetime

from bot.domain.consents import ConsentGiven, Purpose
from bot.domain.contacts import Person
from bot.domain.conversations import Conversation
from bot.domain.donations import Component
from bot.domain.messages import Message


@dataclass(frozen=True, slots=True)
class Say:
    """Answer with this message. `about` is the content id it came from (for tests and figures, never shown)."""

    message: Message
    about: str


@dataclass(frozen=True, slots=True)
class Register:
    """Take a place. Refused when the slot just filled or the drive just closed."""

    drive_id: int
    slot_id: int
    ticket: str
    person: Person
    dangerous_work: bool
    consents: tuple[ConsentGiven, ...]


@dataclass(frozen=True, slots=True)
class Move:
    """Move a registration to another slot (of the same or another open drive). Refused like `Register`."""

    registration_id: int
    drive_id: int
    slot_id: int


@dataclass(frozen=True, slots=True)
class Bring:
    """Take a place for a colleague, of whom nothing is known until they stand at the door. Refused like `Register`, and
    when this person has brought enough already."""

    drive_id: int
    slot_id: int
    ticket: str


@dataclass(frozen=True, slots=True)
class SeeBrought:
    """The places that this person took for colleagues; comes back as `Brought`."""


@dataclass(frozen=True, slots=True)
class CancelBrought:
    """Give a colleague's place back; one that is somebody else's, or is held no more, stays as it is."""

    ticket: str


@dataclass(frozen=True, slots=True)
class Cancel:
    """Give the place back."""

    registration_id: int


@dataclass(frozen=True, slots=True)
class TakeHeld:
    """Yes to a place that was held for this person. Refused when it was let go meanwhile."""

    registration_id: int
    consent: ConsentGiven


@dataclass(frozen=True, slots=True)
class LetGo:
    """A place that was held is not wanted; one that is held no more stays as it is."""

    registration_id: int


@dataclass(frozen=True, slots=True)
class AskLater:
    """Nothing of giving again before this day (the person must already be a contact)."""

    until: date


@dataclass(frozen=True, slots=True)
class KeepRhythm:
    """When this person sleeps, one of `domain/rhythms.RHYTHMS` (the person must already be a contact)."""

    rhythm: str


@dataclass(frozen=True, slots=True)
class TellDonation:
    """A past donation as its giver tells it; never more than that (the person must already be a contact)."""

    day: date
    component: Component


@dataclass(frozen=True, slots=True)
class NameCard:
    """The name on the thank-you card; "" for none."""

    name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class GiveConsent:
    """Record a consent outside a registration (the person must already be a contact)."""

    consent: ConsentGiven


@dataclass(frozen=True, slots=True)
class WithdrawConsent:
    """Withdraw these purposes; effective before the next send."""

    purposes: tuple[Purpose, ...]


@dataclass(frozen=True, slots=True)
class AskForHuman:
    """Put the person on staff's list. `urgent` also alerts the health role."""

    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Erase:
    """Erase everything we hold of this person, but the proof of consent; at once."""


@dataclass(frozen=True, slots=True)
class ShowData:
    """The person asked what we hold; noted without its content."""


@dataclass(frozen=True, slots=True)
class KeepBloodGroup:
    """What the person told us, e.g. `O+`; kept sealed, for appeals they agreed to."""

    group: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LinkStaff:
    """A code from the console, typed here: alarms for that member of staff go to this address. Refused when unknown,
    used or too old."""

    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReportPressure:
    """ "I felt made to come": read above the unit. With `call_back` it keeps the address, else nothing points back."""

    unit_id: int | None
    words: str = field(default="", repr=False)
    call_back: bool = False


@dataclass(frozen=True, slots=True)
class AskRoute:
    """The person is asked for one more way to reach them; not again for a month."""


@dataclass(frozen=True, slots=True)
class JoinPerson:
    """This chat belongs to the person who got the link at that address. Refused when it was used or they are gone."""

    origin: int
    link: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class NoteUnanswered:
    """A question that we said we do not know, already without anything of the person: counted for staff."""

    words: str


@dataclass(frozen=True, slots=True)
class RateTopic:
    """An answer was useful, or was not: counted by topic and version, never by person."""

    wording: str
    useful: bool


@dataclass(frozen=True, slots=True)
class MakeJoinCode:
    """From now on this code joins another address to this one; one made here before works no longer."""

    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LookUpCode:
    """A code typed here. Refused when it is no good; nothing is told of whose it is, and nothing is joined yet."""

    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class JoinByCode:
    """Make one person of this address's and the code's. Refused when it is no good (any more)."""

    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LookForJoin:
    """Refused when there is no join that could be undone."""


@dataclass(frozen=True, slots=True)
class PartPerson:
    """Undo the last join of this person. Refused when there is none that could be."""


@dataclass(frozen=True, slots=True)
class OfferLine:
    """The turn that takes the place of this one if exactly one line of an old list fits the person; else there is no
    question, and nothing tells whether there was a line."""

    person: Person
    instead: "Turn" = field(repr=False)


@dataclass(frozen=True, slots=True)
class ClaimLine:
    """The line that fits becomes the person's. Answered by `LineClaimed`; refused when it is there no more."""

    person: Person


@dataclass(frozen=True, slots=True)
class EraseLine:
    """Every line that fits the person goes (the person must already be a contact)."""

    person: Person


Joining = JoinPerson | MakeJoinCode | LookUpCode | JoinByCode | LookForJoin | PartPerson

Effect = (
    Say
    | Register
    | Move
    | Cancel
    | Bring
    | SeeBrought
    | CancelBrought
    | TakeHeld
    | LetGo
    | AskLater
    | KeepRhythm
    | TellDonation
    | NameCard
    | GiveConsent
    | WithdrawConsent
    | AskForHuman
    | Erase
    | ShowData
    | KeepBloodGroup
    | LinkStaff
    | ReportPressure
    | AskRoute
    | Joining
    | NoteUnanswered
    | RateTopic
    | OfferLine
    | ClaimLine
    | EraseLine
)


@dataclass(frozen=True, slots=True)
class Refused:
    """The outcome of an effect that the database could not grant: the slot is full or closed, the code is no good.
    `why` tells joins that were refused apart, where the person may know it."""

    effect: Register | Move | Bring | TakeHeld | LinkStaff | ClaimLine | Joining
    why: str = ""


@dataclass(frozen=True, slots=True)
class BroughtPlace:
    """One place of a colleague."""

    drive_id: int
    slot_starts_at: datetime
    ticket: str


@dataclass(frozen=True, slots=True)
class Brought:
    """The outcome of `SeeBrought`."""

    places: tuple[BroughtPlace, ...]


@dataclass(frozen=True, slots=True)
class LineClaimed:
    """The outcome of a claim that was granted: what the old list says.

    Args:
        next_on: from when the person may usually give again, as far as anything of theirs tells.
    """

    donations: int | None
    last_given_on: date | None
    next_on: date | None


@dataclass(frozen=True, slots=True)
class Turn:
    """The whole answer to one update. Without `keep_words` the person's own words of this update are not kept; without
    `keep_answer` ours lose their words too, a quarter of an hour after they went out."""

    conversation: Conversation
    effects: tuple[Effect, ...] = ()
    keep_words: bool = True
    keep_answer: bool = True

    @property
    def messages(self) -> tuple[Message, ...]:
        return tuple(effect.message for effect in self.effects if isinstance(effect, Say))

    @property
    def claim(self) -> Register | Move | Bring | None:
        """The effect that may be refused; a turn has at most one."""
        return next((effect for effect in self.effects if isinstance(effect, Register | Move | Bring)), None)
