"""`giothong serve`: the production server."""

import sys
from argparse import Namespace

from bot.bootstrap import House
from bot.cli import place
from bot.cli.running import run, serve_until_stopped


def serve(args: Namespace) -> int:
    """Serve until SIGINT or SIGTERM. Refuses to start on bad settings or another schema than the program's (2)."""
    settings = place.settings_here()
    place.refuse_missing(settings)
    roles: frozenset[str] = args.role
    if roles != frozenset(("web", "sender", "scheduler")) and settings.database_url.startswith("sqlite"):
        _warn_of_sqlite()
    return run(serve_until_stopped(settings, place.DATA, roles, lambda house: _ready(house, roles)))


def _ready(house: House, roles: frozenset[str]) -> None:
    what = ", ".join(role for role in ("web", "sender", "scheduler") if role in roles)
    where = f" on http://{house.settings.host}:{house.settings.port}" if "web" in roles else ""
    channels = ", ".join(sorted(account.code for account in house.channels.accounts))
    print(f"Giọt Hồng serves{where} ({what}; channels: {channels}).", flush=True)


def _warn_of_sqlite() -> None:
    print("Several processes should share a PostgreSQL: on SQLite one process does everything best.", file=sys.stderr)
