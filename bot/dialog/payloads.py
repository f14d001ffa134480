"""The payloads of our choices: compact text on the wire (`r7.slot.123`), typed values in the code."""

from dataclasses import dataclass

from bot.domain.consents import Purpose
from bot.domain.conversations import FormState
from bot.domain.join_codes import is_join_code

LONGEST = 60
BLOOD_GROUPS = ("A+", "A-", "B+", "B-", "AB+", "AB-", "O+", "O-")
BLOOD_ANSWERS = frozenset((*BLOOD_GROUPS, "none"))
PURPOSES = frozenset(purpose.value for purpose in Purpose)


@dataclass(frozen=True, slots=True)
class Go:
    """To a place of the menu: `m.drives`."""

    place: str

    def __str__(self) -> str:
        return f"m.{self.place}"


@dataclass(frozen=True, slots=True)
class Read:
    """A topic: `t.before`."""

    topic: str

    def __str__(self) -> str:
        return f"t.{self.topic}"


@dataclass(frozen=True, slots=True)
class Speak:
    """Change the language: `l.en`."""

    language: str

    def __str__(self) -> str:
        return f"l.{self.language}"


@dataclass(frozen=True, slots=True)
class Join:
    """Register for this drive: `d.12`."""

    drive_id: int

    def __str__(self) -> str:
        return f"d.{self.drive_id}"


@dataclass(frozen=True, slots=True)
class Agree:
    """One consent outside a registration: `c.news.ask`, `c.news.yes`, `c.news.no`, `c.news.off`."""

    purpose: Purpose
    answer: str

    def __str__(self) -> str:
        return f"c.{self.purpose.value}.{self.answer}"


@dataclass(frozen=True, slots=True)
class Blood:
    """The blood group, for appeals: `b.O+`, `b.none`."""

    group: str

    def __str__(self) -> str:
        return f"b.{self.group}"


@dataclass(frozen=True, slots=True)
class Erasing:
    """The answer to "erase everything?": `e.yes`, `e.no`."""

    answer: str

    def __str__(self) -> str:
        return f"e.{self.answer}"


@dataclass(frozen=True, slots=True)
class OnePerson:
    """About joining two addresses: `j.yes.B4K7T0M2`, `j.no`, `j.part`."""

    answer: str
    code: str = ""

    def __str__(self) -> str:
        return f"j.{self.answer}.{self.code}" if self.code else f"j.{self.answer}"


@dataclass(frozen=True, slots=True)
class Pressure:
    """An answer to a question of "I felt made to come": `p7.unit.3`."""

    serial: int
    step: str
    value: str

    def __str__(self) -> str:
        return f"p{self.serial}.{self.step}.{self.value}"


@dataclass(frozen=True, slots=True)
class Poster:
    """A poster's code by its number: `k.12`; sure of it in mid-form: `k.12.yes`."""

    number: int
    sure: bool = False

    def __str__(self) -> str:
        return f"k.{self.number}.yes" if self.sure else f"k.{self.number}"


@dataclass(frozen=True, slots=True)
class Mine:
    """Something about one of my registrations: `g.cancel.5`, `g.slot.5.123`."""

    action: str
    registration_id: int
    target: int = 0

    def __str__(self) -> str:
        head = f"g.{self.action}.{self.registration_id}"
        return f"{head}.{self.target}" if self.target else head


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to a question of the registration form: `r7.slot.123`. The serial tells old forms from new."""

    serial: int
    step: str
    value: str

    def __str__(self) -> str:
        return f"r{self.serial}.{self.step}.{self.value}"


@dataclass(frozen=True, slots=True)
class Rate:
    """Whether an answer was useful: `u.yes.before`, `u.no.before`."""

    answer: str
    topic: str

    def __str__(self) -> str:
        return f"u.{self.answer}.{self.topic}"


Payload = Go | Read | Speak | Join | Poster | Agree | Blood | Erasing | OnePerson | Pressure | Mine | Rate | Answer


def answering(form: FormState, value: str | int) -> Answer:
    """The payload of one choice of the question that is open."""
    return Answer(form.serial, form.step, str(value))


def steering(form: FormState, value: str) -> Answer:
    """The payload of a choice about the form itself: `go`, `over`, `leave`."""
    return Answer(form.serial, "form", value)


def parse(payload: str) -> Payload | None:
    """The value of a payload, or None for anything that we never wrote."""
    if len(payload) > LONGEST or not payload.isascii():
        return None
    head, _, rest = payload.partition(".")
    if not rest:
        return None
    match head:
        case "m":
            return Go(rest)
        case "t":
            return Read(rest)
        case "l":
            return Speak(rest)
        case "d":
            return Join(int(rest)) if _is_id(rest) else None
        case "k":
            return _poster(rest)
        case "c":
            return _agree(rest)
        case "b":
            return Blood(rest) if rest in BLOOD_ANSWERS else None
        case "e":
            return Erasing(rest) if rest in ("yes", "no") else None
        case "j":
            return _one_person(rest)
        case "g":
            return _mine(rest.split("."))
        case "u":
            return _rate(rest)
    return _answer(head, rest)


def _poster(rest: str) -> Poster | None:
    number, _, sure = rest.partition(".")
    return Poster(int(number), bool(sure)) if _is_id(number) and sure in ("", "yes") else None


def _rate(rest: str) -> Rate | None:
    answer, _, topic = rest.partition(".")
    return Rate(answer, topic) if answer in ("yes", "no") and topic else None


def _one_person(rest: str) -> OnePerson | None:
    answer, _, code = rest.partition(".")
    if answer == "yes":
        return OnePerson(answer, code) if is_join_code(code) else None
    return OnePerson(answer) if answer in ("no", "part") and not code else None


def _mine(parts: list[str]) -> Mine | None:
    if len(parts) not in (2, 3) or not all(map(_is_id, parts[1:])):
        return None
    return Mine(parts[0], *map(int, parts[1:]))


def _answer(head: str, rest: str) -> Answer | Pressure | None:
    step, _, value = rest.partition(".")
    if not (head[:1] in ("r", "p") and _is_id(head[1:]) and step and value):
        return None
    return (Answer if head[0] == "r" else Pressure)(int(head[1:]), step, value)


def _agree(rest: str) -> Agree | None:
    """Buttons of older messages name no purpose: they meant the reminder."""
    purpose, _, answer = rest.rpartition(".")
    if (purpose and purpose not in PURPOSES) or answer not in ("ask", "yes", "no", "off"):
        return None
    return Agree(Purpose(purpose) if purpose else Purpose.REMINDER, answer)


def _is_id(text: str) -> bool:
    return text.isdecimal() and len(text) <= 18
