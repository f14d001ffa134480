"""The schema reaches head from empty on both databases, and anything else is refused with a sentence."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from bot.storage.database import Database
from bot.storage.schema import WrongSchema, check_schema, current_revision, migrate
from bot.storage.tables import metadata


def test_it_makes_every_table_from_empty(db: Database) -> None:
    names = db.read_now(lambda connection: set(inspect(connection).get_table_names()))
    assert set(metadata.tables) <= names
    check_schema(db)


def test_it_leaves_no_difference_between_migrations_and_tables(db: Database) -> None:
    def differences(connection: object) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))  # type: ignore[arg-type]

    assert db.read_now(differences) == []


def test_it_migrates_twice_without_harm(db: Database) -> None:
    assert migrate(db) == current_revision(db)


def test_it_refuses_an_empty_database(tmp_path: Path) -> None:
    with Database(f"sqlite:///{tmp_path / 'empty.db'}") as db, pytest.raises(WrongSchema, match="giothong migrate"):
        check_schema(db)


def test_it_refuses_a_newer_database(db: Database) -> None:
    db.write_now(lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    with pytest.raises(WrongSchema, match="newer"):
        check_schema(db)
    with pytest.raises(WrongSchema, match="newer"):
        migrate(db)
