"""Makes a copy of the embedded database while it serves: one encrypted file, whole or not there at all."""

import contextlib
import errno
import io
import os
import shutil
import sqlite3
import tarfile
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from bot.storage.copy_manifest import Manifest, manifest_of
from bot.storage.sealed_stream import SealedWriter
from bot.storage.sealing import KeyRing

MANIFEST = "manifest.json"
DATABASE = "giothong.db"
PARTIAL = ".partial"
WORKSHOP = "copy-"
LEFT_BEHIND = 6 * 3600.0
"""Seconds after which what a killed run left behind is cleared away."""

BETWEEN_LOOKS = 20_000
"""Steps of SQLite's machine between two looks whether to go on: a few milliseconds."""

Spools = Callable[[Path], Counter[bytes]]


class CopyFailed(Exception):
    """The copy was not made or not put back; the sentence says why. Nothing half done was left behind."""


class CopyStopped(Exception):
    """The program stops: the copy was given up."""


def make_copy(
    database: Path,
    to: Path,
    ring: KeyRing,
    now: Callable[[], datetime],
    spools: Spools,
    stopped: Callable[[], bool] = lambda: False,
) -> Manifest:
    """Copy the database and the spools into one file; servers go on meanwhile. It blocks: call it in a thread.

    The spools come first: a call that is replayed between the two stands in both, and repeats are dropped; the other
    way round it would stand in neither.

    Args:
        spools: copies what waits in the spools into a folder; counts by key.
        stopped: whether to give up.

    Raises:
        CopyFailed: the file is there already, the disk is full, the database cannot be read.
        CopyStopped: `stopped` said so.
    """
    if to.exists():
        raise CopyFailed(f"{to} is there already: choose another name. Copies are never overwritten.")
    with _sentences(to), workshop(database.parent) as folder:
        made_at = now()
        spooled = spools(folder)
        _snapshot(database, folder / DATABASE, stopped)
        manifest = manifest_of(folder / DATABASE, made_at, spooled)
        with _whole_or_nothing(to) as file:
            _pack(file, folder, manifest, ring, stopped)
    return manifest


@contextlib.contextmanager
def workshop(folder: Path) -> Iterator[Path]:
    """A private folder beside the database: what lies in it is as open as the database itself."""
    for old in folder.glob(f"{WORKSHOP}*"):
        if old.is_dir() and time.time() - old.stat().st_mtime > LEFT_BEHIND:
            shutil.rmtree(old, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=WORKSHOP, dir=folder) as place:
        yield Path(place).resolve()


def _snapshot(database: Path, to: Path, stopped: Callable[[], bool]) -> None:
    """VACUUM INTO: one moment's rows and nothing else, so that what was erased does not live on in free places."""
    connection = sqlite3.connect(f"{database.resolve().as_uri()}?mode=rw", uri=True, isolation_level=None)
    try:
        connection.set_progress_handler(stopped, BETWEEN_LOOKS)
        connection.execute("VACUUM INTO ?", (str(to),))
    except sqlite3.OperationalError as error:
        if stopped():
            raise CopyStopped from error
        raise
    finally:
        connection.close()


@contextlib.contextmanager
def _whole_or_nothing(to: Path) -> Iterator[io.BufferedWriter]:
    """A file under another name until everything is on the disk; for us alone."""
    partial = to.with_name(to.name + PARTIAL)
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.rename(to)
        sync_folder(to.parent)
    finally:
        partial.unlink(missing_ok=True)


def _pack(
    file: io.BufferedWriter, folder: Path, manifest: Manifest, ring: KeyRing, stopped: Callable[[], bool]
) -> None:
    sealed = SealedWriter(file, ring)
    with tarfile.open(fileobj=sealed, mode="w|", format=tarfile.PAX_FORMAT) as pack:
        raw = manifest.to_json()
        pack.addfile(_entry(MANIFEST, len(raw)), io.BytesIO(raw))
        for part in sorted(folder.iterdir()):
            with part.open("rb") as content:
                pack.addfile(_entry(part.name, part.stat().st_size), _Watched(content, stopped))
    sealed.finish()


class _Watched(io.RawIOBase):
    """A file that stops in the middle when it is told to."""

    def __init__(self, file: io.BufferedReader, stopped: Callable[[], bool]) -> None:
        self._file, self._stopped = file, stopped

    def read(self, size: int = -1) -> bytes:
        if self._stopped():
            raise CopyStopped
        return self._file.read(size)


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    return entry


def sync_folder(folder: Path) -> None:
    """Make a new name in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def _sentences(to: Path) -> Iterator[None]:
    """What the disk or the database says, as a sentence for a person."""
    try:
        yield
    except FileExistsError as error:
        raise CopyFailed(f"{to} is there already: choose another name. Copies are never overwritten.") from error
    except (OSError, sqlite3.Error) as error:
        if is_full(error):
            raise CopyFailed(
                "There is not enough room on the disk for a copy: it needs the size of the database once beside it "
                f"and once more for {to}. Nothing was left behind."
            ) from error
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise CopyFailed(f"No copy was made: {why or error}. Nothing was left behind.") from error


def is_full(error: Exception) -> bool:
    """Whether a disk, a quota or a limit has no more room."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    return getattr(error, "sqlite_errorname", "") in ("SQLITE_FULL", "SQLITE_IOERR_WRITE")
