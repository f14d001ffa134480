"""The platform's pace in one chat: a short burst, then evenly. Whoever is at it rests; everybody else goes on."""

from collections.abc import Iterable

from scheduler.pace import MARGIN, MINUTE


class ChatPace:
    """Who must rest now. Times are seconds of any clock that only grows.

    Args:
        per_minute: messages a chat may get; 0 means that the platform knows no such pace.
        burst: so many may come at once to a chat that was quiet.
    """

    def __init__(self, per_minute: int, burst: int) -> None:
        self._interval = MINUTE / per_minute * MARGIN if per_minute else 0.0
        self._most_ahead = self._interval * (max(burst, 1) - 1)
        self._settled_at: dict[int, float] = {}

    def take(self, chats: Iterable[int], now: float) -> None:
        """One message goes to each of these chats now."""
        if self._interval:
            for chat in chats:
                self._settled_at[chat] = max(self._settled_at.get(chat, now), now) + self._interval

    def resting(self, now: float) -> tuple[int, ...]:
        """The chats that get nothing now; those that have been quiet for long enough are forgotten."""
        self._settled_at = {chat: at for chat, at in self._settled_at.items() if at > now}
        return tuple(chat for chat, at in self._settled_at.items() if at - now > self._most_ahead)
