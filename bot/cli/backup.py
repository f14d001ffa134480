"""`giothong backup` and `giothong restore`: an encrypted copy of the embedded database with its spools."""

from argparse import Namespace
from datetime import datetime
from functools import partial
from pathlib import Path

from bot import clock
from bot.cli import place
from bot.cli.failing import wrong_usage
from bot.cli.running import refuse_taken_port
from bot.intake.spool_files import copy_waiting, merge
from bot.settings import Settings
from bot.storage.copies import make_copy
from bot.storage.database import database_url
from bot.storage.key_store import open_ring
from bot.storage.restoring import Restored, is_readable, restore_copy
from bot.storage.schema import is_newest
from bot.storage.sealing import KeyRing

POSTGRESQL_BACKUP = 'pg_dump --format=custom --file=FILE "$DATABASE_URL"'
POSTGRESQL_RESTORE = 'pg_restore --exit-on-error --no-owner --dbname="$DATABASE_URL" FILE'


def backup(args: Namespace) -> int:
    """Make a copy while servers go on."""
    settings = place.settings_here()
    database = _embedded(settings)
    with place.database(settings) as db:
        ring = open_ring(db, settings.encryption_keys)
    manifest = make_copy(database, Path(args.file), ring, clock.now, partial(copy_waiting, place.DATA))
    print(
        f"{args.file}: {sum(manifest.rows.values())} rows and {manifest.calls} waiting calls, "
        f"as of {_local(settings, manifest.made_at)}. It opens only with the keys {', '.join(manifest.keys)} of "
        "ENCRYPTION_KEYS: keep those in another place than the copies."
    )
    return 0


def restore(args: Namespace) -> int:
    """Put a copy back; nothing is changed unless all of it is sound."""
    settings = place.settings_here()
    database = _embedded(settings)
    if database.exists() and not is_readable(database):
        refuse_taken_port(settings)
    ring = KeyRing(settings.encryption_keys)
    done = restore_copy(
        Path(args.file), database, ring, clock.now(), partial(merge, folder=place.DATA), replace=args.replace
    )
    _tell(settings, database, done)
    return 0


def _embedded(settings: Settings) -> Path:
    url = database_url(settings.database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        raise wrong_usage(
            "This is for the embedded database. PostgreSQL is copied with its own tools: "
            f"{POSTGRESQL_BACKUP} and {POSTGRESQL_RESTORE} (docs/operations.md says how)."
        )
    return Path(url.database)


def _tell(settings: Settings, database: Path, done: Restored) -> None:
    made_at = _local(settings, done.manifest.made_at)
    print(f"{database} is as it was at {made_at}: {sum(done.manifest.rows.values())} rows.")
    if done.calls:
        print(f"{done.calls} calls wait in the spools: `giothong serve` with the same PORT replays them.")
    if done.wishes is not None:
        print(
            f"Taken over from the database that was here: {done.wishes.erased} erasures, {done.wishes.withdrawn} "
            f"withdrawn consents, {done.wishes.settled} messages that had gone out since."
        )
    else:
        print(
            f"What happened after {made_at} is not known here. If the old server went on after that moment: whoever "
            "had their data erased since must be erased again (giothong privacy), messages that were due since may "
            "go out a second time, and Zalo OAs may need a new consent (giothong channels check)."
        )
    if done.held:
        again = (
            "" if done.wishes is not None else " Whoever had one since would get it again: take it back there if so."
        )
        print(f"{done.held} broadcasts are held until somebody has looked at them in the console.{again}")
    if done.aside is not None:
        print(f"The database that was here lies in {done.aside}: delete that folder when all is well.")
    if done.wishes is None and not is_newest(done.manifest.revision):
        print("The copy is from an older program: run `giothong migrate` before you serve.")


def _local(settings: Settings, moment: datetime) -> str:
    return moment.astimezone(settings.timezone).strftime("%Y-%m-%d %H:%M:%S")
