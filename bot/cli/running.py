"""Runs the house until a signal: opens the door last and closes it first."""

import asyncio
import contextlib
import errno
import logging
import signal
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.bootstrap import House, calm_the_collector, open_house
from bot.cli.failing import Failed
from bot.settings import Settings

log = logging.getLogger(__name__)

LAST_ANSWERS_WITHIN = 3.0
"""Seconds in which calls under way may still be answered after a signal to stop."""

HEADERS_WITHIN = 20.0
"""Seconds in which a request's headers must be there; aiohttp counts from the connection's beginning, so a caller who
dribbles them is cut off. An idle connection is closed after as long."""


def run(work: Coroutine[Any, Any, int]) -> int:
    """Run a coroutine on uvloop where it is there."""
    calm_the_collector()
    factory: Callable[[], asyncio.AbstractEventLoop] | None = None
    with contextlib.suppress(ImportError):
        import uvloop

        factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(work)


async def serve_until_stopped(
    settings: Settings, data_dir: Path, roles: frozenset[str], ready: Callable[[House], None]
) -> int:
    """Open the house, serve its pages if it has the role, and wait for SIGINT or SIGTERM.

    Args:
        ready: called once everything answers.
    """
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with open_house(settings, data_dir, roles) as house:
        runner = await _open_door(house, settings) if "web" in roles else None
        try:
            ready(house)
            return await _until(stop, house)
        finally:
            if runner is not None:
                await runner.cleanup()


async def _open_door(house: House, settings: Settings) -> web.AppRunner:
    """Listen. No access log: addresses and one-time links do not belong into logs."""
    runner = web.AppRunner(
        house.app,
        access_log=None,
        handle_signals=False,
        shutdown_timeout=LAST_ANSWERS_WITHIN,
        keepalive_timeout=HEADERS_WITHIN,
        handler_cancellation=False,
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.host, settings.port, reuse_address=True, backlog=1024).start()
    except OSError as error:
        await runner.cleanup()
        raise _cannot_listen(error, settings.host, settings.port) from error
    return runner


def _cannot_listen(error: OSError, host: str, port: int) -> Failed:
    if error.errno == errno.EADDRINUSE:
        return Failed(
            f"Port {port} on {host} is taken: another program (perhaps another Giọt Hồng) listens there. "
            "Stop it, or choose another port: PORT=8081."
        )
    return Failed(f"Cannot listen on {host}:{port}: {error.strerror or error}. Check HOST and PORT.")


async def _until(stop: asyncio.Event, house: House) -> int:
    """0 after a signal; 1 when a part that should never end has ended."""
    waiting = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({waiting, *house.tasks}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
    for task in house.tasks:
        if task.done():
            log.error("%s has ended: stopping", task.get_name(), exc_info=task.exception())
            return 1
    return 0


def refuse_taken_port(settings: Settings) -> None:
    """Say that the port is taken before anything else is done.

    Raises:
        Failed: somebody listens there.
    """
    import socket

    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise _cannot_listen(error, settings.host, settings.port) from error
