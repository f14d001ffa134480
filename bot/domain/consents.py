"""The five separate consents. Silence is not consent; each is empty at first (Law 91/2025/QH15, article 9)."""

from dataclasses import dataclass
from enum import StrEnum


class Purpose(StrEnum):
    """What a person agreed to."""

    REGISTRATION = "registration"
    REMINDER = "reminder"
    NEWS = "news"
    URGENT = "urgent"
    HONOUR = "honour"


BY_CHOICE = tuple(purpose for purpose in Purpose if purpose is not Purpose.REGISTRATION)
"""Given and withdrawn by themselves, and they outlive a drive; the registration's own consent belongs to a place."""


@dataclass(frozen=True, slots=True)
class ConsentGiven:
    """One consent by one clear act: the wording is the content file's version, e.g. `consent.reminder@1`."""

    purpose: Purpose
    wording: str
