"""The payloads of our choices: compact text on the wire (`r7.slot.123`), typed values in the code."""

from dataclasses import dataclass
from datetime import date

from bot.domain.appeals import BLOOD_GROUPS
from bot.domain.consents import Purpose
from bot.domain.conversations import FormState
from bot.domain.donations import Component
from bot.domain.join_codes import is_join_code
from bot.domain.rhythms import RHYTHMS, USUAL
from bot.domain.tickets import read_ticket

LONGEST = 60
BLOOD_ANSWERS = frozenset((*BLOOD_GROUPS, "none"))
PURPOSES = frozenset(purpose.value for purpose in Purpose)
ON_MY_PAGE = frozenset(("tell", "later", "card", "named", "plain"))
COMPONENTS = tuple(component.value for component in Component)
TO_REMINDERS = frozenset(("later", "no"))
TO_REMINDERS_OF = frozenset(("yes", "take", "give", "fine", "unwell"))
"""Answers to reminders, and those that name a place or a donation."""


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
class Check:
    """An answer to a question of the self-check: `x7.month-when.two-weeks`."""

    serial: int
    step: str
    value: str

    def __str__(self) -> str:
        return f"x{self.serial}.{self.step}.{self.value}"


@dataclass(frozen=True, slots=True)
class RemindOn:
    """Remind me from this day on: `z.20270501`; the reminder consent with it: `z.20270501.yes`."""

    day: date
    agreed: bool = False

    def __str__(self) -> str:
        return f"z.{self.day:%Y%m%d}.yes" if self.agreed else f"z.{self.day:%Y%m%d}"


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
class Remind:
    """An answer to a reminder: `n.later`, `n.no`, `n.yes.5`, `n.take.5`, `n.give.5`, `n.fine.7`, `n.unwell.7`."""

    action: str
    subject_id: int = 0

    def __str__(self) -> str:
        return f"n.{self.action}.{self.subject_id}" if self.subject_id else f"n.{self.action}"


@dataclass(frozen=True, slots=True)
class Hours:
    """When I sleep: `w.nights`; `w.usual` for at night, as most do."""

    rhythm: str

    def __str__(self) -> str:
        return f"w.{self.rhythm or 'usual'}"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to a question of the registration form: `r7.slot.123`. The serial tells old forms from new."""

    serial: int
    step: str
    value: str

    def __str__(self) -> str:
        return f"r{self.serial}.{self.step}.{self.value}"


@dataclass(frozen=True, slots=True)
class OldList:
    """About a line of an old list: `o.yes`, `o.no`, `o.erase`."""

    answer: str

    def __str__(self) -> str:
        return f"o.{self.answer}"


@dataclass(frozen=True, slots=True)
class Own:
    """On my page: `y.tell`, `y.later`, `y.gave.20260902.whole_blood`, `y.card`, `y.named`, `y.plain`."""

    action: str
    day: date | None = None
    component: str = ""

    def __str__(self) -> str:
        return f"y.{self.action}" if self.day is None else f"y.{self.action}.{self.day:%Y%m%d}.{self.component}"


@dataclass(frozen=True, slots=True)
class Colleague:
    """A place for a colleague: `q.add.12` (at a drive), `q.list`, `q.off.7K2MP4QX9D`."""

    action: str
    drive_id: int = 0
    ticket: str = ""

    def __str__(self) -> str:
        return (
            f"q.{self.action}{f'.{self.drive_id}' if self.drive_id else ''}{f'.{self.ticket}' if self.ticket else ''}"
        )


@dataclass(frozen=True, slots=True)
class Rate:
    """Whether an answer was useful: `u.yes.before`, `u.no.before`."""

    answer: str
    topic: str

    def __str__(self) -> str:
        return f"u.{self.answer}.{self.topic}"


Payload = (
    Go
    | Read
    | Speak
    | Join
    | Poster
    | Agree
    | Blood
    | Erasing
    | OnePerson
    | OldList
    | Pressure
    | Check
    | RemindOn
    | Mine
    | Remind
    | Hours
    | Rate
    | Own
    | Colleague
    | Answer
)


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
        case "o":
            return OldList(rest) if rest in ("yes", "no", "erase") else None
        case "g":
            return _mine(rest.split("."))
        case "u":
            return _rate(rest)
        case "z":
            return _remind_on(rest)
        case "n":
            return _remind(rest)
        case "w":
            return _hours(rest)
        case "y":
            return _own(rest)
        case "q":
            return _colleague(rest)
    return _answer(head, rest)


def _poster(rest: str) -> Poster | None:
    number, _, sure = rest.partition(".")
    return Poster(int(number), bool(sure)) if _is_id(number) and sure in ("", "yes") else None


def _remind(rest: str) -> Remind | None:
    action, _, subject = rest.partition(".")
    if not subject:
        return Remind(action) if action in TO_REMINDERS else None
    return Remind(action, int(subject)) if action in TO_REMINDERS_OF and _is_id(subject) else None


def _hours(rest: str) -> Hours | None:
    rhythm = USUAL if rest == "usual" else rest
    return Hours(rhythm) if rest and rhythm in RHYTHMS else None


def _colleague(rest: str) -> Colleague | None:
    action, _, about = rest.partition(".")
    if action == "add" and _is_id(about):
        return Colleague(action, int(about))
    if action == "off" and read_ticket(about) == about != "":
        return Colleague(action, ticket=about)
    return Colleague(action) if action == "list" and not about else None


def _own(rest: str) -> Own | None:
    action, *told = rest.split(".")
    if not told:
        return Own(action) if action in ON_MY_PAGE else None
    day = _day(told[0])
    if action != "gave" or day is None or len(told) != 2 or told[1] not in COMPONENTS:
        return None
    return Own(action, day, told[1])


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


_OF_FORMS: dict[str, type[Answer] | type[Pressure] | type[Check]] = {"r": Answer, "p": Pressure, "x": Check}


def _answer(head: str, rest: str) -> Answer | Pressure | Check | None:
    step, _, value = rest.partition(".")
    kind = _OF_FORMS.get(head[:1])
    if not (kind and _is_id(head[1:]) and step and value):
        return None
    return kind(int(head[1:]), step, value)


def _remind_on(rest: str) -> RemindOn | None:
    told, _, sure = rest.partition(".")
    day = _day(told)
    if day is None or sure not in ("", "yes") or rest == f"{told}.":
        return None
    return RemindOn(day, bool(sure))


def _day(told: str) -> date | None:
    """`20260902`"""
    if len(told) != 8 or not told.isdecimal():
        return None
    try:
        return date(int(told[:4]), int(told[4:6]), int(told[6:]))
    except ValueError:
        return None


def _agree(rest: str) -> Agree | None:
    """Buttons of older messages name no purpose: they meant the reminder."""
    purpose, _, answer = rest.rpartition(".")
    if (purpose and purpose not in PURPOSES) or answer not in ("ask", "yes", "no", "off"):
        return None
    return Agree(Purpose(purpose) if purpose else Purpose.REMINDER, answer)


def _is_id(text: str) -> bool:
    return text.isdecimal() and len(text) <= 18
