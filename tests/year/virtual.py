"""Virtual time: an event loop that does not wait. When nothing can run, its clock goes on to the next timer."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

Result = TypeVar("Result")


class VirtualLoop(asyncio.SelectorEventLoop):
    """One thread, no real waiting: the same seed makes the same year.

    Threads would run in real time, so what the program hands to a thread runs at once, in this one.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        super().__init__(_Skipping(self))
        # At 30 million seconds two neighbouring floats are further apart than a nanosecond.
        self._clock_resolution = 1e-6

    def time(self) -> float:
        return self.seconds

    def jump(self, seconds: float) -> None:
        """So much time goes by at once, as for a computer that slept: every timer within fires once."""
        self.seconds += max(0.0, seconds)

    def run_in_executor(self, _executor: Any, func: Callable[..., Any], *args: Any) -> "asyncio.Future[Any]":  # type: ignore[override]
        done = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:
            done.set_exception(error)
        return done


class _Skipping(selectors.DefaultSelector):  # type: ignore[misc, valid-type]
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None:
            raise RuntimeError("nothing can ever happen again: everybody waits for somebody else")
        found = super().select(0)
        if not found and timeout > 0:
            self._loop.seconds += timeout
        return found


class VirtualClock:
    """The wall clock of the year: where it began, and the loop's seconds since."""

    def __init__(self, begins: datetime, loop: VirtualLoop) -> None:
        self.begins, self.loop = begins.astimezone(UTC), loop

    def __call__(self) -> datetime:
        return self.begins + timedelta(seconds=self.loop.seconds)

    def until(self, moment: datetime) -> float:
        return (moment - self()).total_seconds()


def run_virtually(main: Callable[[VirtualLoop], Coroutine[Any, Any, Result]]) -> Result:
    """Run to the end in virtual time."""
    loop = VirtualLoop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(main(loop))
