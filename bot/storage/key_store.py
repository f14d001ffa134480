"""The key ring of an installation: ENCRYPTION_KEYS, and the index key that the database keeps sealed under them."""

from collections.abc import Sequence

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.storage.database import Database
from bot.storage.sealing import KeyRing, LostKey, first_index_key
from bot.storage.tables import house_keys

INDEX = "index"
LABEL = "house_keys.value"


def open_ring(db: Database, keys: Sequence[bytes]) -> KeyRing:
    """The ring with the installation's own index key; the first call makes it.

    The index key stays the same for ever, so keys may come and go without a search being lost.

    Raises:
        LostKey: the database was written under keys that ENCRYPTION_KEYS no longer holds.
    """
    sealed = db.read_now(_index_key)
    if sealed is None:
        fresh = KeyRing(keys).seal(first_index_key(keys), LABEL)
        sealed = db.write_now(lambda connection: _keep(connection, fresh))
    try:
        return KeyRing(keys, KeyRing(keys).open(sealed, LABEL))
    except LostKey as error:
        raise LostKey(
            "ENCRYPTION_KEYS does not hold the key this database was written under: put the old key back "
            "(behind the new one, separated by a comma), or restore the .env that belongs to this database."
        ) from error


def _index_key(connection: Connection) -> bytes | None:
    return connection.execute(select(house_keys.c.value_sealed).where(house_keys.c.name == INDEX)).scalar()


def _keep(connection: Connection, sealed: bytes) -> bytes:
    """Ours, or that of another process that was faster."""
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    row = {"name": INDEX, "value_sealed": sealed}
    connection.execute(insert(house_keys).values(row).on_conflict_do_nothing())
    kept = _index_key(connection)
    return sealed if kept is None else kept
