"""`giothong demo`, which `make run` starts: keys, database and a sample organisation by itself, on this computer."""

import base64
import os
import secrets
from argparse import Namespace
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, select

from bot import clock
from bot.cli import place
from bot.cli.failing import wrong_usage
from bot.cli.logins import first_admin, first_of, new_link
from bot.cli.running import refuse_taken_port, run, serve_until_stopped
from bot.domain.loads import Loaded
from bot.envfile import write_env_file
from bot.library.loadfile import read_load_file
from bot.library.reading import content_root
from bot.settings import Settings
from bot.storage.database import Database
from bot.storage.loading import load
from bot.storage.schema import WrongSchema, check_schema, migrate
from bot.storage.tables import staff, units

ROLES = frozenset(("web", "sender", "scheduler"))
KEYS_HEAD = "The demonstration's keys. Without them data/giothong.db cannot be read: keep both or delete both."


def demo(_args: Namespace) -> int:
    """Make what is missing, then serve until Ctrl+C."""
    settings = place.settings_here(_environment_with_keys())
    refuse_taken_port(settings)
    with Database(settings.database_url) as db:
        prepare(db, settings)
        console = _console_lines(db, settings)
    return run(serve_until_stopped(settings, place.DATA, ROLES, lambda _house: _ready(settings, console)))


def prepare(db: Database, settings: Settings) -> None:
    """Bring the schema to head and load the sample organisation into an empty database."""
    try:
        check_schema(db)
    except WrongSchema:
        migrate(db)
    if db.read_now(_is_empty):
        sample = content_root() / "sample" / "lai-chau.yaml"
        db.write_now(lambda connection: _load_sample(connection, sample, settings))


def new_keys() -> dict[str, str]:
    """Fresh keys for an installation."""
    return {
        "SECRET_KEY": secrets.token_urlsafe(32),
        "ENCRYPTION_KEYS": base64.urlsafe_b64encode(os.urandom(32)).decode(),
    }


def _environment_with_keys() -> Mapping[str, str]:
    """The environment of this folder; keys that nobody has set are made once and kept."""
    environment = place.environment()
    missing = {name: key for name, key in new_keys().items() if not environment.get(name)}
    if not missing:
        return environment
    database = place.DATA / "giothong.db"
    if "ENCRYPTION_KEYS" in missing and not environment.get("DATABASE_URL") and database.exists():
        raise wrong_usage(
            f"{database} was made under keys that are gone: bring {place.KEYS_FILE} back, or delete data/"
        )
    try:
        write_env_file(place.KEYS_FILE, missing, head=KEYS_HEAD)
    except FileExistsError:
        raise wrong_usage(f"{place.KEYS_FILE} lacks {' and '.join(missing)}: delete data/ to begin anew") from None
    return {**environment, **missing}


def _is_empty(connection: Connection) -> bool:
    return all(connection.execute(select(table.c.id).limit(1)).first() is None for table in (units, staff))


def _load_sample(connection: Connection, sample: Path, settings: Settings) -> Loaded:
    file = read_load_file(sample.read_text(encoding="utf-8"), sample.name)
    return load(connection, file, now=clock.now(), zone=settings.timezone, environment={}, who="demo")


def _console_lines(db: Database, settings: Settings) -> str:
    login = db.read_now(first_admin)
    if login is None:
        return "  Console:  no administrator yet: add one with `giothong load FILE.yaml`"
    base = settings.base_url()
    link = db.write_now(lambda connection: new_link(connection, login, base, clock.now()))
    lines = [
        f"  Console:  {link}",
        f"            (works once, within 15 minutes, for `{login}`; another: giothong login-link --login {login})",
    ]
    for role, does in (("organiser", "writes messages to many"), ("approver", "approves them")):
        other = db.read_now(partial(first_of, role=role))
        if other is not None:
            link = db.write_now(partial(new_link, login=other, base=base, now=clock.now()))
            lines.append(f"            `{other}` {does}: {link}")
    return "\n".join(lines)


def _ready(settings: Settings, console: str) -> None:
    print(f"Giọt Hồng is ready. Ctrl+C stops it.\n  Chat:     {settings.base_url()}/chat\n{console}", flush=True)
