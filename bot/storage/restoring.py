"""Puts a copy back: unpacks and checks it beside the database, then exchanges the two in one step."""

import contextlib
import io
import os
import shutil
import sqlite3
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.storage.copies import DATABASE, MANIFEST, CopyFailed, is_full, sync_folder, workshop
from bot.storage.copy_manifest import FORMAT, Manifest, count_rows
from bot.storage.later_broadcasts import hold_broadcasts
from bot.storage.later_wishes import Wishes, doubt_posts, take_over
from bot.storage.schema import knows_revision
from bot.storage.sealed_stream import DamagedStream, SealedReader
from bot.storage.sealing import KeyRing, LostKey

SIDECARS = ("-wal", "-shm", "-journal")
ASIDE = "before-restore-"
UNCOUNTED = frozenset({"alembic_version", "house_keys", "leases"})
"""Tables with rows that nobody would miss."""


class CopyRefused(Exception):
    """The copy must not be put here, or not with these settings; the sentence says what to do instead."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back.

    Args:
        aside: where the database that was here lies now; None where there was none.
        wishes: what was taken over from it; None where there was nothing that could be read.
        calls: webhook calls that wait in the spools.
        held: broadcasts that wait until somebody has looked at them.
    """

    manifest: Manifest
    aside: Path | None
    wishes: Wishes | None
    calls: int
    held: int = 0


def restore_copy(
    copy: Path,
    database: Path,
    ring: KeyRing,
    now: datetime,
    merge_spools: Callable[[Path], int],
    *,
    replace: bool,
) -> Restored:
    """Check the copy from end to end, then put it in the place of the database.

    Killed at any moment, either the old database stands or the new one, and the old one lies aside.

    Args:
        merge_spools: joins the copied spools in a folder with those that are here.
        replace: also where there is a database with rows.

    Raises:
        CopyRefused: there is a database, a server uses it, or the copy is from a newer program.
        CopyFailed: the copy is damaged, or the disk is full.
        LostKey: the copy needs a key that ENCRYPTION_KEYS does not hold.
    """
    with _sentences(copy), _alone(database, replace=replace) as old, workshop(database.parent) as folder:
        manifest = _unpack(copy, folder, ring)
        _check(folder / DATABASE, manifest)
        wishes = take_over(old, folder / DATABASE, ring, now) if old is not None else None
        held = wishes.held if wishes is not None else hold_broadcasts(folder / DATABASE, now)
        if wishes is None:
            doubt_posts(folder / DATABASE, now)
        calls = merge_spools(folder)
        aside = _exchange(folder, database, now)
    return Restored(manifest, aside, wishes, calls, held)


@contextlib.contextmanager
def _alone(database: Path, *, replace: bool) -> Iterator[sqlite3.Connection | None]:
    """Hold the database that is here, so that no server opens it meanwhile; yields it if it has rows."""
    database.parent.mkdir(parents=True, exist_ok=True)
    if not database.exists() or not database.stat().st_size:
        yield None
        return
    connection = sqlite3.connect(database, isolation_level=None, timeout=1)
    try:
        rows = _hold(connection, database)
        if rows and not replace:
            raise CopyRefused(
                f"There is a database with rows at {database}: restore into an empty place, or add --replace. "
                "What is there now is then put aside, not deleted."
            )
        yield connection if rows else None
    finally:
        connection.close()


def _hold(connection: sqlite3.Connection, database: Path) -> bool:
    """Lock it for ourselves; whether it has rows. One that cannot be read counts as having some."""
    try:
        connection.execute("PRAGMA journal_mode=DELETE")  # only possible when nobody else has it open
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
        return any(rows for name, rows in count_rows(connection).items() if name not in UNCOUNTED)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorname.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            raise CopyRefused(f"A server or another program uses {database}: stop it first, then restore.") from error
        return True
    except sqlite3.DatabaseError:
        return True


# --- unpacking and checking ------------------------------------------------------------------------------------


def _unpack(copy: Path, folder: Path, ring: KeyRing) -> Manifest:
    """Write the parts of a copy into a folder; what is not ours, or does not fit, ends it before anything is changed."""
    with copy.open("rb") as file:
        sealed = io.BufferedReader(SealedReader(file, ring), 1024 * 1024)
        try:
            with tarfile.open(fileobj=sealed, mode="r|") as pack:
                manifest = _manifest(pack, ring)
                while (entry := pack.next()) is not None:
                    _write_part(pack, entry, folder)
            while sealed.read(1024 * 1024):  # to the very end: only its last chunk says that nothing was cut off
                pass
        except (tarfile.TarError, ValueError, KeyError, TypeError) as error:
            raise DamagedStream("the copy was cut off or changed") from error
    return manifest


def _manifest(pack: tarfile.TarFile, ring: KeyRing) -> Manifest:
    first = pack.next()
    content = pack.extractfile(first) if first is not None and first.name == MANIFEST else None
    if content is None:
        raise DamagedStream("it does not begin with what it says of itself")
    manifest = Manifest.from_json(content.read())
    if manifest.format > FORMAT or not knows_revision(manifest.revision):
        raise CopyRefused(
            f"This copy was made by a newer program ({manifest.program}, schema {manifest.revision}): "
            "install that program first, then restore."
        )
    missing = set(manifest.keys) - {key.hex() for key in ring.ids}
    if missing:
        raise LostKey(
            f"The copy needs the key {', '.join(sorted(missing))}, which ENCRYPTION_KEYS does not hold: "
            "put that key back, behind the others, separated by a comma."
        )
    return manifest


def _write_part(pack: tarfile.TarFile, entry: tarfile.TarInfo, folder: Path) -> None:
    content = pack.extractfile(entry)
    if content is None or Path(entry.name).name != entry.name:
        raise DamagedStream("it holds something that is not ours")
    with (folder / entry.name).open("xb") as file:
        shutil.copyfileobj(content, file, 1024 * 1024)


def _check(database: Path, manifest: Manifest) -> None:
    """The rows are whole and as many as were written down."""
    if not database.exists():
        raise DamagedStream("there is no database in it")
    connection = sqlite3.connect(database)
    try:
        found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if found != "ok":
            raise DamagedStream(f"the database in it is damaged ({found})")
        if count_rows(connection) != dict(manifest.rows):
            raise DamagedStream("it has other numbers of rows than it says")
    except sqlite3.DatabaseError as error:
        raise DamagedStream("the database in it is damaged") from error
    finally:
        connection.close()


# --- exchanging ------------------------------------------------------------------------------------------------


def _exchange(folder: Path, database: Path, now: datetime) -> Path | None:
    """Put the new files in place; the old ones lie in a folder of their own, which the nightly sweep lets go in time."""
    home = database.parent
    new = folder / DATABASE
    _sync(new)
    aside = None
    if database.exists() and database.stat().st_size:
        aside = home / f"{ASIDE}{now:%Y%m%d-%H%M%S}"
        aside.mkdir(mode=0o700)
        os.link(database, aside / database.name)
    for old in (database.with_name(database.name + suffix) for suffix in SIDECARS):
        if old.exists() and aside is not None:
            old.rename(aside / old.name)  # first: an old log beside a new database would be played into it
        old.unlink(missing_ok=True)
    new.replace(database)
    for spool in folder.iterdir():
        _sync(spool)
        (home / f"{spool.name}.done").unlink(missing_ok=True)
        spool.replace(home / spool.name)
    sync_folder(home)
    return aside


def _sync(file: Path) -> None:
    file.chmod(0o600)
    with file.open("rb") as opened:
        os.fsync(opened.fileno())


@contextlib.contextmanager
def _sentences(copy: Path) -> Iterator[None]:
    try:
        yield
    except DamagedStream as error:
        raise CopyFailed(f"{copy} cannot be restored: {error}. Nothing was changed; try an older copy.") from error
    except FileNotFoundError as error:
        if error.filename != str(copy):
            raise
        raise CopyRefused(f"There is no file {copy}.") from error
    except (OSError, sqlite3.Error) as error:
        if is_full(error):
            raise CopyFailed(
                "There is not enough room on the disk beside the database for the copy. Nothing was changed."
            ) from error
        raise


def is_readable(database: Path) -> bool:
    """Whether there is a database that can be asked who uses it."""
    try:
        with contextlib.closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            count_rows(connection)
    except sqlite3.DatabaseError:
        return False
    return True
