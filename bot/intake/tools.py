"""What every batch needs besides its updates."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.channels.base import Limits
from bot.domain.updates import ChannelKind
from bot.storage.sealing import KeyRing


@dataclass(frozen=True, slots=True)
class Tools:
    """What every batch needs besides its updates."""

    ring: KeyRing
    limits: Mapping[ChannelKind, Limits]
    seed: Callable[[], int] = lambda: secrets.randbits(64)
