"""`giothong bench appeal`: appeals in waves beside one blast to everybody, over many invented days with the real rules.

No database and no platform: what is compared is whom the rules ask and when they stop. How people answer is assumed, and
printed beside the figures.
"""

import heapq
import random
import statistics
import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson

from bot.domain.appeals import (
    FREQUENT_FROM,
    UNTIL_KNOWN,
    Need,
    Order,
    Standing,
    is_covered,
    next_wave_at,
    order_of,
    place_of,
    wave_size,
)

BEGINS = datetime(2026, 12, 5, 1, 0, tzinfo=UTC)
LASTS = timedelta(hours=9)
SHARES = {Order.STANDBY: 0.03, Order.LAPSED: 0.45, Order.OTHERS: 0.32, Order.FREQUENT: 0.20}
SAY_YES = {Order.STANDBY: 0.45, Order.LAPSED: 0.12, Order.OTHERS: 0.20, Order.FREQUENT: 0.40}
ANSWER_AFTER = timedelta(minutes=25)
"""On average; most who answer do so soon, some late."""

TURNOUT = (0.57, 0.93)
"""Of those who hold a place, the share that gives; another in each run."""


@dataclass(frozen=True, slots=True)
class Person:
    """One who agreed to appeals: would they come, and how long they take to say so."""

    place: int
    agrees: bool
    answers_after: timedelta
    gives: float


@dataclass(slots=True)
class Day:
    """What came of one appeal."""

    asked: int = 0
    thanked: int = 0
    places: int = 0
    units: int = 0
    covered_after: timedelta | None = None


def run(args: Namespace) -> int:
    """Run and print one JSON object."""
    result = measure(args.people, args.bags, args.runs, args.seed)
    sys.stdout.write(orjson.dumps(result, option=orjson.OPT_INDENT_2).decode() + "\n")
    return 0


def measure(people: int, bags: int, runs: int, seed: int) -> dict[str, Any]:
    """The same people and the same luck for both ways."""
    chance, need = random.Random(seed), Need(bags, BEGINS + LASTS)  # noqa: S311
    waves, blast = [], []
    for _ in range(runs):
        crowd, turnout = _crowd(chance, people), chance.uniform(*TURNOUT)
        waves.append(in_waves(need, crowd, turnout))
        blast.append(at_once(need, crowd, turnout))
    return {
        "bench": "appeal",
        "people": people,
        "bags": bags,
        "runs": runs,
        "assumed": {
            "say_yes": {order.name.lower(): share for order, share in SAY_YES.items()},
            "people": {order.name.lower(): share for order, share in SHARES.items()},
            "turnout": list(TURNOUT),
            "minutes_to_answer": ANSWER_AFTER.total_seconds() / 60,
        },
        "waves": _figures(need, waves),
        "blast": _figures(need, blast),
    }


def _crowd(chance: random.Random, people: int) -> list[Person]:
    """In the order in which the rules ask them."""
    today, found = BEGINS.date(), []
    for one, order in enumerate(chance.choices(list(SHARES), list(SHARES.values()), k=people)):
        place = place_of(_by_rule(order, today), 0, chance.randrange(1 << 30), one)
        delay = timedelta(seconds=chance.expovariate(1 / ANSWER_AFTER.total_seconds()))
        found.append(Person(place, chance.random() < SAY_YES[order], delay, chance.random()))
    return sorted(found, key=lambda person: person.place)


def _by_rule(order: Order, today: date) -> Order:
    """Through the rule itself, from a history that makes them one of these."""
    last = today - timedelta(days=500 if order is Order.LAPSED else 120)
    return order_of(order is Order.STANDBY, last, FREQUENT_FROM if order is Order.FREQUENT else 0, today)


def in_waves(need: Need, crowd: Sequence[Person], turnout: float) -> Day:
    """Minute by minute, as the sweep does: covered, or the next wave."""
    day, queue, pledges, now, next_at = Day(), iter(crowd), list[tuple[datetime, float]](), BEGINS, BEGINS
    agreed: list[float] = []
    while now < need.by:
        while pledges and pledges[0][0] <= now:
            agreed.append(heapq.heappop(pledges)[1])
        standing = Standing(day.asked, len(agreed), len(agreed))
        if is_covered(need, standing, UNTIL_KNOWN):
            day.covered_after = now - BEGINS
            break
        if now >= next_at:
            next_at = next_wave_at(need, now)
            for one in (
                person for _, person in zip(range(wave_size(need, standing, UNTIL_KNOWN)), queue, strict=False)
            ):
                day.asked += 1
                if one.agrees:
                    heapq.heappush(pledges, (now + one.answers_after, one.gives))
        now += timedelta(minutes=1)
    day.thanked = day.asked - len(agreed) if day.covered_after is not None else 0
    day.places, day.units = len(agreed), sum(gives < turnout for gives in agreed)
    return day


def at_once(need: Need, crowd: Sequence[Person], turnout: float) -> Day:
    """One message to everybody, and whoever wants to comes."""
    come = sorted(
        (person.answers_after, person.gives)
        for person in crowd
        if person.agrees and BEGINS + person.answers_after < need.by
    )
    day = Day(asked=len(crowd), places=len(come), units=sum(gives < turnout for _, gives in come))
    enough = next((n for n in range(len(come) + 1) if is_covered(need, Standing(pledged=n), UNTIL_KNOWN)), None)
    day.covered_after = come[enough - 1][0] if enough else None
    return day


def _figures(need: Need, days: Sequence[Day]) -> dict[str, Any]:
    messages, units = sum(day.asked + day.thanked for day in days), sum(day.units for day in days)
    used = sum(min(day.units, need.bags) for day in days)
    waits = [day.covered_after.total_seconds() / 60 for day in days if day.covered_after is not None]
    return {
        "asked_per_day": round(sum(day.asked for day in days) / len(days), 1),
        "thanked_per_day": round(sum(day.thanked for day in days) / len(days), 1),
        "messages_per_unit_collected": round(messages / max(units, 1), 2),
        "messages_per_unit_needed": round(messages / max(used, 1), 2),
        "units_per_day": round(units / len(days), 1),
        "units_beyond_need_per_day": round((units - used) / len(days), 1),
        "need_met_share": round(sum(day.units >= need.bags for day in days) / len(days), 3),
        "covered_after_minutes": round(statistics.median(waits), 1) if waits else None,
    }
