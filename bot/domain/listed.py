"""Lines of old donor lists: what one says of a donor, and on what lawful ground it may be read in."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from bot.domain.donations import Component


class Basis(StrEnum):
    """Why the union may keep a list for a while; whoever imports one declares it. Our own words, explained in
    `content/pages/console-lists.yaml`."""

    ON_PAPER = "consent-on-paper"
    MEMBERS = "member-list-consent"
    AT_A_DRIVE = "drive-list-consent"


@dataclass(frozen=True, slots=True)
class ListedDonor:
    """One line.

    Args:
        born: the birth date as `1990-05-12`, or only the year, as lists have it.
        donations: how many times the list says that they gave.
    """

    name: str = field(repr=False)
    born: str = field(repr=False)
    phone: str = field(repr=False)
    unit_id: int
    blood_group: str | None = field(default=None, repr=False)
    donations: int | None = None
    last_given_on: date | None = None
    component: Component | None = None

    @property
    def history(self) -> int:
        """How many times they gave, a last time being one."""
        return max(self.donations or 0, int(self.last_given_on is not None))


def born_so(listed: str, birth_date: date) -> bool:
    """Whether a listed birth date, or year, is this one."""
    return birth_date.isoformat() == listed or (len(listed) == 4 and listed == f"{birth_date.year:04}")
