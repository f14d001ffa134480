"""Brings the schema to head and says whether it is there. Alembic is imported only when there is work for it."""

import re
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from bot.storage.database import Database

HERE = Path(__file__).parent / "migrations"
_NAMED = re.compile(r"^(down_)?revision(?:: [^=]+)? = (?:\"(\w+)\"|None)", re.MULTILINE)


class WrongSchema(Exception):
    """The database is older or newer than the program; the sentence says what to do."""


def migrate(db: Database) -> str:
    """Bring an empty or older schema to head; returns the revision. One transaction on both databases."""

    def upgrade(connection: Connection) -> str:
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(HERE))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        return _head()

    _refuse_newer(current_revision(db))
    return db.write_now(upgrade)


def check_schema(db: Database) -> None:
    """Raises WrongSchema unless the schema is exactly the program's."""
    current = current_revision(db)
    if current == _head():
        return
    _refuse_newer(current)
    state = "is empty" if current is None else f"is at revision {current}, older than this program's {_head()}"
    raise WrongSchema(f"The database {state}: run `giothong migrate` first.")


def current_revision(db: Database) -> str | None:
    """The revision the database is at; None when nothing was ever migrated into it."""

    def read(connection: Connection) -> str | None:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()

    return db.read_now(read)


def knows_revision(revision: str) -> bool:
    """Whether the program's own schema is this one or newer."""
    return revision in _revisions()


def is_newest(revision: str) -> bool:
    """Whether there is nothing to migrate."""
    return revision == _head()


def _refuse_newer(current: str | None) -> None:
    if current is not None and current not in _revisions():
        raise WrongSchema(
            f"The database is at revision {current}, which this program does not know: it is newer. "
            "Start the newer program, or restore a backup made before the upgrade."
        )


@cache
def _revisions() -> dict[str, str | None]:
    """Each revision of the program with the one below it, read from the scripts without running them."""
    found: dict[str, str | None] = {}
    for script in (HERE / "versions").glob("*.py"):
        names = {below: name or None for below, name in _NAMED.findall(script.read_text(encoding="utf-8"))}
        found[str(names[""])] = names["down_"]
    return found


def _head() -> str:
    revisions = _revisions()
    heads = set(revisions) - set(revisions.values())
    if len(heads) != 1:
        raise RuntimeError(f"the program carries {len(heads)} newest migrations instead of one")
    return heads.pop()
