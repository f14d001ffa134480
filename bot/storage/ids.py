"""Row ids made by the program: ordered by time, unique over processes, so a batch knows its ids before it writes."""

import itertools
import secrets
import threading
import time

FIRST_MS = 1_704_067_200_000
"""1 January 2024 in milliseconds: ids count from here and stay below 2^63 until 2093."""

_process = secrets.randbits(10)
_counter = itertools.count(secrets.randbits(12))
_lock = threading.Lock()


def new_id() -> int:
    """41 bits of milliseconds, 10 bits of process, 12 bits of counter.

    Two processes collide only with the same 10 random bits in the same millisecond at the same count; the primary key
    then refuses the batch, which is replayed with new ids.
    """
    with _lock:
        count = next(_counter)
    return (time.time_ns() // 1_000_000 - FIRST_MS) << 22 | _process << 12 | count & 0xFFF
