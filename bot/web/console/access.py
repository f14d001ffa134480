"""Which role may do what in the console. Pure."""

from enum import Enum, auto

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

    PEOPLE = auto()
    """See who registered, by name."""

    DUTY = auto()
    """Be on duty for medical alarms."""


_ORGANISER = frozenset({Right.TALKS, Right.URGENT_TALKS, Right.FIGURES, Right.EDIT_DRIVES, Right.PEOPLE})
RIGHTS: dict[str, frozenset[Right]] = {
    "admin": _ORGANISER | {Right.OPEN_DRIVES},
    "approver": _ORGANISER | {Right.OPEN_DRIVES},
    "organiser": _ORGANISER,
    "health": frozenset({Right.URGENT_TALKS, Right.FIGURES, Right.DUTY}),
    "viewer": frozenset({Right.FIGURES}),
    "volunteer": frozenset({Right.FIGURES}),
}


def rights_of(member: StaffMember) -> frozenset[Right]:
    """What this person may do; a role we do not know may do nothing."""
    return RIGHTS.get(member.role, frozenset())


def may_open(member: StaffMember, unit_id: int) -> bool:
    """Opening needs somebody of the level above the drive's unit, or of the top unit."""
    if Right.OPEN_DRIVES not in rights_of(member) or not member.may_see(unit_id):
        return False
    return member.at_top or unit_id != member.unit_id


def may_edit(member: StaffMember, unit_id: int) -> bool:
    return Right.EDIT_DRIVES in rights_of(member) and member.may_see(unit_id)
