"""One person who writes far faster than anybody reads: answered again when they slow down; nothing urgent is missed."""

from collections import OrderedDict
from datetime import datetime
from enum import Enum, auto

from bot.dialog.turns import AskForHuman, Erase, LinkStaff, ReportPressure, Turn, WithdrawConsent

BURST = 30
PER_SECOND = 0.5
"""A hurried registration is thirteen messages; thirty at once and then one every two seconds is no talk any more."""

KEPT_AT_MOST = 20_000


class Haste(Enum):
    """How fast somebody writes."""

    CALM = auto()
    TOO_FAST = auto()
    STILL_TOO_FAST = auto()


class Flood:
    """A bucket for each address, in the memory of this process: with several processes the limit is as many times."""

    def __init__(self, burst: float = BURST, per_second: float = PER_SECOND) -> None:
        self._burst, self._per_second = burst, per_second
        self._buckets: OrderedDict[int, tuple[float, datetime, bool]] = OrderedDict()
        self._judged: OrderedDict[tuple[int, str], Haste] = OrderedDict()

    def haste(self, address_id: int, update_id: str, at: datetime) -> Haste:
        """Take one from this address's bucket; `TOO_FAST` only the first time it is found empty. The same update is
        judged once: a batch may be tried again, and the spool replays.

        Args:
            at: when the person wrote, so that what comes late from the spool keeps its own pace.
        """
        known = self._judged.get((address_id, update_id))
        if known is not None:
            return known
        haste = self._judged[address_id, update_id] = self._take(address_id, at)
        if len(self._judged) > KEPT_AT_MOST:
            self._judged.popitem(last=False)
        return haste

    def _take(self, address_id: int, at: datetime) -> Haste:
        tokens, since, told = self._buckets.pop(address_id, (self._burst, at, False))
        tokens = min(self._burst, tokens + max((at - since).total_seconds(), 0.0) * self._per_second)
        calm = tokens >= 1
        self._buckets[address_id] = (tokens - 1 if calm else tokens, max(at, since), not calm)
        if len(self._buckets) > KEPT_AT_MOST:
            self._buckets.popitem(last=False)
        if calm:
            return Haste.CALM
        return Haste.STILL_TOO_FAST if told else Haste.TOO_FAST


def must_get_through(turn: Turn) -> bool:
    """What a person may say at any speed: urgent words, "stop", "erase everything", "I was made to come"."""
    return any(
        isinstance(effect, WithdrawConsent | Erase | LinkStaff | ReportPressure)
        or (isinstance(effect, AskForHuman) and effect.urgent)
        for effect in turn.effects
    )
