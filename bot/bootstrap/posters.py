"""The posters of this installation: its words, its channels, its address."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING

from bot.bootstrap.rooms import Rooms
from bot.intake import CurrentWords
from bot.storage.cards import CardFacts

if TYPE_CHECKING:
    from bot.reports.cards import CardPress
    from bot.reports.posters import Press


def poster_press(rooms: Rooms) -> "Press":
    from bot.reports.poster_doors import doors_of
    from bot.reports.posters import Press

    settings = rooms.settings
    doors = doors_of(rooms.accounts, settings)
    return Press(rooms.library, settings.default_locale, settings.timezone, settings.public_url, doors)


def card_printer(rooms: Rooms) -> Callable[[CardFacts], Awaitable[bytes]]:
    """Makes thank-you cards; what it needs is imported when the first is wanted."""
    press: list[CardPress] = []

    async def picture(facts: CardFacts) -> bytes:
        if not press:
            from bot.reports.cards import CardPress

            press.append(CardPress(CurrentWords(rooms.catalogues), rooms.catalogues.organiser))
        return await press[0].picture(facts)

    return picture


def poster_printer(rooms: Rooms) -> Callable[[str, datetime], Awaitable[bytes]]:
    """Makes the PDF of a drive, one at a time; what it needs is imported when the first is wanted."""
    one_at_a_time = asyncio.Lock()

    async def pdf(drive_code: str, now: datetime) -> bytes:
        async with one_at_a_time:
            _, made = await poster_press(rooms).pdf(rooms.db, drive_code, "", now)
        return made

    return pdf
