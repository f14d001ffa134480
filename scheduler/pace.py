"""The platform's pace: calls of one account spread evenly over the minute, slower after a complaint."""

SLACK = 0.1
"""Seconds of calls that may be caught up at once: a loop that wakes late must not lose its share."""

MARGIN = 1.01
"""A little slower than allowed, so that no minute on the platform's clock ever holds one call too many."""

SLOWEST = 8.0
EASES = 0.98


class Pace:
    """How many calls may start now. Times are seconds of any clock that only grows."""

    def __init__(self, per_minute: float) -> None:
        self._interval = 60.0 / per_minute * MARGIN
        self._next = 0.0
        self._slowed = 1.0

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

    def ease(self) -> None:
        """A call was taken: back towards the full pace."""
        self._slowed = max(1.0, self._slowed * EASES)
