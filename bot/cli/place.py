"""The folder a command runs in: its settings, its data, its database."""

import getpass
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bot.cli.failing import wrong_usage
from bot.envfile import environment_with_files
from bot.logs import set_up_logging
from bot.settings import BadSettings, Settings, load_settings
from bot.storage.database import Database
from bot.storage.schema import check_schema

ENV_FILE = Path(".env")
DATA = Path("data")
KEYS_FILE = DATA / "keys.env"


def environment() -> dict[str, str]:
    """The process's own environment over `.env` over the demonstration's keys, all of the current folder."""
    return environment_with_files(ENV_FILE, KEYS_FILE)


def settings_here(env: Mapping[str, str] | None = None) -> Settings:
    """Settings of the current folder; logging is set up with them.

    Raises:
        BadSettings: with all faults at once.
    """
    try:
        settings = load_settings(environment() if env is None else env)
    except BadSettings as error:
        if ENV_FILE.exists() or KEYS_FILE.exists():
            raise
        hint = "there is no .env in this folder: change to the installation's folder, or begin one with giothong init"
        raise BadSettings([*error.faults, hint]) from None
    set_up_logging(settings.log_level, settings.log_format)
    return settings


@contextmanager
def database(settings: Settings) -> Iterator[Database]:
    """The database, at this program's schema.

    Raises:
        WrongSchema: `giothong migrate` is needed first.
    """
    refuse_missing(settings)
    with Database(settings.database_url) as db:
        check_schema(db)
        yield db


def refuse_missing(settings: Settings) -> None:
    """A command must not make an empty database only because it was called in the wrong folder."""
    kind, _, path = settings.database_url.partition(":///")
    if kind == "sqlite" and not Path(path).is_file():
        raise wrong_usage(
            f"There is no database {path} here: change to the folder of the installation, or begin one with "
            "`giothong init` or `giothong migrate`."
        )


def system_user() -> str:
    """The person at this computer, for the audit."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "system"
