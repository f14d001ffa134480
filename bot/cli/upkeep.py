"""`giothong migrate`, `load`, `tick`, `login-link`: what an operator does between starts."""

import json
import sys
from argparse import Namespace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot import clock
from bot.cli import place
from bot.cli.failing import wrong_usage
from bot.storage.database import Database

if TYPE_CHECKING:
    from bot.domain.loads import LoadFile


def migrate(_args: Namespace) -> int:
    """Bring an empty or older schema to head."""
    from bot.storage import schema

    settings = place.settings_here()
    with Database(settings.database_url) as db:
        before = schema.current_revision(db)
        after = schema.migrate(db)
    print(f"The schema is at {after} already." if before == after else f"The schema is at {after} now.")
    return 0


def load(args: Namespace) -> int:
    """Add and change what the file says, or tell every fault with file, line and field."""
    from bot.library.loadfile import read_load_file
    from bot.storage import loading

    try:
        text = Path(args.file).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise wrong_usage(f"{args.file}: is not text in UTF-8") from None
    file = read_load_file(text, args.file)
    _warn_of_templates(file)
    settings = place.settings_here()
    with place.database(settings) as db:
        done = db.write_now(
            lambda connection: loading.load(
                connection,
                file,
                now=clock.now(),
                zone=settings.timezone,
                environment=settings.environment,
                who=place.system_user(),
            )
        )
    for section, tally in done.tallies.items():
        print(f"{section}: {tally}")
    channels = done.tallies.get("channels")
    if channels and (channels.added or channels.changed):
        print("Restart `giothong serve` to speak on the new channels.")
    return 0


def _warn_of_templates(file: "LoadFile") -> None:
    """Templates that none of our forms can fill are kept, but never sent: say so."""
    if not file.templates:
        return
    from bot.library.library import Library
    from bot.library.platform_templates import template_faults
    from bot.library.reading import content_root

    for fault in template_faults(file.templates, Library.load(content_root()).forms):
        print(f"{file.name}:{fault.line}: {fault.field}: {fault.reason} (it will not be sent)", file=sys.stderr)


def login_link(args: Namespace) -> int:
    """A new one-time link to the console."""
    from bot.cli.logins import new_link

    settings = place.settings_here()
    with place.database(settings) as db:
        print(db.write_now(lambda connection: new_link(connection, args.login, settings.base_url(), clock.now())))
    return 0


def tick(args: Namespace) -> int:
    """Judge everything due up to a moment, once, and print what was done as one JSON line."""
    at = _moment(args.at)
    from bot.bootstrap import make_sender, open_rooms, sweep_parts
    from bot.cli.running import run
    from scheduler import tick as ticking

    settings = place.settings_here()
    place.refuse_missing(settings)

    async def work() -> int:
        async with open_rooms(settings) as rooms:
            counts = await ticking.tick(sweep_parts(rooms, make_sender(rooms)), at)
        print(json.dumps(counts, ensure_ascii=False))
        return 0

    return run(work())


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise wrong_usage(f"--at {text}: write a day and time with its time zone, such as 2026-12-04T17:00+07:00")
    return at
