"""What every batch needs besides its updates."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bot.domain.platforms import Limits
from bot.domain.updates import ChannelKind
from bot.intake.flood import Flood
from bot.storage.sealing import KeyRing


@dataclass(frozen=True, slots=True)
class Tools:
    """What every batch needs besides its updates."""

    ring: KeyRing
    limits: Mapping[ChannelKind, Limits]
    flood: Flood = field(default_factory=Flood)
    seed: Callable[[], int] = lambda: secrets.randbits(64)
