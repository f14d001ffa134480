"""A ticket shown to whoever opens its link: how its code is read, what it is worth, where the drive is."""

import re
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlencode

from bot.domain.drives import DriveState
from bot.domain.registrations import TICKET_ALPHABET, TICKET_LENGTH, RegistrationState

_MISREAD = str.maketrans("OIL", "011")
_TICKET = re.compile(f"[{TICKET_ALPHABET}]{{{TICKET_LENGTH}}}")


class Standing(StrEnum):
    """What a ticket is worth just now. Whether somebody came, gave blood or was deferred is nobody's to read here."""

    OPEN = "open"
    CANCELLED = "cancelled"
    CALLED_OFF = "called-off"
    OVER = "over"


def read_ticket(typed: str) -> str:
    """The ticket of an address or of what was typed, "" when it cannot be one. O counts as 0, I and L as 1."""
    code = typed.strip().upper().replace("-", "").translate(_MISREAD)
    return code if _TICKET.fullmatch(code) else ""


def standing(state: RegistrationState, drive: DriveState, ends_at: datetime, now: datetime) -> Standing:
    """Called off before anything else: whoever cancelled needs to know it too. What is only held is no ticket yet."""
    if drive is DriveState.CANCELLED:
        return Standing.CALLED_OFF
    if state in (RegistrationState.CANCELLED, RegistrationState.HELD):
        return Standing.CANCELLED
    return Standing.OVER if now > ends_at else Standing.OPEN


def map_link(place: str, address: str) -> str:
    """A search on the map by the words that everybody may read: opens the map app of any phone."""
    query = ", ".join(part for part in (place, address) if part)
    return f"https://www.google.com/maps/search/?{urlencode({'api': 1, 'query': query})}"
