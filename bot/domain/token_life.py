"""The life of an OA's token pair: when it is refreshed, and what a refresh whose answer was lost means. Pure."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

ACCESS_LASTS = timedelta(hours=25)
"""Zalo: an access token lives 90,000 s (OAuth v4; facts of 2026)."""

REFRESH_AT = timedelta(hours=20)
"""Refreshing this early leaves five hours to repair what goes wrong."""

TRY_AGAIN = timedelta(minutes=2)
"""How long to wait after a refresh that certainly had no effect."""

MOST_TRIES = 2
"""A refresh token works once. After a lost answer it is tried once more; a third try could teach us nothing new."""


class RefreshState(StrEnum):
    """Where a refresh stands: none under way, begun with its answer not known, lost (only an admin can help)."""

    NONE = ""
    BEGUN = "begun"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class TokenPair:
    """`refresh` is empty where only an access token was given by hand."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class TokenLife:
    """One account's pair and its refresh.

    Args:
        began_at: when the newest refresh began, or when one that had no effect ended; None after a success.
        tries: how often the refresh under way was tried.
    """

    pair: TokenPair | None
    state: RefreshState = RefreshState.NONE
    began_at: datetime | None = None
    tries: int = 0


def refresh_due(life: TokenLife, now: datetime, *, forced: bool = False) -> bool:
    """Whether to refresh now.

    Args:
        forced: the platform has just said that the access token is no good.
    """
    if life.pair is None or not life.pair.refresh or life.state is RefreshState.LOST:
        return False
    if life.state is RefreshState.BEGUN:
        return True  # its answer was lost, or whoever began it died: once more
    if life.began_at is not None and now - life.began_at < TRY_AGAIN:
        return False
    return forced or not life.pair.access or now - life.pair.issued_at >= REFRESH_AT


def may_try(life: TokenLife) -> bool:
    """False when the answer of this token's refresh was lost as often as it may be tried."""
    return life.state is not RefreshState.BEGUN or life.tries < MOST_TRIES
