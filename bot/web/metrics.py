"""A handful of counters and gauges, and their Prometheus text."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bot.intake import Taken

LAG_EVERY = 0.5
Sample = tuple[Mapping[str, str], float]


@dataclass(frozen=True, slots=True)
class Sending:
    """What the sender and the sweeps of this process tell: lanes (account → epoch), calls by channel and outcome, rows
    that retention let go by kind."""

    lanes: Mapping[int, int] = field(default_factory=dict)
    calls: Mapping[tuple[str, str], int] = field(default_factory=dict)
    dropped: Mapping[str, int] = field(default_factory=dict)


class Metrics:
    """What this process counted since it began. Labels never name a person."""

    def __init__(self) -> None:
        self.updates: Counter[str] = Counter()
        self.repeats: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.kept_aside: Counter[str] = Counter()
        self.left_alone: Counter[str] = Counter()
        self.spooled: Counter[str] = Counter()
        self.not_taken: Counter[str] = Counter()
        self.loop_lag = 0.0

    def count(self, channel: str, taken: Taken) -> None:
        """Count what the intake made of one call."""
        if taken.spooled:
            self.spooled[channel] += 1
            return
        repeats = sum(turn is None for turn in taken.turns)
        self.updates[channel] += len(taken.turns) - repeats
        self.repeats[channel] += repeats

    async def watch_loop(self) -> None:
        """Measure for ever how late the event loop wakes us; the worst of the last few seconds fades slowly."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LAG_EVERY
            await asyncio.sleep(LAG_EVERY)
            self.loop_lag = max(loop.time() - due, self.loop_lag * 0.8, 0.0)

    def counters(self) -> Iterable[tuple[str, str, Counter[str]]]:
        yield "giothong_updates_total", "Updates answered and committed.", self.updates
        yield "giothong_repeats_total", "Updates the platform sent again and we dropped.", self.repeats
        yield "giothong_refused_calls_total", "Webhook calls with a wrong signature.", self.refused
        yield "giothong_kept_aside_total", "Events kept aside for staff.", self.kept_aside
        yield "giothong_left_alone_total", "Events we have no word for.", self.left_alone
        yield "giothong_spooled_calls_total", "Calls written to the spool file.", self.spooled
        yield "giothong_not_taken_calls_total", "Calls answered 503.", self.not_taken


def family(name: str, kind: str, words: str, samples: Iterable[Sample]) -> str:
    """One metric family as Prometheus reads it; twelve digits, so that a million and one is not a million."""
    lines = [f"# HELP {name} {words}", f"# TYPE {name} {kind}"]
    for labels, value in samples:
        inner = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
        lines.append(f"{name}{{{inner}}} {value:.12g}" if inner else f"{name} {value:.12g}")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
