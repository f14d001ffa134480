"""Brings the schema to head and says whether it is there."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from bot.storage.database import Database

HERE = Path(__file__).parent / "migrations"


class WrongSchema(Exception):
    """The database is older or newer than the program; the sentence says what to do."""


def migrate(db: Database) -> str:
    """Bring an empty or older schema to head; returns the revision. One transaction on both databases."""

    def upgrade(connection: Connection) -> str:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        return _head()

    _refuse_newer(db)
    return db.write_now(upgrade)


def check_schema(db: Database) -> None:
    """Raises WrongSchema unless the schema is exactly the program's."""
    current = current_revision(db)
    if current == _head():
        return
    _refuse_newer(db)
    state = "is empty" if current is None else f"is at revision {current}, older than this program's {_head()}"
    raise WrongSchema(f"The database {state}: run `giothong migrate` first.")


def current_revision(db: Database) -> str | None:
    return db.read_now(lambda connection: MigrationContext.configure(connection).get_current_revision())


def _refuse_newer(db: Database) -> None:
    current = current_revision(db)
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if current is not None and current not in known:
        raise WrongSchema(
            f"The database is at revision {current}, which this program does not know: it is newer. "
            "Start the newer program, or restore a backup made before the upgrade."
        )


def _head() -> str:
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise RuntimeError("the program carries no migrations")
    return head


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    return config
