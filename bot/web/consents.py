"""What the callback of a platform's consent needs of the rooms below."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.channels.base import Account
from bot.channels.zalo_oauth import Grant, ZaloOAuth


@dataclass(frozen=True, slots=True)
class Consents:
    """Zalo's OAuth, the accounts that may come back from it, and where a new pair is kept."""

    oauth: ZaloOAuth
    accounts: tuple[Account, ...]
    keep: Callable[[Account, Grant], Awaitable[None]]
