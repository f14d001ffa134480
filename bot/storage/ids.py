"""Row ids made by the program, so that a batch knows its ids before it writes."""

import hashlib
import secrets
import threading
import time
from datetime import UTC, datetime, timedelta

FIRST_MS = 1_704_067_200_000
"""1 January 2024 in milliseconds: ids count from here and stay below 2^63 until 2093."""

PER_MS = 1024


class IdMaker:
    """Growing ids of 41 bits of milliseconds, 12 random bits of the process, 10 bits of count.

    They grow within a process even when the clock jumps back. Two processes collide only with the same 12 bits in the
    same millisecond; the primary key then refuses the batch, which is replayed with new ids.
    """

    def __init__(self) -> None:
        self._process = secrets.randbits(12)
        self._lock = threading.Lock()
        self._ms = 0
        self._count = 0

    def __call__(self) -> int:
        with self._lock:
            ms = time.time_ns() // 1_000_000 - FIRST_MS
            if ms > self._ms:
                self._ms, self._count = ms, 0
            else:
                self._count += 1
                if self._count == PER_MS:
                    self._ms, self._count = self._ms + 1, 0
            return self._ms << 22 | self._process << 10 | self._count


new_id = IdMaker()


def id_at(moment: datetime) -> int:
    """The smallest id that `new_id` can make at this moment: ids grow with time."""
    return (int(moment.timestamp() * 1000) - FIRST_MS) << 22


def moment_of(row_id: int) -> datetime:
    """When an id was made; the inverse of `id_at`, to the millisecond."""
    return datetime.fromtimestamp(FIRST_MS / 1000, UTC) + timedelta(milliseconds=row_id >> 22)


def address_id(account_id: int, user_id: str) -> int:
    """The id of an address follows from its account and user id: it can be locked and loaded before it is read.

    63 bits of a hash: among ten million addresses the chance of one collision is about one in 200,000; the unique key
    on account and user id would refuse it, never mix two people.
    """
    digest = hashlib.blake2b(f"{account_id}\n{user_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1
