"""One line of a terminal about a broadcast: how far it is."""

from bot.domain.broadcasts import Broadcast
from bot.storage.broadcast_figures import Progress

WIDTH = 30
FULL, EMPTY = "█", "░"


def bar(broadcast: Broadcast, found: Progress) -> str:
    """`tin-1 running ██████░░░░ 620/1000 · 62% · sent 600 · skipped 20 · 95/min · until 10:35`"""
    done = found.intended - found.waiting
    share = done / found.intended if found.intended else 0.0
    filled = int(share * WIDTH)
    counts = [f"{name} {count}" for name in ("sent", "skipped", "failed", "unknown") if (count := getattr(found, name))]
    if found.waiting:
        counts.append(f"{found.per_minute}/min")
    if found.finishes_at is not None:
        counts.append(f"until {found.finishes_at.astimezone():%d/%m %H:%M}")
    line = f"{broadcast.code} {broadcast.state} {FULL * filled}{EMPTY * (WIDTH - filled)} {done}/{found.intended}"
    return " · ".join((line, f"{share:.0%}", *counts))
