"""Which role may do what in the console. Pure."""

from enum import Enum, auto

from bot.storage.pressure import hears_of_pressure
from bot.storage.staff import StaffMember


class Right(Enum):
    """What a page or a button needs."""

    TALKS = auto()
    """Read and answer every talk that was handed over."""

    URGENT_TALKS = auto()
    """Read and answer the urgent ones."""

    FIGURES = auto()
    """See drives and their counts."""

    EDIT_DRIVES = auto()
    """Make drives, close them."""

    OPEN_DRIVES = auto()
    """Let people register."""

    DOOR = auto()
    """Write who came to a drive and what became of it."""

    REASONS = auto()
    """Write and read why somebody was put off."""

    PEOPLE = auto()
    """See who registered, by name."""

    PRIVACY = auto()
    """Erase somebody who asks for it; see what was asked. Only at the top."""

    COPIES = auto()
    """Take out everything that is held of a person. It holds words and reports that nobody but administrators may see."""

    PRESSURE = auto()
    """Read who felt made to come. Only above a unit."""

    KEPT_ASIDE = auto()
    """Open events that could not be handled."""

    DUTY = auto()
    """Be on duty for medical alarms."""

    CONTENT = auto()
    """Read what the assistant says, and try questions on it."""

    CORRECT = auto()
    """Have a corrected answer sent to those who were told the old one."""

    QUESTIONS = auto()
    """See the questions that it could not answer."""

    ALARMS = auto()
    """See the alarms that concern them, and hear of them in a chat."""

    OPERATE = auto()
    """See the alarms about running the service, and start a paused account again."""


_ORGANISER = frozenset(
    {
        Right.TALKS,
        Right.URGENT_TALKS,
        Right.FIGURES,
        Right.CONTENT,
        Right.QUESTIONS,
        Right.EDIT_DRIVES,
        Right.DOOR,
        Right.PEOPLE,
        Right.PRIVACY,
        Right.PRESSURE,
        Right.ALARMS,
    }
)
RIGHTS: dict[str, frozenset[Right]] = {
    "admin": _ORGANISER | {Right.OPEN_DRIVES, Right.CORRECT, Right.KEPT_ASIDE, Right.OPERATE, Right.COPIES},
    "approver": _ORGANISER | {Right.OPEN_DRIVES, Right.CORRECT},
    "organiser": _ORGANISER,
    "health": frozenset(
        {Right.URGENT_TALKS, Right.FIGURES, Right.CONTENT, Right.DUTY, Right.ALARMS, Right.DOOR, Right.REASONS}
    ),
    "viewer": frozenset({Right.FIGURES, Right.CONTENT}),
    "volunteer": frozenset({Right.FIGURES, Right.CONTENT, Right.DOOR}),
}


def rights_of(member: StaffMember) -> frozenset[Right]:
    """What this person may do where they stand; a role we do not know may do nothing."""
    rights = RIGHTS.get(member.role, frozenset())
    if not member.at_top:
        rights -= {Right.PRIVACY}
    return rights if hears_of_pressure(member) else rights - {Right.PRESSURE}


def may_open(member: StaffMember, unit_id: int) -> bool:
    """Opening needs somebody of the level above the drive's unit, or of the top unit."""
    if Right.OPEN_DRIVES not in rights_of(member) or not member.may_see(unit_id):
        return False
    return member.at_top or unit_id != member.unit_id


def may_edit(member: StaffMember, unit_id: int) -> bool:
    return Right.EDIT_DRIVES in rights_of(member) and member.may_see(unit_id)
