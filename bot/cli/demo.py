"""`giothong demo`, which `make run` starts: keys, database and a sample organisation by itself, on this computer."""

import base64
import os
import secrets
from argparse import Namespace
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, select

from bot import clock
from bot.cli import place
from bot.cli.failing import wrong_usage
from bot.cli.logins import first_admin, first_of, new_link
from bot.cli.running import refuse_taken_port, run, serve_until_stopped
from bot.dialog.talk import Words
from bot.domain.broadcasts import Draft
from bot.domain.loads import Loaded
from bot.domain.outbox import MessagePurpose
from bot.domain.quiet_hours import QuietHours
from bot.envfile import write_env_file
from bot.library.library import Library
from bot.library.loadfile import read_load_file
from bot.library.reading import content_root
from bot.library.schema import LANGUAGES
from bot.settings import Settings
from bot.storage.broadcasts import create
from bot.storage.database import Database
from bot.storage.loading import load
from bot.storage.schema import WrongSchema, check_schema, migrate
from bot.storage.tables import staff, units

NEWS, SENT_BY = "tin-mua-dong", "ldld-laichau"
"""Code of the message to many that waits as a draft, and the unit of the sample that sends it."""

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
        words = Library.load(content_root())
        db.write_now(lambda connection: _draft_news(connection, words, clock.now()))


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


def _draft_news(connection: Connection, words: Words, now: datetime) -> None:
    """A message to many that a newcomer can send: written by the sample's organiser, approved by nobody yet."""
    unit = connection.execute(select(units.c.id).where(units.c.code == SENT_BY)).scalar_one()
    texts = tuple((language, words.text("demo.news", language).strip()) for language in sorted(LANGUAGES))
    writer = first_of(connection, "organiser")
    if writer is not None:
        create(connection, writer, Draft(MessagePurpose.NEWS, unit, "all", words=texts), NEWS, now)


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
    lines.append("  News:     register in the chat, type “bật tin tức” and agree; then, under Thêm → Gửi tin,")
    for role, does in (("organiser", "submits the message that is ready"), ("approver", "approves and starts it")):
        other = db.read_now(partial(first_of, role=role))
        if other is not None:
            link = db.write_now(partial(new_link, login=other, base=base, now=clock.now()))
            lines.append(f"            `{other}` {does}: {link}")
    quiet = QuietHours(settings.timezone, settings.quiet_from, settings.quiet_to)
    if quiet.covers(clock.now()):
        lines.append(
            f"            (it is night: news wait until {settings.quiet_to:%H:%M}; QUIET_HOURS in .env changes that)"
        )
    return "\n".join(lines)


def _ready(settings: Settings, console: str) -> None:
    print(f"Giọt Hồng is ready. Ctrl+C stops it.\n  Chat:     {settings.base_url()}/chat\n{console}", flush=True)
