"""Spool files from outside: what waits in them, how to copy them beside a running server, how to put them back."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from bot.intake.spool import LENGTH
from bot.storage.sealing import key_id_of

PATTERN = "spool-*.bin"
MARK = ".done"
LOOKS = 5


def spool_files(folder: Path) -> list[Path]:
    """The spools of all processes that keep their data in this folder."""
    return sorted(folder.glob(PATTERN))


def waiting_by_key(spool: Path) -> Counter[bytes]:
    """How many calls wait in a spool, by the id of the key they are sealed under."""
    return Counter(key_id_of(record) for record in _records(waiting(spool)))


def waiting(spool: Path) -> bytes:
    """The calls not yet replayed, as they lie in the file.

    A server may replay them and begin anew between two looks: the same mark before and after says that it did not.
    Without that all calls are taken, for the intake drops repeats.
    """
    data = b""
    for _ in range(LOOKS):
        before = _mark(spool)
        data = _bytes(spool)
        if _mark(spool) == before:
            return _whole(data[before:] if before <= len(data) else data)
    return _whole(data)


def copy_waiting(folder: Path, to: Path) -> Counter[bytes]:
    """Copy what waits in every spool of a folder; returns how many calls, by the id of their key."""
    calls: Counter[bytes] = Counter()
    for spool in spool_files(folder):
        if data := waiting(spool):
            (to / spool.name).write_bytes(data)
            calls += waiting_by_key(to / spool.name)
    return calls


def merge(copied: Path, folder: Path) -> int:
    """Write what was copied in front of what waits in this folder, into the copied files; returns how many calls.

    Calls that came while the database could not be read lie in these spools: they must not be lost with it.
    """
    for name in {spool.name for spool in (*spool_files(copied), *spool_files(folder))}:
        data = waiting(copied / name) + waiting(folder / name)
        (copied / name).write_bytes(data)
    return sum(waiting_by_key(spool).total() for spool in spool_files(copied))


def _records(data: bytes) -> Iterator[bytes]:
    position = 0
    while position + LENGTH.size <= len(data):
        end = position + LENGTH.size + LENGTH.unpack_from(data, position)[0]
        if end > len(data):
            return
        yield data[position + LENGTH.size : end]
        position = end


def _whole(data: bytes) -> bytes:
    """Without a record that was cut off: nobody got a 200 for it."""
    return data[: sum(LENGTH.size + len(record) for record in _records(data))]


def _mark(spool: Path) -> int:
    try:
        return int(spool.with_name(spool.name + MARK).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0


def _bytes(spool: Path) -> bytes:
    try:
        return spool.read_bytes()
    except FileNotFoundError:
        return b""
