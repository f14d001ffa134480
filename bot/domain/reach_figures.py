"""How many people can be reached which way, at which price, and why the others cannot: counts, never persons."""

from collections import Counter
from dataclasses import dataclass, field

from bot.domain.platforms import Platforms, RouteKind
from bot.domain.reach import Reach
from bot.domain.updates import ChannelKind


@dataclass(slots=True)
class Tally:
    """One count. Prices are the highest that may come: what a package includes is known only afterwards."""

    routes: Counter[tuple[ChannelKind, RouteKind]] = field(default_factory=Counter)
    unreachable: Counter[str] = field(default_factory=Counter)
    cost_vnd: int = 0
    calls: Counter[tuple[int, ChannelKind]] = field(default_factory=Counter)

    def add(self, reach: Reach) -> None:
        """One message to one person, by its best way."""
        if not reach.routes:
            self.unreachable[reach.reason] += 1
            return
        best = reach.routes[0]
        self.routes[best.channel, best.kind] += 1
        self.cost_vnd += best.price_vnd
        self.calls[best.account_id, best.channel] += 1

    @property
    def reached(self) -> int:
        return self.routes.total()

    @property
    def messages(self) -> int:
        return self.reached + self.unreachable.total()

    def minutes(self, platforms: Platforms) -> float:
        """At the permitted pace; accounts send side by side."""
        paces = (count / platforms[kind].limits.per_minute for (_, kind), count in self.calls.items())
        return max(paces, default=0.0)


@dataclass(slots=True)
class Figures:
    """All, and the same by unit and by drive (their row ids; None: without one)."""

    whole: Tally = field(default_factory=Tally)
    by_unit: dict[int | None, Tally] = field(default_factory=dict)
    by_drive: dict[int | None, Tally] = field(default_factory=dict)

    def add(self, reach: Reach, unit_id: int | None, drive_id: int | None) -> None:
        self.whole.add(reach)
        for tallies, key in ((self.by_unit, unit_id), (self.by_drive, drive_id)):
            tally = tallies.get(key)
            if tally is None:
                tally = tallies[key] = Tally()
            tally.add(reach)
