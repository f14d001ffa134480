"""The platform's pace: calls of one account spread evenly over the minute, steered by what the platform answers."""

SLACK = 0.1
"""Seconds of calls that may be caught up at once: a loop that wakes late must not lose its share."""

MARGIN = 1.01
"""A little slower than allowed, so that no minute on the platform's clock ever holds one call too many."""

SLOWEST = 8.0
EASES = 0.98

NEARLY_FULL = 0.8
"""Share of an allowance from which on we go at half the pace or slower (Graph, business use case limits)."""

MINUTE = 60.0
LOOK_SOON = 5.0
"""When somebody else has used up this minute's calls and we do not know when it began: try again after so long."""


class Pace:
    """How many calls may start now. Times are seconds of any clock that only grows."""

    def __init__(self, per_minute: float) -> None:
        self._interval = MINUTE / per_minute * MARGIN
        self._next = 0.0
        self._slowed = 1.0
        self._remaining: int | None = None
        self._minute_began: float | None = None

    @property
    def interval(self) -> float:
        """Seconds between two calls just now."""
        return self._interval * self._slowed

    def free(self, now: float, most: int) -> int:
        """How many calls may start now, at most `most`."""
        if now < self._next:
            return 0
        return min(most, 1 + int(min(now - self._next, SLACK) / self.interval))

    def take(self, calls: int, now: float) -> None:
        """So many calls start now."""
        if calls:
            self._next = max(self._next, now - SLACK) + calls * self.interval

    def wait(self, now: float) -> float:
        """Seconds until the next call may start."""
        return max(0.0, self._next - now)

    def slow(self, seconds: float, now: float) -> None:
        """The platform complained: nothing for so long, then at half the pace."""
        self._next = max(self._next, now + seconds)
        self._slowed = min(self._slowed * 2, SLOWEST)

    def heed(self, remaining: int | None, limit: int | None, now: float) -> None:
        """What the platform said with its answer: how many calls are left in its minute, of how many.

        A limit other than ours is a package that changed. None left although we keep the pace means that somebody
        else calls in the same account's name: nothing until its minute is over.
        """
        if limit is not None and limit > 0:
            self._interval = MINUTE / limit * MARGIN
        if remaining is None:
            return
        if self._remaining is not None and remaining > self._remaining:
            self._minute_began = now
        self._remaining = remaining
        if remaining <= 0:
            over = LOOK_SOON if self._minute_began is None else self._minute_began + MINUTE - now
            self._next = max(self._next, now + min(max(over, self.interval), MINUTE))

    def lean(self, load: float | None, rest: float, now: float) -> None:
        """What the platform said of its allowance: the less is left of it, the slower; nothing while it asks for rest."""
        if rest > 0:
            self._next = max(self._next, now + rest)
        if load is not None and load > NEARLY_FULL:
            tight = min((load - NEARLY_FULL) / (1 - NEARLY_FULL), 1.0)
            self._slowed = max(self._slowed, 2.0 + (SLOWEST - 2.0) * tight)

    def ease(self) -> None:
        """A call was taken: back towards the full pace."""
        self._slowed = max(1.0, self._slowed * EASES)
