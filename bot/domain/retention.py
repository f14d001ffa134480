"""How long what is kept. Proposals of ours, each a setting: the law says "as long as the purpose needs"."""

from dataclasses import dataclass
from datetime import timedelta

FILLING_IN = timedelta(days=1)
"""Whoever touched a form so lately is not let go."""


@dataclass(frozen=True, slots=True)
class Retention:
    """Periods of keeping (Law 91/2025/QH15 names no number of days; these are for the federation's lawyer to confirm).

    Args:
        words: what people wrote and what we wrote to them, encrypted.
        registrations: personal data of a drive's registrants, counted from the day its report was signed.
        unreported: the same, counted from the drive's end, where nobody marked the report as signed.
        idle: an address that wrote nothing for so long, and whose person holds no consent that needs it.
        proofs: proof of a consent after erasure or withdrawal; requests and the audit as long.
        figures: rows of messages without their words.
        listed: lines of old donor lists that nobody has claimed.
    """

    words: timedelta = timedelta(days=30)
    registrations: timedelta = timedelta(days=30)
    unreported: timedelta = timedelta(days=120)
    idle: timedelta = timedelta(days=365)
    proofs: timedelta = timedelta(days=1095)
    figures: timedelta = timedelta(days=400)
    listed: timedelta = timedelta(days=90)
