"""The posters of this installation: its words, its channels, its address."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING

from bot.bootstrap.rooms import Rooms

if TYPE_CHECKING:
    from bot.reports.posters import Press


def poster_press(rooms: Rooms) -> "Press":
    from bot.reports.poster_doors import doors_of
    from bot.reports.posters import Press

    settings = rooms.settings
    doors = doors_of(rooms.accounts, settings)
    return Press(rooms.library, settings.default_locale, settings.timezone, settings.public_url, doors)


def poster_printer(rooms: Rooms) -> Callable[[str, datetime], Awaitable[bytes]]:
    """Makes the PDF of a drive, one at a time; what it needs is imported when the first is wanted."""
    one_at_a_time = asyncio.Lock()

    async def pdf(drive_code: str, now: datetime) -> bytes:
        async with one_at_a_time:
            _, made = await poster_press(rooms).pdf(rooms.db, drive_code, "", now)
        return made

    return pdf
