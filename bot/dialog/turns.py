"""What `respond` returns: the next state of the conversation and the effects to carry out in one commit."""

from dataclasses import dataclass, field

from bot.domain.consents import ConsentGiven, Purpose
from bot.domain.contacts import Person
from bot.domain.conversations import Conversation
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
class Cancel:
    """Give the place back."""

    registration_id: int


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


Joining = JoinPerson | MakeJoinCode | LookUpCode | JoinByCode | LookForJoin | PartPerson

Effect = (
    Say
    | Register
    | Move
    | Cancel
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
)


@dataclass(frozen=True, slots=True)
class Refused:
    """The outcome of an effect that the database could not grant: the slot is full or closed, the code is no good.
    `why` tells joins that were refused apart, where the person may know it."""

    effect: Register | Move | LinkStaff | Joining
    why: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """The whole answer to one update. Without `keep_words` the person's own words of this update are not kept."""

    conversation: Conversation
    effects: tuple[Effect, ...] = ()
    keep_words: bool = True

    @property
    def messages(self) -> tuple[Message, ...]:
        return tuple(effect.message for effect in self.effects if isinstance(effect, Say))

    @property
    def claim(self) -> Register | Move | None:
        """The effect that may be refused; a turn has at most one."""
        return next((effect for effect in self.effects if isinstance(effect, Register | Move)), None)
