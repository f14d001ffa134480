"""`giothong keys`: what is sealed under which key, and sealing everything anew under the newest."""

from argparse import Namespace
from collections import Counter
from itertools import starmap

from bot import clock
from bot.cli import place
from bot.cli.failing import PROBLEMS
from bot.intake.spool_files import spool_files, waiting_by_key
from bot.settings import Settings
from bot.storage.census import NAMED, Count, census
from bot.storage.key_store import open_ring
from bot.storage.rotation import rotate as seal_anew
from bot.storage.sealing import KeyRing


def check(_args: Namespace) -> int:
    """Count the sealed values of each column by key; 1 when some of them no key opens."""
    settings = place.settings_here()
    ring = KeyRing(settings.encryption_keys)
    with place.database(settings) as db:
        counts = census(db, ring)
    for count in counts:
        print(f"{count.where.label}: {_by_key(count.by_key, ring)}")
    for spool, waiting in _spools().items():
        print(f"{spool}: {_by_key(waiting, ring)}")
    return _tell_lost(counts)


def rotate(_args: Namespace) -> int:
    """Seal everything anew under the first of ENCRYPTION_KEYS; 1 when something is left that no key opens."""
    settings = place.settings_here()
    began = clock.now()
    with place.database(settings) as db:
        ring = open_ring(db, settings.encryption_keys)
        done = seal_anew(db, ring)
        counts = census(db, ring)
    print("Sealed anew: " + (", ".join(f"{label} {number}" for label, number in done.items() if number) or "nothing"))
    left = sum(count.old for count in counts)
    if left:
        print(
            f"{left} values stand under an older key still or again: a server with the old ENCRYPTION_KEYS is "
            "running. Restart it, then run this once more."
        )
    spooled = _tell_spools(ring)
    if not left and not spooled and len(ring.ids) > 1:
        print(_may_leave(settings, began.astimezone(settings.timezone).strftime("%Y-%m-%d %H:%M")))
    return _tell_lost(counts)


def _may_leave(settings: Settings, moment: str) -> str:
    copies = f" (BACKUP_KEEP_DAYS={settings.backup_keep_days})" if settings.backup_dir else ""
    return (
        "The older keys open nothing here any more: take them out of ENCRYPTION_KEYS and restart. "
        f"Copies made before {moment} still need them: keep them in a safe place until those are gone{copies}."
    )


def _spools() -> dict[str, Counter[bytes]]:
    found = {spool.as_posix(): waiting_by_key(spool) for spool in spool_files(place.DATA)}
    return {name: waiting for name, waiting in found.items() if waiting}


def _tell_spools(ring: KeyRing) -> int:
    """How many calls under older keys wait in the spools of this folder."""
    total = 0
    for name, waiting in _spools().items():
        if old := waiting.total() - waiting[ring.newest]:
            print(f"{name} holds {old} calls under older keys: a running server replays them; look again afterwards.")
            total += old
    return total


def _by_key(by_key: Counter[bytes], ring: KeyRing) -> str:
    """ "newest 120, older-1 7, unknown ab12cd34 2"."""
    known = [(_name(number), by_key[key]) for number, key in enumerate(ring.ids)]
    strange = [(f"unknown {key.hex()}", count) for key, count in sorted(by_key.items()) if key not in ring.ids]
    return ", ".join(starmap("{} {}".format, [*known, *strange]))


def _name(number: int) -> str:
    return f"older-{number}" if number else "newest"


def _tell_lost(counts: list[Count]) -> int:
    lost = [count for count in counts if count.lost]
    for count in lost:
        print(f"{count.where.label}: {count.lost} values that no key of ENCRYPTION_KEYS opens:")
        print("".join(f"  {row}\n" for row in count.named), end="")
        if count.lost > NAMED:
            print(f"  and {count.lost - NAMED} more")
    if lost:
        print("Put the key they were written under behind the others, separated by a comma, and look again.")
    return PROBLEMS if lost else 0
