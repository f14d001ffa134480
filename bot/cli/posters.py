"""`giothong posters`: A4 pages to print, one for each unit of a drive, with a code and QR codes of its own."""

import asyncio
import sys
from argparse import Namespace
from pathlib import Path

from bot import clock
from bot.bootstrap import open_rooms
from bot.bootstrap.posters import poster_press
from bot.cli import place
from bot.cli.failing import wrong_usage
from bot.cli.running import run
from bot.domain.drives import DriveState
from bot.domain.references import NoPosters
from bot.reports.poster_doors import shut
from bot.settings import Settings


def posters(args: Namespace) -> int:
    """Write the PDF; what could not be put on it is said beside."""
    settings = place.settings_here()
    place.refuse_missing(settings)
    folder = Path(args.output).resolve().parent
    if not folder.is_dir():
        raise wrong_usage(f"-o {args.output}: there is no folder {folder.name}")
    return run(_posters(settings, args, Path(args.output)))


async def _posters(settings: Settings, args: Namespace, file: Path) -> int:
    async with open_rooms(settings) as rooms:
        try:
            planned, made = await poster_press(rooms).pdf(rooms.db, args.drive, args.unit, clock.now())
        except NoPosters as error:
            raise wrong_usage(str(error)) from error
        left_out = shut(rooms.accounts, settings)
    await asyncio.to_thread(file.write_bytes, made)
    pages = len(planned.units)
    print(f"{pages} {'page' if pages == 1 else 'pages'} in {args.output}")
    for sentence in left_out:
        print(sentence, file=sys.stderr)
    if planned.drive.state is DriveState.DRAFT:
        print("The drive is not open yet: open it in the console before the posters hang.", file=sys.stderr)
    return 0
