"""`giothong init`: a few questions, then `.env`, the schema, the first administrator and a login link."""

import getpass
import os
import secrets
import sys
from argparse import Namespace
from collections.abc import Callable, Iterable, Mapping

from bot import clock
from bot.cli import place
from bot.cli.demo import new_keys
from bot.cli.failing import wrong_usage
from bot.cli.logins import add_admin, new_link
from bot.envfile import write_env_file
from bot.settings import Settings, load_settings
from bot.storage.database import Database
from bot.storage.schema import migrate

CHANNELS: Mapping[str, tuple[str, ...]] = {
    "telegram": ("TELEGRAM_BOT_TOKEN",),
    "messenger": ("MESSENGER_PAGE_ID", "MESSENGER_PAGE_TOKEN", "MESSENGER_APP_SECRET"),
    "zalo": ("ZALO_APP_ID", "ZALO_APP_SECRET", "ZALO_OA_ID", "ZALO_OA_SECRET", "ZALO_REFRESH_TOKEN"),
}
MADE_HERE: Mapping[str, tuple[str, ...]] = {
    "telegram": ("TELEGRAM_WEBHOOK_SECRET",),
    "messenger": ("MESSENGER_VERIFY_TOKEN",),
    "zalo": (),
}
"""Secrets of the platforms that we choose ourselves."""

HEAD = (
    "Giọt Hồng's settings: .env.example explains every name. Keep this file secret, and a copy of it safe:\n"
    "without ENCRYPTION_KEYS nobody can read the database."
)


def init(_args: Namespace) -> int:
    """Ask, write `.env` (readable by its owner alone), migrate, make the first administrator, print the login link."""
    _refuse_second_time()
    values, later = _answers()
    login = _ask("Login of the first administrator", "admin", _a_login)
    name = _ask("Name of the first administrator", login)
    settings = load_settings({**os.environ, **values})
    write_env_file(place.ENV_FILE, values, head=HEAD)
    try:
        link = _furnish(settings, login, name)
    except BaseException:
        place.ENV_FILE.unlink()
        raise
    print(f"Wrote {place.ENV_FILE}, readable by you alone.")
    for channel in later:
        print(f"{channel} stays off until its settings are in .env (see .env.example).")
    print(f"Start with `giothong serve`, then log in once with\n  {link}")
    return 0


def _refuse_second_time() -> None:
    if place.ENV_FILE.exists():
        raise wrong_usage(f"{place.ENV_FILE} is here already: nothing was changed. Edit it, or choose an empty folder.")
    if place.KEYS_FILE.exists():
        raise wrong_usage("This folder holds a demonstration (data/keys.env): choose an empty folder, or delete data/.")


def _answers() -> tuple[dict[str, str], list[str]]:
    """The lines of `.env`, and the channels that were chosen but not filled in."""
    values = new_keys()
    if os.environ.get("DATABASE_URL"):
        values["DATABASE_URL"] = os.environ["DATABASE_URL"]
    values["PUBLIC_URL"] = _ask("Public address, such as https://hienmau.example.vn (empty: this computer only)", "")
    later = []
    for channel in _channels():
        asked = {name: _ask(name, "") for name in CHANNELS[channel]}
        if all(asked.values()):
            values |= asked | {name: secrets.token_urlsafe(24) for name in MADE_HERE[channel]}
        else:
            later.append(channel)
    return values, later


def _channels() -> Iterable[str]:
    words = _ask(f"Channels beside the web chat: {', '.join(CHANNELS)} (empty: none)", "", _known_channels)
    return dict.fromkeys(words.replace(",", " ").lower().split())


def _furnish(settings: Settings, login: str, name: str) -> str:
    with Database(settings.database_url) as db:
        migrate(db)
        db.write_now(lambda connection: add_admin(connection, login, name, clock.now()))
        return db.write_now(lambda connection: new_link(connection, login, settings.base_url(), clock.now()))


def _ask(question: str, default: str, check: Callable[[str], str] | None = None) -> str:
    """An answer from the keyboard or a pipe; an empty one, or the end of the pipe, means the default.

    Args:
        check: says what is wrong with an answer, "" if nothing; a person is asked again, a script gets an error.
    """
    is_person = sys.stdin.isatty()
    is_secret = question.isupper() and not question.endswith("_ID")
    prompt = f"{question}{f' [{default}]' if default else ''}: "
    while True:
        try:
            answer = (getpass.getpass(prompt) if is_person and is_secret else input(prompt)).strip() or default
        except EOFError:
            answer = default
        if not is_person:
            print()
        problem = check(answer) if check else ""
        if not problem:
            return answer
        if not is_person:
            raise wrong_usage(problem)
        print(problem)


def _known_channels(words: str) -> str:
    unknown = set(words.replace(",", " ").lower().split()) - set(CHANNELS)
    return f"There is no channel {', '.join(sorted(unknown))}: choose of {', '.join(CHANNELS)}" if unknown else ""


def _a_login(words: str) -> str:
    return (
        ""
        if words.isascii() and words.replace("-", "").replace(".", "").isalnum()
        else ("A login has letters without accents, digits, dots and hyphens")
    )
