"""What `respond` returns: the next state of the conversation and the effects to carry out in one commit."""

from dataclasses import dataclass

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
    """Put the person on staff's list. `urgent` also alerts the health role. `reason` is one of our own words."""

    reason: str
    urgent: bool = False


Effect = Say | Register | Move | Cancel | GiveConsent | WithdrawConsent | AskForHuman


@dataclass(frozen=True, slots=True)
class Refused:
    """The outcome of an effect that the database could not grant: this slot is full or no longer open."""

    effect: Register | Move


@dataclass(frozen=True, slots=True)
class Turn:
    """The whole answer to one update."""

    conversation: Conversation
    effects: tuple[Effect, ...] = ()

    @property
    def messages(self) -> tuple[Message, ...]:
        return tuple(effect.message for effect in self.effects if isinstance(effect, Say))

    @property
    def claim(self) -> Register | Move | None:
        """The effect that may be refused; a turn has at most one."""
        return next((effect for effect in self.effects if isinstance(effect, Register | Move)), None)
